"""The rows that a closure chose, as keys in memory. Raw key values live here: never printed, never written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from provision.model.names import TableName


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TableSelection:
    """Chosen rows of one table.

    ``whole`` takes every row and needs no keys. Otherwise ``keys`` has one row for each chosen row: the identity
    columns named in ``identity`` (``("tableoid", "ctid")`` where the table has no key), sorted by them: Int64 for
    integers, String in the server's text for everything else. ``cut`` names relations whose child columns become
    null in some rows (dangling values with ``nullify``) with the identities of these rows. ``nulled`` are columns that
    become null in every row, because what they point at is left empty.
    """

    table: TableName
    whole: bool = False
    identity: tuple[str, ...] = ()
    keys: pl.DataFrame | None = None
    cut: Mapping[tuple[str, ...], pl.DataFrame] = field(default_factory=dict)
    nulled: tuple[str, ...] = ()

    @property
    def rows(self) -> int | None:
        """How many rows; None for a whole table that was not counted."""
        return None if self.keys is None else self.keys.height

    def __repr__(self) -> str:
        return f"TableSelection({self.table}, {'whole' if self.whole else self.rows} rows)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Chosen rows of all tables that yield any, and what the closure saw on its way (counts, never values)."""

    tables: Mapping[TableName, TableSelection]
    # table -> "root", "all" or an arrow -> rows that came that way first
    via: Mapping[TableName, Mapping[str, int]] = field(default_factory=dict)
    dangling: Mapping[str, int] = field(default_factory=dict)  # arrow -> rows whose reference points at no row
