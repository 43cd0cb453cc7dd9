"""What the walk follows: each edge with its key forms, and the order in which tables are asked.

A table is two stops: its rows met as children (which bring children), and its rows met at all (which bring parents).
Stops are ordered so that all that bring rows to a stop are done before it; stops that bring each other rows share a
component, which is walked in rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from provision.model.graph import strong_components
from provision.model.names import TableName
from provision.model.plan import Dangling, Rows
from provision.stages.plan.closure.forms import expression, form_of, sendable, storage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.catalog import Catalog, Column, Table
    from provision.model.graph import Relation
    from provision.model.plan import ClosureSpec, Edge, TableRule
    from provision.stages.plan.closure.forms import Form

KEYLESS = ("tableoid", "ctid")


class Side(StrEnum):
    """As what a table's rows are met."""

    CHILDREN = "children"
    PARENTS = "parents"


Stop: TypeAlias = tuple[TableName, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An edge as the walk uses it.

    ``forms`` is None where only the server can tell which keys are equal. ``down`` says that rows with a child level
    bring children over it, ``up`` that rows bring their parents.
    """

    number: int
    edge: Edge
    forms: tuple[Form, ...] | None
    unique: bool  # a key of the parent's columns matches one row at most
    child: Table
    parent: Table
    up: bool
    down: bool
    certain: bool  # the database guarantees that references point at rows
    cuttable: tuple[str, ...]  # child columns that may become null to cut a reference; () where it cannot be cut

    @property
    def relation(self) -> Relation:
        """The edge's relation."""
        return self.edge.relation

    def child_forms(self) -> list[pl.Expr]:
        """The child's tuple in key form, as columns ``k0, k1, …``; as it is where only the server can tell."""
        return self._forms(self.child, self.relation.columns)

    def parent_forms(self) -> list[pl.Expr]:
        """The parent's tuple in key form, as columns ``k0, k1, …``; as it is where only the server can tell."""
        return self._forms(self.parent, self.relation.parent_columns)

    @property
    def names(self) -> list[str]:
        """``k0, k1, …``, a name for each column of the key."""
        return [f"k{place}" for place in range(len(self.relation.columns))]

    def to_parent(self) -> list[pl.Expr]:
        """Key forms as values to send to the parent's columns, named like them."""
        return self._sendable(self.parent, self.relation.parent_columns)

    def to_child(self) -> list[pl.Expr]:
        """Key forms as values to send to the child's columns, named like them."""
        return self._sendable(self.child, self.relation.columns)

    def policy(self) -> Dangling:
        """What becomes of a reference to no row. A guaranteed one can lose its row to a ``drop`` elsewhere."""
        if not self.certain:
            return self.edge.dangling
        return Dangling.NULLIFY if self.cuttable else Dangling.DROP

    def _forms(self, table: Table, columns: tuple[str, ...]) -> list[pl.Expr]:
        if self.forms is None:
            return [pl.col(column).alias(name) for column, name in zip(columns, self.names, strict=True)]
        return [
            expression(column, dtype=dtype_of(table, column), form=form).alias(name)
            for column, form, name in zip(columns, self.forms, self.names, strict=True)
        ]

    def _sendable(self, table: Table, columns: tuple[str, ...]) -> list[pl.Expr]:
        if self.forms is None:
            return [pl.col(name).alias(column) for column, name in zip(columns, self.names, strict=True)]
        return [
            sendable(name, form=form, dtype=dtype_of(table, column)).alias(column)
            for column, form, name in zip(columns, self.forms, self.names, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """Rules, routes and the order of stops of one closure."""

    rules: Mapping[TableName, TableRule]
    routes: tuple[Route, ...]
    order: tuple[tuple[Stop, ...], ...]

    def rows(self, table: TableName) -> Rows:
        """Which rows of the table are taken."""
        return self.rules[table].rows

    def collected(self, table: TableName) -> bool:
        """Whether the closure brings the table's rows."""
        return self.rules[table].rows in {Rows.RELATED, Rows.UNREACHED}


def draw(spec: ClosureSpec, catalog: Catalog) -> Map:
    """Draw the map of a closure; raises KeyError for an edge to a table or column that is not in the catalog."""
    rules = {rule.table: rule for rule in spec.rules}
    tables = catalog.by_name
    routes: list[Route] = []
    for edge in spec.edges:
        relation = edge.relation
        if Rows.SKIP in {rules[relation.child].rows, rules[relation.parent].rows}:
            continue
        if rules[relation.child].rows is Rows.EMPTY:
            continue
        routes.append(_route(len(routes), edge, tables[relation.child], tables[relation.parent], rules))
    return Map(rules=rules, routes=tuple(routes), order=_order(rules, routes))


def _route(number: int, edge: Edge, child: Table, parent: Table, rules: Mapping[TableName, TableRule]) -> Route:
    relation = edge.relation
    pairs = [
        (child.column(name), parent.column(other))
        for name, other in zip(relation.columns, relation.parent_columns, strict=True)
    ]
    forms = [form_of(one, other) for one, other in pairs]
    known = tuple(form for form in forms if form is not None)
    decided = len(known) == len(forms) and not relation.period
    nullable = tuple(name for name in dict.fromkeys(relation.columns) if not _not_null(child.column(name)))
    alone = relation.match_full and len(nullable) < len(set(relation.columns))
    present = rules[parent.name].rows is not Rows.EMPTY
    return Route(
        number=number,
        edge=edge,
        forms=known if decided else None,
        unique=decided and _unique(parent, relation.parent_columns),
        child=child,
        parent=parent,
        up=edge.parents and present,
        down=edge.children and present and rules[parent.name].children is not False,
        certain=not relation.declared and relation.validated and relation.enforced,
        cuttable=() if alone else nullable,
    )


def _order(rules: Mapping[TableName, TableRule], routes: list[Route]) -> tuple[tuple[Stop, ...], ...]:
    stops = tuple((table, side) for table in sorted(rules) for side in Side)
    before: dict[Stop, list[Stop]] = {
        (table, side): [(table, Side.CHILDREN)] if side is Side.PARENTS else [] for table, side in stops
    }
    for route in routes:
        if route.up:
            before[route.parent.name, Side.PARENTS].append((route.child.name, Side.PARENTS))
        if route.down:
            before[route.child.name, Side.CHILDREN].append((route.parent.name, Side.CHILDREN))
        if expands(route, rules):
            before[route.child.name, Side.CHILDREN].append((route.parent.name, Side.PARENTS))
    return strong_components(stops, {stop: sorted(set(producers)) for stop, producers in before.items()})


def expands(route: Route, rules: Mapping[TableName, TableRule]) -> bool:
    """Whether rows that were met as parents bring children over the route."""
    parent = rules[route.parent.name]
    return route.edge.expand and parent.rows is not Rows.EMPTY and parent.children is not False


def identity_of(table: Table) -> tuple[str, ...]:
    """The columns that tell the table's rows apart."""
    return KEYLESS if table.identity is None else table.identity.columns


def dtype_of(table: Table, column: str) -> pl.DataType:
    """How the column's values lie in frames."""
    if column in KEYLESS and not table.has(column):
        return pl.Int64() if column == "tableoid" else pl.String()
    return storage_of(table.column(column))


def schema_of(table: Table, routes: tuple[Route, ...]) -> dict[str, pl.DataType]:
    """The columns that the closure holds of a table: its identity and all that its references are made of."""
    names = dict.fromkeys(identity_of(table))
    for route in routes:
        if route.child.name == table.name:
            names |= dict.fromkeys(route.relation.columns)
            names |= dict.fromkeys(condition.column for condition in route.relation.when)
        if route.parent.name == table.name:
            names |= dict.fromkeys(route.relation.parent_columns)
    return {name: dtype_of(table, name) for name in names}


def _unique(table: Table, columns: tuple[str, ...]) -> bool:
    return any(key.plain and set(key.columns) <= set(columns) for key in table.keys)


def _not_null(column: Column) -> bool:
    return column.not_null or column.type.domain_not_null
