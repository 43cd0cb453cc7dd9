from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.model.graph import Relation, SchemaGraph
from provision.model.names import TableName


def a_relation(arrow: str) -> Relation:
    child, _, parent = arrow.partition(" -> ")
    return Relation(
        name=arrow,
        child=TableName.parse(child),
        columns=("r",),
        parent=TableName.parse(parent),
        parent_columns=("id",),
    )


def a_graph(tables: str, *arrows: str) -> SchemaGraph:
    return SchemaGraph.of([TableName.parse(name) for name in tables.split()], [a_relation(arrow) for arrow in arrows])


def names(component) -> str:
    return " ".join(table.name for table in component)


def test_parents_come_before_their_children():
    graph = a_graph("items orders customers", "items -> orders", "orders -> customers")

    assert [names(part) for part in graph.components] == ["customers", "orders", "items"]
    assert graph.cycles() == ()


def test_a_cycle_is_one_component_and_a_self_reference_is_a_cycle_of_its_own():
    graph = a_graph("store staff film", "store -> staff", "staff -> store", "film -> film", "staff -> film")

    assert [names(part) for part in graph.components] == ["film", "staff store"]
    assert [names(part) for part in graph.cycles()] == ["film", "staff store"]


def test_a_relation_to_a_table_outside_the_graph_is_refused():
    with pytest.raises(ValueError, match="not a table of the graph"):
        a_graph("orders", "orders -> customers")


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=25))
def test_components_are_exactly_the_sets_of_tables_that_reach_each_other(pairs):
    tables = " ".join(f"t{i}" for i in range(8))
    graph = a_graph(tables, *(f"t{child} -> t{parent}" for child, parent in pairs))

    reach = {i: {i} for i in range(8)}
    for _ in range(8):
        for child, parent in pairs:
            for reached in reach.values():
                if child in reached:
                    reached.add(parent)
    for component in graph.components:
        numbers = [int(table.name[1:]) for table in component]
        together = {j for j in range(8) if j in reach[numbers[0]] and numbers[0] in reach[j]}
        assert set(numbers) == together
    place = {table: i for i, component in enumerate(graph.components) for table in component}
    assert all(place[relation.parent] <= place[relation.child] for relation in graph.relations)
