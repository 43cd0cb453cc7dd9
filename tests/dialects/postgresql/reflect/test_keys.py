"""Keys: constraints and bare indexes, what makes them less than plain, and which columns an index serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.reflect import reflect
from provision.model.catalog import Key, Table
from provision.model.names import TableName
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret


def table_of(url: Secret, statements: str) -> Table:
    run_sql(url, statements)
    with connect(url) as connection:
        return reflect(connection).table(TableName.parse("t"))


def test_keys_are_told_with_what_makes_them_special(any_database: Secret) -> None:
    table = table_of(
        any_database,
        """
        create table t(a int, b text collate "C", c text, d int,
            primary key (b, a) include (c), constraint late unique (c) deferrable initially deferred);
        create unique index partly on t(a) where d > 0;
        create unique index folded on t(lower(c), a, (d + 1));
        create unique index nulls_alike on t(d, c collate "C") nulls not distinct;
        create index plain on t(d);
        """,
    )

    assert {key.name: key for key in table.keys} == {
        "t_pkey": Key(name="t_pkey", columns=("b", "a"), primary=True),
        "late": Key(name="late", columns=("c",), deferrable=True),
        "partly": Key(name="partly", columns=("a",), constraint=False, predicate="(d > 0)"),
        "folded": Key(name="folded", columns=("a",), constraint=False, expressions=("lower(c)", "((d + 1))")),
        "nulls_alike": Key(
            name="nulls_alike",
            columns=("d", "c"),
            constraint=False,
            nulls_not_distinct=True,
            collations=(None, "C"),
        ),
    }
    assert table.identity is not None
    assert table.identity.columns == ("b", "a")


def test_an_index_that_is_not_valid_holds_nothing(any_database: Secret) -> None:
    run_sql(any_database, "create table t(a int not null); insert into t values (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        run_sql(any_database, "create unique index concurrently broken on t(a)")

    assert table_of(any_database, "select").keys == ()


def test_keys_without_overlaps_are_periods(database: Secret) -> None:
    table = table_of(database, "create table t(id int4range, span daterange, primary key (id, span without overlaps))")

    (key,) = table.keys
    assert (key.primary, key.period, key.plain) == (True, True, False)
    assert table.identity is None
    assert table.checks == ()


def test_foreign_keys_know_whether_an_index_serves_them(any_database: Secret) -> None:
    run_sql(
        any_database,
        """
        create table p(x int, y int, "Odd" int unique, primary key (x, y));
        create table t(a int, b int, c int references p("Odd"), d int references p("Odd"), "E" int references p("Odd"),
                       f int references p("Odd"), g int references p("Odd"),
                       foreign key (a, b) references p(x, y));
        create index on t(b, a, c);
        create index on t(d) where d > 5;
        create index on t("E") where "E" is not null;
        create index on t using hash (f);
        create index on t using brin (g);
        """,
    )
    with connect(any_database) as connection:
        keys = {key.columns: key.indexed for key in reflect(connection).foreign_keys}

    assert keys == {
        ("a", "b"): True,
        ("c",): False,
        ("d",): False,
        ("E",): True,
        ("f",): True,
        ("g",): False,
    }
