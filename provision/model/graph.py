"""Foreign-key graph of a catalog: parents, children, cycles, load order.

Pure: takes tables and relations, touches no database. Edges point from child to parent.
Row selection over this graph is in ``stages/plan/closure``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provision.model.names import TableName

Node = TypeVar("Node", bound=Any)  # hashable and sortable


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Equality of a child column with a constant: the ``when:`` of a polymorphic relation."""

    column: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A reference that a plan follows: a foreign key of the catalog or one declared in a recipe.

    ``name`` is the constraint's name, or the arrow as written for declared ones. ``nullable`` says that the child
    columns may all be set to null to cut the reference.
    """

    name: str
    child: TableName
    columns: tuple[str, ...]
    parent: TableName
    parent_columns: tuple[str, ...]
    declared: bool = False  # from the recipe, not from the catalog
    when: tuple[Condition, ...] = ()
    match_full: bool = False
    validated: bool = True
    enforced: bool = True
    period: bool = False
    indexed: bool = False
    nullable: bool = False

    @property
    def arrow(self) -> str:
        """``orders.customer_id -> customers.id``, composite as ``a.(x, y) -> b.(x, y)``."""

        def side(table: TableName, columns: tuple[str, ...]) -> str:
            return f"{table}.{columns[0]}" if len(columns) == 1 else f"{table}.({', '.join(columns)})"

        return f"{side(self.child, self.columns)} -> {side(self.parent, self.parent_columns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaGraph:
    """Tables and the relations between them, with strongly connected components.

    ``components`` come parents first: each component's parents outside it stand in earlier components.
    Within a component, and between components that do not depend on each other, tables are in name order.
    """

    tables: tuple[TableName, ...]
    relations: tuple[Relation, ...]
    components: tuple[tuple[TableName, ...], ...]

    @classmethod
    def of(cls, tables: Iterable[TableName], relations: Iterable[Relation]) -> SchemaGraph:
        """Build the graph; relations whose ends are not both among the tables raise ValueError."""
        names = tuple(sorted(set(tables)))
        known = set(names)
        edges = tuple(relations)
        for relation in edges:
            for end in (relation.child, relation.parent):
                if end not in known:
                    raise ValueError(f"{relation.arrow}: {end} is not a table of the graph")
        parents: dict[TableName, list[TableName]] = {name: [] for name in names}
        for relation in edges:
            if relation.parent not in parents[relation.child]:
                parents[relation.child].append(relation.parent)
        for reached in parents.values():
            reached.sort()
        return cls(tables=names, relations=edges, components=strong_components(names, parents))

    def parents_of(self, child: TableName) -> tuple[Relation, ...]:
        """Relations in which the table is the child."""
        return tuple(relation for relation in self.relations if relation.child == child)

    def children_of(self, parent: TableName) -> tuple[Relation, ...]:
        """Relations in which the table is the parent."""
        return tuple(relation for relation in self.relations if relation.parent == parent)

    def cycles(self) -> tuple[tuple[TableName, ...], ...]:
        """Components of more than one table, and tables that reference themselves."""
        selfish = {relation.child for relation in self.relations if relation.child == relation.parent}
        return tuple(part for part in self.components if len(part) > 1 or part[0] in selfish)


def strong_components(  # noqa: C901  # one algorithm, in the shape of its paper
    names: tuple[Node, ...], parents: Mapping[Node, list[Node]]
) -> tuple[tuple[Node, ...], ...]:
    """Strongly connected components of any graph, parents first: those a component depends on stand before it.

    Tarjan's algorithm without recursion; components come out parents first because edges point to parents.
    Source: Tarjan 1972, Depth-first search and linear graph algorithms, doi:10.1137/0201010.
    """
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    on_stack: set[Node] = set()
    stack: list[Node] = []
    found: list[tuple[Node, ...]] = []
    for start in names:
        if start in index:
            continue
        work: list[tuple[Node, int]] = [(start, 0)]
        while work:
            node, step = work.pop()
            if step == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            descended = False
            for position in range(step, len(parents[node])):
                parent = parents[node][position]
                if parent not in index:
                    work.extend([(node, position + 1), (parent, 0)])
                    descended = True
                    break
                if parent in on_stack:
                    low[node] = min(low[node], low[parent])
            if descended:
                continue
            if low[node] == index[node]:
                component: list[Node] = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    component.append(member)
                    if member == node:
                        break
                found.append(tuple(sorted(component)))
            if work:
                child = work[-1][0]
                low[child] = min(low[child], low[node])
    return tuple(found)
