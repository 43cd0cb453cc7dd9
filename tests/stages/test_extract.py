from __future__ import annotations

import polars as pl

from provision.model.batch import RawBatch
from provision.model.catalog import Table
from provision.model.names import TableName
from provision.model.plan import (
    ClosureSpec,
    ColumnPlan,
    Decision,
    Origin,
    Plan,
    Rows,
    TablePlan,
)
from provision.model.selection import Selection, TableSelection
from provision.stages.extract import Unit, extract, units
from provision.stages.plan.columns import facts_of
from support.catalogs import a_catalog

CATALOG = a_catalog("orders(id int4 pk, customer_id int4 null, note text null)", "logs(line text)")


def a_plan(table: Table) -> TablePlan:
    columns = tuple(
        ColumnPlan(
            column=column,
            family=facts_of(table, column).family,
            origin=Origin.KEPT,
            decision=Decision(rule="test"),
            facts=facts_of(table, column),
        )
        for column in table.columns
    )
    return TablePlan(table=table, rows=Rows.RELATED, reason="test", columns=columns)


LOGS, ORDERS = (a_plan(table) for table in CATALOG.tables)
PLAN = Plan(recipe="dev", catalog=CATALOG, tables=(LOGS, ORDERS), relations=(), closure=ClosureSpec())


class Session:
    """Rows of orders, all or those asked for."""

    def rows(self, table, columns, *, identity, keys):
        frame = pl.DataFrame(
            {"id": [1, 2, 3], "customer_id": [7, 8, 9], "note": ["a", "b", "c"]},
            schema={"id": pl.Int64, "customer_id": pl.Int64, "note": pl.String},
        ).select(columns)
        if keys is not None:
            frame = frame.join(keys, on=list(identity), how="semi")
        yield RawBatch(table=table.name, frame=frame)


def ids(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"id": values}, schema={"id": pl.Int64})


def test_a_selection_is_cut_into_units_that_hold_every_key_once_and_big_ones_come_first():
    orders = TableSelection(table=ORDERS.name, identity=("id",), keys=ids(*range(10)))
    logs = TableSelection(table=LOGS.name, whole=True)

    work = units(PLAN, Selection(tables={ORDERS.name: orders, LOGS.name: logs}), rows=4)

    assert [(unit.table.name, unit.number) for unit in work] == [
        ("orders", 0),
        ("orders", 1),
        ("orders", 2),
        ("logs", 0),
    ]
    assert pl.concat([unit.keys for unit in work if unit.keys is not None])["id"].to_list() == list(range(10))
    assert work[-1].keys is None


def test_units_never_show_their_keys():
    assert repr(Unit(table=TableName("public", "orders"), number=3, keys=ids(4711))) == "Unit(orders 3, 1 rows)"


def test_references_become_null_in_the_rows_that_the_closure_cut_and_stay_in_the_others():
    unit = Unit(table=ORDERS.name, number=0, identity=("id",), keys=ids(1, 2), cut={("customer_id",): ids(2, 99)})

    (batch,) = extract(unit, ORDERS, Session())

    assert batch.frame.rows() == [(1, 7, "a"), (2, None, "b")]


def test_columns_that_point_into_an_empty_table_become_null_in_every_row():
    unit = Unit(table=ORDERS.name, number=0, nulled=("customer_id",))

    (batch,) = extract(unit, ORDERS, Session())

    assert batch.frame["customer_id"].to_list() == [None, None, None]
    assert batch.frame.schema["customer_id"] == pl.Int64
