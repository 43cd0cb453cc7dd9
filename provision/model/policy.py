"""A policy as data: what columns are (classes) and what becomes of them (masks), owned by those who answer for the data.

Read from YAML by ``stages/recipe``; laid over a catalog while planning. Every leaf knows its place in the file;
places never take part in comparisons, so two files that say the same are equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from provision.model.names import DEFAULT_SCHEMA, ColumnName, TableName, quote_part, split_quoted

if TYPE_CHECKING:
    from datetime import date

    from provision.model.location import Location
    from provision.model.plan import Family, Strength


_STAR = "\0"


class Pairs(tuple[tuple[str, object], ...]):
    """A mapping inside parameters, as pairs in the order written: hashable, and not to be taken for a list."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Pairs({super().__repr__()})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskEntry:
    """A mask as written: ``email``, or a mapping with ``use:``. Names and parameters are resolved while planning.

    ``parameters`` are sorted by name; values are strings, numbers, booleans, None, tuples of these, or `Pairs`.
    ``by`` names columns whose values the mask reads, as written: ``id`` or ``customers.id``.
    """

    mask: str
    parameters: tuple[tuple[str, object], ...] = ()
    domain: str = ""
    by: tuple[str, ...] = ()
    reason: str = ""
    at: Location | None = field(default=None, compare=False, repr=False)
    places: tuple[tuple[str, Location], ...] = field(default=(), compare=False, repr=False)  # key -> where its value is

    def place(self, key: str) -> Location | None:
        """Where the value of ``key`` stands (``use``, ``domain``, a parameter); the entry's own place without one."""
        return dict(self.places).get(key, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPattern:
    """Columns by name: ``users.email``, ``*.contact_email``, ``countries.*``, ``billing.invoices.*``.

    ``*`` stands for any run of characters inside a part, unless the part is quoted. Without a schema the pattern
    means ``public``; only where the table part is ``*`` alone does it mean every schema.
    """

    schema: str | None  # a glob; None for every schema
    table: str  # globs; a quoted star, which means itself, is held as NUL, which no name can contain
    column: str
    text: str = field(default="", compare=False)  # as written
    at: Location | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str, *, at: Location | None = None) -> ColumnPattern:
        """Read ``table.column`` or ``schema.table.column``; raises ValueError for anything else."""
        parts = [part.replace("*", _STAR) if quoted else part for part, quoted in split_quoted(text)]
        if len(parts) == 2:
            schema = None if parts[0] == "*" else DEFAULT_SCHEMA
            return cls(schema=schema, table=parts[0], column=parts[1], text=text, at=at)
        if len(parts) == 3:
            return cls(schema=parts[0], table=parts[1], column=parts[2], text=text, at=at)
        raise ValueError("not a column pattern")

    def matches(self, column: ColumnName) -> bool:
        """Whether the column is meant."""
        return self.covers(column.table) and _glob(self.column, column.column)

    def covers(self, table: TableName) -> bool:
        """Whether columns of the table may be meant."""
        return (self.schema is None or _glob(self.schema, table.schema)) and _glob(self.table, table.name)

    @property
    def exact(self) -> ColumnName | None:
        """The one column that is meant, or None where there is a wildcard."""
        if self.schema is None or any("*" in part for part in (self.schema, self.table, self.column)):
            return None
        schema, table, column = (part.replace(_STAR, "*") for part in (self.schema, self.table, self.column))
        return ColumnName(TableName(schema, table), column)

    def __str__(self) -> str:
        if self.text:
            return self.text
        parts: tuple[str, ...] = (self.table, self.column)
        if self.schema is not None and (self.schema != DEFAULT_SCHEMA or self.table == "*"):
            parts = (self.schema, *parts)
        return ".".join(part if "*" in part else quote_part(part.replace(_STAR, "*")) for part in parts)


def _glob(pattern: str, name: str) -> bool:
    if "*" not in pattern:
        return pattern.replace(_STAR, "*") == name
    expression = ".*".join(re.escape(piece.replace(_STAR, "*")) for piece in pattern.split("*"))
    return re.fullmatch(expression, name, re.DOTALL) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMask:
    """One named column and its mask; ``at`` is the place of the name, ``entry.at`` that of the mask."""

    column: ColumnName
    entry: MaskEntry
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyRule:
    """Columns that meet all given conditions are of the class; the first rule that matches wins.

    ``name`` is a regular expression searched in the bare column name. ``keys`` means integer and uuid primary keys.
    """

    class_: str
    columns: tuple[ColumnPattern, ...] = ()
    name: str | None = None
    types: tuple[Family, ...] = ()
    keys: bool = False
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTreatment:
    """What becomes of the columns of a class; ``at`` is the place of the class name."""

    class_: str
    entry: MaskEntry
    at: Location | None = field(default=None, compare=False, repr=False)


class UnclassifiedAction(StrEnum):
    """What becomes of a column that no rule speaks of."""

    FAIL = "fail"  # the run is refused and a fragment to paste is printed
    MASK = "mask"  # nullify where null is allowed, else a keyed value of the type
    KEEP = "keep"  # only with a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclassified:
    """The policy's word on columns that nobody decided about."""

    action: UnclassifiedAction = UnclassifiedAction.FAIL
    reason: str = ""  # of keep
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyException:
    """Where a recipe may be weaker, down to ``allow``, until the end of ``expires`` (UTC)."""

    columns: tuple[ColumnPattern, ...]
    allow: Strength
    reason: str
    expires: date
    at: Location | None = field(default=None, compare=False, repr=False)


class OnHit(StrEnum):
    """What becomes of personal data found inside free text."""

    REDACT = "redact"
    NULLIFY = "nullify"
    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """Whether kept text is searched for personal data, and what a hit does."""

    scan: bool = False
    on_hit: OnHit = OnHit.REDACT
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy file, or a built-in pack."""

    name: str
    owner: str = ""
    unclassified: Unclassified = Unclassified()
    classify: tuple[ClassifyRule, ...] = ()
    treat: tuple[ClassTreatment, ...] = ()
    columns: tuple[ColumnMask, ...] = ()
    exceptions: tuple[PolicyException, ...] = ()
    text: TextRule | None = None
    version: int = 1
    file: str = field(default="", compare=False)  # '' for a built-in pack

    def treatment(self, class_: str) -> ClassTreatment | None:
        """How the class is treated; None where the policy does not say."""
        return next((entry for entry in self.treat if entry.class_ == class_), None)

    def decision(self, column: ColumnName) -> ColumnMask | None:
        """The named decision about the column; None where there is none."""
        return next((entry for entry in self.columns if entry.column == column), None)
