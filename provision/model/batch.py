"""Rows on their way: unmasked as `RawBatch`, masked as `SafeBatch`.

Only ``stages/mask`` turns one into the other: stores, sanitize, fabricate, validate and load accept `SafeBatch` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from provision.model.names import TableName


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RawBatch:
    """Rows as they came from a source: a frame of the table's stored columns, in catalog order.

    Integers and booleans are Int64 and Boolean, everything else is the server's own text (String), NULL is null.
    Never printed, never written: its repr shows the table and the number of rows alone.
    """

    table: TableName
    frame: pl.DataFrame

    def __repr__(self) -> str:
        return f"RawBatch({self.table}, {self.frame.height} rows)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SafeBatch:
    """Masked rows: the same columns and types as the `RawBatch` they were made of, in the same order of rows."""

    table: TableName
    frame: pl.DataFrame

    def __repr__(self) -> str:
        return f"SafeBatch({self.table}, {self.frame.height} rows)"
