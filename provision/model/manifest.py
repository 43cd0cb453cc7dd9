"""What the data of a snapshot are: DDL, tables, columns, relations, rows, hashes and parts.

Nothing volatile is in it (no time, host or run), so that equal data have equal manifests. As RFC 8785 canonical JSON
its SHA-256 is the snapshot id; ``stages/snapshot`` reads and writes it. All hashes are SHA-256 in lower-case hex.

A field with a default that is left at it is not written, so a later optional field changes no older id.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # the codec reads the annotations
from dataclasses import dataclass, field
from typing import Literal

from provision.model.names import TableName  # noqa: TC001  # the codec reads the annotations
from provision.model.plan import Origin  # noqa: TC001  # the codec reads the annotations

MANIFEST_FORMAT = "provision-snapshot/1"

Storage = Literal["integer", "boolean", "text"]  # how a column stands in parts: int64, boolean, UTF-8 text


@dataclass(frozen=True, slots=True, kw_only=True)
class DdlEntry:
    """One statement group of the schema, normalised: no owner, no grants, no SET lines, no comment lines.

    ``kind`` is pg_dump's word ("TABLE", "INDEX", "FK CONSTRAINT", …). ``table`` is "schema.table" for entries that
    belong to one (indexes, constraints, triggers, defaults), '' otherwise. ``after`` holds positions (in the tuple
    of all entries) of entries that must exist first, all smaller than the entry's own.
    """

    kind: str
    schema: str
    name: str
    table: str = ""
    section: Literal["pre-data", "post-data"]
    sql: str
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A schema as it was read: entries in an order of creation, and what was left out, in words for people."""

    entries: tuple[DdlEntry, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DdlBlob:
    """All DDL entries as one blob: a file for each would cost a sync to disk for each."""

    hash: str
    bytes: int
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskIdentity:
    """All that decides what a mask makes of a value, but the key itself."""

    mask: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    domain: str = ""
    kid: str = ""
    by: tuple[str, ...] = ()
    word_list: str = ""  # hash of the word list that the mask draws from, '' where it needs none


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEntry:
    """One column that travels. ``hash`` is the logical hash of its values in published order."""

    name: str
    type: str  # as the server prints it
    storage: Storage
    origin: Origin
    mask: MaskIdentity | None = None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEntry:
    """One Parquet file of rows: its hash, its rows and its size in bytes."""

    hash: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """One table, with rows or without. ``key`` is the published key; () sorts by the whole row."""

    name: TableName
    columns: tuple[ColumnEntry, ...]
    key: tuple[str, ...] = ()
    rows: int
    hash: str  # logical: over names, types and values in published order, whatever the parts
    parts: tuple[PartEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionEntry:
    """A child column that must equal a constant for the relation to hold."""

    column: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationEntry:
    """A reference that holds in the snapshot, declared in the database or in the recipe."""

    name: str
    child: TableName
    columns: tuple[str, ...]
    parent: TableName
    parent_columns: tuple[str, ...]
    declared: bool = False
    when: tuple[ConditionEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceEntry:
    """The last value that a sequence has handed out."""

    name: TableName
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole version. Tables, relations and sequences are in name order.

    ``server_version`` is the source's without what a minor release changes (180000 for 18.4), so that an update of
    the server makes no new snapshot. ``keys`` has the check value of each masking key in use by its kid.
    ``content`` is the digest of DDL and logical hashes alone.
    """

    format: str  # MANIFEST_FORMAT
    content: str
    dialect: str
    server_version: int
    ddl: DdlBlob
    tables: tuple[TableEntry, ...] = ()
    relations: tuple[RelationEntry, ...] = ()
    sequences: tuple[SequenceEntry, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    def table(self, name: TableName) -> TableEntry:
        """The table of that name; raises KeyError."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)
