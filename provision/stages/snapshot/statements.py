"""Statements: how a snapshot came to be, as in-toto Statements beside their DSSE envelopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.errors import IntegrityError
from provision.model.statement import Statement
from provision.stages.snapshot import layout, signing
from provision.stages.snapshot.documents import canonical, decode, digest, encode, malformed, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.ports import Store
    from provision.stages.snapshot.signing import PublicKey, SigningKey

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://provision.dev/snapshot/v1"
PAYLOAD = "application/vnd.in-toto+json"
MAX_ENVELOPES = 64  # signatures of one statement that are looked at


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement as it was read; ``signers`` are the keys that are said to have signed, ``verified`` the trusted ones."""

    hash: str
    statement: Statement
    signers: tuple[str, ...] = ()
    verified: frozenset[str] = frozenset()


def to_bytes(statement: Statement, snapshot: str) -> bytes:
    """The in-toto Statement about a snapshot, in canonical JSON."""
    return canonical(
        {
            "_type": TYPE,
            "subject": [{"name": "snapshot", "digest": {"sha256": snapshot}}],
            "predicateType": PREDICATE,
            "predicate": encode(statement),
        }
    )


def from_bytes(data: bytes, snapshot: str, what: str) -> Statement:
    """Read it back. Raises: IntegrityError PRV508, also where it is about another snapshot."""
    value = parse(data, what)
    if not isinstance(value, dict):
        malformed(what)
    predicate = value.get("predicate")
    statement = decode(Statement, predicate, what)
    if to_bytes(statement, snapshot) != data:
        malformed(what)
    return statement


def put(store: Store, snapshot: str, statement: Statement, signer: SigningKey | None) -> str:
    """Write a statement after its signature; returns its hash."""
    data = to_bytes(statement, snapshot)
    name = digest(data)
    if signer is not None:
        # First, so that a crash leaves no statement that looks as if nobody had signed it.
        envelope = signer.envelope(data, PAYLOAD)
        store.put_new(layout.envelope_path(snapshot, name, digest(envelope)), envelope)
    store.put_new(layout.statement_path(snapshot, name), data)
    return name


def hashes(store: Store, snapshot: str) -> tuple[str, ...]:
    """Hashes of all statements about a snapshot."""
    names = (path.rsplit("/", 1)[1] for path in store.below(layout.statements_folder(snapshot)))
    return tuple(name[:64] for name in names if len(name) == 69 and layout.is_hash(name[:64]))


def get(store: Store, snapshot: str, name: str, *, trusted: Iterable[PublicKey] = ()) -> StoredStatement:
    """Read a statement and its signatures.

    Raises: IntegrityError PRV509 if it is missing, PRV507 if it was changed, PRV508, PRV510.
    """
    path = layout.statement_path(snapshot, name)
    what = f"the statement {name[:12]} about {snapshot[:12]}"
    data = store.get(path, limit=layout.MAX_DOCUMENT)
    if data is None:
        raise IntegrityError("PRV509", f"{what} is missing", fix="restore the file from a copy of the store")
    if digest(data) != name:
        raise _changed(what)
    statement = from_bytes(data, snapshot, what)
    keys = tuple(trusted)
    signers: list[str] = []
    verified: set[str] = set()
    folder = layout.statements_folder(snapshot)
    found = [
        path for path in store.below(folder) if path.startswith(f"{folder}/{name}.") and path.endswith(".dsse.json")
    ]
    for path in found[:MAX_ENVELOPES]:
        envelope = store.get(path, limit=2 * layout.MAX_DOCUMENT)
        if envelope is None:
            continue
        signature = f"the signature of {what}"
        if path != layout.envelope_path(snapshot, name, digest(envelope)):
            raise _changed(signature)
        value = parse(envelope, signature)
        if not isinstance(value, dict) or signing.payload_of(value, PAYLOAD, signature) != data:
            malformed(signature)
        signers += signing.signer_ids(value["signatures"], signature)
        verified |= signing.verified(data, PAYLOAD, value["signatures"], trusted=keys, what=what)
    return StoredStatement(name, statement, tuple(dict.fromkeys(signers)), frozenset(verified))


def newest(store: Store, snapshot: str, *, trusted: Iterable[PublicKey] = ()) -> StoredStatement | None:
    """The statement that finished last, of those that a trusted key signed if there are any."""
    keys = tuple(trusted)
    found = [get(store, snapshot, name, trusted=keys) for name in hashes(store, snapshot)]
    return max(found, key=lambda stored: (bool(stored.verified), stored.statement.finished, stored.hash), default=None)


def _changed(what: str) -> IntegrityError:
    return IntegrityError(
        "PRV507", f"{what} was changed after it was written", fix="restore the file from a copy of the store"
    )
