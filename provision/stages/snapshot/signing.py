"""Signatures: DSSE with Ed25519, through securesystemslib.

A key lives in a file of its owner alone, outside every store. What a store says about its own signers counts for
nothing: trusted are the public part of this project's own key and the keys that the project file lists.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey  # type: ignore[attr-defined]  # its own way of exporting

from provision.errors import IntegrityError, UsageError
from provision.stages.snapshot.documents import canonical, malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MAX_KEY_FILE = 16 << 10


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with; ``id`` is derived from the key itself."""

    id: str
    key: SSlibKey

    @classmethod
    def of(cls, key: SSlibKey) -> PublicKey:
        """Wrap a key of the library."""
        return cls(key.keyid, key)

    @classmethod
    def read(cls, path: Path) -> PublicKey:
        """Read a public key in PEM. Raises: UsageError PRV513."""
        from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415  # rarely needed

        try:
            return cls.of(SSlibKey.from_crypto(load_pem_public_key(path.read_bytes()[:MAX_KEY_FILE])))
        except Exception as error:  # noqa: BLE001  # several libraries' errors; none may quote the file
            raise _unusable(path, f"{type(error).__name__}") from None


class SigningKey:
    """A private Ed25519 key; neither printed nor pickled."""

    __slots__ = ("_signer",)

    def __init__(self, signer: CryptoSigner) -> None:
        self._signer = signer

    def __repr__(self) -> str:
        return f"SigningKey({self.public.id[:16]})"

    def __reduce__(self) -> str:
        raise TypeError("a SigningKey is not pickled")

    @property
    def public(self) -> PublicKey:
        """The public part."""
        return PublicKey.of(self._signer.public_key)

    @property
    def public_pem(self) -> str:
        """The public part as PEM, for the ``trust:`` of other projects."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # rarely needed
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

        raw = bytes.fromhex(self.public.key.keyval["public"])
        return (
            Ed25519PublicKey.from_public_bytes(raw)
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key that is nowhere but in memory."""
        return cls(CryptoSigner.generate_ed25519())

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> SigningKey:
        """Read the key of a file; make key and file (0600, create-only) where there is none and ``create`` allows.

        Raises: UsageError PRV513 if the file is no Ed25519 key, or is not its owner's alone.
        """
        if create:
            with contextlib.suppress(FileExistsError):
                _write_new(path, CryptoSigner.generate_ed25519().private_bytes)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            with open(handle, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077 or found.st_uid not in {0, os.geteuid()}:
                    raise _unusable(path, "others may read or change it")
                pem = file.read(MAX_KEY_FILE)
        except OSError as error:
            raise _unusable(path, os.strerror(error.errno or 0)) from None
        return cls(_signer_of(pem, path))

    def envelope(self, payload: bytes, payload_type: str) -> bytes:
        """A DSSE envelope around the payload, as canonical JSON."""
        envelope = Envelope(payload, payload_type, {})
        envelope.sign(self._signer)
        return canonical(envelope.to_dict())

    def signatures(self, payload: bytes, payload_type: str) -> list[dict[str, str]]:
        """The signatures of such an envelope alone."""
        signed: list[dict[str, str]] = json.loads(self.envelope(payload, payload_type))["signatures"]
        return signed


def verified(
    payload: bytes, payload_type: str, signatures: object, *, trusted: Iterable[PublicKey], what: str
) -> frozenset[str]:
    """Ids of the trusted keys that signed the payload; signatures of other keys are passed over.

    Raises: IntegrityError PRV508 for what is no list of signatures, PRV510 where a trusted key's signature is wrong.
    """
    keys = {key.id: key for key in trusted}
    pae = Envelope(payload, payload_type, {}).pae()
    signers: set[str] = set()
    for keyid, signature in _signatures(signatures, what):
        if keyid not in keys:
            continue
        try:
            keys[keyid].key.verify_signature(Signature(keyid, signature.hex()), pae)
        except UnverifiedSignatureError:
            raise IntegrityError(
                "PRV510",
                f"the signature of {what} does not hold",
                fix="do not load the snapshot; find out who wrote to the store",
            ) from None
        signers.add(keyid)
    return frozenset(signers)


def signer_ids(signatures: object, what: str) -> tuple[str, ...]:
    """Ids of all keys that are said to have signed. Raises: IntegrityError PRV508."""
    return tuple(keyid for keyid, _ in _signatures(signatures, what))


def payload_of(envelope: Mapping[str, object], payload_type: str, what: str) -> bytes:
    """The payload of a DSSE envelope of this type. Raises: IntegrityError PRV508."""
    encoded = envelope.get("payload")
    if set(envelope) != {"payload", "payloadType", "signatures"} or envelope["payloadType"] != payload_type:
        malformed(what)
    return _base64(encoded, what)


def _signatures(value: object, what: str) -> list[tuple[str, bytes]]:
    if not isinstance(value, list) or len(value) > 64:
        malformed(what)
    found: list[tuple[str, bytes]] = []
    for item in value:
        if not isinstance(item, dict) or set(item) != {"keyid", "sig"} or not isinstance(item["keyid"], str):
            malformed(what)
        found.append((item["keyid"], _base64(item["sig"], what)))
    return found


def _base64(value: object, what: str) -> bytes:
    if not isinstance(value, str):
        malformed(what)
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        malformed(what)
    if base64.b64encode(decoded).decode() != value:  # the last letter of base64 may hold bits that mean nothing
        malformed(what)
    return decoded


def _signer_of(pem: bytes, path: Path) -> CryptoSigner:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # rarely needed
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key: Any = load_pem_private_key(pem, None)
    except Exception as error:  # noqa: BLE001  # several kinds; none may quote the file
        raise _unusable(path, type(error).__name__) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path, "it is not an Ed25519 key")
    return CryptoSigner(key)


def _write_new(path: Path, data: bytes) -> None:
    """Make the file whole or not at all: another run may be reading it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            return
        temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123  # a descriptor, not a path
                file.write(data)
                file.flush()
                os.fsync(handle)
            os.link(temporary, path)
        finally:
            temporary.unlink()
    except FileExistsError:
        raise
    except OSError as error:
        raise _unusable(path, os.strerror(error.errno or 0)) from None


def _unusable(path: Path, reason: str) -> UsageError:
    return UsageError(
        "PRV513",
        f"the key file {path} cannot be used: {reason}",
        fix=f"run `chmod 600 {path}` as its owner, or name another key file in the project file",
    )
