"""What a run will do, decided before a row moves: rows of each table and why, treatment of each column and by which rule.

A plan holds no secret, no row and no statistics value. Stages carry it out; ``provision plan`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from provision.model.catalog import TypeKind

if TYPE_CHECKING:
    from provision.model.catalog import Catalog, Column, ColumnType, Table
    from provision.model.graph import Relation
    from provision.model.location import Location
    from provision.model.names import TableName


class Strength(StrEnum):
    """How much a treatment takes away, strongest first; a recipe may go up this list and never down."""

    NULLIFY = "nullify"
    CONSTANT = "constant"
    REDACT = "redact"
    LOSSY = "lossy"
    INJECTIVE = "injective"
    BIJECTIVE = "bijective"
    KEEP = "keep"

    @property
    def rank(self) -> int:
        """4 for nullify, constant and redact, which are equally strong, then lossy 3, injective 2, bijective 1, keep 0."""
        order = {"keep": 0, "bijective": 1, "injective": 2, "lossy": 3}
        return order.get(self.value, 4)


class Family(StrEnum):
    """The family of a column's type, which is what masks accept and how a column is stored on its way."""

    INTEGER = "integer"  # int2, int4, int8: Int64 on the way
    BOOLEAN = "boolean"  # Boolean on the way
    TEXT = "text"  # text, varchar, char, citext, name; everything from here on is the server's text on the way
    NUMERIC = "numeric"
    FLOAT = "float"
    DATE = "date"
    TIME = "time"  # time and timetz
    TIMESTAMP = "timestamp"  # with or without time zone
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"  # json and jsonb
    BYTES = "bytes"
    ENUM = "enum"
    NETWORK = "network"  # inet, cidr, macaddr
    ARRAY = "array"
    OTHER = "other"


_FAMILIES = {
    Family.INTEGER: ("int2", "int4", "int8"),
    Family.BOOLEAN: ("bool",),
    Family.TEXT: ("text", "varchar", "bpchar", "name", "citext"),
    Family.NUMERIC: ("numeric",),
    Family.FLOAT: ("float4", "float8"),
    Family.DATE: ("date",),
    Family.TIME: ("time", "timetz"),
    Family.TIMESTAMP: ("timestamp", "timestamptz"),
    Family.INTERVAL: ("interval",),
    Family.UUID: ("uuid",),
    Family.JSON: ("json", "jsonb"),
    Family.BYTES: ("bytea",),
    Family.NETWORK: ("inet", "cidr", "macaddr", "macaddr8"),
}
_BY_NAME = {name: family for family, names in _FAMILIES.items() for name in names}


def family_of(type_: ColumnType) -> Family:
    """The family of a column's type, by what stands below its domains."""
    if type_.kind is TypeKind.ARRAY or (type_.kind is TypeKind.DOMAIN and type_.element is not None):
        return Family.ARRAY
    if type_.kind is TypeKind.ENUM or type_.labels:
        return Family.ENUM
    if type_.kind in {TypeKind.BASE, TypeKind.DOMAIN}:
        return _BY_NAME.get(type_.effective, Family.OTHER)
    return Family.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """What a mask needs to know of a column: its type, its limits, and whether values must stay apart."""

    column: str  # "orders.total", for messages
    family: Family
    type: str  # effective base type name: "varchar", "int4"
    max_chars: int | None = None
    precision: int | None = None
    scale: int | None = None
    labels: tuple[str, ...] = ()
    not_null: bool = False
    unique: bool = False  # values must stay different: a key, a unique column, or a reference to one


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskUse:
    """A mask with its parameters, as decided for a column. ``domain`` names the mapping it shares."""

    mask: str
    parameters: tuple[tuple[str, object], ...] = ()  # sorted by name; strings, numbers, booleans, tuples of these
    domain: str = ""
    kid: str = ""
    by: tuple[str, ...] = ()  # further columns of the row that the mask reads (date_shift: the subject)

    def parameter(self, name: str, default: object = None) -> object:
        """The parameter of that name, or the default."""
        return dict(self.parameters).get(name, default)


class Origin(StrEnum):
    """Where a column's values in the snapshot come from."""

    KEPT = "kept"
    MASKED = "masked"
    FOLLOWS = "follows"  # a foreign-key column: takes the treatment of the parent column
    DERIVED = "derived"  # the server computes it at load
    NULLED = "nulled"  # the relation is ignored or cut, the column becomes null


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided about a column: a rule's words with its file and line."""

    rule: str  # "policy pii: class email", "recipe dev: mask", "foreign key orders_customer_id_fkey"
    reason: str = ""
    at: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What policies and the recipe decided about a column, before foreign keys and limits are looked at."""

    use: MaskUse | None  # None keeps the column
    strength: Strength
    decision: Decision
    class_: str = ""
    named: bool = False  # decided for this very column, not for its class


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """One column: where its values come from, the mask, and the decision behind it."""

    column: Column
    family: Family
    origin: Origin
    decision: Decision
    mask: MaskUse | None = None
    facts: ColumnFacts
    class_: str = ""  # class given by a policy, '' where none


class Rows(StrEnum):
    """Which rows of a table are taken."""

    ALL = "all"
    RELATED = "related"  # what the closure brings
    EMPTY = "empty"
    SKIP = "skip"  # not in the schema either
    UNREACHED = "unreached"  # no root reaches it: empty, and listed


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """One table: which rows, why, how its columns are treated, and the key its rows are published by."""

    table: Table
    rows: Rows
    reason: str
    columns: tuple[ColumnPlan, ...]
    key: tuple[str, ...] = ()  # columns of the published key in order; () sorts by the whole row

    @property
    def name(self) -> TableName:
        """The table's name."""
        return self.table.name

    @property
    def stored(self) -> tuple[ColumnPlan, ...]:
        """Columns that travel: all but those the server computes."""
        return tuple(column for column in self.columns if column.origin is not Origin.DERIVED)


class Dangling(StrEnum):
    """What becomes of a value of an unvalidated or declared relation that points at no row."""

    KEEP = "keep"
    NULLIFY = "nullify"
    DROP = "drop"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A relation and how the closure follows it."""

    relation: Relation
    parents: bool = True  # children bring their parents
    children: bool = True  # parents bring their children
    expand: bool = False  # rows reached as parents bring these children as well
    dangling: Dangling = Dangling.FAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A row set where the subset starts. ``where`` is SQL over the table; ``include`` are key values as text."""

    table: TableName
    where: str | None = None
    limit: int | None = None
    order_by: str | None = None  # without it, a limit takes the rows with the smallest public hash of their identity
    include: tuple[tuple[str, ...], ...] = ()  # on top of the limit; a missing one is an error
    sample: Literal["stable", "fast"] = "stable"
    at: Location | None = field(default=None, compare=False)  # places never take part in comparisons
    where_at: Location | None = field(default=None, compare=False, repr=False)
    include_at: tuple[Location, ...] = field(default=(), compare=False, repr=False)  # one for each of ``include``


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRule:
    """What the recipe says of a table. ``where`` and ``limit`` restrict rows reached as children, never parents."""

    table: TableName
    rows: Rows = Rows.RELATED
    where: str | None = None
    limit: int | None = None  # per parent
    order_by: str | None = None
    children: bool | None = None  # None: as the subset's ``follow``
    at: Location | None = field(default=None, compare=False)
    where_at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureSpec:
    """All that the closure needs: roots, rules, edges, the public seed and the limits.

    ``depth`` is the number of child levels from a root that are followed; None for all.
    """

    roots: tuple[Root, ...] = ()
    rules: tuple[TableRule, ...] = ()  # exactly one for each table of the catalog that is in the schema
    edges: tuple[Edge, ...] = ()
    seed: int = 0
    depth: int | None = None
    max_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole run: tables parents first where there is an order, with the relations that must hold."""

    recipe: str  # its name
    catalog: Catalog
    tables: tuple[TablePlan, ...]
    relations: tuple[Relation, ...]  # that hold in the snapshot: catalog's and declared, without ignored ones
    closure: ClosureSpec
    ignored: tuple[Relation, ...] = ()  # not followed; their child columns become null
    dropped: tuple[str, ...] = ()  # names of foreign keys that leave the schema with a skipped table
    seed: int = 0
    as_of: str | None = None
    scans: tuple[str, ...] = ()  # what is read whole beside what is taken, and the index that would avoid it
    notes: tuple[str, ...] = ()  # what else a reader should know

    def table(self, name: TableName) -> TablePlan:
        """The plan of that table; raises KeyError."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)
