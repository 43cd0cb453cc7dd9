"""What people call a snapshot."""

from __future__ import annotations

import pytest

from provision.errors import UsageError
from provision.stages.snapshot import home
from provision.stages.snapshot.resolve import resolve
from provision.stages.snapshot.signing import SigningKey
from provision.stores import open_store
from support.snapshots import people, run


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"), spool=tmp_path)


def meant(store, text):
    return resolve(store, text, store_id=home.store_id(store)).snapshot


def test_names_go_back_by_versions(store):
    ids = [run(store, people(suffix=suffix)).id for suffix in ("a", "b", "c")]
    assert [meant(store, name) for name in ("dev", "dev@-0", "dev@-1", "dev@-2")] == [ids[2], ids[2], ids[1], ids[0]]
    with pytest.raises(UsageError) as caught:
        meant(store, "dev@-3")
    assert caught.value.code == "PRV505"


def test_a_renewed_signature_is_no_version(store):
    first = run(store, people(suffix="a")).id
    run(store, people(suffix="b"))
    run(store, people(suffix="b"), signer=SigningKey.generate())
    assert len(store.below("refs")) == 3
    assert meant(store, "dev@-1") == first


def test_a_name_of_both_kinds_must_say_which(store):
    first = run(store, tags=("other",)).id
    second = run(store, people(suffix="x"), recipe="other").id
    with pytest.raises(UsageError) as caught:
        meant(store, "other")
    assert caught.value.code == "PRV506"
    assert (meant(store, "tag:other"), meant(store, "recipe:other")) == (first, second)


def test_ids_may_be_shortened_to_eight_digits(store):
    published = run(store).id
    assert meant(store, published[:8]) == meant(store, published) == published
    for text in (published[:7], "0" * 8, published + "0"):
        with pytest.raises(UsageError) as caught:
            meant(store, text)
        assert caught.value.code == "PRV505"


def test_a_shortened_id_of_two_snapshots_is_ambiguous(store):
    published = run(store).id
    store.put_new(f"manifests/{published[:9]}{'0' * 55}.json", b"")
    with pytest.raises(UsageError) as caught:
        meant(store, published[:8])
    assert caught.value.code == "PRV506"


@pytest.mark.parametrize("text", ["", "@-1", "a:b", "tag:", "dev@1", "dev@", "../dev", "dev@-9999999", "x" * 1000])
def test_what_is_no_name_is_no_snapshot(store, text):
    run(store)
    with pytest.raises(UsageError) as caught:
        meant(store, text)
    assert caught.value.code == "PRV505"
