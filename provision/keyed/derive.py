"""Subkeys: one independent key for each (algorithm version, domain, purpose), by HKDF-SHA256 of RFC 5869."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALGORITHM_VERSION = "1"  # part of every subkey: a change of any construction gets a new number
SALT = b"provision/v1"
SUBKEY_BYTES = 32


def length_prefixed(*fields: str) -> bytes:
    """Fields as UTF-8, each after its length as four big-endian bytes, so that no two lists share one encoding."""
    encoded = [field.encode() for field in fields]
    return b"".join(len(field).to_bytes(4, "big") + field for field in encoded)


def subkey(key: bytes, *, domain: str, purpose: str) -> bytes:
    """The 32-byte subkey of a masking key for one use; two uses never share bits."""
    info = length_prefixed(ALGORITHM_VERSION, domain, purpose)
    return HKDF(algorithm=SHA256(), length=SUBKEY_BYTES, salt=SALT, info=info).derive(key)


def block_cipher(key: bytes) -> CipherContext:
    """AES over independent 16-byte blocks, for use as a pseudorandom function and never to hide data at rest."""
    # ECB is right here: blocks are inputs of a PRF (round, tweak, half), each encrypted on its own.
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
