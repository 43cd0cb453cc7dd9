"""What a database is made of, as its own catalog tells it: tables, columns, keys, types, sequences.

Pure: made by a dialect, read by everybody. Statistics (row estimates, sizes) are in it for plans and never part of
the fingerprint. Comments and default expressions are catalog text and thus untrusted: they are shown escaped.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.names import TableName


class TypeKind(StrEnum):
    """The kinds of ``pg_type.typtype``, with arrays apart."""

    BASE = "base"
    ENUM = "enum"
    DOMAIN = "domain"
    COMPOSITE = "composite"
    ARRAY = "array"
    RANGE = "range"
    MULTIRANGE = "multirange"
    PSEUDO = "pseudo"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """A column's type. For a domain, ``base`` is the type below all domains, and the limits are the effective ones."""

    sql: str  # as the server prints it: "character varying(320)", "numeric(10,2)", "shop.mood"
    name: str  # bare name of the type: "varchar", "int4", "mood", "_text"
    schema: str = "pg_catalog"
    kind: TypeKind = TypeKind.BASE
    base: str = ""  # name of the base type: "varchar" for a domain over varchar, else the same as ``name``
    max_chars: int | None = None  # declared length of varchar(n), char(n), bit(n)
    precision: int | None = None
    scale: int | None = None
    element: ColumnType | None = None  # of an array
    labels: tuple[str, ...] = ()  # of an enum, in order
    domain_not_null: bool = False
    domain_checks: tuple[str, ...] = ()  # expressions as the server prints them

    @property
    def effective(self) -> str:
        """Name of the base type below domains; ``name`` itself otherwise."""
        return self.base or self.name


class Generated(StrEnum):
    """Whether the server computes the column."""

    NO = "no"
    STORED = "stored"
    VIRTUAL = "virtual"


class Identity(StrEnum):
    """Whether the column is an identity column."""

    NO = "no"
    ALWAYS = "always"
    BY_DEFAULT = "by default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table, in ``position`` order (from 1, gaps where columns were dropped)."""

    name: str
    position: int
    type: ColumnType
    not_null: bool = False
    default: str | None = None  # the expression as the server prints it
    generated: Generated = Generated.NO
    identity: Identity = Identity.NO
    collation: str | None = None  # of text-like types; None where the type has none
    deterministic: bool = True  # False for a nondeterministic collation: equality is the server's to say
    readable: bool = True  # the role has SELECT on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A PRIMARY KEY, a UNIQUE constraint or a unique index."""

    name: str
    columns: tuple[str, ...]  # plain columns in key order; empty parts of an expression index are not listed
    primary: bool = False
    constraint: bool = True  # False for a bare unique index
    expressions: tuple[str, ...] = ()  # "lower(email)": the index is over these as well
    predicate: str | None = None  # of a partial index
    nulls_not_distinct: bool = False
    deferrable: bool = False
    period: bool = False  # WITHOUT OVERLAPS
    collations: tuple[str | None, ...] = ()  # of the key's columns where they differ from the column's own

    @property
    def plain(self) -> bool:
        """Whether it identifies rows by plain columns for the whole table: neither partial, expression nor period."""
        return bool(self.columns) and not self.expressions and self.predicate is None and not self.period


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A reference from child columns to parent columns, declared in the database."""

    name: str
    child: TableName
    columns: tuple[str, ...]
    parent: TableName
    parent_columns: tuple[str, ...]
    match_full: bool = False
    on_delete: Literal["a", "r", "c", "n", "d"] = "a"
    on_update: Literal["a", "r", "c", "n", "d"] = "a"
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    enforced: bool = True
    period: bool = False
    operators: tuple[str, ...] = ()  # conpfeqop as "schema.op(left,right)", to see cross-type and period keys
    indexed: bool = False  # an index of the child starts with these columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A CHECK or EXCLUDE constraint as the server prints it."""

    name: str
    kind: Literal["check", "exclude"]
    definition: str
    columns: tuple[str, ...] = ()
    validated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A user trigger; ``enabled`` is the server's letter (O, D, R, A)."""

    name: str
    definition: str
    enabled: str = "O"


class TableKind(StrEnum):
    """What holds the rows. A partitioned table is the node; its partitions are listed in ``partitions``."""

    TABLE = "table"
    PARTITIONED = "partitioned"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with rows of its own. Partitions stand inside their root, inheritance children by themselves."""

    name: TableName
    kind: TableKind = TableKind.TABLE
    columns: tuple[Column, ...]
    keys: tuple[Key, ...] = ()
    checks: tuple[Check, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    partitions: tuple[TableName, ...] = ()  # all levels below a partitioned table
    partition_key: tuple[str, ...] = ()  # plain columns of the partition key
    inherits: tuple[TableName, ...] = ()  # plain inheritance parents; reads say ONLY
    row_security: bool = False  # policies apply to the role that reads
    readable: bool = True  # the role has SELECT on the table
    extension: str | None = None  # member of this extension
    persistence: Literal["permanent", "unlogged"] = "permanent"
    replica_identity: str = "d"
    rows_estimate: int = field(default=-1, compare=False)  # -1 where never analysed
    bytes: int = field(default=0, compare=False)  # on disk, partitions included
    lookups: tuple[tuple[str, ...], ...] = field(default=(), compare=False)  # columns of indexes that serve equality

    def column(self, name: str) -> Column:
        """The column of that name; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def has(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return any(column.name == name for column in self.columns)

    def serves(self, columns: tuple[str, ...]) -> bool:
        """Whether an index starts with these columns, in whatever order."""
        wanted = set(columns)
        return any(set(lookup[: len(wanted)]) == wanted for lookup in self.lookups)

    @property
    def primary_key(self) -> Key | None:
        """The primary key, if there is one."""
        return next((key for key in self.keys if key.primary), None)

    @property
    def identity(self) -> Key | None:
        """What tells rows apart: the primary key, else the first plain unique key whose columns are all NOT NULL."""
        if (primary := self.primary_key) is not None and primary.plain:
            return primary
        for key in sorted(self.keys, key=lambda key: (len(key.columns), key.name)):
            if key.plain and not key.deferrable and all(self.column(name).not_null for name in key.columns):
                return key
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence with its bounds; ``owner`` is the column it belongs to, ``used_by`` columns whose default calls it."""

    name: TableName
    type: str = "bigint"
    start: int = 1
    increment: int = 1
    minimum: int = 1
    maximum: int = 2**63 - 1
    cycle: bool = False
    owner: tuple[TableName, str] | None = None
    identity: bool = False
    used_by: tuple[tuple[TableName, str], ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An installed extension."""

    name: str
    schema: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One database as its catalog describes it.

    ``system_identifier`` and ``database`` name the physical database (for target is not source); they and all
    statistics stay out of `fingerprint`.
    """

    dialect: str
    server_version: int = field(compare=False)  # 180004 for 18.4
    database: str = field(compare=False)
    system_identifier: str = field(default="", compare=False)
    encoding: str = "UTF8"
    tables: tuple[Table, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    extensions: tuple[Extension, ...] = ()
    views: tuple[TableName, ...] = ()  # views and materialised views

    def table(self, name: TableName) -> Table:
        """The table of that name; raises KeyError."""
        return self.by_name[name]

    @property
    def by_name(self) -> Mapping[TableName, Table]:
        """Tables by name."""
        return {table.name: table for table in self.tables}

    def fingerprint(self) -> str:
        """SHA-256 (hex) over all that describes the schema; statistics, privileges and versions are left out."""
        volatile = {"rows_estimate", "bytes", "readable", "row_security", "server_version", "database"}
        volatile |= {"system_identifier", "lookups"}

        def clean(value: object) -> object:
            if isinstance(value, dict):
                return {name: clean(item) for name, item in value.items() if name not in volatile}
            if isinstance(value, (list, tuple)):
                return [clean(item) for item in value]
            return value

        text = json.dumps(clean(asdict(self)), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
