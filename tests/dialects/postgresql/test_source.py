"""A PostgreSQL source: one snapshot for all sessions, rows exact for every type, whole or by key."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.dialects.postgresql import read
from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.copytext import render
from provision.dialects.postgresql.source import PostgresSource
from provision.errors import DatabaseError
from provision.model.names import TableName
from provision.model.plan import Root
from support.postgres import run_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.model.secret import Secret
    from support.roles import Role

EXOTIC = r"""
create type mood as enum ('sad', 'it''s "ok"');
create type pair as (x int, y text);
create domain code as varchar(9) check (value <> '');
create table exotic(
    id int primary key, i2 int2, i8 int8, b bool, n numeric, n2 numeric(10,2), f4 float4, f8 float8, t text, v varchar(20),
    c char(5), d date, tm time, tz timetz, ts timestamp, tsz timestamptz, iv interval, by bytea, u uuid, j json,
    jb jsonb, a int[], ta text[], r int4range, mr nummultirange, m mood, p pair, dm code, ip inet, mac macaddr, pt point,
    mo money, bi bit(3), vb varbit, tsv tsvector, o oid, ch "char", ca pair[], nm name);
insert into exotic(id) values (0);
insert into exotic values (1, -32768, 9223372036854775807, true, 'NaN', 1.10, 'NaN', '-Infinity', '', ' x ', 'a', 'infinity',
    '24:00', '24:00+14', '-infinity', 'infinity', '1 year -2 mons 3 days -04:05:06.789', '\x00ff5c', gen_random_uuid(),
    '{"a": 1.10, "a":2,"b" : "\\n"}', '{"z": 1.10, "a": "\t"}', '{{1,2},{3,NULL}}', array['a,b', 'c"d', 'e\f', null, '', 'NULL'],
    '(,5)', '{[1.5,2.0),[3,)}', 'it''s "ok"', row(1, 'a,"b'), 'x', '10.0.0.1/8', '08:00:2b:01:02:03', '(1.5,-0)', 12.5,
    '101', '1', 'a:1 fat:2', 42, 'x', array[row(1, 'a"\')::pair], 'n');
insert into exotic values (2, 32767, -9223372036854775808, false, repeat('9', 100)::numeric + 0.000000000000000000000001, -0.01,
    3.4028235e38, 0.1, E'tab\tnew\nline\rcr\\back\b\f\x0b', '\N', '', '0044-03-15 BC', '00:00:00.000001', '00:00-12:30',
    '99999-12-31 23:59:59.999999', '4713-01-01 BC', '-1 microseconds', '', null, '"\u00e9"', '[]', '[0:1]={7,8}', '{}', 'empty',
    '{}', 'sad', row(null, null), '\\', '::1', null, '(0,0)', -0.01, '000', '', '', 4294967295, '', '{}', '');
insert into exotic(id, t, by) values (3, repeat('Grüße \ 😀', 100000), decode(repeat('00ff', 500000), 'hex'));
insert into exotic(id, t) values (4, '\.'), (5, '\\N'), (6, E'\ufeffx'), (7, E'x\u0001');
"""


def a_source(url: Secret, statements: str = "select") -> PostgresSource:
    run_sql(url, statements)
    return PostgresSource("prod", url)


def read_table(source: PostgresSource, name: str, keys: dict[str, list[object]] | None = None) -> pl.DataFrame:
    """All columns of the table, by these identities or whole, ordered by the first column."""
    table = source.reflect().table(TableName.parse(name))
    columns = tuple(column.name for column in table.columns)
    asked = None if keys is None else pl.DataFrame(keys)
    identity = () if asked is None else tuple(asked.columns)
    with source.session() as session:
        batches = list(session.rows(table, columns, identity=identity, keys=asked))
    frames = [batch.frame for batch in batches]
    assert all(batch.table == table.name for batch in batches)
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return frame.sort(frame.columns[0]) if frame.columns else frame


def printed(url: Secret, query: str) -> bytes:
    """What COPY prints under the session settings of every source."""
    with connect(url) as connection, connection.cursor().copy(f"copy ({query}) to stdout") as copy:
        return b"".join(bytes(piece) for piece in copy)


def test_every_type_comes_as_the_server_prints_it(any_database: Secret) -> None:
    source = a_source(any_database, EXOTIC)

    frame = read_table(source, "exotic")

    assert render(frame) == printed(any_database, "select * from public.exotic order by id")
    assert {name: dtype for name, dtype in frame.schema.items() if dtype != pl.String} == {
        "id": pl.Int64,
        "i2": pl.Int64,
        "i8": pl.Int64,
        "b": pl.Boolean,
    }
    (row,) = frame.filter(pl.col("id") == 1).rows(named=True)
    assert (row["i8"], row["b"], row["n"], row["tm"], row["d"]) == (2**63 - 1, True, "NaN", "24:00:00", "infinity")
    assert row["by"] == r"\x00ff5c"
    assert row["j"] == '{"a": 1.10, "a":2,"b" : "\\\\n"}'
    assert row["ta"] == r'{"a,b","c\"d","e\\f",NULL,"","NULL"}'
    (row,) = frame.filter(pl.col("id") == 2).rows(named=True)
    assert row["t"] == "tab\tnew\nline\rcr\\back\b\f\v"
    assert row["v"] == "\\N"
    assert row["n"] == "9" * 100 + ".000000000000000000000001"
    assert frame["t"].str.len_chars().max() == 900_000
    assert all(value is None for name, value in frame.rows(named=True)[0].items() if name != "id")


def test_tables_of_no_column_and_of_one(any_database: Secret) -> None:
    source = a_source(
        any_database,
        "create table empty(); insert into empty default values; insert into empty default values;"
        "create table one(a text); insert into one values (''), (null), ('\\N'), ('')",
    )

    assert read_table(source, "empty").shape == (2, 0)
    assert read_table(source, "one")["a"].to_list() == [None, "", "", "\\N"]


def test_children_by_inheritance_are_left_out_and_partitions_are_taken(any_database: Secret) -> None:
    source = a_source(
        any_database,
        """
        create table a(id int); create table b() inherits (a);
        insert into a values (1); insert into b values (2);
        create table p(id int) partition by range (id);
        create table p1 partition of p for values from (0) to (10);
        create table p2 partition of p for values from (10) to (20);
        insert into p values (5), (15);
        """,
    )

    assert read_table(source, "a")["id"].to_list() == [1]
    assert read_table(source, "p")["id"].to_list() == [5, 15]


KEYED = {
    "int2": [-32768, 0, 7],
    "int8": [-(2**63), 2**63 - 1],
    "text": ["", "a\\b", 'say "hi"', "it's", "two\nlines", "NULL", "{a,b}", "Grüße", "\\N", " "],
    "varchar(20)": ["x", "\t"],
    "char(5)": ["a    ", "it's "],
    "name": ["n"],
    '"char"': ["x", "'"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "numeric": ["1.10", "NaN", "100000000000000000000000000000000.5"],
    "date": ["infinity", "0044-03-15 BC", "2024-02-29"],
    "timestamptz": ["2024-03-01 12:00:00.123456+00", "-infinity"],
    "interval": ["1 day 02:00:00"],
    "bytea": ["\\x00ff5c27"],
    "float8": ["0.1", "-Infinity", "1e-320"],
    "mood": ['it\'s "ok"', "sad"],
    "code": ["A\\B"],
    "int[]": ["{1,2}", "{{1},{NULL}}"],
    "int4range": ["[1,5)", "empty"],
    "bit(3)": ["101"],
    "varbit": ["", "1"],
    "jsonb": ['{"a": "b\\\\"}'],
    "inet": ["10.0.0.1/8"],
    "money": ["$1,000.50"],
    "bool": ["t"],
    "pair": ['(1,"a,""b")'],
}


def test_rows_are_found_by_keys_of_every_type(any_database: Secret) -> None:
    tables = {f"t{number}": type_ for number, type_ in enumerate(KEYED)}
    with psycopg.connect(any_database.text(), autocommit=True) as connection:
        connection.execute(
            """create type mood as enum ('sad', 'it''s "ok"'); create domain code as varchar(9);
            create type pair as (x int, y text);"""
        )
        for name, type_ in tables.items():
            connection.execute(f"create table {name}(k {type_} primary key, n int)")
            rows = [(str(value),) for value in KEYED[type_]]
            connection.cursor().executemany(f"insert into {name} values (%s::text::{type_}, 1)", rows)
    source = PostgresSource("prod", any_database)
    catalog = source.reflect()
    found: dict[str, object] = {}

    with source.session() as session:
        for name, type_ in tables.items():
            table = catalog.table(TableName.parse(name))
            (whole,) = (batch.frame for batch in session.rows(table, ("k", "n"), identity=(), keys=None))
            keys = whole.select("k") if whole["k"].dtype != pl.Boolean else pl.DataFrame({"k": ["t"]})
            (again,) = (batch.frame for batch in session.rows(table, ("k", "n"), identity=("k",), keys=keys))
            (first,) = (batch.frame for batch in session.rows(table, ("k", "n"), identity=("k",), keys=keys[:1]))
            found[type_] = (sorted(map(str, keys["k"])), again.sort("k").equals(whole.sort("k")), first.height)

    assert found == {type_: (sorted(map(str, values)), True, 1) for type_, values in KEYED.items()}


def test_keys_of_citext_use_its_own_equality_and_index(database15: Secret) -> None:
    source = a_source(
        database15,
        """
        create schema ext; create extension citext schema ext;
        create table t(k ext.citext primary key, n int);
        insert into t values ('Ann', 1), ('bob', 2);
        """,
    )

    assert read_table(source, "t", {"k": ["ANN", "bob"]})["n"].to_list() == [1, 2]


def test_composite_keys_match_pairwise(any_database: Secret) -> None:
    source = a_source(
        any_database,
        """
        create table t("A" int, b text, c date, primary key ("A", b, c));
        insert into t select i, 'k"\\' || j, date '2024-01-01' + j from generate_series(1, 4) i, generate_series(1, 4) j;
        """,
    )

    found = read_table(
        source, "t", {"A": [1, 2, 9], "b": ['k"\\1', 'k"\\3', 'k"\\1'], "c": ["2024-01-02", "2024-01-04", "2024-01-02"]}
    )

    assert found.rows() == [(1, 'k"\\1', "2024-01-02"), (2, 'k"\\3', "2024-01-04")]


def test_rows_without_a_key_are_found_by_where_they_lie(any_database: Secret) -> None:
    source = a_source(
        any_database,
        """
        create table p(a int, b text) partition by list (a);
        create table p1 partition of p for values in (1);
        create table p2 partition of p for values in (2);
        insert into p values (1, 'same'), (1, 'same'), (2, 'same'), (2, 'other');
        """,
    )
    chosen = run_sql(any_database, "select tableoid::int8, ctid::text from p where b = 'same'")

    found = read_table(source, "p", {"tableoid": [row[0] for row in chosen], "ctid": [row[1] for row in chosen]})

    assert found.rows() == [(1, "same"), (1, "same"), (2, "same")]
    assert read_table(source, "p", {"tableoid": [chosen[0][0]], "ctid": [chosen[0][1]]}).height == 1


def test_keys_go_in_chunks_and_no_row_is_lost_or_doubled(any_database: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(read.key_conditions.__kwdefaults__, "chunk", 7)
    source = a_source(any_database, "create table t(id int primary key); insert into t select generate_series(1, 100)")

    assert read_table(source, "t", {"id": list(range(1, 101, 3))})["id"].to_list() == list(range(1, 101, 3))
    assert read_table(source, "t", {"id": []}).is_empty()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8), min_size=1, unique=True, max_size=30
    )
)
def test_any_text_is_found_by_itself(database: Secret, values: list[str]) -> None:
    run_sql(database, 'drop table if exists t; create table t(k text collate "C", n int)')
    with psycopg.connect(database.text(), autocommit=True) as connection:
        connection.cursor().executemany("insert into t values (%s, 1)", [(value,) for value in values])
    source = PostgresSource("prod", database)

    assert sorted(read_table(source, "t", {"k": values})["k"].to_list()) == sorted(values)


def test_all_sessions_see_the_snapshot_of_the_first(any_database: Secret) -> None:
    source = a_source(any_database, "create table t(id int); insert into t values (1)")
    table = source.reflect().table(TableName.parse("t"))

    with source.session() as first:
        run_sql(any_database, "insert into t values (2)")
        with source.session(first.token) as lane:
            seen = [
                [batch.frame["id"].to_list() for batch in session.rows(table, ("id",), identity=(), keys=None)]
                for session in (first, lane)
            ]
            assert lane.token == first.token

    assert seen == [[[1]], [[1]]]
    assert read_table(source, "t")["id"].to_list() == [1, 2]


def test_a_session_knows_the_time_of_its_snapshot_and_cannot_write(any_database: Secret) -> None:
    source = a_source(any_database, "create table t(id int)")

    with source.session() as session:
        (now,) = session._connection.execute("select now()").fetchone()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session._connection.execute("insert into public.t values (1)")

    assert dt.datetime.fromisoformat(session.as_of) == now
    assert session.as_of.endswith("Z")


def test_the_time_may_be_given_instead(database: Secret) -> None:
    with PostgresSource("prod", database, as_of="2024-01-01T00:00:00Z").session() as session:
        assert session.as_of == "2024-01-01T00:00:00Z"


@pytest.mark.parametrize("token", ["00000003-0000001B-1", "no token", "'; drop table t; --"])
def test_a_snapshot_that_is_gone_says_why(database: Secret, token: str) -> None:
    with pytest.raises(DatabaseError) as caught, PostgresSource("prod", database).session(token):
        pass

    assert caught.value.code == "PRV317"
    assert "the session that exported it is gone" in str(caught.value)


def test_a_snapshot_of_another_database_says_so(databases: Callable[[], Secret]) -> None:
    with (
        PostgresSource("a", databases()).session() as session,
        pytest.raises(DatabaseError) as caught,
        PostgresSource("b", databases()).session(session.token),
    ):
        pass

    assert caught.value.code == "PRV317"
    assert "another database" in str(caught.value)


def test_settings_hold_inside_the_transaction_whatever_the_pooler_did(
    database: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pooled(*args: object, **kwargs: object) -> psycopg.Connection:
        connection = connect(*args, **kwargs)
        connection.execute("reset all")  # another server connection than the one that was set up
        return connection

    monkeypatch.setattr("provision.dialects.postgresql.source.connect", pooled)
    with PostgresSource("prod", database).session() as session:
        settings_ = session._connection.execute(
            "select current_setting('DateStyle'), current_setting('search_path'), current_setting('jit')"
        ).fetchone()

    assert settings_ == ("ISO, YMD", "", "off")


def test_a_table_that_may_not_be_read_says_the_grant(any_database: Secret, reader: Role) -> None:
    source = a_source(any_database, "create table t(id int)")
    table = source.reflect().table(TableName.parse("t"))

    with pytest.raises(DatabaseError) as caught, PostgresSource("prod", reader.url).session() as session:
        list(session.rows(table, ("id",), identity=(), keys=None))

    assert caught.value.code == "PRV304"
    assert caught.value.fix == f"GRANT SELECT ON public.t TO {reader.name}"


def test_one_granted_column_can_be_read_alone(any_database: Secret, reader: Role) -> None:
    source = a_source(any_database, f"create table t(id int, secret text); grant select (id) on t to {reader.name}")
    table = source.reflect().table(TableName.parse("t"))

    with PostgresSource("prod", reader.url).session() as session:
        assert list(session.rows(table, ("id",), identity=(), keys=None)) == []


def test_keys_are_read_in_the_same_snapshot(any_database: Secret) -> None:
    source = a_source(any_database, "create table t(id int primary key); insert into t values (1), (2)")

    with source.session() as session:
        run_sql(any_database, "insert into t values (3)")
        table = TableName.parse("t")
        assert sorted(session.every(table, ("id",))["id"].to_list()) == [1, 2]
        assert session.roots(Root(table=table, where="id > 1"), ("id",))["id"].to_list() == [2]
        assert session.match(table, ("id",), on=("id",), keys=pl.DataFrame({"id": [1, 3]}))["id"].to_list() == [1]


def test_the_schema_is_read_in_the_snapshot(database: Secret) -> None:
    source = a_source(database, "create table t(id int primary key); create table skipped(id int)")

    with source.session() as session:
        run_sql(database, "create table late(id int)")
        schema = source.schema(token=session.token, skip=(TableName.parse("skipped"),))

    assert {entry.name for entry in schema.entries if entry.kind == "TABLE"} == {"t"}


def test_nothing_secret_is_printed(database: Secret) -> None:
    assert repr(PostgresSource("prod", database)) == "PostgresSource(prod)"
