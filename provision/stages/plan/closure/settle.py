"""What becomes of references whose parent was not taken: dangling values, cut relations, rows that are dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from provision.errors import CheckError, IntegrityError
from provision.model.plan import Dangling
from provision.model.plan import Rows as Taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provision.model.names import TableName
    from provision.stages.plan.closure.routes import Map, Route
    from provision.stages.plan.closure.walk import Walk


@dataclass(slots=True)
class Settlement:
    """The verdict on all references of a walk.

    ``cut`` holds for each table and set of columns the identities of rows where these become null, ``nulled`` the columns
    that become null in all rows, ``dangling`` counts rows by arrow, ``doomed`` holds identities of rows that must not
    be taken, so that the walk starts again without them.
    """

    cut: dict[TableName, dict[tuple[str, ...], pl.DataFrame]] = field(default_factory=dict)
    nulled: dict[TableName, tuple[str, ...]] = field(default_factory=dict)
    dangling: dict[str, int] = field(default_factory=dict)
    doomed: dict[TableName, pl.DataFrame] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)  # rows doomed, by arrow

    def cut_rows(self, route: Route, identities: pl.DataFrame) -> None:
        """Note rows in which the route's columns become null."""
        cuts = self.cut.setdefault(route.child.name, {})
        former = cuts.get(route.cuttable)
        cuts[route.cuttable] = identities if former is None else former.vstack(identities).unique()

    def null_column(self, route: Route) -> None:
        """Note that the route's columns become null in every row."""
        former = self.nulled.get(route.child.name, ())
        self.nulled[route.child.name] = tuple(dict.fromkeys([*former, *route.cuttable]))

    def doom(self, route: Route, identities: pl.DataFrame) -> None:
        """Note rows that must not be taken."""
        former = self.doomed.get(route.child.name)
        self.doomed[route.child.name] = identities if former is None else former.vstack(identities).unique()
        arrow = route.relation.arrow
        self.dropped[arrow] = self.dropped.get(arrow, 0) + identities.height


def settle(walk: Walk) -> Settlement:
    """Judge every reference of the rows that a walk met.

    Raises: CheckError: PRV232 where values of relations with ``dangling: fail`` point at no row. IntegrityError: PRV233
        where a reference that the database guarantees points at no row, or one that may not be cut would have to be.
    """
    verdict = Settlement()
    broken: dict[str, int] = {}
    failing: dict[str, int] = {}
    for route in walk.map.routes:
        if walk.map.rows(route.parent.name) is Taken.EMPTY and not route.relation.when and route.cuttable:
            verdict.null_column(route)
            continue
        loose = loose_rows(walk, route)
        if loose.height:
            _judge(walk, route, loose, verdict=verdict, broken=broken, failing=failing)
    if verdict.doomed:  # without these rows all may look different
        return verdict
    if broken:
        raise IntegrityError(
            "PRV233",
            f"chosen rows would point at no row:{_listed(broken)}",
            fix="let the relation bring its parents, or make its columns nullable",
        )
    if failing:
        raise CheckError(
            "PRV232",
            f"references point at no row of the source:{_listed(failing)}",
            fix="set `dangling: keep`, `nullify` or `drop` for the relation, or repair the source",
        )
    return verdict


def _judge(
    walk: Walk,
    route: Route,
    loose: pl.DataFrame,
    *,
    verdict: Settlement,
    broken: dict[str, int],
    failing: dict[str, int],
) -> None:
    arrow = route.relation.arrow
    policy = route.policy()
    if not route.up:  # the parent was left out on purpose: nothing dangles at the source
        if not route.certain and policy is Dangling.KEEP:
            return
        if route.cuttable:
            verdict.cut_rows(route, loose)
        else:
            broken[arrow] = broken.get(arrow, 0) + loose.height
    elif route.certain and not walk.banned:
        broken[arrow] = broken.get(arrow, 0) + loose.height
    elif policy is Dangling.DROP:
        verdict.doom(route, loose)
    elif policy is Dangling.FAIL or (policy is Dangling.NULLIFY and not route.cuttable):
        failing[arrow] = failing.get(arrow, 0) + loose.height
    else:
        verdict.dangling[arrow] = verdict.dangling.get(arrow, 0) + loose.height
        if policy is Dangling.NULLIFY:
            verdict.cut_rows(route, loose)


def loose_rows(walk: Walk, route: Route) -> pl.DataFrame:
    """Identities of the child's rows whose reference over the route meets no row that was taken."""
    children = walk.tables[route.child.name]
    if walk.map.rows(route.child.name) is Taken.ALL and not children.loaded:
        return children.frame.clear().select(children.identity)
    references = walk.references(route, children.frame)
    parents = walk.tables.get(route.parent.name)
    if parents is None:  # left empty
        return references.select(children.identity)
    if walk.map.rows(route.parent.name) is Taken.ALL and not parents.loaded:
        loose = references.clear()
    else:
        loose = references.join(
            walk.resolved(route, references, parents.frame), on=children.identity, how="anti", maintain_order="left"
        )
    if route.relation.match_full and not route.certain:
        loose = loose.vstack(walk.meeting(route, half_null(children.frame, route.relation.columns)))
    return loose.select(children.identity)


def half_null(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Rows with a key that is partly null: under MATCH FULL it can point at nothing."""
    null = [pl.col(column).is_null() for column in columns]
    return rows.filter(pl.any_horizontal(null) & ~pl.all_horizontal(null))


def tables_to_load(plan: Map, banned: Mapping[TableName, pl.DataFrame]) -> frozenset[TableName]:
    """Tables taken whole whose rows the closure needs nevertheless: to bring others, or to judge their references."""
    return frozenset(_tables_to_load(plan, banned))


def _tables_to_load(plan: Map, banned: Mapping[TableName, pl.DataFrame]) -> Iterable[TableName]:
    for route in plan.routes:
        child, parent = route.child.name, route.parent.name
        uncertain = not route.certain or parent in banned
        if plan.rows(child) is Taken.ALL:
            left_empty = plan.rows(parent) is Taken.EMPTY and (route.relation.when or not route.cuttable)
            if uncertain or plan.collected(parent) or left_empty or child in banned:
                yield child
        if plan.rows(parent) is Taken.ALL and (uncertain or route.edge.expand):
            yield parent


def _listed(counts: Mapping[str, int]) -> str:
    return "".join(f"\n  {arrow}: {count:,} rows" for arrow, count in sorted(counts.items()))
