"""The walk that meets all rows of a closure: set at a time, each row once for each level it is reached at.

Stops are visited in the map's order. A visit takes what others asked of the stop (keys of parents to bring, keys whose
children to bring), fetches what is missing, and asks further stops in turn. Inside a component it goes on in rounds
until nobody asks any more, which ends because levels only fall.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import polars as pl

from provision.errors import UsageError
from provision.model.plan import Rows as Taken
from provision.ports import KEY
from provision.stages.plan.closure.forms import constant_test
from provision.stages.plan.closure.links import Links
from provision.stages.plan.closure.roots import rows_of_root
from provision.stages.plan.closure.routes import Side, expands, identity_of, schema_of
from provision.stages.plan.closure.rows import LEVEL, VIA, Rows
from provision.stages.plan.closure.sample import first, sample_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.catalog import Catalog
    from provision.model.names import TableName
    from provision.model.plan import ClosureSpec
    from provision.ports import KeyReader
    from provision.stages.plan.closure.routes import Map, Route, Stop

WHOLE: Final = -1  # how rows were met that are there because their table is taken whole
# A parent table of which most rows are asked is read whole, once; above this size only its keys are asked for.
SMALL_TABLE: Final = 100_000
MOST: Final = 0.3


class Walk:
    """One walk over a source.

    ``tables`` holds the rows met; ``links`` what the server said about references that only it can compare. Rows are
    met by way of a route's number, `WHOLE`, or below it a root: ``-2`` is the first one.

    Args:
        whole: tables taken whole whose rows are needed here nevertheless.
        banned: identities by table that do not count as rows.
    """

    def __init__(
        self,
        spec: ClosureSpec,
        *,
        plan: Map,
        catalog: Catalog,
        reader: KeyReader,
        whole: frozenset[TableName] = frozenset(),
        banned: Mapping[TableName, pl.DataFrame] | None = None,
    ) -> None:
        self.spec = spec
        self.map = plan
        self._reader = reader
        self.banned = banned or {}
        self._whole = whole
        self._steps = 0
        tables = catalog.by_name
        self.tables = {
            name: Rows(
                tables[name],
                identity=identity_of(tables[name]),
                schema=schema_of(tables[name], plan.routes),
                banned=self.banned.get(name),
            )
            for name, rule in plan.rules.items()
            if rule.rows not in {Taken.SKIP, Taken.EMPTY}
        }
        self.links = {
            route.number: Links(route, self.tables[route.parent.name].identity)
            for route in plan.routes
            if not route.unique and route.parent.name in self.tables
        }
        self._asked: dict[Stop, dict[int, list[pl.DataFrame]]] = defaultdict(dict)
        self._small: dict[TableName, pl.DataFrame] = {}

    def run(self) -> None:
        """Meet all rows.

        Raises: UsageError: PRV230 where ``max_rows`` is exceeded, PRV231 where an included row does not exist.
        """
        for name in sorted(self._whole):
            rows = self.tables[name]
            every = rows.allowed(self._reader.every(name, rows.columns))
            self._admit(rows, _reached(every, level=0, via=WHOLE), as_children=False)
            rows.loaded = True
        for number, root in enumerate(self.spec.roots):
            rows = self.tables[root.table]
            found = rows_of_root(root, rows=rows, reader=self._reader, seed=self.spec.seed)
            self._admit(rows, _reached(found, level=0, via=WHOLE - 1 - number), as_children=True)
        for component in self.map.order:
            busy = True
            while busy:
                busy = False
                for stop in component:
                    busy = self._visit(stop) or busy

    def _visit(self, stop: Stop) -> bool:
        """Serve a stop once; returns whether there was anything to do."""
        name, side = stop
        rows = self.tables.get(name)
        if rows is None:
            return False
        asked = self._asked.pop(stop, {})
        if side is Side.CHILDREN:
            for number, frames in asked.items():
                self._bring_children(self.map.routes[number], pl.concat(frames))
            bringing = rows.take_for_children()
            self._ask_children(name, bringing, parents_too=False)
        else:
            self._bring_parents(name, {number: pl.concat(frames) for number, frames in asked.items()})
            bringing = rows.take_for_parents()
            self._ask_children(name, bringing, parents_too=True)
            self._ask_parents(name, bringing)
        return bool(asked) or bringing.height > 0

    # -- asking ------------------------------------------------------------------------------------------------------

    def _ask_parents(self, name: TableName, bringing: pl.DataFrame) -> None:
        for route in self.map.routes:
            if not (route.up and route.child.name == name) or bringing.is_empty():
                continue
            if self.map.rows(route.parent.name) is Taken.ALL and not self._watched(route):
                continue
            wanted = self.references(route, bringing)
            self._ask((route.parent.name, Side.PARENTS), route, wanted.select(*route.child_forms(), LEVEL))

    def _watched(self, route: Route) -> bool:
        """Whether a whole parent's rows must be looked up, because only the server can tell if they are there."""
        return not route.certain and not route.unique

    def _ask_children(self, name: TableName, bringing: pl.DataFrame, *, parents_too: bool) -> None:
        depth = self.spec.depth
        if depth is not None:
            bringing = bringing.filter(pl.col(LEVEL) < depth).with_columns(pl.col(LEVEL) + 1)
        for route in self.map.routes:
            if route.parent.name != name or bringing.is_empty():
                continue
            if expands(route, self.map.rules) if parents_too else route.down and not expands(route, self.map.rules):
                known = bringing.drop_nulls(route.relation.parent_columns)
                self._ask((route.child.name, Side.CHILDREN), route, known.select(*route.parent_forms(), LEVEL))

    def _ask(self, stop: Stop, route: Route, keys: pl.DataFrame) -> None:
        if keys.height:
            keys = keys.with_columns(pl.lit(route.number, pl.Int16).alias(VIA))
            self._asked[stop].setdefault(route.number, []).append(_smallest(keys, route.names))

    def references(self, route: Route, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the child's rows that refer to a parent: no part of the key is null, and its conditions hold."""
        rows = rows.drop_nulls(route.relation.columns)
        return self.meeting(route, rows) if route.relation.when else rows

    def meeting(self, route: Route, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the child's rows that meet the relation's conditions, told here where texts tell it."""
        unsure = []
        for condition in route.relation.when:
            test = constant_test(route.child.column(condition.column), condition.value)
            if test is None:
                unsure.append((condition.column, condition.value))
            else:
                rows = rows.filter(test)
        if not unsure or rows.is_empty():
            return rows
        identity = self.tables[route.child.name].identity
        keys = rows.select(identity)
        meeting = self._reader.match(route.child.name, identity, on=identity, keys=keys, equals=tuple(unsure))
        return rows.join(meeting, on=identity, how="semi", maintain_order="left")

    # -- bringing ----------------------------------------------------------------------------------------------------

    def _bring_parents(self, name: TableName, asked: Mapping[int, pl.DataFrame]) -> None:
        merged: dict[object, list[tuple[Route, pl.DataFrame]]] = defaultdict(list)
        for number, keys in asked.items():
            route = self.map.routes[number]
            if route.unique:  # several routes to one key of the parent are asked at once
                merged[route.relation.parent_columns, route.forms].append((route, keys))
            else:
                self._bring_linked_parents(route, keys)
        for group in merged.values():
            route = group[0][0]
            wanted = _smallest(pl.concat([keys for _, keys in group]), route.names)
            self._bring_keyed_parents(self.tables[name], route, wanted)

    def _bring_keyed_parents(self, rows: Rows, route: Route, wanted: pl.DataFrame) -> None:
        names = route.names
        here = rows.frame.drop_nulls(route.relation.parent_columns).select(*route.parent_forms(), *rows.identity)
        if self.spec.depth is not None:
            self._admit(rows, wanted.join(here, on=names).select(*rows.identity, LEVEL, VIA), as_children=False)
        missing = wanted.join(here, on=names, how="anti")
        if missing.is_empty() or rows.loaded:
            return
        found = self._fetch_parents(rows, route, missing)
        reached = found.with_columns(route.parent_forms()).join(missing, on=names).drop(names)
        self._admit(rows, reached, as_children=False)

    def _fetch_parents(self, rows: Rows, route: Route, missing: pl.DataFrame) -> pl.DataFrame:
        name, on = rows.table.name, route.relation.parent_columns
        estimate = rows.table.rows_estimate
        if name not in self._small and MOST * estimate < missing.height and 0 < estimate <= SMALL_TABLE:
            self._small[name] = self._reader.every(name, rows.columns)
        if name in self._small:
            return rows.allowed(self._small[name])
        keys = missing.select(route.to_parent()).drop_nulls().unique()
        return rows.allowed(self._reader.match(name, rows.columns, on=on, keys=keys))

    def _bring_linked_parents(self, route: Route, wanted: pl.DataFrame) -> None:
        rows, links = self.tables[route.parent.name], self.links[route.number]
        found = rows.allowed(self._link(route, wanted))
        reached = links.reached(wanted)
        self._admit(rows, reached, as_children=False)
        self._admit(rows, found.join(reached, on=rows.identity), as_children=False)

    def _link(self, route: Route, wanted: pl.DataFrame) -> pl.DataFrame:
        """Ask which parents belong to the keys that were never asked; returns these parents' rows, each once."""
        rows, links = self.tables[route.parent.name], self.links[route.number]
        new = links.number(wanted)
        if new.is_empty():
            return rows.frame.clear()
        if route.forms is None:
            keys = new.select(*_renamed(route.names, route.relation.columns), KEY)
            found = self._reader.related(route.relation, rows.columns, side="parents", keys=keys)
            links.add(found.select(KEY, *rows.identity))
        else:
            keys = new.select(route.to_parent()).drop_nulls().unique()
            found = self._reader.match(route.parent.name, rows.columns, on=route.relation.parent_columns, keys=keys)
            links.add(found.with_columns(route.parent_forms()).join(new, on=route.names).select(KEY, *rows.identity))
        return found.select(rows.columns).unique(subset=rows.identity)

    def resolved(self, route: Route, references: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
        """Those of the child's rows whose reference meets one of the parent's rows."""
        keyed = references.with_columns(route.child_forms())
        parents = parents.drop_nulls(route.relation.parent_columns)
        here: pl.DataFrame | None
        if route.unique:
            here = parents.select(route.parent_forms())
        else:
            self._link(route, keyed.select(route.names).unique())
            here = self.links[route.number].leading_to(parents)
        if here is None:
            return references.clear()
        return keyed.join(here, on=route.names, how="semi", maintain_order="left").drop(route.names)

    def referred(self, route: Route, references: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
        """Those of the parent's rows that the child's rows refer to."""
        keyed = references.select(route.child_forms()).unique()
        if route.unique:
            here = parents.with_columns(route.parent_forms())
            return here.join(keyed, on=route.names, how="semi").drop(route.names)
        self._link(route, keyed)
        pairs = self.links[route.number].pairs(keyed)
        return parents.join(pairs, on=self.tables[route.parent.name].identity, how="semi")

    def _bring_children(self, route: Route, wanted: pl.DataFrame) -> None:
        name = route.child.name
        rows, rule = self.tables[name], self.map.rules[name]
        wanted = _smallest(wanted, route.names)
        columns = rows.columns
        order_by = None
        if rule.limit is not None:
            columns = tuple(dict.fromkeys([*columns, *sample_columns(rows.table)]))
            order_by = rule.order_by
        found = self._fetch_children(route, wanted, columns=columns, order_by=order_by)
        found = rows.allowed(found)
        if rule.limit is not None:
            within = (KEY,) if route.forms is None else tuple(route.names)
            found = first(found, rule.limit, table=rows.table, seed=self.spec.seed, within=within)
        self._admit(rows, found.select(*rows.columns, LEVEL, VIA), as_children=True)

    def _fetch_children(
        self, route: Route, wanted: pl.DataFrame, *, columns: tuple[str, ...], order_by: str | None
    ) -> pl.DataFrame:
        relation, where = route.relation, self.map.rules[route.child.name].where
        if route.forms is None:
            numbered = wanted.with_row_index(KEY).with_columns(pl.col(KEY).cast(pl.Int64))
            keys = numbered.select(*_renamed(route.names, relation.parent_columns), KEY)
            found = self._reader.related(relation, columns, side="children", keys=keys, where=where, order_by=order_by)
            return found.join(numbered.select(KEY, LEVEL, VIA), on=KEY)
        found = self._reader.match(
            route.child.name,
            columns,
            on=relation.columns,
            keys=wanted.select(route.to_child()).drop_nulls().unique(),
            where=where,
            equals=tuple((condition.column, condition.value) for condition in relation.when),
            order_by=order_by,
        )
        return found.with_columns(route.child_forms()).join(wanted, on=route.names)

    def _admit(self, rows: Rows, met: pl.DataFrame, *, as_children: bool) -> None:
        self._steps += 1
        rows.admit(met, as_children=as_children, step=self._steps)
        self._check_size()

    def _check_size(self) -> None:
        most = self.spec.max_rows
        if most is None:
            return
        counts = {name: rows.height for name, rows in self.tables.items() if self.map.collected(name) and rows.height}
        if sum(counts.values()) > most:
            raise too_many(most, counts, self.how_met())

    # -- what happened -----------------------------------------------------------------------------------------------

    def how_met(self) -> dict[TableName, dict[str, int]]:
        """For each table how many rows came which way first: ``root``, ``all``, or an arrow."""
        return {name: self._ways(rows) for name, rows in self.tables.items() if rows.height}

    def _ways(self, rows: Rows) -> dict[str, int]:
        counts: dict[str, int] = {}
        for via, count in pl.Series(VIA, rows.via).value_counts(sort=True).rows():
            way = self.way(via)
            counts[way] = counts.get(way, 0) + count
        return dict(sorted(counts.items()))

    def way(self, via: int) -> str:
        """The word for how a row was met."""
        if via >= 0:
            return self.map.routes[via].relation.arrow
        return "all" if via == WHOLE else "root"


def too_many(most: int, counts: Mapping[TableName, int], ways: Mapping[TableName, Mapping[str, int]]) -> UsageError:
    """The error for a closure that outgrew ``max_rows``: the growth of each table and the arrows that brought most."""
    lines = []
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        brought = sorted(ways.get(name, {}).items(), key=lambda item: (-item[1], item[0]))
        lines.append(f"\n  {name}: {count:,} rows ({', '.join(f'{way} {n:,}' for way, n in brought[:3])})")
    return UsageError(
        "PRV230",
        f"the subset has more than max_rows = {most:,} rows; it had grown to{''.join(lines)}",
        fix="narrow a root, limit the table that grew, set `children: skip` for it, or raise max_rows",
    )


def _reached(rows: pl.DataFrame, *, level: int, via: int) -> pl.DataFrame:
    return rows.with_columns(pl.lit(level, pl.Int32).alias(LEVEL), pl.lit(via, pl.Int16).alias(VIA))


def _smallest(keys: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Each key once, with its smallest level and, among these, the first way."""
    if keys.height < 2:  # nothing to merge
        return keys
    if keys.get_column(LEVEL).n_unique() == 1 == keys.get_column(VIA).n_unique():
        return keys.unique(subset=names)
    return keys.sort(LEVEL, VIA).unique(subset=names, keep="first", maintain_order=True)


def _renamed(names: list[str], columns: tuple[str, ...]) -> list[pl.Expr]:
    return [pl.col(name).alias(column) for name, column in zip(names, columns, strict=True)]
