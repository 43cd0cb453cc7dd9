"""Refs: movable names as append-only entries, each made by one create-only write.

``refs/recipes/<name>/<seq8>.json`` and ``refs/tags/…``: the highest number is the current one. An entry is signed over store,
name, number, snapshot, statement and the hash of the entry before, so that an old signed snapshot cannot be replayed
under a newer name and no entry of the history can be changed. Who can delete files can still cut off the newest entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.errors import IntegrityError, StoreError
from provision.stages.snapshot import layout
from provision.stages.snapshot.sealed import Sealed, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.ports import Store
    from provision.stages.snapshot.layout import RefKind
    from provision.stages.snapshot.signing import PublicKey, SigningKey

KIND = "ref"
TRIES = 50
_ENTRY = re.compile(r"([0-9]{8})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefEntry:
    """One move of a name. ``previous`` is the hash of the entry before ('' for the first); ``at`` an instant in UTC."""

    store: str
    kind: str
    name: str
    seq: int
    snapshot: str
    statement: str
    at: str
    previous: str = ""


def names(store: Store, kind: RefKind) -> tuple[str, ...]:
    """All names of a kind, in order."""
    found = (path.split("/") for path in store.below(f"{layout.REFS}/{kind}"))
    return tuple(sorted({path[2] for path in found if len(path) == 4 and layout.is_ref_name(path[2])}))


def numbers(store: Store, kind: RefKind, name: str) -> tuple[int, ...]:
    """Numbers of a name's entries, oldest first."""
    found = (path.rsplit("/", 1)[1] for path in store.below(layout.ref_folder(kind, name)))
    return tuple(sorted(int(match[1]) for file in found if (match := _ENTRY.fullmatch(file))))


def read(
    store: Store, kind: RefKind, name: str, seq: int, *, store_id: str, trusted: Iterable[PublicKey] = ()
) -> Sealed[RefEntry]:
    """One entry.

    Raises: IntegrityError PRV509 if it is missing, PRV511 if it belongs to another store, name or number, and those
    of `sealed.unseal`.
    """
    path = layout.ref_path(kind, name, seq)
    what = f"the entry {path}"
    data = store.get(path, limit=layout.MAX_ENTRY)
    if data is None:
        raise IntegrityError("PRV509", f"{what} is missing", fix="restore the file from a copy of the store")
    sealed = unseal(data, RefEntry, kind=KIND, what=what, trusted=trusted)
    entry = sealed.document
    if (entry.store, entry.kind, entry.name, entry.seq) != (store_id, kind, name, seq):
        raise IntegrityError(
            "PRV511",
            f"{what} was written for another store, name or number",
            fix="do not load the snapshot by this name; find out who wrote to the store",
        )
    if not layout.is_hash(entry.snapshot) or not layout.is_hash(entry.statement):
        raise IntegrityError("PRV508", f"{what} is malformed", fix="restore the file from a copy of the store")
    return sealed


def current(
    store: Store, kind: RefKind, name: str, *, store_id: str, trusted: Iterable[PublicKey] = ()
) -> Sealed[RefEntry] | None:
    """The newest entry; None where the name was never set."""
    found = numbers(store, kind, name)
    return read(store, kind, name, found[-1], store_id=store_id, trusted=trusted) if found else None


def history(
    store: Store, kind: RefKind, name: str, *, store_id: str, trusted: Iterable[PublicKey] = ()
) -> tuple[Sealed[RefEntry], ...]:
    """All entries, oldest first, each held to the one before. The oldest may be gone: prune takes them.

    Raises: IntegrityError PRV511 where one in between is missing or is not the one that its successor saw.
    """
    keys = tuple(trusted)
    entries: list[Sealed[RefEntry]] = []
    for seq in numbers(store, kind, name):
        entry = read(store, kind, name, seq, store_id=store_id, trusted=keys)
        broken = (
            (seq != entries[-1].document.seq + 1 or entry.document.previous != entries[-1].hash)
            if entries
            else ((seq == 1) != (entry.document.previous == ""))
        )
        if broken:
            raise IntegrityError(
                "PRV511",
                f"the history of {kind}/{name} is broken at entry {seq}",
                fix="do not load the snapshot by this name; find out who wrote to the store",
            )
        entries.append(entry)
    return tuple(entries)


def move(
    store: Store,
    kind: RefKind,
    name: str,
    *,
    store_id: str,
    snapshot: str,
    statement: str,
    at: str,
    signer: SigningKey | None,
) -> int:
    """Let the name stand for a snapshot; returns the entry's number.

    A name that stands for it already, by an entry with the same signer, is left alone, so that ``name@-1`` is always
    another version. Who loses a race for a number takes the next one.
    Raises: StoreError PRV502.
    """
    signers = (signer.public.id,) if signer else ()
    for _ in range(TRIES):
        last = current(store, kind, name, store_id=store_id)
        if last is not None and last.document.snapshot == snapshot and last.signers == signers:
            return last.document.seq
        entry = RefEntry(
            store=store_id,
            kind=kind,
            name=name,
            seq=last.document.seq + 1 if last else 1,
            snapshot=snapshot,
            statement=statement,
            at=at,
            previous=last.hash if last else "",
        )
        if store.put_new(layout.ref_path(kind, name, entry.seq), seal(entry, kind=KIND, signer=signer)):
            return entry.seq
    raise StoreError(
        "PRV502", f"{kind}/{name} moves too fast: {TRIES} writers were quicker", fix="tag the snapshot again later"
    )
