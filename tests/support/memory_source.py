"""A source in memory: the key reader's port over the rows of a world, by plain loops."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl

from provision.ports import KEY, RANK
from support.schemas import CONDITIONS, ORDERS
from support.values import KINDS, same

if TYPE_CHECKING:
    from provision.model.graph import Relation
    from provision.model.names import TableName
    from provision.model.plan import Root
    from support.schemas import Row, World


class MemorySource:
    """Reads a world's rows in an order that ``shuffle`` decides, and notes what it was asked in ``calls``."""

    def __init__(self, world: World, *, shuffle: int = 0) -> None:
        self._world = world
        self._chance = random.Random(shuffle)
        self.calls: list[tuple[str, str, int]] = []  # method, table, number of keys

    def roots(self, root: Root, columns: tuple[str, ...]) -> pl.DataFrame:
        self.calls.append(("roots", str(root.table), 0))
        return self._frame(
            root.table, columns, [(row, None) for row in self._rows(root.table, root.where)], root.order_by
        )

    def every(self, table: TableName, columns: tuple[str, ...]) -> pl.DataFrame:
        self.calls.append(("every", str(table), 0))
        return self._frame(table, columns, [(row, None) for row in self._rows(table)])

    def match(
        self,
        table: TableName,
        columns: tuple[str, ...],
        *,
        on: tuple[str, ...],
        keys: pl.DataFrame,
        where: str | None = None,
        equals: tuple[tuple[str, str], ...] = (),
        order_by: str | None = None,
    ) -> pl.DataFrame:
        self.calls.append(("match", str(table), keys.height))
        assert tuple(keys.columns[: len(on)]) == on
        plain = keys.select(on)
        assert plain.is_unique().all()
        assert not any(plain.null_count().row(0))
        kinds = [(self._kind(table, column),) * 2 for column in on]
        found = []
        for row in self._rows(table, where, equals):
            numbers = [n for n, key in enumerate(plain.rows()) if _meets(row, on, key, kinds)]
            if KEY in keys.columns:
                found += [(row, keys.item(n, KEY)) for n in numbers]
            elif numbers:
                found.append((row, None))
        return self._frame(table, columns, found, order_by, numbered=KEY in keys.columns)

    def related(
        self,
        relation: Relation,
        columns: tuple[str, ...],
        *,
        side: str,
        keys: pl.DataFrame,
        where: str | None = None,
        order_by: str | None = None,
    ) -> pl.DataFrame:
        pairs = list(zip(relation.columns, relation.parent_columns, strict=True))
        kinds = [(self._kind(relation.child, c), self._kind(relation.parent, p)) for c, p in pairs]
        equals: tuple[tuple[str, str], ...] = ()
        if side == "parents":
            table, on, kinds = relation.parent, relation.parent_columns, [(p, c) for c, p in kinds]
            assert tuple(keys.columns) == (*relation.columns, KEY)
        else:
            table, on = relation.child, relation.columns
            equals = tuple((condition.column, condition.value) for condition in relation.when)
            assert tuple(keys.columns) == (*relation.parent_columns, KEY)
        self.calls.append(("related", str(table), keys.height))
        found = [
            (row, key[-1])
            for row in self._rows(table, where, equals)
            for key in keys.rows()
            if _meets(row, on, key[:-1], kinds)
        ]
        return self._frame(table, columns, found, order_by, numbered=True)

    def _rows(self, table: TableName, where: str | None = None, equals: tuple[tuple[str, str], ...] = ()) -> list[Row]:
        rows = list(self._world.rows[table])
        self._chance.shuffle(rows)
        if where is not None:
            rows = [row for row in rows if CONDITIONS[where](row)]
        for column, value in equals:
            kind = self._world.kind(table, column)
            rows = [row for row in rows if same(kind, row[column], kind, value)]
        return rows

    def _kind(self, table: TableName, column: str) -> object:
        if column in {"tableoid", "ctid"}:
            return KINDS["int4" if column == "tableoid" else "text"]
        return self._world.kind(table, column)

    def _frame(
        self,
        table: TableName,
        columns: tuple[str, ...],
        found: list[tuple[Row, int | None]],
        order_by: str | None = None,
        *,
        numbered: bool = False,
    ) -> pl.DataFrame:
        schema = {c: pl.Int64 if self._kind(table, c).name in {"int4", "int8"} else pl.String for c in columns}
        data = {c: [row[c] for row, _ in found] for c in columns}
        if order_by is not None:
            places = sorted({ORDERS[order_by](row) for row, _ in found})
            schema[RANK] = pl.Int64
            data[RANK] = [places.index(ORDERS[order_by](row)) + 1 for row, _ in found]
        if numbered:
            schema[KEY] = pl.Int64
            data[KEY] = [number for _, number in found]
        return pl.DataFrame(data, schema=schema)


def _meets(row: Row, on: tuple[str, ...], key: tuple[int | str, ...], kinds: list[tuple[object, object]]) -> bool:
    return all(
        same(mine, row[column], theirs, value) for column, value, (mine, theirs) in zip(on, key, kinds, strict=True)
    )


def with_row_ids(world: World) -> World:
    """Give each row of the world a ``tableoid`` and a ``ctid``, as a heap would."""
    for number, name in enumerate(sorted(world.rows)):
        for place, row in enumerate(world.rows[name], start=1):
            row["tableoid"] = 16384 + number
            row["ctid"] = f"(0,{place})"
    return world
