"""Why a row is in: the chain of rows that brought it, walked back from the row to a root.

The walk notes for every row when and by which edge it was met first. The row that brought it was met earlier, so the
way back gets shorter with each step and ends at a root or at a table that is taken whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.errors import UsageError
from provision.model.plan import Rows as Taken
from provision.stages.plan.closure.routes import expands
from provision.stages.plan.closure.rows import NEVER, ROW
from provision.stages.plan.closure.walk import WHOLE

if TYPE_CHECKING:
    from provision.model.location import Location
    from provision.model.names import TableName
    from provision.ports import KeyReader
    from provision.stages.plan.closure.routes import Route
    from provision.stages.plan.closure.rows import Rows
    from provision.stages.plan.closure.walk import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of a chain and what brought it.

    ``way`` is ``root``, ``all`` (its table is taken whole), ``parent of`` or ``child of`` the row in the next step, over
    the relation ``arrow``. ``key`` holds the row's identity as text: source values, for the eyes of who asked.
    """

    table: TableName
    key: tuple[str, ...]
    way: str
    arrow: str = ""
    at: Location | None = None  # where a root is written

    def __repr__(self) -> str:
        return f"Step({self.table}, {self.way} {self.arrow})"


def trace(walk: Walk, *, table: TableName, key: tuple[str, ...], reader: KeyReader) -> tuple[Step, ...]:
    """The chain from a row back to a root; raises UsageError PRV235 where the row is not chosen."""
    rows = walk.tables.get(table)
    if rows is None:
        raise _not_chosen(table)
    place = _find(rows, key, reader)
    if place is None:
        if walk.map.rows(table) is Taken.ALL and table not in walk.banned:
            return (Step(table=table, key=key, way="all"),)
        raise _not_chosen(table)
    steps: list[Step] = []
    while True:
        via = int(rows.via[place])
        identity = tuple(str(value) for value in rows.frame.select(rows.identity).row(place))
        if via < 0:
            root = None if via == WHOLE else walk.spec.roots[WHOLE - 1 - via]
            at = None if root is None else root.at
            steps.append(Step(table=rows.table.name, key=identity, way="all" if root is None else "root", at=at))
            return tuple(steps)
        route = walk.map.routes[via]
        as_child = bool(rows.as_child[place])
        way = "child of" if as_child else "parent of"
        steps.append(Step(table=rows.table.name, key=identity, way=way, arrow=route.relation.arrow))
        rows, place = (_parent if as_child else _child)(walk, route, rows, place)


def _find(rows: Rows, key: tuple[str, ...], reader: KeyReader) -> int | None:
    if rows.table.identity is None or len(key) != len(rows.identity):
        raise UsageError(
            "PRV235",
            f"{rows.table.name} has no key of {len(key)} columns",
            fix="give one value for each column of the primary key",
        )
    given = pl.DataFrame([key], schema=dict.fromkeys(rows.identity, pl.String), orient="row")
    typed = given.select(
        pl.col(name).cast(pl.Int64, strict=False) if rows.frame.schema[name] == pl.Int64 else name
        for name in rows.identity
    ).drop_nulls()
    if typed.is_empty():
        return None
    met = reader.match(rows.table.name, rows.identity, on=rows.identity, keys=typed)
    here = rows.frame.select(rows.identity).with_row_index(ROW).join(met, on=rows.identity, how="semi")
    return None if here.is_empty() else int(here.item(0, ROW))


def _child(walk: Walk, route: Route, parents: Rows, place: int) -> tuple[Rows, int]:
    """The child that brought a parent: of those met before, the one with the smallest identity."""
    children = walk.tables[route.child.name]
    before = _numbered(children, children.step < parents.step[place])
    referring = walk.references(route, before)
    return children, _smallest(walk.resolved(route, referring, parents.frame[place : place + 1]), children)


def _parent(walk: Walk, route: Route, children: Rows, place: int) -> tuple[Rows, int]:
    """The parent that brought a child: of those met before that bring children, the one with the smallest identity."""
    parents = walk.tables[route.parent.name]
    bringing = np.ones(parents.height, np.bool_) if expands(route, walk.map.rules) else parents.child < NEVER
    before = _numbered(parents, bringing & (parents.step < children.step[place]))
    return parents, _smallest(walk.referred(route, children.frame[place : place + 1], before), parents)


def _numbered(rows: Rows, chosen: np.ndarray) -> pl.DataFrame:
    return rows.frame.with_row_index(ROW).filter(pl.Series(chosen))


def _smallest(candidates: pl.DataFrame, rows: Rows) -> int:
    return int(candidates.sort(rows.identity).item(0, ROW))


def _not_chosen(table: TableName) -> UsageError:
    return UsageError(
        "PRV235", f"the row of {table} is not in the subset", fix="`provision plan` shows what brings rows of the table"
    )
