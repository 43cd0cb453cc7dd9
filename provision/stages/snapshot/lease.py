"""Leases: a run says that it is alive, so that no second run of its recipe starts and nothing of it is swept.

A lease lasts half an hour and is renewed by a new file (files are never changed). On the machine of the run a dead
process is seen at once; elsewhere its lease has to end.
"""

from __future__ import annotations

import contextlib
import os
import platform
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import IntegrityError, LockedError, StoreError
from provision.stages.snapshot import layout
from provision.stages.snapshot.sealed import seal, unseal

if TYPE_CHECKING:
    from provision.ports import Store

KIND = "lease"
LASTS = timedelta(minutes=30)
RENEW_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Which run, of which recipe, by which process, and until when (ISO 8601, UTC)."""

    run: str
    recipe: str
    expires: str
    machine: str
    boot: str
    space: str  # of process numbers: a container has its own
    pid: int
    start: str  # of the process: numbers are used again


class Held:
    """A lease of this process, renewed in the background until it is released."""

    def __init__(self, store: Store, lease: Lease, path: str) -> None:
        self._store = store
        self._lease = lease
        self._path = path
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="provision-lease", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Let go. A lease that cannot be deleted ends by itself."""
        self._ending.set()
        self._thread.join()
        with contextlib.suppress(StoreError):
            self._store.delete(self._path)

    def renew(self) -> None:
        """Make a new lease of the same run and delete the old one. Raises: StoreError PRV502."""
        path = _put(self._store, self._lease)
        self._store.delete(self._path)
        self._path = path

    def _beat(self) -> None:
        while not self._ending.wait(RENEW_S):
            with contextlib.suppress(StoreError):  # the next beat comes in time
                self.renew()


def take(store: Store, *, recipe: str, run: str) -> Held:
    """Take the lease of a recipe for a run.

    Two that begin at the same moment may both be refused, never both let in.
    Raises: LockedError PRV504 if another run of the recipe is alive. StoreError PRV502.
    """
    own = _own(recipe=recipe, run=run)
    path = _put(store, own)
    try:
        others = [lease for lease in living(store) if lease.recipe == recipe and lease.run != run]
    except BaseException:
        with contextlib.suppress(StoreError):
            store.delete(path)
        raise
    if others:
        store.delete(path)
        raise LockedError(
            "PRV504",
            f"another run of {recipe} is at work in this store (run {others[0].run}, process {others[0].pid})",
            fix=f"wait until it is done; should it be dead, its lease ends at {others[0].expires} at the latest",
        )
    return Held(store, own, path)


def living(store: Store) -> tuple[Lease, ...]:
    """Leases of runs that are alive, as far as can be told; others are deleted. A damaged lease is nobody's."""
    found: list[Lease] = []
    for path, data in _read_all(store).items():
        try:
            lease = unseal(data, Lease, kind=KIND, what=f"the lease {path}").document
            alive = _alive(lease)
        except (IntegrityError, ValueError, TypeError):  # TypeError: a time without its zone
            alive = False
        if alive:
            found.append(lease)
        else:
            store.delete(path)
    return tuple(found)


def _read_all(store: Store) -> dict[str, bytes]:
    """All leases. One that vanished between listing and reading may have been renewed under another name: look again."""
    while True:
        read = {path: store.get(path, limit=layout.MAX_ENTRY) for path in store.below(layout.LEASES)}
        whole = {path: data for path, data in read.items() if data is not None}
        if len(whole) == len(read):
            return whole


def _put(store: Store, lease: Lease) -> str:
    path = layout.lease_path(layout.new_ulid())
    expires = (datetime.now(UTC) + LASTS).isoformat(timespec="seconds")
    fresh = replace(lease, expires=expires)
    store.put_new(path, seal(fresh, kind=KIND))
    return path


def _own(*, recipe: str, run: str) -> Lease:
    pid = os.getpid()
    return Lease(
        run=run,
        recipe=recipe,
        expires="",
        machine=_machine(),
        boot=_read("/proc/sys/kernel/random/boot_id"),
        space=_space(),
        pid=pid,
        start=_start_of(pid) or "",
    )


def _alive(lease: Lease) -> bool:
    if datetime.fromisoformat(lease.expires) < datetime.now(UTC):
        return False
    here = _own(recipe="", run="")
    if lease.machine != here.machine:
        return True  # cannot be told from here
    if lease.boot != here.boot:
        return False
    if lease.space != here.space:
        return True
    return _start_of(lease.pid) == lease.start if here.start else _exists(lease.pid)


def _machine() -> str:
    return f"{platform.node()}/{_read('/etc/machine-id')}"


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115  # not a path
    except OSError:
        return ""


def _start_of(pid: int) -> str | None:
    """When a process started, in ticks since boot; None where it does not run or the system does not tell."""
    # The name in parentheses may hold anything; state and start are the 1st and 20th field after it.
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] not in "ZX" else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""
