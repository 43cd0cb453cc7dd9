"""What a store holds, by the names that people give: list, show, verify, tag, log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provision.stages import snapshot as stage
from provision.stages.recipe.load import load_project
from provision.wiring import rooms

if TYPE_CHECKING:
    from pathlib import Path

    from provision.model.report import Finding
    from provision.ports import Store
    from provision.stages.snapshot import LogEntry, PublicKey, Snapshot, SnapshotInfo
    from provision.stages.snapshot.refs import RefEntry


def snapshots(*, folder: Path) -> tuple[SnapshotInfo, ...]:
    """All snapshots of the project's store, newest first."""
    store, trusted = _open(folder)
    return stage.list_snapshots(store, trusted=trusted)


def show(name: str, *, folder: Path) -> Snapshot:
    """One snapshot by any of its names."""
    store, trusted = _open(folder)
    return stage.open_snapshot(store, name, trusted=trusted)


def verify(name: str | None, *, folder: Path) -> tuple[Finding, ...]:
    """What is wrong with one snapshot, or with the whole store; every byte is read."""
    store, trusted = _open(folder)
    wanted = stage.open_snapshot(store, name, trusted=trusted).id if name is not None else None
    return stage.verify(store, wanted, trusted=trusted)


def tag(name: str, tag_name: str, *, folder: Path) -> int:
    """Let a tag stand for a snapshot; returns the number of the tag's entry."""
    project = load_project(folder)
    environ = dict(os.environ)
    store = rooms.open_project_store(project, environ, create=False)
    return stage.tag(store, name, tag_name, signer=rooms.signing_key(project, environ))


def log(name: str | None, *, folder: Path) -> tuple[tuple[LogEntry, ...], tuple[RefEntry, ...]]:
    """All runs of the store, or the moves of one name, newest first."""
    store, trusted = _open(folder)
    if name is None:
        return tuple(reversed(stage.past_runs(store, trusted=trusted))), ()
    return (), stage.log(store, name, trusted=trusted)


def _open(folder: Path) -> tuple[Store, tuple[PublicKey, ...]]:
    project = load_project(folder)
    environ = dict(os.environ)
    return rooms.open_project_store(project, environ, create=False), rooms.trusted_keys(project, environ)
