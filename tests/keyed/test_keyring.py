from __future__ import annotations

import base64
import pickle
import subprocess
import sys

import polars as pl
import pytest

from provision.errors import SafetyError, UsageError
from provision.keyed import Keyring, canonical
from provision.model.secret import Secret
from support.keys import domain_key, encoded, key_bytes, keyring

VALUES = pl.Series([f"person{n}@example.com" for n in range(5000)])


def masked(key: str = "test", domain: str = "person.email", purpose: str = "email") -> pl.Series:
    return domain_key(domain, key=key).hex(canonical(VALUES, "email"), digits=20, purpose=purpose)


def test_another_key_domain_or_purpose_changes_every_value() -> None:
    before = masked()

    for other in (masked(key="other"), masked(domain="person.mail"), masked(purpose="name")):
        assert not (before == other).any()


def test_another_process_masks_alike() -> None:
    code = (
        "import sys, polars as pl; from provision.keyed import Keyring, canonical\n"
        "ring = Keyring.from_wire(sys.stdin.buffer.read())\n"
        "tagged = canonical(pl.Series(['person7@example.com']), 'email')\n"
        "print(ring.domain('person.email').hex(tagged, digits=20, purpose='email').item(),"
        " ring.domain('k').permutation(10**9, purpose='p').forward(pl.Series([7]).cast(pl.UInt64).to_numpy()).item())"
    )
    found = subprocess.run([sys.executable, "-c", code], input=keyring().to_wire(), capture_output=True, check=True)

    image = domain_key("k").permutation(10**9, purpose="p").forward(pl.Series([7]).cast(pl.UInt64).to_numpy()).item()
    assert found.stdout.decode().split() == [masked()[7], str(image)]


def test_a_key_shows_in_no_repr_and_is_not_pickled() -> None:
    ring = keyring()
    domain = ring.domain("d")
    things = [
        ring,
        domain,
        domain.permutation(10**6, purpose="p"),
        domain.feistel(purpose="p"),
        domain.ff1(10, purpose="p"),
    ]

    for thing in things:
        for secret in (key_bytes().hex(), base64.b64encode(key_bytes()).decode(), repr(key_bytes())):
            assert secret not in repr(thing)
            assert secret not in str(thing)
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_a_keyring_goes_over_the_wire_whole() -> None:
    ring = Keyring({"a": Secret(key_bytes("a")), "b": Secret(key_bytes("b"))}, "b")

    arrived = Keyring.from_wire(ring.to_wire())

    assert arrived.kids == ("a", "b")
    assert arrived.current == "b"
    assert [arrived.check(kid) for kid in arrived.kids] == [ring.check(kid) for kid in ring.kids]


def test_the_check_value_tells_keys_apart_and_is_sixteen_digits() -> None:
    assert keyring("a").check("default") != keyring("b").check("default")
    assert len(keyring().check("default")) == 16


@pytest.mark.parametrize("padding", [True, False])
def test_both_base64_alphabets_are_read_with_and_without_padding(padding: bool) -> None:
    raw = b"\xfb\xff\xfe" + key_bytes()
    standard, url = base64.b64encode(raw), base64.urlsafe_b64encode(raw)
    if not padding:
        standard, url = standard.rstrip(b"="), url.rstrip(b"=")

    rings = [Keyring.read({"k": Secret(text + b"\n")}, "k") for text in (standard, url)]

    assert {ring.check("k") for ring in rings} == {Keyring({"k": Secret(raw)}, "k").check("k")}


@pytest.mark.parametrize(
    ("secret", "code", "kind"),
    [
        (Secret("not base64 at all!"), "PRV410", UsageError),
        (Secret("A"), "PRV410", UsageError),
        (Secret("\u00e9" * 44), "PRV410", UsageError),
        (encoded(key_bytes()[:31]), "PRV411", SafetyError),
        (Secret(""), "PRV411", SafetyError),
        (encoded(bytes(32)), "PRV412", SafetyError),
        (encoded(b"0123456789" * 4), "PRV412", SafetyError),
        (encoded(b"correct horse battery staple, and some more"), "PRV412", SafetyError),
    ],
)
def test_what_is_no_random_key_is_refused_without_showing_it(secret: Secret, code: str, kind: type) -> None:
    with pytest.raises(kind) as caught:
        Keyring.read({"default": secret}, "default")

    assert caught.value.code == code
    assert not secret.text() or secret.text() not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_unknown_or_odd_kid_is_refused() -> None:
    for broken in (
        lambda: Keyring({}, "default"),
        lambda: keyring().domain("d", kid="2025"),
        lambda: Keyring({"../x": Secret(key_bytes())}, "../x"),
    ):
        with pytest.raises(UsageError) as caught:
            broken()
        assert caught.value.code == "PRV413"


def test_a_domain_key_is_made_once() -> None:
    ring = keyring()

    assert ring.domain("d") is ring.domain("d", kid="default")
    with pytest.raises(ValueError):
        ring.domain("")
