"""A recipe as data: what to take, how to mask it, what to make up, what must hold, where it goes.

Read from YAML by ``stages/recipe``; names are resolved against a catalog while planning. Every leaf knows its place
in the file; places never take part in comparisons, so two files that say the same are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from provision.model.names import quote_part
from provision.model.plan import Rows
from provision.model.report import Severity

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from provision.model.graph import Condition
    from provision.model.location import Location
    from provision.model.names import ColumnName, TableName
    from provision.model.plan import Dangling, Root, TableRule
    from provision.model.policy import ColumnMask, ColumnPattern
    from provision.model.project import SourceEntry, StoreEntry, TargetEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """Where rows come from: a source of the project file by name, or an inline one."""

    name: str = ""
    inline: SourceEntry | None = None
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRef:
    """Where a snapshot goes: a target of the project file by name, or an inline one."""

    name: str = ""
    inline: TargetEntry | None = None
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRef:
    """A policy file, or a built-in pack by name (``strict``)."""

    name: str  # as written
    path: Path | None = field(default=None, compare=False)  # absolute; None for a pack
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A reference as written: ``orders.customer_ref -> customers.external_id``, ``a.(x, y) -> b.(x, y)``."""

    child: TableName
    child_columns: tuple[str, ...]
    parent: TableName
    parent_columns: tuple[str, ...]
    at: Location | None = field(default=None, compare=False, repr=False)
    child_at: Location | None = field(default=None, compare=False, repr=False)
    parent_at: Location | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        def side(table: TableName, columns: tuple[str, ...]) -> str:
            written = [quote_part(column) for column in columns]
            return f"{table}.{written[0]}" if len(written) == 1 else f"{table}.({', '.join(written)})"

        return f"{side(self.child, self.child_columns)} -> {side(self.parent, self.parent_columns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRelation:
    """A relation that the database does not declare, or what the recipe says about one that it does.

    ``ignore``: not followed, and the child columns become null. ``dangling`` says what becomes of values that point
    at no row; None leaves it to the planner.
    """

    arrow: Arrow
    when: tuple[Condition, ...] = ()
    ignore: bool = False
    dangling: Dangling | None = None
    at: Location | None = field(default=None, compare=False, repr=False)
    when_at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Which rows are taken. ``depth`` is the number of child levels followed from a root; None for all."""

    default: Rows = Rows.RELATED  # all, related, empty or skip, for tables that are not named
    roots: tuple[Root, ...] = ()
    depth: int | None = None
    tables: tuple[TableRule, ...] = ()
    relations: tuple[DeclaredRelation, ...] = ()
    expand: tuple[Arrow, ...] = ()
    max_rows: int | None = None
    at: Location | None = field(default=None, compare=False, repr=False)


class Action(StrEnum):
    """What becomes of rows that a check finds."""

    FAIL = "fail"
    WARN = "warn"
    QUARANTINE = "quarantine"
    NULLIFY = "nullify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may be found before a check fails: a number of rows, or a share of the rows looked at (0..1)."""

    rows: int | None = None
    share: float | None = None

    def allows(self, found: int, of: int) -> bool:
        """Whether ``found`` rows out of ``of`` are within the budget."""
        return found <= (self.rows if self.rows is not None else (self.share or 0.0) * of)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule:
    """One check: its kind, what it looks at, its parameters. ``where`` is SQL that chooses the rows looked at.

    ``on`` are patterns; checks of whole tables hold ``*`` as the column. Parameters are sorted by name; values are
    strings, numbers, booleans, `timedelta`, `Budget`, tuples of these or `policy.Pairs`.
    """

    kind: str
    on: tuple[ColumnPattern, ...] = ()
    parameters: tuple[tuple[str, object], ...] = ()
    where: str | None = None
    budget: Budget | None = None  # ``max:`` of sanitize, ``tolerance:`` of checks
    severity: Severity = Severity.ERROR
    action: Action = Action.FAIL
    name: str = ""
    reason: str = ""
    at: Location | None = field(default=None, compare=False, repr=False)
    places: tuple[tuple[str, Location], ...] = field(default=(), compare=False, repr=False)

    def parameter(self, name: str, default: object = None) -> object:
        """The parameter of that name, or the default."""
        return dict(self.parameters).get(name, default)

    def place(self, key: str) -> Location | None:
        """Where the value of ``key`` stands; the rule's own place where it was not written."""
        return dict(self.places).get(key, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerParent:
    """How many rows each row of the parent gets: ``least..most``, or learned where both are None."""

    parent: TableName
    least: int | None = None
    most: int | None = None
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """What makes the rows: a synthesizer by name with its parameters, sorted by name."""

    use: str  # "sdv.gaussian_copula", "copula", "rules"
    parameters: tuple[tuple[str, object], ...] = ()
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorEntry:
    """How one column's values are made; parameters are sorted by name."""

    column: str
    use: str
    parameters: tuple[tuple[str, object], ...] = ()
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FabricateRule:
    """Rows that are made up.

    Exactly one of: ``rows`` replaces the table's rows, ``add`` tops them up, ``per_parent`` makes children of each
    parent on top of real ones.
    """

    table: TableName
    rows: int | None = None
    add: int | None = None
    per_parent: tuple[PerParent, ...] = ()
    learned: bool = False  # ``per_parent: learned``: of all parents, as the source has them
    model: ModelEntry | None = None
    columns: tuple[GeneratorEntry, ...] = ()
    rules: tuple[str, ...] = ()  # SQL conditions that made-up rows meet
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many snapshots outlive a prune; None for a rule that is not given. ``tagged`` None keeps tagged ones for ever."""

    last: int | None = None
    hourly: int | None = None
    daily: int | None = None
    weekly: int | None = None
    monthly: int | None = None
    yearly: int | None = None
    tagged: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRule:
    """What becomes of the snapshot: tags, retention, and a store where there is no project file."""

    tags: tuple[str, ...] = ()
    keep: Keep | None = None
    store: StoreEntry | None = None
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One recipe file, with everything it extends merged in. ``subset`` None takes the whole database."""

    name: str
    source: SourceRef
    policies: tuple[PolicyRef, ...] = ()  # none: the built-in pack ``strict``
    seed: int = 0
    subset: Subset | None = None
    mask: tuple[ColumnMask, ...] = ()
    sanitize: tuple[CheckRule, ...] = ()
    fabricate: tuple[FabricateRule, ...] = ()
    checks: tuple[CheckRule, ...] = ()
    snapshot: SnapshotRule = SnapshotRule()
    load: tuple[TargetRef, ...] = ()
    version: int = 1
    file: str = field(default="", compare=False)
    at: Location | None = field(default=None, compare=False, repr=False)

    def masked(self, column: ColumnName) -> ColumnMask | None:
        """What the recipe says about the column; None where it says nothing."""
        return next((entry for entry in self.mask if entry.column == column), None)
