from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from provision.dialects.postgresql.target import PostgresTarget, state
from provision.model.load import Touched
from provision.stages.load import load
from support.loadable import FakeSnapshot, snapshot_of
from support.postgres import run_sql
from support.targets import database_of, new_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.model.secret import Secret

SOURCE = """
create table public.t (id int primary key, name text); insert into public.t values (1, 'a'), (2, 'b');
create table public.empty (id int); create sequence public.s; select nextval('public.s');
"""


@pytest.fixture
def loaded(databases: Callable[[], Secret], pg18) -> tuple[FakeSnapshot, Secret]:
    source, target = databases(), new_url(pg18)
    run_sql(source, SOURCE)
    snapshot = snapshot_of(source)
    load(snapshot, PostgresTarget("dev", target), trusted=True)
    return snapshot, target


def test_a_target_tells_what_it_holds(loaded: tuple[FakeSnapshot, Secret]) -> None:
    snapshot, target = loaded

    status = PostgresTarget("dev", target).status()

    assert (status.exists, status.snapshot, status.content, status.mode) == (
        True,
        snapshot.id,
        snapshot.content,
        "replace",
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status.loaded_at or "")
    assert status.tool is not None
    assert status.tool.startswith("provision ")
    assert (status.touched, status.changed) == (Touched.NO, ())


def test_the_same_content_is_not_loaded_again_while_untouched(loaded: tuple[FakeSnapshot, Secret]) -> None:
    snapshot, target = loaded

    report = load(snapshot, PostgresTarget("dev", target), trusted=True)

    assert report.unchanged


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ("insert into public.empty values (1)", "public.empty"),
        ("update public.t set name = 'x' where id = 1", "public.t"),
        ("delete from public.t where id = 1", "public.t"),
        ("truncate public.t", "public.t"),
        ("begin; insert into public.empty values (1); rollback", "public.empty"),
        ("create table public.more (id int)", "public.more"),
        ("drop table public.empty", "public.empty"),
        ("alter table public.t add column age int", "schema"),
        ("create view public.v as select 1", "schema"),
        ("create index on public.t (name)", "schema"),
        ("alter table public.t alter column name set default 'x'", "schema"),
        ("create function public.f() returns int language sql as 'select 1'", "schema"),
        ("select nextval('public.s')", "sequences"),
    ],
)
def test_every_change_is_seen(change: str, seen: str, loaded: tuple[FakeSnapshot, Secret]) -> None:
    snapshot, target = loaded
    run_sql(target, change)

    status = PostgresTarget("dev", target).status()

    assert status.touched is Touched.YES
    assert seen in status.changed
    assert not load(snapshot, PostgresTarget("dev", target), trusted=True).unchanged


@pytest.mark.parametrize(
    "harmless",
    [
        "select * from public.t",
        "analyze",
        "vacuum public.t",
        "grant select on public.t to public",
        "set work_mem = '5MB'",
    ],
)
def test_reading_maintenance_and_grants_are_no_change(harmless: str, loaded: tuple[FakeSnapshot, Secret]) -> None:
    _, target = loaded
    run_sql(target, harmless)

    assert PostgresTarget("dev", target).status().touched is Touched.NO


def test_while_a_session_is_at_work_nothing_is_certain(loaded: tuple[FakeSnapshot, Secret]) -> None:
    snapshot, target = loaded
    with contextlib.closing(psycopg.connect(target.text())) as session:
        session.execute("insert into public.empty values (1)")

        assert PostgresTarget("dev", target).status().touched is Touched.UNKNOWN
        assert not load(snapshot, PostgresTarget("dev", target), trusted=True).unchanged


def test_a_session_that_has_been_idle_long_enough_does_not_matter(
    loaded: tuple[FakeSnapshot, Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, target = loaded
    monkeypatch.setattr(state, "QUIET_SECONDS", 0)
    with psycopg.connect(target.text(), autocommit=True) as session:
        session.execute("select 1")

        assert PostgresTarget("dev", target).status().touched is Touched.NO


def test_counters_that_were_reset_prove_nothing(loaded: tuple[FakeSnapshot, Secret], pg18) -> None:
    _, target = loaded
    run_sql(pg18.url(database_of(target), role="postgres"), "select pg_stat_reset()")

    assert PostgresTarget("dev", target).status().touched is Touched.UNKNOWN


def test_counters_that_were_never_written_prove_nothing(loaded: tuple[FakeSnapshot, Secret]) -> None:
    _, target = loaded
    run_sql(target, "update provision.snapshot set tables = null")

    assert PostgresTarget("dev", target).status().touched is Touched.UNKNOWN


def test_a_database_without_rows_is_never_certain_as_zero_is_what_a_crash_leaves(
    databases: Callable[[], Secret], pg18
) -> None:
    source, target = databases(), new_url(pg18)
    run_sql(source, "create table public.t (id int)")
    load(snapshot_of(source), PostgresTarget("dev", target), trusted=True)

    assert PostgresTarget("dev", target).status().touched is Touched.UNKNOWN


def test_a_database_that_was_never_loaded_says_so(database: Secret) -> None:
    status = PostgresTarget("dev", database).status()

    assert (status.exists, status.snapshot, status.touched) == (True, None, Touched.UNKNOWN)


def test_a_database_that_does_not_exist_says_so(pg18) -> None:
    status = PostgresTarget("dev", new_url(pg18)).status()

    assert (status.exists, status.snapshot) == (False, None)
