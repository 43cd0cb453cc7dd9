"""Keys and signatures."""

from __future__ import annotations

import json
import pickle

import pytest

from provision.errors import IntegrityError, UsageError
from provision.stages.snapshot.signing import PublicKey, SigningKey, payload_of, verified


@pytest.fixture
def key():
    return SigningKey.generate()


def test_a_signature_holds_for_its_payload_and_type_alone(key):
    signatures = key.signatures(b"payload", "type/a")
    assert verified(b"payload", "type/a", signatures, trusted=[key.public], what="x") == {key.public.id}
    for payload, kind in ((b"payloae", "type/a"), (b"payload", "type/b")):
        with pytest.raises(IntegrityError) as caught:
            verified(payload, kind, signatures, trusted=[key.public], what="x")
        assert caught.value.code == "PRV510"


def test_a_signature_of_an_unknown_key_counts_for_nothing(key):
    other = SigningKey.generate()
    assert verified(b"p", "t", other.signatures(b"p", "t"), trusted=[key.public], what="x") == frozenset()


def test_a_known_keyid_under_another_keys_signature_is_refused(key):
    signatures = SigningKey.generate().signatures(b"p", "t")
    signatures[0]["keyid"] = key.public.id
    with pytest.raises(IntegrityError):
        verified(b"p", "t", signatures, trusted=[key.public], what="x")


def test_an_envelope_is_standard_dsse(key):
    envelope = json.loads(key.envelope(b"payload", "type/a"))
    assert set(envelope) == {"payload", "payloadType", "signatures"}
    assert payload_of(envelope, "type/a", "x") == b"payload"
    with pytest.raises(IntegrityError):
        payload_of(envelope, "type/b", "x")


@pytest.mark.parametrize(
    "signatures", [None, {}, [1], [{"keyid": "a"}], [{"keyid": "a", "sig": "*"}], [{"keyid": "a", "sig": "YR=="}]]
)
def test_malformed_signatures_are_refused(key, signatures):
    with pytest.raises(IntegrityError) as caught:
        verified(b"p", "t", signatures, trusted=[key.public], what="x")
    assert caught.value.code == "PRV508"


def test_a_key_file_is_made_once_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "keys/signing.key"
    made = SigningKey.open(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert SigningKey.open(path).public.id == made.public.id
    assert [entry.name for entry in path.parent.iterdir()] == ["signing.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_file_that_others_may_read_or_change_is_refused(tmp_path, mode):
    path = tmp_path / "signing.key"
    SigningKey.open(path)
    path.chmod(mode)
    with pytest.raises(UsageError) as caught:
        SigningKey.open(path)
    assert caught.value.code == "PRV513"


@pytest.mark.parametrize(
    "text", [b"", b"hunter2", b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_is_refused_and_not_quoted(tmp_path, text):
    path = tmp_path / "signing.key"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(UsageError) as caught:
        SigningKey.open(path)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(UsageError):
        PublicKey.read(path)


def test_a_missing_key_is_told_when_it_must_exist(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        SigningKey.open(tmp_path / "none", create=False)


def test_a_linked_key_file_is_not_followed(tmp_path):
    SigningKey.open(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError):
        SigningKey.open(tmp_path / "link")


def test_the_public_part_travels_as_pem(tmp_path, key):
    (tmp_path / "ci.pub").write_text(key.public_pem)
    assert PublicKey.read(tmp_path / "ci.pub").id == key.public.id


def test_a_private_key_is_neither_printed_nor_pickled(key):
    assert "PRIVATE" not in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
