"""How a table's rows stand on disk: one pinned Arrow schema, and the published order of rows.

Published order is by the published key, then by the other columns in catalog order (only rows that share a key feel
these); integers by number, booleans false first, text by its UTF-8 bytes, nulls last. It depends on nothing but rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from polars import CompatLevel

from provision.errors import RunError
from provision.model.plan import Family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.model.manifest import Storage, TableEntry
    from provision.model.names import TableName
    from provision.model.plan import TablePlan

TYPE_KEY = b"provision:type"  # field metadata that holds the database's own name of the column's type

_ARROW: dict[str, pa.DataType] = {"integer": pa.int64(), "boolean": pa.bool_(), "text": pa.string()}
_POLARS: dict[str, pl.DataType] = {"integer": pl.Int64(), "boolean": pl.Boolean(), "text": pl.String()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredColumn:
    """A column that travels. ``dictionary`` says that parts hold it dictionary-encoded: decided by its type alone."""

    name: str
    type: str
    storage: Storage
    dictionary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A table's stored columns in catalog order, and the columns of its published key (none: the whole row)."""

    table: TableName
    columns: tuple[StoredColumn, ...]
    key: tuple[str, ...] = ()

    @classmethod
    def of_plan(cls, plan: TablePlan) -> Shape:
        """The shape that a plan's rows have."""
        columns = tuple(
            StoredColumn(
                name=column.column.name,
                type=column.column.type.sql,
                storage=storage_of(column.family),
                dictionary=column.family is Family.ENUM,
            )
            for column in plan.stored
        )
        return cls(table=plan.name, columns=columns, key=plan.key)

    @classmethod
    def of_entry(cls, entry: TableEntry) -> Shape:
        """The shape that a manifest states; ``dictionary`` is a matter of writing and stays unset."""
        columns = tuple(
            StoredColumn(name=column.name, type=column.type, storage=column.storage) for column in entry.columns
        )
        return cls(table=entry.name, columns=columns, key=entry.key)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in catalog order."""
        return tuple(column.name for column in self.columns)

    @property
    def leading(self) -> tuple[str, ...]:
        """Columns that decide the order: the key, or all."""
        return self.key or self.names

    @property
    def order(self) -> tuple[str, ...]:
        """All columns in the order in which they decide."""
        return (*self.key, *(name for name in self.names if name not in self.key))

    @property
    def schema(self) -> pa.Schema:
        """The one schema of run files and parts."""
        return pa.schema(
            [
                pa.field(column.name, _ARROW[column.storage], metadata={TYPE_KEY: column.type.encode()})
                for column in self.columns
            ]
        )


def storage_of(family: Family) -> Storage:
    """How a family is stored: integers and booleans typed, all else as the server's own text."""
    if family is Family.INTEGER:
        return "integer"
    return "boolean" if family is Family.BOOLEAN else "text"


def check(frame: pl.DataFrame, shape: Shape) -> None:
    """Hold a frame to the shape. Raises: RunError PRV515 naming the table; values are not told."""
    expected = {column.name: _POLARS[column.storage] for column in shape.columns}
    if dict(frame.schema) != expected or tuple(frame.columns) != shape.names:
        wrong = [name for name in frame.columns if frame.schema[name] != expected.get(name)]
        named = ", ".join(wrong or sorted(set(expected) - set(frame.columns))) or "their order"
        raise RunError(
            "PRV515",
            f"rows of {shape.table} do not have the planned columns and types: {named}",
            fix="this is a mistake in a mask or in provision: report it",
        )


def ordered(frame: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """The rows in published order."""
    if frame.height < 2 or not shape.columns:
        return frame
    by = list(shape.leading)
    if len(by) == 1 and frame.get_column(by[0]).is_sorted(nulls_last=True):
        result = frame
    else:
        result = frame.sort(by, nulls_last=True)
    if shape.key and _has_ties(result, by):
        return frame.sort(list(shape.order), nulls_last=True)
    return result


def to_arrow(frame: pl.DataFrame, shape: Shape) -> pa.Table:
    """The rows as one contiguous Arrow table of the pinned schema."""
    # Views are handed over without a copy and become plain strings in one pass; large_string would cost two.
    table = frame.to_arrow(compat_level=CompatLevel.newest())
    return table.cast(shape.schema).combine_chunks()


def to_frame(table: pa.Table | pa.RecordBatch) -> pl.DataFrame:
    """The rows as a polars frame."""
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError
    return frame


def key_text(frame: pl.DataFrame, names: Iterable[str]) -> pl.Series:
    """One text for each row over some columns: different rows have different texts; decides where parts end.

    One column: its text as it is, null stays null. More: each as ``<bytes>:<text>`` and null as ``-``, in a row.
    Integers are decimal, booleans ``true`` and ``false``.
    """
    columns = [pl.col(name).cast(pl.String) for name in names]
    if len(columns) == 1:
        return frame.select(columns[0].alias("key")).to_series()
    pieces = [
        pl.when(column.is_null())
        .then(pl.lit("-"))
        .otherwise(pl.concat_str(column.str.len_bytes().cast(pl.String), pl.lit(":"), column))
        for column in columns
    ]
    return frame.select(pl.concat_str(pieces).alias("key")).to_series()


def _has_ties(frame: pl.DataFrame, by: list[str]) -> bool:
    same = [pl.col(name).eq_missing(pl.col(name).shift(1)) for name in by]
    return bool(frame.select(pl.all_horizontal(same).slice(1).any()).item())
