"""Cuts a selection into work units, and reads a unit's rows with the references cut that the closure cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from provision.model.batch import RawBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.model.names import TableName
    from provision.model.plan import Plan, TablePlan
    from provision.model.selection import Selection
    from provision.ports import SourceSession

UNIT_ROWS = 250_000  # rows of a unit: long enough to hide its start, short enough to keep lanes evenly busy


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Unit:
    """A piece of a table for one lane: these keys, or the whole table where ``keys`` is None.

    Holds raw keys: it travels between our processes in memory and is never printed or written.
    """

    table: TableName
    number: int  # within its table
    identity: tuple[str, ...] = ()
    keys: pl.DataFrame | None = None
    cut: Mapping[tuple[str, ...], pl.DataFrame] = field(default_factory=dict)
    nulled: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Unit({self.table} {self.number}, {'whole' if self.keys is None else self.keys.height} rows)"


def units(plan: Plan, selection: Selection, *, rows: int = UNIT_ROWS) -> list[Unit]:
    """Work units of all tables that yield rows, biggest tables first so that no lane is left with one at the end."""
    made: list[tuple[int, Unit]] = []
    for name, chosen in selection.tables.items():
        if chosen.whole or chosen.keys is None:
            weight = plan.table(name).table.bytes
            made.append((weight, Unit(table=name, number=0, cut=chosen.cut, nulled=chosen.nulled)))
            continue
        for number, start in enumerate(range(0, chosen.keys.height, rows)):
            keys = chosen.keys.slice(start, rows)
            unit = Unit(
                table=name,
                number=number,
                identity=chosen.identity,
                keys=keys,
                cut=chosen.cut,
                nulled=chosen.nulled,
            )
            made.append((keys.height * 100, unit))
    return [unit for _, unit in sorted(made, key=lambda pair: (-pair[0], pair[1].table, pair[1].number))]


def extract(unit: Unit, plan: TablePlan, session: SourceSession) -> Iterator[RawBatch]:
    """Rows of a unit in the stored columns of its table, in no particular order."""
    columns = tuple(column.column.name for column in plan.stored)
    for batch in session.rows(plan.table, columns, identity=unit.identity, keys=unit.keys):
        yield _cut(batch, unit, plan)


def _cut(batch: RawBatch, unit: Unit, plan: TablePlan) -> RawBatch:
    """References that the closure cut become null: in every row, or in the rows it names."""
    frame = batch.frame
    if unit.nulled:
        frame = frame.with_columns(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in unit.nulled)
    identity = plan.table.identity
    for columns, rows in unit.cut.items():
        if rows.is_empty():
            continue
        if identity is None:
            raise AssertionError("planning refuses to cut references of a table without a key")
        here = frame.select(identity.columns).join(
            rows.select(identity.columns).with_columns(pl.lit(value=True).alias("\0cut")),
            on=list(identity.columns),
            how="left",
            maintain_order="left",
            nulls_equal=True,
        )
        hit = here.get_column("\0cut").fill_null(value=False)
        frame = frame.with_columns(pl.when(~hit).then(pl.col(name)).alias(name) for name in columns)
    return RawBatch(table=batch.table, frame=frame)
