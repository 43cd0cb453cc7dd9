from __future__ import annotations

from provision.model.manifest import DdlEntry
from provision.model.names import TableName
from provision.stages.load.order import Order, order_of_work

A, B, VIEW = TableName("public", "a"), TableName("public", "b"), TableName("public", "v")


def an_entry(kind: str, name: str, *, table: str = "", after: tuple[int, ...] = (), late: bool = True) -> DdlEntry:
    section = "post-data" if late else "pre-data"
    return DdlEntry(kind=kind, schema="public", name=name, table=table, section=section, sql="", after=after)


def an_order() -> Order:
    entries = (
        an_entry("TABLE", "a", late=False),
        an_entry("TABLE", "b", late=False),
        an_entry("MATERIALIZED VIEW", "v", after=(0,), late=False),
        an_entry("CONSTRAINT", "a a_pkey", table="public.a", after=(0,)),
        an_entry("INDEX", "a_x", table="public.a", after=(0,)),
        an_entry("INDEX", "v_x", table="public.v", after=(2,)),
        an_entry("FK CONSTRAINT", "b b_a", table="public.b", after=(0, 1, 3)),
        an_entry("TRIGGER", "b t", table="public.b", after=(1,)),
    )
    return order_of_work(entries, {A: 10, B: 500})


def place(order: Order, kind: str, name: str) -> int:
    for number, step in enumerate(order.steps):
        if step.kind == kind and name in {str(step.table), step.entry.name if step.entry else ""}:
            return number
    raise KeyError(name)


def ancestors(order: Order, step: int) -> set[int]:
    found = set(order.steps[step].after)
    for earlier in order.steps[step].after:
        found |= ancestors(order, earlier)
    return found


def test_the_schema_comes_first_and_alone() -> None:
    assert [entry.name for entry in an_order().schema] == ["a", "b", "v"]


def test_heavy_tables_start_first() -> None:
    order = an_order()

    assert [step.table for step in order.steps if step.kind == "rows"] == [B, A]


def test_an_index_waits_for_the_rows_of_its_own_table_only() -> None:
    order = an_order()

    assert order.steps[place(order, "define", "a_x")].after == {place(order, "rows", "a")}


def test_a_foreign_key_waits_for_both_tables_and_for_the_key_it_refers_to() -> None:
    order = an_order()
    key = place(order, "define", "b b_a")

    assert order.steps[key].after == {
        place(order, "rows", "a"),
        place(order, "rows", "b"),
        place(order, "define", "a a_pkey"),
    }
    assert order.steps[key].tables == {A, B}
    assert not order.steps[key].shared


def test_tables_are_counted_before_anything_that_acts_on_rows_exists() -> None:
    order = an_order()
    trigger = ancestors(order, place(order, "define", "b t"))

    assert {place(order, "finish", "a"), place(order, "finish", "b"), place(order, "view", "v")} <= trigger


def test_an_index_of_a_materialised_view_waits_until_the_view_is_filled() -> None:
    order = an_order()

    assert place(order, "view", "v") in order.steps[place(order, "define", "v_x")].after
    assert place(order, "rows", "a") in ancestors(order, place(order, "view", "v"))


def test_a_view_is_filled_after_the_views_it_reads_even_through_plain_views() -> None:
    entries = (
        an_entry("TABLE", "a", late=False),
        an_entry("MATERIALIZED VIEW", "zero", after=(0,), late=False),
        an_entry("VIEW", "between", after=(1,), late=False),
        an_entry("MATERIALIZED VIEW", "last", after=(2,), late=False),
    )

    order = order_of_work(entries, {A: 1})

    assert place(order, "view", "zero") in order.steps[place(order, "view", "last")].after


def test_an_index_of_a_partition_waits_for_the_rows_of_the_root() -> None:
    entries = (
        an_entry("TABLE", "a", late=False),
        an_entry("TABLE", "a_1", late=False),
        an_entry("TABLE ATTACH", "a_1", table="public.a", after=(0, 1), late=False),
        an_entry("INDEX", "a_1_x", table="public.a_1", after=(1,)),
        an_entry("INDEX", "a_x", table="public.a", after=(0,)),
        an_entry("INDEX ATTACH", "a_1_x", after=(3, 4)),
    )

    order = order_of_work(entries, {A: 7})

    assert order.steps[place(order, "define", "a_1_x")].after == {place(order, "rows", "a")}
    attach = next(step for step in order.steps if step.entry is not None and step.entry.kind == "INDEX ATTACH")
    assert {place(order, "define", "a_1_x"), place(order, "define", "a_x")} <= attach.after
    assert attach.tables == {A}


def test_a_table_without_rows_is_finished_but_not_copied() -> None:
    order = order_of_work((an_entry("TABLE", "a", late=False),), {A: 0})

    assert [step.kind for step in order.steps] == ["finish"]


def test_every_step_waits_only_for_earlier_ones() -> None:
    order = an_order()

    assert all(earlier < number for number, step in enumerate(order.steps) for earlier in step.after)
