"""Reading a published snapshot: nothing is believed before its hash is checked, and nothing unbounded is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.errors import IntegrityError
from provision.model.batch import SafeBatch
from provision.stages.snapshot import home, layout, manifest, statements
from provision.stages.snapshot.documents import digest
from provision.stages.snapshot.parts import read_part
from provision.stages.snapshot.resolve import resolve
from provision.stages.snapshot.shape import Shape, to_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from provision.model.manifest import DdlEntry, Manifest, PartEntry
    from provision.model.names import TableName
    from provision.model.statement import Statement
    from provision.ports import Store
    from provision.stages.snapshot.signing import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot of a store (a `ports.SnapshotReader`).

    ``statement`` is the one that the ref names, or of an id the newest one, signed ones first; None where there is none.
    ``signed_by`` are the trusted keys that signed it and, where a ref was followed, the ref's entry too: only then do
    name, data and schema come from who is trusted.
    """

    id: str
    manifest: Manifest
    statement: Statement | None
    statement_hash: str
    signed_by: frozenset[str]
    store: Store

    @property
    def content(self) -> str:
        """Digest of DDL and rows alone."""
        return self.manifest.content

    @property
    def server_version(self) -> int:
        """Of the source, without the minor release."""
        return self.manifest.server_version

    @property
    def passed(self) -> bool:
        """Whether no check of its statement gates; False where there is no statement."""
        return self.statement is not None and self.statement.passed

    def ddl(self) -> tuple[DdlEntry, ...]:
        """The schema's entries in creation order. Raises: IntegrityError."""
        return load_ddl(self.store, self.manifest)

    def tables(self) -> tuple[TableName, ...]:
        """Tables with rows or without, in name order."""
        return tuple(table.name for table in self.manifest.tables)

    def columns(self, table: TableName) -> tuple[tuple[str, str], ...]:
        """Name and database type of the columns that travel, in catalog order."""
        return tuple((column.name, column.type) for column in self.manifest.table(table).columns)

    def rows(self, table: TableName) -> int:
        """How many rows the table has."""
        return self.manifest.table(table).rows

    def sequences(self) -> Mapping[TableName, int]:
        """The last value that each sequence has handed out."""
        return {sequence.name: sequence.last for sequence in self.manifest.sequences}

    def batches(self, table: TableName, *, columns: Iterable[str] | None = None) -> Iterator[SafeBatch]:
        """The table's rows in published order, up to 65,536 at a time; of some columns alone if asked.

        Raises: IntegrityError PRV507, PRV509, PRV512 before any row of a damaged part is handed out.
        """
        entry = self.manifest.table(table)
        shape = Shape.of_entry(entry)
        wanted = None if columns is None else list(columns)
        for part in entry.parts:
            for block in load_part(self.store, part, shape, columns=wanted):
                yield SafeBatch(table=table, frame=to_frame(block))


def open_snapshot(store: Store, name: str, *, trusted: Iterable[PublicKey] = ()) -> Snapshot:
    """Open what people call ``dev``, ``dev@-1``, ``tag:x`` or by at least 8 digits of its id.

    Args: trusted: keys whose signatures count. A wrong signature of one of them is an error; none is not: ask
    ``signed_by``.
    Raises: UsageError PRV505, PRV506. IntegrityError for anything that is not what it says it is.
    """
    identity = home.store_id(store)
    keys = tuple(trusted)
    meant = resolve(store, name, store_id=identity, trusted=keys)
    made = load_manifest(store, meant.snapshot)
    if meant.ref is None:
        stated = statements.newest(store, meant.snapshot, trusted=keys)
        signed = stated.verified if stated else frozenset()
    else:
        stated = statements.get(store, meant.snapshot, meant.ref.document.statement, trusted=keys)
        signed = stated.verified if meant.ref.verified else frozenset()
    if stated is not None and stated.statement.content != made.content:
        raise IntegrityError(
            "PRV511",
            f"the statement {stated.hash[:12]} is about another content than {meant.snapshot[:12]} has",
            fix="do not load the snapshot; find out who wrote to the store",
        )
    return Snapshot(
        id=meant.snapshot,
        manifest=made,
        statement=stated.statement if stated else None,
        statement_hash=stated.hash if stated else "",
        signed_by=signed,
        store=store,
    )


def load_manifest(store: Store, snapshot: str) -> Manifest:
    """Read a manifest by its id. Raises: IntegrityError PRV509 if it is missing, and those of `manifest.from_bytes`."""
    data = store.get(layout.manifest_path(snapshot), limit=layout.MAX_DOCUMENT)
    if data is None:
        raise _missing(f"the manifest of {snapshot[:12]}")
    return manifest.from_bytes(data, snapshot)


def load_ddl(store: Store, made: Manifest) -> tuple[DdlEntry, ...]:
    """Read the schema's entries of a manifest. Raises: IntegrityError."""
    data = store.get(layout.blob_path(made.ddl.hash), limit=made.ddl.bytes)
    if data is None:
        raise _missing(f"the schema {made.ddl.hash[:12]}")
    return manifest.ddl_from_bytes(data, made.ddl)


def load_part(
    store: Store, part: PartEntry, shape: Shape, *, columns: Iterable[str] | None = None
) -> Iterator[pa.Table]:
    """Read a part's rows, a row group at a time. Raises: IntegrityError PRV507, PRV509, PRV512."""
    data = store.get(layout.part_path(part.hash), limit=part.bytes)
    if data is None:
        raise _missing(f"part {part.hash[:12]} of {shape.table}")
    if len(data) != part.bytes or digest(data) != part.hash:
        raise IntegrityError(
            "PRV507",
            f"part {part.hash[:12]} of {shape.table} was changed after it was written",
            fix="restore the file from a copy of the store, or load another snapshot",
        )
    yield from read_part(data, part, shape, columns=columns)


def _missing(what: str) -> IntegrityError:
    return IntegrityError(
        "PRV509", f"{what} is missing", fix="restore the file from a copy of the store, or load another snapshot"
    )
