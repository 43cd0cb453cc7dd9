"""Masking keys for tests, and facts of made-up columns."""

from __future__ import annotations

import base64
import hashlib

from provision.keyed import DomainKey, Keyring
from provision.model.plan import ColumnFacts, Family
from provision.model.secret import Secret


def key_bytes(name: str = "test") -> bytes:
    """32 bytes that look random and follow from a name."""
    return hashlib.sha256(name.encode()).digest()


def encoded(raw: bytes) -> Secret:
    return Secret(base64.b64encode(raw))


def keyring(name: str = "test") -> Keyring:
    return Keyring.read({"default": encoded(key_bytes(name))}, "default")


def domain_key(domain: str = "person.email", *, key: str = "test") -> DomainKey:
    return keyring(key).domain(domain)


def facts(family: Family = Family.TEXT, type_: str = "text", **more: object) -> ColumnFacts:
    return ColumnFacts(column="shop.customers.c", family=family, type=type_, **more)
