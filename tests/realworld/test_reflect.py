"""Reflection and reading of the public sample databases, on PostgreSQL 18 and 15."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl
import pytest

from provision.dialects.postgresql.copytext import render
from provision.dialects.postgresql.source import PostgresSource
from provision.model.catalog import Catalog, Generated
from provision.model.graph import Relation, SchemaGraph
from provision.model.names import TableName
from support.postgres import load_file, run_sql
from support.samples import sample

if TYPE_CHECKING:
    from pathlib import Path

    from provision.model.secret import Secret

pytestmark = pytest.mark.realworld

# Every database has the language already.
NOT_OURS = re.compile("CREATE PROCEDURAL LANGUAGE")


def loaded(url: Secret, folder: Path, *names: str) -> PostgresSource:
    for name in names:
        text = "\n".join(line for line in sample(name).read_text().split("\n") if not NOT_OURS.match(line))
        (folder / name).write_text(text)
        load_file(url, folder / name)
    run_sql(url, "analyze")
    return PostgresSource("sample", url)


def graph_of(catalog: Catalog) -> SchemaGraph:
    return SchemaGraph.of(
        [table.name for table in catalog.tables],
        [
            Relation(
                name=key.name,
                child=key.child,
                columns=key.columns,
                parent=key.parent,
                parent_columns=key.parent_columns,
            )
            for key in catalog.foreign_keys
        ],
    )


def rows_of(source: PostgresSource, catalog: Catalog) -> int:
    """Read every table twice, whole and by its identities; both must be the same rows."""
    total = 0
    with source.session() as session:
        for table in catalog.tables:
            columns = tuple(column.name for column in table.columns if column.generated is Generated.NO)
            whole = [batch.frame for batch in session.rows(table, columns, identity=(), keys=None)]
            if not whole:
                continue
            frame = pl.concat(whole)
            total += frame.height
            if table.identity is None:
                identity: tuple[str, ...] = ("tableoid", "ctid")
                keys = session.every(table.name, identity)
            else:
                identity = table.identity.columns
                keys = frame.select(identity)
            again = pl.concat(batch.frame for batch in session.rows(table, columns, identity=identity, keys=keys))
            assert sorted(render(again).splitlines()) == sorted(render(frame).splitlines())
    return total


def test_pagila(admin: Secret, tmp_path: Path) -> None:
    source = loaded(admin, tmp_path, "pagila-schema.sql", "pagila-data.sql")

    catalog = source.reflect()

    assert (len(catalog.tables), len(catalog.foreign_keys)) == (21, 40)
    assert sum(table.identity is None for table in catalog.tables) == 6
    assert sum(len(table.triggers) for table in catalog.tables) == 15
    assert [str(view) for view in catalog.views][:2] == ["actor_info", "customer_list"]
    store, staff = TableName.parse("store"), TableName.parse("staff")
    assert (staff, store) in graph_of(catalog).cycles()
    assert catalog.table(store).column("manager_staff_id").not_null
    assert catalog.table(staff).column("store_id").not_null
    assert catalog.table(TableName.parse("payment_p2007_01")).inherits == (TableName.parse("payment"),)
    film = catalog.table(TableName.parse("film"))
    assert film.column("rating").type.labels == ("G", "PG", "PG-13", "R", "NC-17")
    assert film.column("release_year").type.effective == "int4"
    assert rows_of(source, catalog) == 46_273  # 62,322 where the rows of payment's children count twice


def test_chinook(admin: Secret, tmp_path: Path) -> None:
    source = loaded(admin, tmp_path, "chinook-postgresql.sql")

    catalog = source.reflect()

    assert (len(catalog.tables), len(catalog.foreign_keys)) == (11, 11)
    assert (TableName.parse("employee"),) in graph_of(catalog).cycles()
    assert rows_of(source, catalog) == 15_607
