"""What a run did: rows by table, masks by column, checks, the snapshot, the loads. Names and counts, never values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.load import LoadReport
    from provision.model.names import TableName
    from provision.model.plan import Rows
    from provision.model.report import CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOutcome:
    """One table of a run: which rows were asked for, how many were taken, and which mask each column went through."""

    table: TableName
    rows_rule: Rows
    rows: int
    reason: str
    masked: Mapping[str, str] = field(default_factory=dict)  # column -> mask
    via: Mapping[str, int] = field(default_factory=dict)  # "root" or arrow -> rows that came that way first


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A whole run. ``unchanged`` says that the content is that of the recipe's former snapshot."""

    recipe: str
    snapshot: str
    content: str
    unchanged: bool
    tables: tuple[TableOutcome, ...]
    checks: tuple[CheckResult, ...] = ()
    loads: tuple[LoadReport, ...] = ()
    dangling: Mapping[str, int] = field(default_factory=dict)  # arrow -> references that point at no row
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage, in order

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.rows for table in self.tables)
