from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from provision.dialects.postgresql.target import PostgresTarget
from provision.errors import DatabaseError, IntegrityError
from provision.model.manifest import DdlEntry
from provision.model.names import TableName
from provision.stages.load import load
from support.kitchen import KITCHEN
from support.loadable import FakeSnapshot, snapshot_of
from support.postgres import run_sql
from support.targets import beside, everything, new_url, unhindered

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.model.secret import Secret

T = TableName("public", "t")


def an_entry(kind: str, name: str, sql: str, **more) -> DdlEntry:
    return DdlEntry(kind=kind, schema=more.pop("schema", "public"), name=name, section="pre-data", sql=sql, **more)


def a_snapshot(*entries: DdlEntry, rows: pl.DataFrame | None = None, table: TableName = T) -> FakeSnapshot:
    frames = {} if rows is None else {table: rows}
    return FakeSnapshot(id="1" * 64, content="2" * 64, server_version=150000, entries=entries, frames=frames)


TABLE = an_entry("TABLE", "t", "create table public.t (id int primary key, name text)")


@pytest.mark.parametrize("lanes", [1, 3])
def test_a_database_comes_back_whole_from_18_to_18(databases: Callable[[], Secret], pg18, lanes: int) -> None:
    source, target = databases(), new_url(pg18)
    run_sql(source, KITCHEN)

    report = load(
        snapshot_of(unhindered(pg18, source), part_rows=7),
        PostgresTarget("dev", target, connections=lanes),
        trusted=True,
    )

    # Several lanes share a table, so that rows may lie in another order.
    assert sorted(everything(pg18, target).splitlines()) == sorted(everything(pg18, source).splitlines())
    assert not report.findings
    assert report.rows[TableName("shop", "customer")] == 250
    assert not beside(pg18, target)


def test_a_database_comes_back_whole_from_15_to_15(databases15: Callable[[], Secret], pg15) -> None:
    source, target = databases15(), new_url(pg15)
    run_sql(source, KITCHEN)

    load(snapshot_of(unhindered(pg15, source)), PostgresTarget("dev", target), trusted=True)

    assert everything(pg15, target) == everything(pg15, source)


def test_a_database_of_15_comes_to_18_with_the_same_rows_and_tables(
    databases: Callable[[], Secret], database15: Secret, pg15, pg18
) -> None:
    target = new_url(pg18)
    run_sql(database15, KITCHEN)

    load(snapshot_of(unhindered(pg15, database15)), PostgresTarget("dev", target), trusted=True)

    assert everything(pg18, target, views=False) == everything(pg15, database15, views=False)


def test_objects_belong_to_the_owner_of_the_database_that_is_replaced(databases: Callable[[], Secret], pg18) -> None:
    target = databases()
    loader = unhindered(pg18, target)

    report = load(a_snapshot(TABLE, rows=pl.DataFrame({"id": [1]})), PostgresTarget("dev", loader), trusted=True)

    assert run_sql(target, "select tableowner from pg_tables where tablename = 't'") == [("app",)]
    assert run_sql(target, "select pg_get_userbyid(datdba) from pg_database where datname = current_database()") == [
        ("app",)
    ]
    assert [finding.code for finding in report.findings] == ["PRV620"]


def test_an_entry_that_fails_is_named_and_the_target_is_what_it_was(databases: Callable[[], Secret], pg18) -> None:
    target = databases()
    run_sql(target, "create table public.mine (id int)")
    broken = an_entry("VIEW", "v", "create view public.v as select * from public.nowhere")

    with pytest.raises(
        DatabaseError, match=r'view public\.v cannot be made .* "public.nowhere" does not exist'
    ) as caught:
        load(a_snapshot(TABLE, broken), PostgresTarget("dev", target), trusted=True)

    assert caught.value.code == "PRV612"
    assert run_sql(target, "select count(*) from public.mine") == [(0,)]
    assert not beside(pg18, target)


def test_an_extension_that_the_server_lacks_is_named(databases: Callable[[], Secret], pg18) -> None:
    extension = an_entry("EXTENSION", "postgis", "create extension postgis", schema="")

    with pytest.raises(DatabaseError, match="extension postgis") as caught:
        load(a_snapshot(extension), PostgresTarget("dev", new_url(pg18)), trusted=True)

    assert "install the extension" in caught.value.fix


def test_rows_that_break_a_constraint_are_reported_without_their_values(databases: Callable[[], Secret], pg18) -> None:
    rows = pl.DataFrame({"id": [7, 7], "name": ["canary-value", "canary-value"]})
    key = replace(
        an_entry("CONSTRAINT", "t t_name", "alter table public.t add constraint t_name unique (name)"),
        section="post-data",
        table="public.t",
        after=(0,),
    )
    table = an_entry("TABLE", "t", "create table public.t (id int, name text)")

    with pytest.raises(DatabaseError, match="t_name") as caught:
        load(a_snapshot(table, key, rows=rows), PostgresTarget("dev", new_url(pg18)), trusted=True)

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_value_that_the_type_does_not_take_is_reported_without_it(databases: Callable[[], Secret], pg18) -> None:
    rows = pl.DataFrame({"id": ["canary"], "name": ["x"]})

    with pytest.raises(DatabaseError) as caught:
        load(a_snapshot(TABLE, rows=rows), PostgresTarget("dev", new_url(pg18)), trusted=True)

    assert "canary" not in str(caught.value)


def test_a_policy_for_a_role_that_is_not_there_is_left_out_and_reported(databases: Callable[[], Secret], pg18) -> None:
    policy = an_entry("POLICY", "t p", "create policy p on public.t to nobody_here using (true)", table="public.t")

    report = load(a_snapshot(TABLE, policy), PostgresTarget("dev", new_url(pg18)), trusted=True)

    assert [finding.code for finding in report.findings] == ["PRV626"]


def test_a_view_that_cannot_be_filled_stays_empty_and_is_reported(databases: Callable[[], Secret], pg18) -> None:
    target = new_url(pg18)
    view = an_entry(
        "MATERIALIZED VIEW",
        "v",
        "create materialized view public.v as select 1 / id from public.t with no data",
        after=(0,),
    )

    report = load(a_snapshot(TABLE, view, rows=pl.DataFrame({"id": [0]})), PostgresTarget("dev", target), trusted=True)

    assert [finding.code for finding in report.findings] == ["PRV623"]
    assert run_sql(target, "select relispopulated from pg_class where relname = 'v'") == [(False,)]


def test_a_locale_that_the_server_lacks_is_replaced_and_reported(databases: Callable[[], Secret], pg18) -> None:
    target = new_url(pg18)
    database = an_entry("DATABASE", "", "ENCODING = 'UTF8' LOCALE = 'xx_YY.UTF-8' LOCALE_PROVIDER = 'libc'", schema="")

    report = load(a_snapshot(database, TABLE), PostgresTarget("dev", target), trusted=True)

    assert [finding.code for finding in report.findings] == ["PRV621"]


def test_encoding_and_locale_of_the_source_are_those_of_the_new_database(databases: Callable[[], Secret], pg18) -> None:
    target = new_url(pg18)
    database = an_entry("DATABASE", "", "ENCODING = 'LATIN1' LOCALE = 'C' LOCALE_PROVIDER = 'libc'", schema="")

    load(
        a_snapshot(database, TABLE, rows=pl.DataFrame({"id": [1], "name": ["ü"]})),
        PostgresTarget("d", target),
        trusted=True,
    )

    assert run_sql(
        target, "select pg_encoding_to_char(encoding), datcollate from pg_database where datname = current_database()"
    ) == [("LATIN1", "C")]
    assert run_sql(target, "select name from public.t") == [("ü",)]


def test_database_options_of_a_snapshot_cannot_say_anything_else(databases: Callable[[], Secret], pg18) -> None:
    target = new_url(pg18)
    database = an_entry(
        "DATABASE",
        "",
        "ENCODING = 'UTF8' OWNER = 'postgres' LOCALE_PROVIDER = 'x; drop' TEMPLATE = 'template1'",
        schema="",
    )

    load(a_snapshot(database, TABLE), PostgresTarget("dev", target), trusted=True)

    assert run_sql(target, "select pg_get_userbyid(datdba) from pg_database where datname = current_database()") == [
        ("app",)
    ]


def test_rows_that_an_extension_brought_make_room_for_those_of_the_snapshot(
    databases15: Callable[[], Secret], pg15
) -> None:
    target = new_url(pg15)
    made_elsewhere = an_entry(
        "FUNCTION", "f()", "create table public.t (id int, name text); insert into public.t values (1, 'theirs')"
    )

    load(
        a_snapshot(made_elsewhere, rows=pl.DataFrame({"id": [1], "name": ["ours"]})),
        PostgresTarget("dev", target),
        trusted=True,
    )

    assert run_sql(target, "select name from public.t") == [("ours",)]


def test_an_extension_of_the_system_comes_with_its_columns(databases15: Callable[[], Secret], pg15) -> None:
    source, target = databases15(), new_url(pg15)
    run_sql(
        source,
        "create schema ext; create extension citext schema ext; create table t (name ext.citext primary key);"
        "insert into t values ('Anna')",
    )

    load(snapshot_of(source), PostgresTarget("dev", target), trusted=True)

    assert everything(pg15, target) == everything(pg15, source)


def test_a_sequence_goes_on_after_the_last_value(databases: Callable[[], Secret], pg18) -> None:
    source, target = databases(), new_url(pg18)
    run_sql(
        source,
        "create table t (id serial primary key, x int generated by default as identity);"
        "insert into t default values; insert into t default values;"
        "create sequence down increment by -1; select nextval('down')",
    )
    snapshot = snapshot_of(source)
    snapshot.last_values[TableName("public", "t_id_seq")] = 900

    load(snapshot, PostgresTarget("dev", target), trusted=True)

    assert run_sql(target, "insert into t default values returning id, x, nextval('down')") == [(901, 3, -2)]


def test_a_row_count_that_differs_is_found_by_counting_on_the_server(databases: Callable[[], Secret], pg18) -> None:
    class Liar(FakeSnapshot):
        def rows(self, table: TableName) -> int:
            return super().rows(table) + 1

    snapshot = Liar(
        id="1" * 64, content="2" * 64, server_version=1, entries=(TABLE,), frames={T: pl.DataFrame({"id": [1]})}
    )

    with pytest.raises(IntegrityError, match="t has 1 of 2 rows"):
        load(snapshot, PostgresTarget("dev", new_url(pg18)), trusted=True)


def test_an_error_in_one_lane_stops_the_others_at_once(databases: Callable[[], Secret], pg18) -> None:
    slow = replace(an_entry("INDEX", "slow", "select pg_sleep(3600)"), section="post-data", table="public.other")
    broken = replace(an_entry("INDEX", "broken", "select 1/0"), section="post-data", table="public.t")

    with pytest.raises(DatabaseError, match="broken"):
        load(a_snapshot(TABLE, slow, broken), PostgresTarget("dev", new_url(pg18), connections=2), trusted=True)
