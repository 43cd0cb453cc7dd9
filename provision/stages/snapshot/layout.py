"""Where things are in a store, and which names they may have. Pure."""

from __future__ import annotations

import re
import secrets
import time
from typing import Literal

from provision.errors import UsageError

STORE_FILE = "STORE.json"
LEASES = "leases"
LOG = "log"
MANIFESTS = "manifests"
PARTS = "parts"
REFS = "refs"
STATEMENTS = "statements"
QUARANTINE = "quarantine"  # reserved: rows taken out for review, by snapshot id

# Bounds on what is read into memory before it is checked. A manifest takes about 150 bytes for a part of 32k rows.
MAX_DOCUMENT = 64 << 20
MAX_ENTRY = 64 << 10  # refs, leases, log entries, STORE.json
MAX_BLOB = 256 << 20

RefKind = Literal["recipes", "tags"]

_HASH = re.compile(r"[0-9a-f]{64}")
_ID_PREFIX = re.compile(r"[0-9a-f]{8,64}")
_REF_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def is_hash(text: str) -> bool:
    """Whether it is a SHA-256 in lower-case hex."""
    return _HASH.fullmatch(text) is not None


def is_id_prefix(text: str) -> bool:
    """Whether it can only be a snapshot id or the beginning of one."""
    return _ID_PREFIX.fullmatch(text) is not None


def is_ulid(text: str) -> bool:
    """Whether it is the id of a run."""
    return _ULID.fullmatch(text) is not None


def is_ref_name(text: str) -> bool:
    """Whether a recipe or tag may be called so in a store."""
    return _REF_NAME.fullmatch(text) is not None and not is_id_prefix(text)


def check_ref_name(text: str, what: str) -> str:
    """The name itself. Raises: UsageError PRV514 where a store cannot hold it."""
    if not is_ref_name(text):
        raise UsageError(
            "PRV514",
            f"a {what} cannot be called {text[:100]!r}",
            fix="use 1 to 100 letters, digits, dots, dashes and underscores, beginning with a letter or digit,"
            " that do not look like a snapshot id",
        )
    return text


def new_ulid() -> str:
    """A new id that sorts by time (to the millisecond) as text."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -5, -5))


def part_path(digest: str) -> str:
    """Path of a part."""
    return f"{PARTS}/sha256/{digest[:2]}/{digest}.parquet"


def blob_path(digest: str) -> str:
    """Path of a blob."""
    return f"blobs/sha256/{digest[:2]}/{digest}"


def manifest_path(snapshot: str) -> str:
    """Path of a manifest."""
    return f"{MANIFESTS}/{snapshot}.json"


def statements_folder(snapshot: str) -> str:
    """Folder of the statements about a snapshot."""
    return f"{STATEMENTS}/{snapshot}"


def statement_path(snapshot: str, statement: str) -> str:
    """Path of one statement."""
    return f"{STATEMENTS}/{snapshot}/{statement}.json"


def envelope_path(snapshot: str, statement: str, digest: str) -> str:
    """Path of a signature of a statement: named by its own hash, so that further signers add and never rewrite."""
    return f"{STATEMENTS}/{snapshot}/{statement}.{digest}.dsse.json"


def ref_folder(kind: RefKind, name: str) -> str:
    """Folder of a ref's entries."""
    return f"{REFS}/{kind}/{name}"


def ref_path(kind: RefKind, name: str, seq: int) -> str:
    """Path of one entry of a ref."""
    return f"{REFS}/{kind}/{name}/{seq:08d}.json"


def lease_path(ulid: str) -> str:
    """Path of a lease."""
    return f"{LEASES}/{ulid}.json"


def log_path(ulid: str) -> str:
    """Path of a run's entry in the log."""
    return f"{LOG}/{ulid}.json"
