"""A snapshot in the making: a lease, a staging folder, tables one by one, and at the end one publication or none."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from provision.errors import IntegrityError, ProvisionError, StoreError
from provision.model.batch import SafeBatch
from provision.stages.snapshot import history, home, layout, lease, manifest, refs, statements
from provision.stages.snapshot.logical import TableHash
from provision.stages.snapshot.parts import PartWriter, read_part
from provision.stages.snapshot.runs import merged
from provision.stages.snapshot.shape import Shape, to_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from provision.model.manifest import DdlEntry, Manifest, TableEntry
    from provision.model.names import TableName
    from provision.model.plan import Plan, TablePlan
    from provision.model.statement import Statement
    from provision.ports import Store
    from provision.stages.snapshot.runs import RunFile
    from provision.stages.snapshot.signing import SigningKey

ABANDONED_S = 24 * 3600.0  # files that a killed writer left between its steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication made: ``unchanged`` says that the recipe's ref stood for this very snapshot before."""

    id: str
    content: str
    statement: str
    unchanged: bool


def begin(store: Store, *, recipe: str) -> Draft:
    """Take the recipe's lease, clear away what dead runs left, and make a staging folder.

    Raises: LockedError PRV504 if a run of the recipe is at work. UsageError PRV514 for a name that a store cannot
    hold. StoreError PRV502, IntegrityError PRV503.
    """
    layout.check_ref_name(recipe, "recipe")
    identity = home.settle(store)
    run = layout.new_ulid()
    held = lease.take(store, recipe=recipe, run=run)
    try:
        sweep(store)
        folder = store.spool / run
        try:
            store.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise _unstaged(error) from None
    except BaseException:
        held.release()
        raise
    return Draft(store, held, store_id=identity, recipe=recipe, run=run, folder=folder)


def sweep(store: Store) -> tuple[str, ...]:
    """Delete the staging of runs that are dead; returns the names of what was deleted."""
    if not store.spool.is_dir():
        return ()
    found = sorted(store.spool.iterdir())
    # After the folders: a run makes its lease before its folder, so none that was found can be missed here.
    living = {held.run for held in lease.living(store)}
    swept: list[str] = []
    for path in found:
        if layout.is_ulid(path.name) and path.is_dir() and not path.is_symlink():
            if path.name not in living:
                shutil.rmtree(path, ignore_errors=True)
                swept.append(path.name)
        elif path.name.startswith("put-"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.lstat().st_mtime > ABANDONED_S:
                    path.unlink()
                    swept.append(path.name)
    return tuple(swept)


def merge_table(
    folder: Path, plan: TablePlan, runs: Sequence[RunFile], *, word_lists: Mapping[str, str] | None = None
) -> TableEntry:
    """Merge a table's runs into parts in the draft's folder; pure work on files, so a lane may do it.

    The run files are deleted. The entry depends on the rows alone.
    Raises: StoreError PRV502.
    """
    shape = Shape.of_plan(plan)
    writer = PartWriter(Path(folder), shape)
    hashed = TableHash(shape)
    try:
        for block in merged(runs, shape, folder=Path(folder)):
            writer.add(block)
            hashed.add(block)
        parts = writer.finish()
    finally:
        writer.discard()
    for run in runs:
        Path(run.path).unlink(missing_ok=True)
    return manifest.table_entry(plan, hashed, parts, word_lists=word_lists or {})


class Draft:
    """A run's snapshot before it is published. As a context it abandons itself unless it was published.

    ``folder`` is where lanes stage runs; ``run`` is the run's id.
    """

    def __init__(self, store: Store, held: lease.Held, *, store_id: str, recipe: str, run: str, folder: Path) -> None:
        self._store = store
        self._held = held
        self._store_id = store_id
        self._started = _now()
        self._blob = b""
        self._open = True
        self.recipe = recipe
        self.run = run
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon(error.code if isinstance(error, ProvisionError) else "")

    def finish_table(
        self, plan: TablePlan, runs: Sequence[RunFile], *, word_lists: Mapping[str, str] | None = None
    ) -> TableEntry:
        """Merge a table's runs into parts; no runs make a table without rows. See `merge_table`."""
        return merge_table(self.folder, plan, runs, word_lists=word_lists)

    def batches(self, table: TableEntry, *, columns: Iterable[str] | None = None) -> Iterator[SafeBatch]:
        """The staged rows of a finished table in published order, for checks before anything is published."""
        shape = Shape.of_entry(table)
        wanted = None if columns is None else list(columns)
        for part in table.parts:
            data = self._staged(part.hash).read_bytes()
            for block in read_part(data, part, shape, columns=wanted):
                yield SafeBatch(table=table.name, frame=to_frame(block))

    def assemble(
        self,
        plan: Plan,
        *,
        tables: Iterable[TableEntry],
        ddl: tuple[DdlEntry, ...],
        sequences: Mapping[TableName, int],
        keys: Mapping[str, str],
    ) -> Manifest:
        """The manifest of what was staged. See `manifest.assemble`."""
        made, self._blob = manifest.assemble(plan, tables=tables, ddl=ddl, sequences=sequences, keys=keys)
        return made

    def publish(
        self,
        made: Manifest,
        statement: Statement,
        *,
        signer: SigningKey | None,
        advance: bool = True,
        tags: Sequence[str] = (),
    ) -> Published:
        """Publish: parts, schema, manifest (the commit), statement, refs, log; each written once, in this order.

        Args: advance: move the recipe's ref and the tags; False keeps a snapshot whose checks failed untagged.
        Raises: StoreError PRV502, UsageError PRV514 for a tag's name (before anything is written), IntegrityError if
        the store holds something else under a name that is to be written. The store is readable after any of them.
        """
        for tag in tags:
            layout.check_ref_name(tag, "tag")
        snapshot = manifest.id_of(made)
        before = refs.current(self._store, "recipes", self.recipe, store_id=self._store_id)
        parent = before.document.snapshot if before else None
        self._put_data(made, snapshot)
        finished = _now()
        told = dataclasses.replace(
            statement,
            run=self.run,
            content=made.content,
            parent=parent,
            rows=made.rows,
            started=statement.started or self._started,
            finished=finished,
        )
        stated = statements.put(self._store, snapshot, told, signer)
        moved: list[tuple[layout.RefKind, str]] = [("recipes", self.recipe), *(("tags", tag) for tag in tags)]
        for kind, name in moved if advance else ():
            refs.move(
                self._store,
                kind,
                name,
                store_id=self._store_id,
                snapshot=snapshot,
                statement=stated,
                at=finished,
                signer=signer,
            )
        unchanged = parent == snapshot
        outcome: history.Outcome = "unchanged" if unchanged else "published"
        self._log(outcome if advance else "untagged", snapshot=snapshot, signer=signer)
        self._close()
        return Published(id=snapshot, content=made.content, statement=stated, unchanged=unchanged)

    def abandon(self, code: str = "") -> None:
        """Delete all that was staged and let go of the lease; nothing of the run remains but a line in the log.

        Args: code: of the error that ended the run.
        """
        if not self._open:
            return
        self._close()
        with contextlib.suppress(StoreError, IntegrityError):  # the reason of the end must not be hidden by this one
            self._log("failed", code=code)

    def _put_data(self, made: Manifest, snapshot: str) -> None:
        for part in {part.hash: part for table in made.tables for part in table.parts}.values():
            self._put(layout.part_path(part.hash), self._staged(part.hash), part.bytes)
        self._put(layout.blob_path(made.ddl.hash), self._blob, made.ddl.bytes)
        data = manifest.to_bytes(made)
        path = layout.manifest_path(snapshot)
        if not self._store.put_new(path, data) and self._store.get(path, limit=layout.MAX_DOCUMENT) != data:
            raise _other(path)

    def _put(self, path: str, data: bytes | Path, size: int) -> None:
        """Write a file that is named by its hash; one that is there already must have its size."""
        found = self._store.size(path)
        if found is None and not self._store.put_new(path, data):
            found = self._store.size(path)
        if found not in {None, size}:
            raise _other(path)

    def _staged(self, digest: str) -> Path:
        return self.folder / f"{digest}.parquet"

    def _log(
        self, outcome: history.Outcome, *, snapshot: str = "", code: str = "", signer: SigningKey | None = None
    ) -> None:
        entry = history.LogEntry(
            run=self.run,
            recipe=self.recipe,
            started=self._started,
            finished=_now(),
            outcome=outcome,
            snapshot=snapshot,
            code=code,
        )
        history.write(self._store, entry, signer)

    def _close(self) -> None:
        if self._open:
            self._open = False
            shutil.rmtree(self.folder, ignore_errors=True)
            self._held.release()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _other(path: str) -> IntegrityError:
    return IntegrityError(
        "PRV507",
        f"{path} of the store is not what its name says",
        fix="delete the file or restore it from a copy of the store, and run again",
    )


def _unstaged(error: OSError) -> StoreError:
    return StoreError(
        "PRV502",
        f"cannot make a staging folder: {os.strerror(error.errno or 0)}",
        fix="check the mode of the store's folder and the room on its disk",
    )
