"""Small snapshots for tests: plans of given columns, rows staged in any number of runs, a store with one version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from provision.model.batch import SafeBatch
from provision.model.catalog import Catalog, Column, ColumnType, Table
from provision.model.graph import Relation
from provision.model.manifest import DdlEntry
from provision.model.names import TableName
from provision.model.plan import (
    ClosureSpec,
    ColumnFacts,
    ColumnPlan,
    Decision,
    Family,
    MaskUse,
    Origin,
    Plan,
    Rows,
    TablePlan,
)
from provision.model.report import Severity, Status
from provision.model.statement import CheckEntry, FileEntry, Statement
from provision.stages.snapshot import begin, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from provision.ports import Store

FAMILIES = {"bigint": Family.INTEGER, "boolean": Family.BOOLEAN, "text": Family.TEXT, "mood": Family.ENUM}
DTYPES = {"bigint": pl.Int64(), "boolean": pl.Boolean(), "text": pl.String(), "mood": pl.String()}
PEOPLE = TableName("public", "people")
EMPTY = TableName("shop", "nothing")
EMAIL = MaskUse(mask="email", parameters=(("domain", "example.test"),), domain="person.email", kid="default")
DDL = (
    DdlEntry(kind="TABLE", schema="public", name="people", section="pre-data", sql="CREATE TABLE people ()"),
    DdlEntry(
        kind="CONSTRAINT",
        schema="public",
        name="people_pkey",
        table="public.people",
        section="post-data",
        sql="ALTER TABLE people ADD PRIMARY KEY (id)",
        after=(0,),
    ),
)


def table_plan(columns: dict[str, str], *, key: tuple[str, ...] = (), name: TableName = PEOPLE) -> TablePlan:
    """A plan of kept columns, by name and type; a column called ``email`` is masked."""
    plans = []
    for position, (column, type_) in enumerate(columns.items(), 1):
        family = FAMILIES[type_]
        masked = column == "email"
        plans.append(
            ColumnPlan(
                column=Column(name=column, position=position, type=ColumnType(sql=type_, name=type_)),
                family=family,
                origin=Origin.MASKED if masked else Origin.KEPT,
                decision=Decision(rule="test"),
                mask=EMAIL if masked else None,
                facts=ColumnFacts(column=column, family=family, type=type_),
            )
        )
    table = Table(name=name, columns=tuple(plan.column for plan in plans))
    return TablePlan(table=table, rows=Rows.ALL, reason="test", columns=tuple(plans), key=key)


def frame(plan: TablePlan, rows: list[tuple[object, ...]]) -> pl.DataFrame:
    """Rows as a frame of the plan's columns."""
    schema = {column.column.name: DTYPES[column.column.type.sql] for column in plan.stored}
    return pl.DataFrame(rows, schema=schema, orient="row")


def stage(folder: Path, plan: TablePlan, *frames: pl.DataFrame):
    """Write each frame as a run."""
    written = [
        write_run(folder, plan, SafeBatch(table=plan.name, frame=rows), unit=unit) for unit, rows in enumerate(frames)
    ]
    return [run for run in written if run is not None]


def people(count: int = 100, *, suffix: str = "") -> pl.DataFrame:
    """Rows of `PEOPLE_PLAN`, in an odd order."""
    numbers = [number * 7919 % count for number in range(count)]
    return frame(
        PEOPLE_PLAN,
        [
            (number, f"u{number}{suffix}@example.test", None if number % 5 == 0 else number % 2 == 0, "glad")
            for number in numbers
        ],
    )


PEOPLE_PLAN = table_plan({"id": "bigint", "email": "text", "active": "boolean", "mood": "mood"}, key=("id",))
EMPTY_PLAN = table_plan({"a": "text"}, name=EMPTY)
PLAN = Plan(
    recipe="dev",
    catalog=Catalog(
        dialect="postgresql", server_version=180004, database="shop", tables=(PEOPLE_PLAN.table, EMPTY_PLAN.table)
    ),
    tables=(PEOPLE_PLAN, EMPTY_PLAN),
    relations=(
        Relation(name="self", child=PEOPLE, columns=("id",), parent=PEOPLE, parent_columns=("id",), declared=True),
    ),
    closure=ClosureSpec(),
)


def statement(*, passed: bool = True) -> Statement:
    """A statement of the recipe dev."""
    check = CheckEntry(
        check="fk self", status=Status.PASS if passed else Status.FAIL, severity=Severity.ERROR, observed=0.5, limit=1
    )
    return Statement(recipe=FileEntry(name="dev", file="recipes/dev.yaml", sha256="0" * 64), checks=(check,))


def run(store: Store, rows: pl.DataFrame | None = None, *, recipe: str = "dev", signer=None, tags=(), passed=True):
    """A whole run: stage, merge, assemble and publish."""
    with begin(store, recipe=recipe) as draft:
        runs = stage(draft.folder, PEOPLE_PLAN, people() if rows is None else rows)
        tables = [
            draft.finish_table(PEOPLE_PLAN, runs, word_lists={"email": "ab" * 32}),
            draft.finish_table(EMPTY_PLAN, []),
        ]
        manifest = draft.assemble(
            PLAN,
            tables=tables,
            ddl=DDL,
            sequences={TableName("public", "people_id_seq"): 2**63 - 1},
            keys={"default": "0123456789abcdef"},
        )
        return draft.publish(manifest, statement(passed=passed), signer=signer, tags=tags, advance=passed)
