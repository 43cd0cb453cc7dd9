from __future__ import annotations

import pytest

from provision.errors import IntegrityError
from provision.model.names import TableName
from provision.model.plan import Dangling
from provision.stages.plan.closure import close
from provision.stages.plan.closure.routes import draw
from provision.stages.plan.closure.settle import settle
from provision.stages.plan.closure.verify import verify
from provision.stages.plan.closure.walk import Walk
from support.drawn_world import a_world, relation, root
from support.memory_source import MemorySource


def a_walk():
    world = a_world(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer int4 -> customers.id)",
        rows={"customers": [(1,), (2,)], "orders": [(10, 1), (11, 2), (12, 2)]},
        roots=[root("orders")],
    )
    walk = Walk(world.spec, plan=draw(world.spec, world.catalog), catalog=world.catalog, reader=MemorySource(world))
    walk.run()
    return walk


def test_a_complete_walk_is_passed():
    walk = a_walk()

    verify(walk, settle(walk))


def test_a_parent_that_is_missing_from_the_chosen_rows_is_found():
    walk = a_walk()
    verdict = settle(walk)
    customers = walk.tables[TableName("public", "customers")]
    customers.frame = customers.frame.filter(customers.frame["id"] != 2)

    with pytest.raises(IntegrityError) as caught:
        verify(walk, verdict)

    assert caught.value.code == "PRV234"
    assert "orders.customer -> customers.id: 2 rows" in caught.value.message


def test_a_missing_parent_that_no_policy_explains_breaks_the_settlement():
    walk = a_walk()
    customers = walk.tables[TableName("public", "customers")]
    customers.frame = customers.frame.clear()

    with pytest.raises(IntegrityError) as caught:
        settle(walk)

    assert caught.value.code == "PRV233"


def test_a_column_that_is_cut_for_one_relation_and_referenced_by_another_is_refused():
    cut = relation("users.code -> codes.id")
    world = a_world(
        "codes(id int4 pk)",
        "users(id int4 pk, code int4 unique null)",
        "posts(id int4 pk, author int4 -> users.code)",
        rows={"users": [(1, 99)], "posts": [(1, 99)]},
        declared=[cut],
        edges={cut.arrow: {"dangling": Dangling.NULLIFY}},
        roots=[root("posts")],
    )

    with pytest.raises(IntegrityError) as caught:
        close(world.spec, catalog=world.catalog, reader=MemorySource(world))

    assert caught.value.code == "PRV234"
    assert "posts.author -> users.code: 1 rows" in caught.value.message
