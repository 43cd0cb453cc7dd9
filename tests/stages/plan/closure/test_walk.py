"""Subsets that other tools got wrong, each in its smallest form, and the rules of the walk one by one."""

from __future__ import annotations

import pytest

from provision.errors import UsageError
from provision.model.graph import Condition
from provision.model.plan import Rows
from provision.stages.plan.closure import close
from support.drawn_world import a_world, chosen, relation, root
from support.memory_source import MemorySource


def test_two_groups_of_cycles_in_one_component_are_followed_to_their_end():
    # Greenmask #197: more than one cycle group in a component ended in a panic.
    world = a_world(
        "a(id int4 pk, c int4 null -> c.id, a2 int4 null -> a2.id)",
        "a2(id int4 pk, b2 int4 null -> b2.id)",
        "b(id int4 pk, a int4 null -> a.id)",
        "b2(id int4 pk, a int4 null -> a.id)",
        "c(id int4 pk, b int4 null -> b.id)",
        rows={
            "a": [(1, 1, 1), (2, None, None), (3, None, None)],
            "a2": [(1, 1), (2, 2)],
            "b": [(1, 2), (2, 3)],
            "b2": [(1, 3), (2, None)],
            "c": [(1, 1), (2, 2)],
        },
        roots=[root("a", include=[1])],
        edges={arrow: {"children": False} for arrow in (
            "a.c -> c.id", "a.a2 -> a2.id", "a2.b2 -> b2.id", "b.a -> a.id", "b2.a -> a.id", "c.b -> b.id")},
    )  # fmt: skip

    assert chosen(world) == {"a": [1, 2, 3], "a2": [1], "b": [1], "b2": [1], "c": [1]}


def test_two_self_references_on_one_table_bring_both_lines_of_ancestors():
    # Greenmask #279: posts with parent_id and root_id ended in an index out of range.
    world = a_world(
        "posts(id int4 pk, parent_id int4 null -> posts.id, root_id int4 null -> posts.id)",
        rows={"posts": [(1, None, None), (2, 1, 1), (3, 2, 1), (4, 3, 5), (5, None, None), (6, None, None)]},
        roots=[root("posts", include=[4])],
        edges={"posts.parent_id -> posts.id": {"children": False}, "posts.root_id -> posts.id": {"children": False}},
    )

    assert chosen(world) == {"posts": [1, 2, 3, 4, 5]}


def test_parents_that_rows_share_do_not_pull_in_further_children():
    # Jailer #126: one customer brought all others by way of the products they had bought too.
    world = a_world(
        "customers(id int4 pk)",
        "products(id int4 pk)",
        "orders(id int4 pk, customer_id int4 -> customers.id, product_id int4 -> products.id)",
        rows={"customers": [(1,), (2,)], "products": [(1,), (2,)], "orders": [(10, 1, 1), (11, 2, 1), (12, 2, 2)]},
        roots=[root("customers", include=[1])],
    )

    assert chosen(world) == {"customers": [1], "products": [1], "orders": [10]}


def test_an_edge_that_expands_lets_parents_bring_its_children_and_no_others():
    world = a_world(
        "customers(id int4 pk)",
        "products(id int4 pk)",
        "orders(id int4 pk, customer_id int4 -> customers.id, product_id int4 -> products.id)",
        "photos(id int4 pk, product_id int4 -> products.id)",
        rows={
            "customers": [(1,), (2,)],
            "products": [(1,), (2,)],
            "orders": [(10, 1, 1), (11, 2, 1)],
            "photos": [(20, 1), (21, 2)],
        },
        roots=[root("customers", include=[1])],
        edges={"photos.product_id -> products.id": {"expand": True}},
    )

    assert chosen(world) == {"customers": [1], "products": [1], "orders": [10], "photos": [20]}


def test_a_row_met_as_a_parent_first_brings_its_children_once_it_is_met_as_a_child():
    # DBSubsetter PR #4: in a cycle, a row first seen as a parent never had its children fetched.
    world = a_world(
        "a(id int4 pk, b_id int4 null -> b.id)",
        "b(id int4 pk, a_id int4 null -> a.id)",
        rows={"a": [(1, 1), (2, 2)], "b": [(1, 1), (2, 1), (3, 2)]},
        roots=[root("a", include=[1])],
    )

    # a1 brings b1 as its parent, then b1 and b2 as its children; b2 brings a2, a2 brings b3.
    assert chosen(world) == {"a": [1, 2], "b": [1, 2, 3]}


def test_a_row_met_as_a_parent_brings_its_children_when_an_expanding_edge_comes_back_to_it():
    # The album comes as the order's parent; its cover, brought by the product, has it as a child later on.
    world = a_world(
        "products(id int4 pk)",
        "albums(id int4 pk, cover int4 null -> photos.id)",
        "photos(id int4 pk, product int4 -> products.id)",
        "orders(id int4 pk, product int4 -> products.id, album int4 -> albums.id)",
        "tracks(id int4 pk, album int4 -> albums.id)",
        rows={
            "products": [(1,)],
            "albums": [(1, 20), (2, None)],
            "photos": [(20, 1)],
            "orders": [(10, 1, 1)],
            "tracks": [(1, 1), (2, 2)],
        },
        roots=[root("orders")],
        edges={"photos.product -> products.id": {"expand": True}},
    )

    assert chosen(world) == {"products": [1], "albums": [1], "photos": [20], "orders": [10], "tracks": [1]}


CYCLE = (
    "z(id int4 pk, c int4 null -> c.id, q int4 null -> q.id)",
    "a(id int4 pk, z int4 -> z.id)",
    "b(id int4 pk, a int4 -> a.id)",
    "c(id int4 pk, b int4 -> b.id, x int4 -> x.id, p int4 null -> p.id)",
    "e(id int4 pk, c int4 -> c.id)",
    "p(id int4 pk)",
    "q(id int4 pk, p int4 -> p.id)",
    "x(id int4 pk, z int4 -> z.id)",
)
# c is met in one round over a and b, three levels down, and in the next over x, two levels down.
CYCLE_ROWS = {
    "z": [(1, None, None)],
    "a": [(1, 1)],
    "b": [(1, 1)],
    "x": [(1, 1)],
    "c": [(1, 1, 1, 1)],
    "e": [(1, 1)],
    "p": [(1,)],
    "q": [(1, 1)],
}


def test_in_a_cycle_a_row_that_is_met_again_nearer_to_the_root_brings_its_children_after_all():
    world = a_world(*CYCLE, rows=CYCLE_ROWS, roots=[root("z")], depth=3)

    assert chosen(world)["e"] == [1]
    assert "q" not in chosen(world)


def test_in_a_cycle_a_parent_that_is_met_again_nearer_to_the_root_expands_after_all():
    world = a_world(
        *CYCLE, rows=CYCLE_ROWS, roots=[root("z")], depth=3, edges={"q.p -> p.id": {"expand": True, "children": False}}
    )

    assert chosen(world)["q"] == [1]


def test_the_second_key_to_the_same_parent_is_followed_too():
    # DBSubsetter drops all keys to the table that a row came by, so that the second one dangles.
    world = a_world(
        "users(id int4 pk)",
        "messages(id int4 pk, sender int4 -> users.id, receiver int4 -> users.id)",
        rows={"users": [(1,), (2,), (3,)], "messages": [(1, 1, 2), (2, 3, 3)]},
        roots=[root("users", include=[1])],
    )

    assert chosen(world) == {"users": [1, 2], "messages": [1]}


def test_keys_to_different_unique_columns_of_one_parent_keep_apart():
    # condenser knows one target per table, so the second key looks in the wrong column.
    world = a_world(
        "users(id int4 pk, code int4 unique)",
        "posts(id int4 pk, user_id int4 -> users.id, editor int4 -> users.code)",
        rows={"users": [(1, 2), (2, 7), (3, 1)], "posts": [(1, 1, 7)]},
        roots=[root("posts", include=[1])],
    )

    assert chosen(world) == {"users": [1, 2], "posts": [1]}


def test_a_composite_key_that_is_partly_null_refers_to_nothing():
    world = a_world(
        "parents(x int4 pk, y int4 pk)",
        "children(id int4 pk, x int4 null, y int4 null)",
        rows={"parents": [(1, 1), (1, 2)], "children": [(1, 1, None), (2, None, 1), (3, 1, 1), (4, 2, 1)]},
        declared=[relation("children.(x, y) -> parents.(x, y)", declared=False)],
        roots=[root("parents", include=[(1, 1)]), root("children", include=[1, 2])],
    )

    assert chosen(world) == {"parents": [(1, 1)], "children": [1, 2, 3]}


def test_a_composite_key_may_name_the_columns_of_the_primary_key_in_another_order():
    # Greenmask builds the edge from the primary key and never reads which column refers to which.
    world = a_world(
        "parents(x int4 pk, y int4 pk)",
        "children(id int4 pk, a int4, b int4)",
        rows={"parents": [(1, 2), (2, 1)], "children": [(1, 1, 2)]},
        declared=[relation("children.(a, b) -> parents.(y, x)", declared=False)],
        roots=[root("children", include=[1])],
    )

    assert chosen(world) == {"parents": [(2, 1)], "children": [1]}


def test_a_conditional_relation_leads_to_its_own_table_alone():
    # DBSubsetter PR #8: comments leaked to the sibling table with the same id.
    kinds = [
        relation("comments.subject_id -> posts.id", when=(Condition(column="kind", value="Post"),)),
        relation("comments.subject_id -> videos.id", when=(Condition(column="kind", value="Video"),)),
    ]
    world = a_world(
        "posts(id int4 pk)",
        "videos(id int4 pk)",
        "comments(id int4 pk, kind varchar null, subject_id int4 null)",
        rows={
            "posts": [(1,), (2,)],
            "videos": [(1,), (2,)],
            "comments": [(1, "Post", 1), (2, "Video", 1), (3, None, 1), (4, "Post", 2), (5, "Video", 2)],
        },
        declared=kinds,
        roots=[root("posts", include=[1]), root("comments", include=[5])],
    )

    assert chosen(world) == {"posts": [1], "videos": [2], "comments": [1, 5]}


def test_a_subset_may_start_at_a_child():
    # Neosync #3227: only tables without parents could be roots.
    world = a_world(
        "countries(id int4 pk)",
        "customers(id int4 pk, country int4 -> countries.id)",
        "orders(id int4 pk, customer int4 -> customers.id)",
        rows={"countries": [(1,), (2,)], "customers": [(1, 1), (2, 2)], "orders": [(10, 1), (11, 1), (12, 2)]},
        roots=[root("orders", include=[11])],
    )

    assert chosen(world) == {"countries": [1], "customers": [1], "orders": [11]}


def test_parents_that_are_met_last_are_complete_when_their_own_parents_are_asked():
    # condenser #18: one pass over the tables misses what later tables bring.
    world = a_world(
        "a(id int4 pk)",
        "b(id int4 pk, a int4 -> a.id)",
        "c(id int4 pk, a int4 -> a.id, b int4 -> b.id)",
        rows={"a": [(1,), (2,)], "b": [(1, 2), (2, 1)], "c": [(1, 1, 1), (2, 2, 2)]},
        roots=[root("c", include=[1])],
    )

    assert chosen(world) == {"a": [1, 2], "b": [1], "c": [1]}


def test_a_table_is_asked_once_however_many_keys_lead_to_it():
    world = a_world(
        "users(id int4 pk)",
        "messages(id int4 pk, sender int4 -> users.id, receiver int4 -> users.id)",
        "posts(id int4 pk, author int4 -> users.id)",
        rows={"users": [(n,) for n in range(8)], "messages": [(1, 1, 2), (2, 3, 4)], "posts": [(1, 5), (2, 1)]},
        roots=[root("messages"), root("posts")],
    )
    source = MemorySource(world)

    assert chosen(world, source)["users"] == [1, 2, 3, 4, 5]
    assert [(method, keys) for method, table, keys in source.calls if table == "users"] == [("match", 5)]


def test_a_parent_of_which_most_is_referenced_is_read_whole_and_once():
    world = a_world(
        "countries(id int4 pk)",
        "customers(id int4 pk, country int4 null -> countries.id, born int4 null -> countries.id)",
        rows={"countries": [(n,) for n in range(6)], "customers": [(1, 1, 2), (2, 3, None), (3, None, 1)]},
        roots=[root("customers")],
    )
    world.catalog = type(world.catalog)(
        dialect="postgresql", server_version=1, database="", foreign_keys=world.catalog.foreign_keys,
        tables=tuple(_estimated(table, 6) for table in world.catalog.tables),
    )  # fmt: skip
    source = MemorySource(world)

    assert chosen(world, source) == {"countries": [1, 2, 3], "customers": [1, 2, 3]}
    assert [method for method, table, _ in source.calls if table == "countries"] == ["every"]


def _estimated(table, rows):
    from dataclasses import replace  # noqa: PLC0415

    return replace(table, rows_estimate=rows)


def test_whole_tables_are_not_read_unless_their_rows_bring_others():
    world = a_world(
        "regions(id int4 pk)",
        "countries(id int4 pk, region int4 -> regions.id)",
        "customers(id int4 pk, country int4 -> countries.id)",
        rows={"regions": [(1,), (2,)], "countries": [(1, 1), (2, 2)], "customers": [(1, 1)]},
        roots=[root("customers")],
        rules={"regions": {"rows": Rows.ALL}, "countries": {"rows": Rows.ALL}},
    )
    source = MemorySource(world)

    assert chosen(world, source) == {"regions": ["all"], "countries": ["all"], "customers": [1]}
    assert {table for _, table, _ in source.calls} == {"customers"}


def test_a_whole_table_brings_its_parents_and_no_children():
    world = a_world(
        "regions(id int4 pk)",
        "countries(id int4 pk, region int4 -> regions.id)",
        "customers(id int4 pk, country int4 -> countries.id)",
        rows={"regions": [(1,), (2,), (3,)], "countries": [(1, 1), (2, 2)], "customers": [(1, 1)]},
        rules={"countries": {"rows": Rows.ALL}},
    )

    assert chosen(world) == {"regions": [1, 2], "countries": ["all"]}


def test_empty_and_skipped_tables_bring_nothing_and_end_without_rows():
    # Replibyte #299, rdbms-subsetter #27: a table without rows ended in a panic, or never.
    world = a_world(
        "users(id int4 pk)",
        "audit(id int4 pk, user_id int4 -> users.id)",
        "logs(id int4 pk, user_id int4 -> users.id)",
        "notes(id int4 pk, user_id int4 -> users.id)",
        rows={"users": [(1,)], "audit": [(1, 1)], "logs": [(1, 1)]},
        roots=[root("users")],
        rules={"audit": {"rows": Rows.EMPTY}, "logs": {"rows": Rows.SKIP}},
    )

    assert chosen(world) == {"users": [1]}


def test_a_limit_counts_for_each_parent_and_not_for_each_query():
    # Snaplet limits the rows of a query, so the first parents of a batch take all.
    world = a_world(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer int4 -> customers.id, w int4)",
        rows={"customers": [(1,), (2,), (3,)], "orders": [(n, n % 3 + 1, n) for n in range(12)]},
        roots=[root("customers")],
        rules={"orders": {"limit": 2, "order_by": "w desc"}},
    )

    assert chosen(world)["orders"] == [6, 7, 8, 9, 10, 11]


def test_a_condition_restricts_children_and_never_parents():
    world = a_world(
        "orders(id int4 pk, w int4)",
        "items(id int4 pk, order_id int4 -> orders.id, w int4)",
        rows={"orders": [(1, 0), (2, 9)], "items": [(1, 1, 0), (2, 1, 9), (3, 2, 9)]},
        roots=[root("orders", include=[1]), root("items", include=[3])],
        rules={"orders": {"where": "w < 2"}, "items": {"where": "w < 2"}},
    )

    assert chosen(world) == {"orders": [1, 2], "items": [1, 3]}


@pytest.mark.parametrize(("depth", "chain"), [(0, [1]), (1, [1, 2]), (2, [1, 2, 3]), (None, [1, 2, 3, 4])])
def test_depth_counts_the_levels_of_children_from_a_root(depth, chain):
    world = a_world(
        "nodes(id int4 pk, above int4 null -> nodes.id)",
        rows={"nodes": [(1, None), (2, 1), (3, 2), (4, 3)]},
        roots=[root("nodes", include=[1])],
        depth=depth,
    )

    assert chosen(world) == {"nodes": chain}


def test_a_row_that_is_met_again_nearer_to_a_root_is_followed_further():
    # a1 reaches d over three steps first, and then directly: only then does d's child lie within the depth.
    world = a_world(
        "a(id int4 pk)",
        "b(id int4 pk, a int4 -> a.id)",
        "d(id int4 pk, b int4 null -> b.id, a int4 null -> a.id)",
        "e(id int4 pk, d int4 -> d.id)",
        rows={"a": [(1,)], "b": [(1, 1)], "d": [(1, 1, 1)], "e": [(1, 1)]},
        roots=[root("a")],
        depth=2,
    )

    assert chosen(world) == {"a": [1], "b": [1], "d": [1], "e": [1]}


def test_max_rows_stops_the_closure_and_tells_which_arrows_brought_what():
    # Jailer #24: an export that runs away.
    world = a_world(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer int4 -> customers.id)",
        rows={"customers": [(1,)], "orders": [(n, 1) for n in range(50)]},
        roots=[root("customers")],
        max_rows=20,
    )

    with pytest.raises(UsageError) as caught:
        chosen(world)

    assert caught.value.code == "PRV230"
    assert "orders: 50 rows (orders.customer -> customers.id 50)" in caught.value.message
    assert "customers: 1 rows (root 1)" in caught.value.message


def test_every_row_is_counted_by_the_way_it_came_first():
    world = a_world(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer int4 -> customers.id)",
        rows={"customers": [(1,), (2,)], "orders": [(10, 1), (11, 1), (12, 2)]},
        roots=[root("customers", include=[1]), root("orders", include=[12])],
    )

    via = close(world.spec, catalog=world.catalog, reader=MemorySource(world)).via

    assert {str(name): ways for name, ways in via.items()} == {
        "customers": {"root": 1, "orders.customer -> customers.id": 1},
        "orders": {"root": 1, "orders.customer -> customers.id": 2},
    }


def test_keys_of_other_scales_and_types_are_equal_where_the_server_says_so():
    world = a_world(
        "rates(id numeric pk)",
        "codes(id varchar pk)",
        "uses(id int4 pk, rate numeric -> rates.id, whole int4 -> rates.id, code text -> codes.id)",
        rows={
            "rates": [("1.00",), ("2.5",), ("10",)],
            "codes": [("a",), ("a ",)],
            "uses": [(1, "2.50", 1, "a "), (2, "10.0", 10, "a")],
        },
        roots=[root("uses", include=[1])],
    )

    assert chosen(world) == {"rates": ["1.00", "2.5"], "codes": ["a "], "uses": [1]}


def test_only_the_server_knows_which_texts_are_equal_under_its_collations():
    world = a_world(
        "users(id folded pk)",
        "posts(id int4 pk, author folded -> users.id)",
        rows={"users": [("A",), ("b",)], "posts": [(1, "a"), (2, "A"), (3, "B")]},
        roots=[root("users", include=["a"])],
    )
    source = MemorySource(world)

    assert chosen(world, source) == {"users": ["A"], "posts": [1, 2]}
    assert "related" in {method for method, _, _ in source.calls}


def test_a_row_without_a_key_is_known_by_its_place():
    world = a_world(
        "users(id int4 pk)",
        "visits(user_id int4 -> users.id, page int4)",
        rows={"users": [(1,), (2,)], "visits": [(1, 7), (1, 7), (2, 7)]},
        roots=[root("users", include=[1])],
    )

    assert chosen(world)["visits"] == [(16385, "(0,1)"), (16385, "(0,2)")]


def test_relations_to_columns_that_are_not_unique_bring_every_row_with_the_value():
    world = a_world(
        "prices(id int4 pk, product int4)",
        "items(id int4 pk, product int4)",
        rows={"prices": [(1, 7), (2, 7), (3, 8)], "items": [(1, 7), (2, 7), (3, 9)]},
        declared=[relation("items.product -> prices.product")],
        roots=[root("items", include=[1])],
    )

    assert chosen(world) == {"prices": [1, 2], "items": [1]}
