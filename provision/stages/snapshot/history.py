"""What happened in a store: its snapshots, the moves of a name, and the log of all runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from provision.errors import IntegrityError
from provision.stages.snapshot import home, layout, refs, statements
from provision.stages.snapshot.read import load_manifest, open_snapshot
from provision.stages.snapshot.resolve import ref_of
from provision.stages.snapshot.sealed import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.ports import Store
    from provision.stages.snapshot.refs import RefEntry
    from provision.stages.snapshot.signing import PublicKey, SigningKey

KIND = "log"

Outcome = Literal["published", "unchanged", "untagged", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One run, as it ended. ``code`` is that of the error that ended it; times are instants in UTC."""

    run: str
    recipe: str
    started: str
    finished: str
    outcome: Outcome
    snapshot: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInfo:
    """One snapshot of a store. ``names`` are the refs that stand for it now: ``dev``, ``tag:x``."""

    id: str
    content: str
    names: tuple[str, ...]
    tables: int
    rows: int
    recipe: str = ""
    finished: str = ""  # of its newest statement
    passed: bool = True
    signed_by: tuple[str, ...] = ()  # trusted keys


def write(store: Store, entry: LogEntry, signer: SigningKey | None) -> None:
    """Add a run to the log."""
    store.put_new(layout.log_path(entry.run), seal(entry, kind=KIND, signer=signer))


def past_runs(store: Store, *, recipe: str | None = None, trusted: Iterable[PublicKey] = ()) -> tuple[LogEntry, ...]:
    """All runs that ended, oldest first. Raises: IntegrityError for a changed entry."""
    keys = tuple(trusted)
    found: list[LogEntry] = []
    for path in store.below(layout.LOG):
        data = store.get(path, limit=layout.MAX_ENTRY)
        if data is not None:
            found.append(unseal(data, LogEntry, kind=KIND, what=path, trusted=keys).document)
    return tuple(entry for entry in found if recipe in {None, entry.recipe})


def list_snapshots(store: Store, *, trusted: Iterable[PublicKey] = ()) -> tuple[SnapshotInfo, ...]:
    """All snapshots, newest first. Raises: IntegrityError for a damaged one."""
    identity = home.store_id(store)
    keys = tuple(trusted)
    named: dict[str, list[str]] = {}
    kinds: tuple[layout.RefKind, ...] = ("recipes", "tags")
    for kind in kinds:
        for name in refs.names(store, kind):
            if entry := refs.current(store, kind, name, store_id=identity):
                named.setdefault(entry.document.snapshot, []).append(name if kind == "recipes" else f"tag:{name}")
    found: list[SnapshotInfo] = []
    for snapshot in snapshot_ids(store):
        made = load_manifest(store, snapshot)
        stated = statements.newest(store, snapshot, trusted=keys)
        found.append(
            SnapshotInfo(
                id=snapshot,
                content=made.content,
                names=tuple(named.get(snapshot, ())),
                tables=len(made.tables),
                rows=made.rows,
                recipe=stated.statement.recipe.name if stated else "",
                finished=stated.statement.finished if stated else "",
                passed=stated.statement.passed if stated else True,
                signed_by=tuple(sorted(stated.verified)) if stated else (),
            )
        )
    return tuple(sorted(found, key=lambda info: (info.finished, info.id), reverse=True))


def snapshot_ids(store: Store) -> tuple[str, ...]:
    """Ids of all snapshots."""
    names = (path.rsplit("/", 1)[1].removesuffix(".json") for path in store.below(layout.MANIFESTS))
    return tuple(name for name in names if layout.is_hash(name))


def log(store: Store, name: str, *, trusted: Iterable[PublicKey] = ()) -> tuple[RefEntry, ...]:
    """The moves of a name (``dev``, ``tag:x``), newest first.

    Raises: UsageError PRV505 for an unknown name. IntegrityError PRV511 for a broken history.
    """
    identity = home.store_id(store)
    kind, bare = ref_of(store, name)
    entries = refs.history(store, kind, bare, store_id=identity, trusted=trusted)
    return tuple(entry.document for entry in reversed(entries))


def tag(store: Store, name: str, tag_name: str, *, signer: SigningKey | None) -> int:
    """Let a tag stand for a snapshot (by name or id); returns the number of the tag's entry.

    Raises: UsageError PRV505, PRV506, PRV514; StoreError PRV502; IntegrityError for a snapshot that is damaged.
    """
    layout.check_ref_name(tag_name, "tag")
    identity = home.store_id(store)
    trusted = (signer.public,) if signer else ()
    found = open_snapshot(store, name, trusted=trusted)
    if found.statement is None:
        raise IntegrityError(
            "PRV509",
            f"there is no statement about {found.id[:12]}",
            fix="run the recipe again: it states how it came to be",
        )
    return refs.move(
        store,
        "tags",
        tag_name,
        store_id=identity,
        snapshot=found.id,
        statement=found.statement_hash,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        signer=signer,
    )
