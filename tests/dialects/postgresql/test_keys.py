from __future__ import annotations

import polars as pl
import psycopg
import pytest

from provision.dialects.postgresql import keys as keys_module
from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.keys import PostgresKeys, array_text
from provision.dialects.postgresql.reflect import reflect
from provision.errors import DatabaseError
from provision.model.graph import Condition, Relation
from provision.model.names import TableName
from provision.model.plan import ClosureSpec, Edge, Root, TableRule
from provision.ports import KEY, RANK
from provision.stages.plan.closure import close
from support.postgres import run_sql

ORDERS = TableName("public", "orders")


@pytest.fixture
def reading(database):
    """Makes a database and a reader inside a read-only snapshot of it."""
    opened: list[psycopg.Connection] = []

    def read(ddl: str, url=database, **given) -> PostgresKeys:
        run_sql(url, ddl)
        connection = connect(url)
        opened.append(connection)
        connection.execute("begin isolation level repeatable read read only")
        return PostgresKeys(connection, reflect(connection), **given)

    yield read
    for connection in opened:
        connection.close()


def numbers(*values: int, column: str = "id") -> pl.DataFrame:
    return pl.DataFrame({column: pl.Series(values, dtype=pl.Int64)})


SHOP = """
create table orders (id int primary key, customer bigint, total numeric, placed timestamptz not null, note text);
insert into orders values
    (1, 10, 1.50, '2024-01-01', 'plain'), (2, 10, 2, '2024-02-01', E'tab\\tline\\nback\\\\slash\\rN'),
    (3, 11, null, '2024-03-01', ''), (4, null, 3, '2024-04-01', null), (5, 11, 3, '2024-05-01', '\\N');
"""


def test_every_row_comes_as_the_server_prints_it(reading):
    frame = reading(SHOP).every(ORDERS, ("id", "note", "total", "placed")).sort("id")

    assert frame.schema == {"id": pl.Int64, "note": pl.String, "total": pl.String, "placed": pl.String}
    assert frame["note"].to_list() == ["plain", "tab\tline\nback\\slash\rN", "", None, "\\N"]
    assert frame["total"].to_list() == ["1.50", "2", None, "3", "3"]
    assert frame["placed"][0] == "2024-01-01 00:00:00+00"


@pytest.mark.parametrize("columns", [("note",), ("customer",)])
def test_a_single_column_may_be_empty_or_null(reading, columns):
    assert reading(SHOP).every(ORDERS, columns).height == 5


def test_rows_come_by_their_keys(reading):
    reader = reading(SHOP)

    frame = reader.match(ORDERS, ("id",), on=("customer",), keys=numbers(10, 12, column="customer"))

    assert sorted(frame["id"]) == [1, 2]


def test_a_key_beyond_the_range_of_its_column_matches_nothing(reading):
    assert reading(SHOP).match(ORDERS, ("id",), on=("id",), keys=numbers(3, 2**40))["id"].to_list() == [3]


def test_composite_keys_are_joined_pair_by_pair(reading):
    keys = pl.DataFrame({"customer": [10, 11], "total": ["2.0", "1.5"]})

    assert reading(SHOP).match(ORDERS, ("id",), on=("customer", "total"), keys=keys)["id"].to_list() == [2]


def test_numbered_keys_say_which_of_them_found_a_row(reading):
    keys = numbers(10, 11, column="customer").with_columns(pl.Series(KEY, [70, 71]))

    frame = reading(SHOP).match(ORDERS, ("id",), on=("customer",), keys=keys)

    assert sorted(frame.rows()) == [(1, 70), (2, 70), (3, 71), (5, 71)]


def test_conditions_mean_what_they_say_whatever_characters_they_hold(reading):
    reader = reading(SHOP)
    where = "note like 'pl%' and id % 2 = 1 and ':as_of' <> '' -- the end"

    assert reader.match(ORDERS, ("id",), on=("id",), keys=numbers(1, 2, 3), where=where)["id"].to_list() == [1]
    assert reader.roots(Root(table=ORDERS, where=where), ("id",))["id"].to_list() == [1]


def test_as_of_is_the_time_of_the_snapshot(reading):
    reader = reading(SHOP, as_of="2024-02-15T00:00:00Z")

    frame = reader.roots(
        Root(table=ORDERS, where="placed > :as_of - interval '1 month' and placed::date > '2000-1-1'"), ("id",)
    )

    assert sorted(frame["id"]) == [2, 3, 4, 5]


def test_a_condition_cannot_end_the_statement_and_begin_another(reading):
    reader = reading(SHOP)

    with pytest.raises(DatabaseError) as caught:
        reader.roots(Root(table=ORDERS, where="true)) q group by 1; commit; drop table public.orders; --"), ("id",))

    assert caught.value.sqlstate == "42601"
    assert "drop" not in str(caught.value)


def test_an_order_gives_ranks_and_equal_rows_share_one(reading):
    frame = reading(SHOP).roots(Root(table=ORDERS, order_by="total desc nulls last"), ("id",)).sort("id")

    assert frame.rows() == [(1, 3), (2, 2), (3, 4), (4, 1), (5, 1)]
    assert frame.columns == ["id", RANK]


def test_constants_are_compared_by_the_type_of_their_column(reading):
    reader = reading(SHOP)

    frame = reader.match(ORDERS, ("id",), on=("id",), keys=numbers(1, 2, 3, 4), equals=(("total", "2.00"),))

    assert frame["id"].to_list() == [2]


def test_batches_and_lines_do_not_show_in_the_result(reading, monkeypatch):
    reader = reading(SHOP + "insert into orders select n, n % 7, n, now(), '' from generate_series(6, 500) n")
    monkeypatch.setattr(keys_module, "FEW", 10.0)

    whole = reader.match(ORDERS, ("id", "customer"), on=("id",), keys=numbers(*range(1, 400))).sort("id")
    monkeypatch.setattr(keys_module, "BATCH", 7)
    monkeypatch.setattr(keys_module, "LINES", 3)
    pieces = reader.match(ORDERS, ("id", "customer"), on=("id",), keys=numbers(*range(1, 400))).sort("id")

    assert whole.equals(pieces)
    assert whole.height == 399


def test_no_keys_find_no_rows(reading):
    frame = reading(SHOP).match(ORDERS, ("id", "note"), on=("id",), keys=numbers())

    assert frame.is_empty()
    assert frame.schema == {"id": pl.Int64, "note": pl.String}


def test_names_may_hold_anything(reading):
    ddl = 'create schema "100%"; create table "100%"."a ""b"" %s" ("%d" text primary key, "provision key 0" int)'
    rows = """; insert into "100%"."a ""b"" %s" values ('{x,"y"}\\', 1), ('', 2)"""
    reader = reading(ddl + rows)
    table = TableName("100%", 'a "b" %s')

    keys = pl.DataFrame({"%d": ['{x,"y"}\\', "", "none"]})
    frame = reader.match(table, ("%d", "provision key 0"), on=("%d",), keys=keys, where='"provision key 0" < 5')

    assert sorted(frame.rows()) == [("", 2), ('{x,"y"}\\', 1)]


def test_rows_without_a_key_are_found_by_their_place(reading):
    reader = reading("create table visits (page int); insert into visits values (1), (1), (2)")
    visits = TableName("public", "visits")
    places = reader.every(visits, ("tableoid", "ctid"))
    assert places.schema == {"tableoid": pl.Int64, "ctid": pl.String}

    frame = reader.match(visits, ("page", "ctid"), on=("tableoid", "ctid"), keys=places.head(2))

    assert frame.rows() == [(1, "(0,1)"), (1, "(0,2)")]


def test_partitions_are_read_with_their_root_and_inheritance_children_are_not(reading):
    reader = reading(
        """
        create table parted (id int primary key) partition by range (id);
        create table parted_1 partition of parted for values from (0) to (10);
        create table parted_2 partition of parted for values from (10) to (20);
        insert into parted values (1), (11);
        create table base (id int primary key); create table derived () inherits (base);
        insert into base values (1); insert into derived values (2);
        """
    )

    assert sorted(reader.every(TableName("public", "parted"), ("id",))["id"]) == [1, 11]
    assert reader.every(TableName("public", "base"), ("id",))["id"].to_list() == [1]


def test_domains_enums_and_padded_texts_are_keys_like_others(reading):
    reader = reading(
        """
        create domain code as varchar(8) check (value <> 'bad');
        create type mood as enum ('sad', 'so so');
        create table t (c code, m mood, p char(4), b bool, primary key (c, m, p, b));
        insert into t values ('x', 'so so', 'a', true), ('x', 'sad', 'ab', false);
        """
    )
    keys = pl.DataFrame({"c": ["x", "bad"], "m": ["so so", "sad"], "p": ["a   ", "a"], "b": ["t", "f"]})

    frame = reader.match(TableName("public", "t"), ("c", "m", "p", "b"), on=("c", "m", "p", "b"), keys=keys)

    assert frame.rows() == [("x", "so so", "a   ", "t")]


def test_a_fast_sample_reads_some_blocks_alone(reading):
    reader = reading(
        "create table big (id int primary key, filler text);"
        "insert into big select n, repeat('x', 500) from generate_series(1, 20000) n; analyze big"
    )

    frame = reader.roots(Root(table=TableName("public", "big"), limit=500, sample="fast"), ("id",))

    assert 500 <= frame.height < 5000


PERIODS = """
create table prices (product int4range, valid daterange, primary key (product, valid without overlaps));
create table sales (id int primary key, product int4range, valid daterange,
    foreign key (product, period valid) references prices (product, period valid));
insert into prices values ('[1,2)', '[2024-01-01,2024-02-01)'), ('[1,2)', '[2024-02-01,2024-03-01)'),
    ('[1,2)', '[2024-03-01,2024-04-01)'), ('[2,3)', '[2024-01-01,2025-01-01)');
insert into sales values (1, '[1,2)', '[2024-01-15,2024-02-15)'), (2, '[2,3)', '[2024-05-01,2024-05-02)'),
    (3, '[1,2)', null), (4, '[1,2)', '[2024-02-10,2024-03-10)');
"""


def spec_of(catalog, *roots: Root, declared: tuple[Relation, ...] = ()) -> ClosureSpec:
    relations = [
        Relation(
            name=key.name,
            child=key.child,
            columns=key.columns,
            parent=key.parent,
            parent_columns=key.parent_columns,
            period=key.period,
            nullable=True,
        )
        for key in catalog.foreign_keys
    ]
    return ClosureSpec(
        roots=roots,
        rules=tuple(TableRule(table=table.name) for table in catalog.tables),
        edges=tuple(Edge(relation=relation) for relation in (*relations, *declared)),
    )


def closure(url, *roots: Root, declared: tuple[Relation, ...] = ()) -> dict[str, list[tuple]]:
    with connect(url) as connection:
        catalog = reflect(connection)
        reader = PostgresKeys(connection, catalog)
        selection = close(spec_of(catalog, *roots, declared=declared), catalog=catalog, reader=reader)
    return {name.name: rows.keys.rows() for name, rows in selection.tables.items()}


def test_a_period_brings_all_parents_that_cover_it(database):
    run_sql(database, PERIODS)

    taken = closure(database, Root(table=TableName("public", "sales"), include=(("1",), ("3",))))
    taken["prices"] = [place for _, place in taken["prices"]]

    assert taken == {
        "sales": [(1,), (3,)],
        "prices": ["(0,1)", "(0,2)"],
    }


def test_a_parent_brings_the_children_whose_period_it_helps_to_cover(database):
    run_sql(database, PERIODS)

    taken = closure(database, Root(table=TableName("public", "prices"), where="lower(valid) = '2024-03-01'"))
    taken["prices"] = [place for _, place in taken["prices"]]

    assert taken == {
        "sales": [(4,)],
        "prices": ["(0,2)", "(0,3)"],
    }


def test_citext_is_compared_by_its_own_operator_though_no_schema_is_searched(pg15, database15):
    name = run_sql(database15, "select current_database()")[0][0]
    run_sql(
        pg15.url(name, role="postgres"),
        "create schema extra; grant all on schema extra to public; create extension citext schema extra",
    )
    run_sql(
        database15,
        """
        create table users (email extra.citext primary key);
        create table posts (id int primary key, author extra.citext references users);
        insert into users values ('Ann@x.com'), ('bob@x.com');
        insert into posts values (1, 'ann@X.com'), (2, 'ANN@x.com'), (3, 'BOB@x.com');
        """,
    )

    taken = closure(database15, Root(table=TableName("public", "posts"), where="id = 1"))

    assert taken == {"users": [("Ann@x.com",)], "posts": [(1,)]}
    assert closure(database15, Root(table=TableName("public", "users"), include=(("ANN@X.COM",),)))["posts"] == [
        (1,),
        (2,),
    ]


def test_the_collation_of_the_parent_decides_where_the_child_has_another(database15):
    run_sql(
        database15,
        """
        create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table users (name text collate folded primary key);
        create table posts (id int primary key, author text references users);
        insert into users values ('Ann'), ('bob');
        insert into posts values (1, 'ANN'), (2, 'bob'), (3, 'BOB');
        """,
    )

    assert closure(database15, Root(table=TableName("public", "users"), include=(("BOB",),))) == {
        "users": [("bob",)],
        "posts": [(2,), (3,)],
    }
    assert closure(database15, Root(table=TableName("public", "posts"), include=(("1",),))) == {
        "users": [("Ann",)],
        "posts": [(1,)],
    }


def test_a_conditional_relation_asks_for_its_kind_alone(database):
    run_sql(
        database,
        """
        create type kind as enum ('Post', 'Video');
        create table posts (id int primary key); create table videos (id bigint primary key);
        create table comments (id int primary key, about kind, subject int);
        insert into posts values (1), (2); insert into videos values (1), (2);
        insert into comments values (1, 'Post', 1), (2, 'Video', 1), (3, 'Post', 2), (4, null, 1);
        """,
    )

    def about(kind: str, table: str) -> Relation:
        return Relation(
            name=kind,
            child=TableName("public", "comments"),
            columns=("subject",),
            parent=TableName("public", table),
            parent_columns=("id",),
            declared=True,
            when=(Condition(column="about", value=kind),),
        )

    declared = (about("Post", "posts"), about("Video", "videos"))

    assert closure(database, Root(table=TableName("public", "posts"), include=(("1",),)), declared=declared) == {
        "posts": [(1,)],
        "comments": [(1,)],
    }
    assert closure(database, Root(table=TableName("public", "comments"), include=(("2",),)), declared=declared) == {
        "videos": [(1,)],
        "comments": [(2,)],
    }


def test_keys_stand_in_no_statement_that_the_server_sees(reading, database):
    reader = reading(SHOP + "create table watched (id text primary key, seen text)")
    secret = pl.DataFrame({"id": ["a key nobody may read"]})
    seen = "(select query from pg_catalog.pg_stat_activity where pid = pg_catalog.pg_backend_pid()) not like '%nobody ' || 'may%'"
    run_sql(database, "insert into watched values ('a key nobody may read', '')")
    reader._connection.execute("commit")

    assert reader.match(TableName("public", "watched"), ("id",), on=("id",), keys=secret, where=seen).height == 1


def test_arrays_are_written_so_that_the_server_reads_them_back(database):
    texts = ["", "NULL", "a,b", "{}", '"', "\\", "\\\\N", " blank ", "ä\n\t"]

    assert run_sql(database, "select %s::text[]", array_text(pl.Series(texts)))[0][0] == texts
    assert run_sql(database, "select %s::int8[]", array_text(pl.Series([1, -(2**62)])))[0][0] == [1, -(2**62)]
    assert run_sql(database, "select %s::int8[]", array_text(pl.Series([], dtype=pl.Int64)))[0][0] == []
