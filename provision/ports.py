"""What stages need from the outside, as Protocols: sources, targets, stores, executors.

Adapters satisfy these without importing stages; ``wiring`` puts the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    import polars as pl

    from provision.model.batch import RawBatch, SafeBatch
    from provision.model.catalog import Catalog, Table
    from provision.model.graph import Relation
    from provision.model.load import LoadMode, TargetStatus
    from provision.model.manifest import DdlEntry, Schema
    from provision.model.names import TableName
    from provision.model.plan import Root
    from provision.model.report import Finding


# Columns that a reader adds beside those of the table. No name in a database can hold a NUL, so nothing collides.
KEY = "\0key"  # Int64: which of the keys a row was found by
RANK = "\0rank"  # Int64: place of a row in the order that was asked for; equal rows share a place


class KeyReader(Protocol):
    """Reads keys for the closure over one consistent snapshot of a source.

    Frames hold the asked columns of a table in the order asked: Int64 for integer columns, String in the server's
    text for everything else, null for NULL. ``ctid`` (String) and ``tableoid`` (Int64) may be asked for like columns.
    Rows come in any order. With ``order_by`` (SQL over the table) a column `RANK` follows the asked ones; ranks are
    comparable among the rows of one key, or of one root. `KEY` stands last where it is asked for.
    """

    def roots(self, root: Root, columns: tuple[str, ...]) -> pl.DataFrame:
        """Rows that meet ``root.where`` (all rows without one); the limit is the closure's to apply.

        With ``root.order_by`` the column `RANK` follows. Where ``root.sample`` is fast, some rows instead of all.
        """

    def every(self, table: TableName, columns: tuple[str, ...]) -> pl.DataFrame:
        """All rows of the table."""

    def match(
        self,
        table: TableName,
        columns: tuple[str, ...],
        *,
        on: tuple[str, ...],
        keys: pl.DataFrame,
        where: str | None = None,
        equals: tuple[tuple[str, str], ...] = (),
        order_by: str | None = None,
    ) -> pl.DataFrame:
        """Rows whose ``on`` columns equal one of the keys, by the equality of the columns' own types.

        Args: keys: frame with one column for each of ``on``, distinct, without nulls. Where it has a further column
        `KEY`, the result has it too, last: the key that a row was found by. where: SQL over the table.
        equals: columns that must equal a text constant (polymorphic relations).
        """

    def related(
        self,
        relation: Relation,
        columns: tuple[str, ...],
        *,
        side: Literal["parents", "children"],
        keys: pl.DataFrame,
        where: str | None = None,
        order_by: str | None = None,
    ) -> pl.DataFrame:
        """Rows that a relation joins with the keys, by the relation's own operators, each with the `KEY` it came by.

        This is for references whose equality only the server knows: nondeterministic collations, citext, periods,
        pairs of types. A row comes once for each key that it is joined with.

        Args: side: parents reads the parent table and takes tuples of ``relation.columns`` as keys, children reads
        the child table and takes tuples of ``relation.parent_columns``. keys: these columns in this order, without
        nulls, and a column `KEY` that numbers them. The relation's conditions are not applied to parents.
        """


class SourceSession(KeyReader, Protocol):
    """One connection inside the shared snapshot; lanes join it by its token."""

    token: str  # exported snapshot id
    as_of: str  # the transaction's time as the server prints it, in UTC

    def rows(
        self, table: Table, columns: tuple[str, ...], *, identity: tuple[str, ...], keys: pl.DataFrame | None
    ) -> Iterator[RawBatch]:
        """Rows with these identities, or all rows where ``keys`` is None, in no particular order."""


class Source(Protocol):
    """A database that rows come from. It is only read."""

    name: str

    def reflect(self) -> Catalog:
        """The catalog, read in one snapshot."""

    def session(self, token: str | None = None) -> AbstractContextManager[SourceSession]:
        """Begin the snapshot (no token: this session exports it) or join it (a lane)."""

    def schema(self, *, token: str | None, skip: tuple[TableName, ...]) -> Schema:
        """The schema without the skipped tables, and what else was left out of it."""


class Store(Protocol):
    """Where snapshots live: named files that are written once and never changed.

    A path is ``folder/…/name`` of letters, digits, ``.``, ``_`` and ``-``; others are refused. What a store holds is
    hostile input: readers state how much they take and check hashes before they parse.
    """

    @property
    def url(self) -> str:
        """The store as people may see it: without credentials."""

    @property
    def spool(self) -> Path:
        """Local folder where runs stage what is not yet published; it may be missing."""

    def get(self, path: str, *, limit: int) -> bytes | None:
        """The whole file, or None where there is none.

        Raises: IntegrityError PRV507 if it is larger than ``limit`` bytes. StoreError PRV502.
        """

    def put_new(self, path: str, data: bytes | Path) -> bool:
        """Make the file, whole and durable or not at all; False if there is one of that name already.

        A local file that is handed over may become the stored file itself: it must not be changed afterwards.
        Raises: StoreError PRV502.
        """

    def below(self, prefix: str) -> tuple[str, ...]:
        """Paths of all files below a folder (``""`` for the whole store), in order. Raises: StoreError PRV502."""

    def size(self, path: str) -> int | None:
        """Bytes of the file; None where there is none. Raises: StoreError PRV502."""

    def delete(self, path: str) -> None:
        """Take the file away if it is there. Raises: StoreError PRV502."""


class SnapshotReader(Protocol):
    """A published snapshot, verified as it is read."""

    @property
    def id(self) -> str:
        """The snapshot's id: the SHA-256 of its manifest."""

    @property
    def content(self) -> str:
        """Digest of DDL and rows alone: equal content loads nothing."""

    @property
    def server_version(self) -> int:
        """Of the source, without the minor release (180000 for 18.4); a target of an older major version is refused."""

    def ddl(self) -> tuple[DdlEntry, ...]:
        """The schema's entries in creation order."""

    def tables(self) -> tuple[TableName, ...]:
        """Tables with rows or without, in name order."""

    def columns(self, table: TableName) -> tuple[tuple[str, str], ...]:
        """Name and database type (as the server prints it) of the columns that travel, in catalog order."""

    def rows(self, table: TableName) -> int:
        """How many rows the table has."""

    def sequences(self) -> Mapping[TableName, int]:
        """The last value that each sequence has handed out; sequences that are not named stay as they were made."""

    def batches(self, table: TableName) -> Iterator[SafeBatch]:
        """The table's rows in published order, a part at a time."""


class Loading(Protocol):
    """A load under way: nothing of it is seen in the target before `publish`.

    Left without it, or by an error, the target is what it was. ``lanes`` connections work at a time; a lane does one
    thing at a time, and each call names its lane (from 0). Calls of different lanes may run in different threads.
    """

    lanes: int

    def write(self, table: TableName, batches: Iterable[SafeBatch], *, lane: int) -> int:
        """Copy batches into the table; returns the rows that the server took."""

    def set_sequence(self, name: TableName, last: int, *, lane: int) -> None:
        """Let the sequence go on after this value."""

    def cancel(self) -> None:
        """Stop what the lanes are doing, from any thread; their calls raise."""

    def publish(self) -> tuple[Finding, ...]:
        """Make the load the target's state, all at once; returns what a reader should know."""


class Building(Loading, Protocol):
    """A whole database that is built aside."""

    def define(self, entry: DdlEntry, *, lane: int) -> None:
        """Carry out one entry of the schema."""

    def refresh_view(self, view: TableName, *, lane: int) -> Finding | None:
        """Fill a materialised view; one that cannot be filled stays empty and is reported."""

    def finish_table(self, table: TableName, *, lane: int) -> int:
        """Gather statistics; returns the rows that the table has now."""

    def unvalidated(self) -> tuple[str, ...]:
        """Constraints that the server has not validated, as ``table.constraint``."""


class Target(Protocol):
    """A database that snapshots are loaded into."""

    name: str
    mode: LoadMode

    def heal(self) -> tuple[Finding, ...]:
        """Clear away what a crashed load left behind; the target is then its old or its new state, and open."""

    def status(self) -> TargetStatus:
        """What the target holds, and whether it was touched since."""

    def build(self, snapshot: SnapshotReader) -> AbstractContextManager[Building]:
        """Begin to build a database aside (``replace``). Refuses before anything is made."""

    def refresh(self, snapshot: SnapshotReader) -> AbstractContextManager[Loading]:
        """Begin to replace the rows of an existing schema in one transaction (``refresh``)."""


class Listener(Protocol):
    """Hears how a run goes: stages as they begin, rows as they move. Told names and counts, never values."""

    def stage(self, name: str, detail: str = "") -> None:
        """A stage of the flow begins."""

    def advance(self, what: str, rows: int, total: int | None = None) -> None:
        """More rows are done: ``rows`` since the last call, of ``total`` where that is known."""

    def note(self, message: str) -> None:
        """Something a reader should know."""
