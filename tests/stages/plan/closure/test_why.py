from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from provision.errors import ProvisionError, UsageError
from provision.model.location import Location
from provision.model.names import TableName
from provision.model.plan import Rows
from provision.stages.plan.closure import close, explain
from support.drawn_world import a_world, root
from support.memory_source import MemorySource, with_row_ids
from support.schemas import worlds

PLACE = Location(file="dev.yaml", line=7, column=5)


def shop(**given):
    return a_world(
        "customers(id int4 pk, referrer int4 null -> customers.id)",
        "products(id int4 pk)",
        "orders(id int4 pk, customer int4 -> customers.id, product int4 -> products.id)",
        "users(id folded pk)",
        "notes(id int4 pk, order_id int4 -> orders.id, author folded -> users.id)",
        rows={
            "customers": [(1, None), (2, 1), (3, None)],
            "products": [(1,), (2,)],
            "orders": [(10, 2, 1), (11, 3, 2)],
            "users": [("A",), ("b",)],
            "notes": [(20, 10, "a"), (21, 11, "b")],
        },
        roots=[root("customers", include=[1], at=PLACE)],
        **given,
    )


def chain(world, table, *key):
    steps = explain(
        world.spec,
        catalog=world.catalog,
        reader=MemorySource(world),
        table=TableName.parse(table),
        key=tuple(map(str, key)),
    )
    return [(str(step.table), step.key, step.way, step.arrow) for step in steps], steps


def test_the_chain_leads_from_a_row_back_to_its_root():
    told, steps = chain(shop(), "products", 1)

    assert told == [
        ("products", ("1",), "parent of", "orders.product -> products.id"),
        ("orders", ("10",), "child of", "orders.customer -> customers.id"),
        ("customers", ("2",), "child of", "customers.referrer -> customers.id"),
        ("customers", ("1",), "root", ""),
    ]
    assert steps[-1].at == PLACE


def test_the_chain_passes_keys_that_only_the_server_compares():
    told, _ = chain(shop(), "users", "a")

    assert told[:2] == [
        ("users", ("A",), "parent of", "notes.author -> users.id"),
        ("notes", ("20",), "child of", "notes.order_id -> orders.id"),
    ]


def test_children_by_keys_that_only_the_server_compares_lead_back_too():
    world = a_world(
        "users(id folded pk)",
        "notes(id int4 pk, author folded -> users.id)",
        rows={"users": [("A",), ("b",)], "notes": [(1, "a")]},
        roots=[root("users", include=["A"])],
    )

    assert chain(world, "notes", 1)[0] == [
        ("notes", ("1",), "child of", "notes.author -> users.id"),
        ("users", ("A",), "root", ""),
    ]


def test_a_row_of_a_whole_table_is_there_because_all_are():
    assert chain(shop(rules={"products": {"rows": Rows.ALL}}), "products", 2)[0] == [("products", ("2",), "all", "")]


@pytest.mark.parametrize("key", [("3",), ("99",), ("x",), ("1", "2")])
def test_a_row_that_is_not_chosen_has_no_chain(key):
    with pytest.raises(UsageError) as caught:
        chain(shop(), "customers", *key)

    assert caught.value.code == "PRV235"
    assert not any(part in caught.value.message for part in key if part != "2")


def test_steps_do_not_show_keys_in_logs():
    _, steps = chain(shop(), "products", 1)

    assert "10" not in repr(steps[1])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_every_chosen_row_of_any_world_leads_back_to_a_root_or_a_whole_table(world):
    try:
        selection = close(world.spec, catalog=world.catalog, reader=MemorySource(with_row_ids(world)))
    except ProvisionError:
        return
    for name, rows in selection.tables.items():
        if rows.whole or world.catalog.table(name).identity is None:
            continue
        for key in rows.keys.rows()[:3]:
            told, _ = chain(world, str(name), *key)
            assert told[0][:2] == (str(name), tuple(map(str, key)))
            assert told[-1][2] in {"root", "all"}
            assert len({step[:2] for step in told}) == len(told)
