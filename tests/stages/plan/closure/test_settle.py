from __future__ import annotations

import polars as pl
import pytest

from provision.errors import CheckError, IntegrityError
from provision.model.names import TableName
from provision.model.plan import Dangling, Rows
from provision.stages.plan.closure import close
from support.drawn_world import a_world, chosen, relation, root
from support.memory_source import MemorySource

ARROW = "orders.customer -> customers.id"


def orders(dangling: Dangling, *, column: str = "int4 null", **more):
    return a_world(
        "customers(id int4 pk)",
        f"orders(id int4 pk, customer {column})",
        "items(id int4 pk, order_id int4 -> orders.id)",
        rows={
            "customers": [(1,), (2,)],
            "orders": [(10, 1), (11, 99), (12, 98)],
            "items": [(100, 10), (101, 11), (102, 11)],
        },
        declared=[relation(ARROW, nullable="null" in column)],
        edges={ARROW: {"dangling": dangling}, **more.pop("edges", {})},
        roots=more.pop("roots", [root("orders")]),
        **more,
    )


def selection(world):
    return close(world.spec, catalog=world.catalog, reader=MemorySource(world))


def test_dangling_values_that_are_kept_are_counted():
    taken = selection(orders(Dangling.KEEP))

    assert taken.dangling == {ARROW: 2}
    assert taken.tables[TableName("public", "orders")].cut == {}


def test_dangling_values_that_are_nullified_are_named_row_by_row():
    taken = selection(orders(Dangling.NULLIFY))

    assert taken.dangling == {ARROW: 2}
    cut = taken.tables[TableName("public", "orders")].cut
    assert list(cut) == [("customer",)]
    assert cut["customer",].equals(pl.DataFrame({"id": [11, 12]}))


def test_rows_dropped_for_a_dangling_value_take_along_what_needs_them():
    world = orders(Dangling.DROP, roots=[root("orders"), root("items", include=[102])])

    assert chosen(world) == {"customers": [1], "orders": [10], "items": [100]}
    assert selection(world).dangling[ARROW] == 2


def test_rows_that_may_do_without_a_dropped_row_lose_the_reference_alone():
    world = a_world(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer int4 null)",
        "notes(id int4 pk, order_id int4 null -> orders.id)",
        rows={"customers": [], "orders": [(10, 99)], "notes": [(1, 10)]},
        declared=[relation(ARROW)],
        edges={ARROW: {"dangling": Dangling.DROP}},
        roots=[root("notes")],
    )

    taken = selection(world)

    assert chosen(world) == {"notes": [1]}
    assert taken.tables[TableName("public", "notes")].cut["order_id",].rows() == [(1,)]


def test_a_limit_is_filled_with_rows_that_are_not_dropped():
    world = a_world(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer int4 null, w int4)",
        rows={"customers": [(1,)], "orders": [(10, 99, 1), (11, 99, 2), (12, 1, 3), (13, 1, 4), (14, 1, 5)]},
        declared=[relation(ARROW)],
        edges={ARROW: {"dangling": Dangling.DROP}},
        roots=[root("orders", limit=2, order_by="w")],
        rules={"orders": {"limit": 0}},
    )

    assert chosen(world) == {"customers": [1], "orders": [12, 13]}


def test_a_whole_table_that_loses_rows_is_taken_by_its_keys():
    world = orders(Dangling.DROP, roots=[], rules={"orders": {"rows": Rows.ALL}, "items": {"rows": Rows.ALL}})

    assert chosen(world) == {"customers": [1], "orders": [10], "items": [100]}


def test_dangling_values_that_fail_stop_the_run_and_all_arrows_are_named():
    second = "items.order_id -> customers.id"
    world = orders(Dangling.FAIL)
    world = a_world(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer int4 null)",
        "items(id int4 pk, order_id int4)",
        rows={"customers": [(1,)], "orders": [(10, 99)], "items": [(100, 77), (101, 78)]},
        declared=[relation(ARROW), relation(second)],
        roots=[root("orders"), root("items")],
    )

    with pytest.raises(CheckError) as caught:
        selection(world)

    assert caught.value.code == "PRV232"
    assert f"{ARROW}: 1 rows" in caught.value.message
    assert f"{second}: 2 rows" in caught.value.message
    assert "99" not in str(caught.value)
    assert "77" not in str(caught.value)


def test_values_that_cannot_be_nullified_fail_instead():
    with pytest.raises(CheckError) as caught:
        selection(orders(Dangling.NULLIFY, column="int4"))

    assert caught.value.code == "PRV232"


def test_an_edge_that_brings_no_parents_cuts_references_to_rows_that_are_not_chosen():
    world = a_world(
        "users(id int4 pk)",
        "posts(id int4 pk, editor int4 null -> users.id)",
        rows={"users": [(1,), (2,)], "posts": [(1, 1), (2, 2), (3, None)]},
        roots=[root("posts"), root("users", include=[1])],
        edges={"posts.editor -> users.id": {"parents": False}},
    )

    assert chosen(world) == {"users": [1], "posts": [1, 2, 3]}
    assert selection(world).tables[TableName("public", "posts")].cut["editor",].rows() == [(2,)]


def test_an_edge_that_brings_no_parents_may_not_leave_a_required_reference_open():
    world = a_world(
        "users(id int4 pk)",
        "posts(id int4 pk, author int4 -> users.id)",
        rows={"users": [(1,)], "posts": [(1, 1)]},
        roots=[root("posts")],
        edges={"posts.author -> users.id": {"parents": False}},
    )

    with pytest.raises(IntegrityError) as caught:
        selection(world)

    assert caught.value.code == "PRV233"


def test_references_to_an_empty_table_become_null_in_every_row():
    world = a_world(
        "users(id int4 pk)",
        "posts(id int4 pk, editor int4 null -> users.id)",
        rows={"users": [(1,)], "posts": [(1, 1), (2, None)]},
        roots=[root("posts")],
        rules={"users": {"rows": Rows.EMPTY}},
    )

    taken = selection(world)

    assert chosen(world) == {"posts": [1, 2]}
    assert taken.tables[TableName("public", "posts")].nulled == ("editor",)


@pytest.mark.parametrize("rows", [Rows.ALL, Rows.RELATED])
def test_a_required_reference_to_an_empty_table_is_refused(rows):
    world = a_world(
        "users(id int4 pk)",
        "posts(id int4 pk, author int4 -> users.id)",
        rows={"users": [(1,)], "posts": [(1, 1)]},
        roots=[root("posts")],
        rules={"users": {"rows": Rows.EMPTY}, "posts": {"rows": rows}},
    )

    with pytest.raises(IntegrityError) as caught:
        selection(world)

    assert caught.value.code == "PRV233"


def test_a_half_null_key_under_match_full_points_at_nothing():
    match_full = relation("children.(x, y) -> parents.(x, y)", match_full=True, declared=False, validated=False)
    world = a_world(
        "parents(x int4 pk, y int4 pk)",
        "children(id int4 pk, x int4 null, y int4 null)",
        rows={"parents": [(1, 1)], "children": [(1, 1, None), (2, None, None), (3, 1, 1)]},
        declared=[match_full],
        edges={match_full.arrow: {"dangling": Dangling.NULLIFY}},
        roots=[root("children")],
    )

    taken = selection(world)

    assert taken.dangling == {match_full.arrow: 1}
    assert taken.tables[TableName("public", "children")].cut["x", "y"].rows() == [(1,)]
