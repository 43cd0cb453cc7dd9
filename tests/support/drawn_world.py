"""Worlds drawn by hand: tables in a line each, rows as tuples, the rest as the model's own words.

>>> world = a_world(
...     "customers(id int4 pk)",
...     "orders(id int4 pk, customer_id int4 null -> customers.id)",
...     rows={"customers": [(1,), (2,)], "orders": [(10, 1), (11, 2)]},
...     roots=[root("customers", include=[1])],
... )
>>> chosen(world)
{"customers": [1], "orders": [10]}
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from provision.model.graph import Relation
from provision.model.names import TableName
from provision.model.plan import ClosureSpec, Edge, Root, TableRule
from provision.stages.plan.closure import close
from support.catalogs import a_catalog, relations_of
from support.memory_source import MemorySource, with_row_ids
from support.schemas import World
from support.values import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ARROW = re.compile(r"^(\w+)\.(\w+|\([\w, ]+\)) -> (\w+)\.(\w+|\([\w, ]+\))$")


def a_world(
    *tables: str,
    rows: Mapping[str, Sequence[tuple]],
    roots: Sequence[Root] = (),
    declared: Sequence[Relation] = (),
    edges: Mapping[str, Mapping[str, Any]] | None = None,
    rules: Mapping[str, Mapping[str, Any]] | None = None,
    **spec: Any,
) -> World:
    """A world; ``edges`` and ``rules`` say what is not as usual, by arrow and by table."""
    catalog = a_catalog(*tables)
    relations = [*relations_of(catalog), *declared]
    special = dict(edges or {})
    made = tuple(Edge(relation=relation, **special.pop(relation.arrow, {})) for relation in relations)
    assert not special, f"no such arrows: {special}"
    return with_row_ids(
        World(
            catalog=catalog,
            rows={
                table.name: [
                    dict(zip((c.name for c in table.columns), values, strict=True))
                    for values in rows.get(table.name.name, ())
                ]
                for table in catalog.tables
            },
            kinds={(t.name, c.name): KINDS[c.type.name] for t in catalog.tables for c in t.columns},
            spec=ClosureSpec(
                roots=tuple(roots),
                rules=tuple(TableRule(table=t.name, **(rules or {}).get(t.name.name, {})) for t in catalog.tables),
                edges=made,
                **spec,
            ),
        )
    )


def root(table: str, *, include: Sequence[Any] = (), **given: Any) -> Root:
    """A root; included keys are values or tuples of values."""
    keys = tuple(tuple(map(str, key)) if isinstance(key, tuple) else (str(key),) for key in include)
    return Root(table=TableName.parse(table), include=keys, **given)


def relation(arrow: str, **given: Any) -> Relation:
    """A declared relation from its arrow."""
    match = _ARROW.match(arrow)
    assert match, arrow
    child, columns, parent, parent_columns = match.groups()

    def names(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.strip("()").split(","))

    return Relation(
        name=arrow,
        child=TableName.parse(child),
        columns=names(columns),
        parent=TableName.parse(parent),
        parent_columns=names(parent_columns),
        **{"declared": True, **given},
    )


def chosen(world: World, source: MemorySource | None = None) -> dict[str, list]:
    """What the closure chooses: keys by table, single columns without their tuple; ``all`` for whole tables."""
    selection = close(world.spec, catalog=world.catalog, reader=source or MemorySource(world))
    answer: dict[str, list] = {}
    for name, rows in selection.tables.items():
        keys = ["all"] if rows.keys is None else rows.keys.rows()
        answer[name.name] = [key[0] if len(key) == 1 else key for key in keys] if rows.keys is not None else keys
    return answer
