"""The keyring: masking keys by their public id. Reading refuses what is no key of at least 256 random bits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING

from provision.errors import SafetyError, UsageError
from provision.keyed.derive import subkey
from provision.keyed.domain import DomainKey
from provision.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 32
# 32 random bytes have fewer than 16 distinct values once in 10^12 keys, and are all printable once in 10^13.
DISTINCT_BYTES = 16
_KID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NEW_KEY = "make one with `provision key new` and hand it over as base64"


class Keyring:
    """Masking keys by kid, and which one is current.

    Args: keys: raw key bytes by kid. current: the kid that masks where none is named.
    Raises: UsageError PRV413 if ``current`` is not in the ring; SafetyError PRV411 or PRV412 for a weak key.
    """

    __slots__ = ("_domains", "_keys", "current")

    def __init__(self, keys: Mapping[str, Secret], current: str) -> None:
        self._keys = {kid: Secret(secret.reveal()) for kid, secret in keys.items()}
        self._domains: dict[tuple[str, str], DomainKey] = {}
        self.current = current
        for kid, secret in self._keys.items():
            if not _KID.fullmatch(kid):
                raise UsageError("PRV413", "a key id has other characters than letters, digits, dot, dash, underscore")
            _admit(kid, secret.reveal())
        self._known(current)

    @classmethod
    def read(cls, ring: Mapping[str, Secret], current: str) -> Keyring:
        """A keyring of keys in base64 (standard or URL alphabet, padding may be left out).

        Raises: UsageError PRV410 for what is not base64, PRV413 for a wrong kid; SafetyError PRV411 or PRV412.
        """
        return cls({kid: Secret(_decoded(kid, secret)) for kid, secret in ring.items()}, current)

    @property
    def kids(self) -> tuple[str, ...]:
        """The public ids, in order."""
        return tuple(sorted(self._keys))

    def domain(self, domain: str, *, kid: str | None = None) -> DomainKey:
        """The key of a domain under a kid (the current one if none is named); the same object each time."""
        kid = kid or self.current
        if not domain:
            raise ValueError("a domain needs a name")
        known = self._domains.get((kid, domain))
        if known is None:
            known = DomainKey(self._known(kid), kid=kid, domain=domain)
            self._domains[kid, domain] = known
        return known

    def check(self, kid: str) -> str:
        """The key check value for manifests: 16 hexadecimal digits that tell keys apart and nothing about them."""
        derived = subkey(self._known(kid), domain="", purpose="check")
        return hmac.digest(derived, b"provision/check", hashlib.sha256).hex()[:16]

    def to_wire(self) -> bytes:
        """The whole ring for a lane, with the keys in it: only for an inherited pipe."""
        keys = {kid: base64.b64encode(secret.reveal()).decode() for kid, secret in sorted(self._keys.items())}
        return json.dumps({"current": self.current, "keys": keys}).encode()

    @classmethod
    def from_wire(cls, wire: bytes) -> Keyring:
        """What `to_wire` made."""
        content = json.loads(wire)
        return cls.read({kid: Secret(key) for kid, key in content["keys"].items()}, content["current"])

    def __repr__(self) -> str:
        return f"Keyring(kids={list(self.kids)}, current={self.current!r})"

    def __reduce__(self) -> str:
        raise TypeError("a keyring is not pickled: hand it to a lane over a pipe")

    def _known(self, kid: str) -> bytes:
        secret = self._keys.get(kid)
        if secret is None:
            known = ", ".join(self.kids) or "none"
            raise UsageError(
                "PRV413",
                f"there is no masking key {kid!r}; there is: {known}",
                fix="add it under keys: in provision.yaml",
            )
        return secret.reveal()


def _decoded(kid: str, secret: Secret) -> bytes:
    text = secret.reveal().strip().translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise UsageError("PRV410", f"masking key {kid!r} is not base64", fix=_NEW_KEY) from None


def _admit(kid: str, key: bytes) -> None:
    if len(key) < KEY_BYTES:
        raise SafetyError(
            "PRV411", f"masking key {kid!r} has {len(key) * 8} bits; at least 256 are needed", fix=_NEW_KEY
        )
    if len(set(key)) < DISTINCT_BYTES or all(0x20 <= byte < 0x7F for byte in key):  # printable ASCII
        raise SafetyError("PRV412", f"masking key {kid!r} is typed text or a pattern, not random bits", fix=_NEW_KEY)
