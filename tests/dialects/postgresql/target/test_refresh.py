from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest

from provision.dialects.postgresql.target import PostgresTarget, refresh
from provision.errors import DatabaseError, LockedError, ProvisionError, UsageError
from provision.model.load import Touched
from provision.model.names import TableName
from provision.stages.load import load
from support.kitchen import AFTER, KITCHEN, ROWS, SCHEMA
from support.loadable import FakeSnapshot, snapshot_of
from support.postgres import run_sql
from support.targets import everything, unhindered

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.model.secret import Secret

STEPS = ["altered", "emptied", "rows", "checked", "committing", "committed"]
OTHER_ROWS = """
delete from shop.entry; delete from shop.ledger where id > 3; update shop.customer set note = 'mine';
insert into shop.customer (email, country) values ('local@x.test', 'fr');
select setval('shop.ticket_seq', 5000); insert into shop.base values (77, 'mine'); refresh materialized view shop.per_country;
"""


@pytest.fixture
def pair(databases: Callable[[], Secret], pg18) -> tuple[Secret, Secret]:
    source, target = databases(), databases()
    run_sql(source, KITCHEN)
    run_sql(target, SCHEMA + ROWS + OTHER_ROWS + AFTER)
    return source, target


def a_source(url: Secret) -> Secret:
    run_sql(url, "create table t (id int primary key, name text); insert into t values (1, 'new')")
    return url


def test_a_refreshed_database_is_the_source_and_everything_is_altered_back(pair: tuple[Secret, Secret], pg18) -> None:
    source, target = pair
    before = everything(pg18, target)
    assert before != everything(pg18, source)

    report = load(snapshot_of(unhindered(pg18, source)), PostgresTarget("dev", target, mode="refresh"), trusted=False)

    assert everything(pg18, target) == everything(pg18, source)
    assert not report.findings
    assert run_sql(target, "select sum from shop.total") == [(250,)]
    assert report.rows[TableName("shop", "customer")] == 250
    assert PostgresTarget("dev", target).status().touched is Touched.NO


def test_a_refreshed_database_of_15_is_the_source(databases15: Callable[[], Secret], pg15) -> None:
    source, target = databases15(), databases15()
    run_sql(source, KITCHEN)
    run_sql(target, SCHEMA + ROWS + OTHER_ROWS + AFTER)

    load(snapshot_of(unhindered(pg15, source)), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert everything(pg15, target) == everything(pg15, source)


def test_triggers_keep_the_state_that_each_of_them_had(pair: tuple[Secret, Secret], pg18) -> None:
    source, target = pair
    states = "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger order by 1, 2, 3"
    before = run_sql(target, states.replace("pg_trigger", "pg_trigger where not tgisinternal"))

    load(snapshot_of(unhindered(pg18, source)), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert {state for _, _, state in before} == {"O", "A", "R", "D"}
    assert run_sql(target, states.replace("pg_trigger", "pg_trigger where not tgisinternal")) == before


def test_foreign_keys_keep_their_deferrability(pair: tuple[Secret, Secret], pg18) -> None:
    source, target = pair
    query = "select conrelid::regclass::text, conname, condeferrable, condeferred, convalidated from pg_constraint where connamespace <> coalesce(to_regnamespace('provision'), 0) order by 1, 2"
    before = run_sql(target, query)

    load(snapshot_of(unhindered(pg18, source)), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert run_sql(target, query) == before


class InjectedError(Exception):
    pass


@pytest.mark.parametrize("step", STEPS)
def test_an_error_at_any_step_leaves_the_target_wholly_old_or_new(step: str, pair: tuple[Secret, Secret], pg18) -> None:
    source, target = pair
    before, snapshot = everything(pg18, target), snapshot_of(unhindered(pg18, source))

    def break_off(reached: str) -> None:
        if reached == step:
            raise InjectedError

    with pytest.raises(InjectedError):
        load(snapshot, PostgresTarget("dev", target, mode="refresh", observe=break_off), trusted=True)

    assert everything(pg18, target) == (everything(pg18, source) if step == "committed" else before)


@pytest.mark.parametrize("step", ["emptied", "committing", "committed"])
def test_a_killed_process_leaves_the_target_wholly_old_or_new(step: str, databases: Callable[[], Secret], pg18) -> None:
    source, target = a_source(databases()), databases()
    run_sql(target, "create table t (id int primary key, name text); insert into t values (1, 'old')")
    script = (
        "import sys, importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('scene', {__file__!r})\n"
        "scene = importlib.util.module_from_spec(spec); spec.loader.exec_module(scene)\n"
        "scene.refresh_and_die(*sys.argv[1:])\n"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", script, source.text(), target.text(), step],
        check=False,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": f"{root}:{root / 'tests'}"},
    )
    assert done.returncode == 9, done.stderr.decode()

    assert run_sql(target, "select name from t") == [("new" if step == "committed" else "old",)]
    # Its counters were not written down, so that the next load is in doubt and loads.
    assert not load(snapshot_of(source), PostgresTarget("dev", target, mode="refresh"), trusted=True).unchanged


def refresh_and_die(source: str, target: str, step: str) -> None:
    """The other process of the test above."""
    from provision.model.secret import Secret as Url  # noqa: PLC0415  # not imported for types alone

    dying = PostgresTarget(
        "dev", Url(target), mode="refresh", observe=lambda reached: os._exit(9) if reached == step else None
    )
    load(snapshot_of(Url(source)), dying, trusted=True)


def test_rows_that_point_at_nothing_leave_the_target_as_it_was(databases: Callable[[], Secret], pg18) -> None:
    target = databases()
    run_sql(
        target,
        "create table p (id int primary key); create table c (p int references p);"
        "insert into p values (1); insert into c values (1)",
    )
    snapshot = snapshot_of(target)
    snapshot.frames[TableName("public", "c")] = pl.DataFrame({"p": [424242]})

    with pytest.raises(DatabaseError, match="c_p_fkey") as caught:
        load(snapshot, PostgresTarget("dev", target, mode="refresh"), trusted=True, force=True)

    assert "424242" not in str(caught.value)
    assert run_sql(target, "select p from c") == [(1,)]


def test_every_difference_of_the_schema_is_named_at_once(databases: Callable[[], Secret]) -> None:
    source, target = databases(), databases()
    run_sql(source, "create table a (id int, gone int, name varchar(9), calc int); create table b (id int)")
    run_sql(
        target,
        "create table a (id bigint, name varchar(9), calc int generated always as (1) stored, must int not null,"
        " may int, given int not null default 1)",
    )

    with pytest.raises(UsageError) as caught:
        load(snapshot_of(source), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert caught.value.code == "PRV614"
    for difference in (
        "a.id is bigint, not integer",
        "a.gone is missing",
        "a.calc is generated",
        "a.must is not in the snapshot and must have a value",
        "table b is missing",
    ):
        assert difference in str(caught.value)
    assert "a.may" not in str(caught.value)
    assert "a.given" not in str(caught.value)


def test_a_column_that_only_the_target_has_gets_its_default_and_is_reported(databases: Callable[[], Secret]) -> None:
    source, target = a_source(databases()), databases()
    run_sql(target, "create table t (id int primary key, extra int not null default 7, name text)")

    report = load(snapshot_of(source), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert [finding.code for finding in report.findings] == ["PRV627"]
    assert run_sql(target, "select id, extra, name from t") == [(1, 7, "new")]


def test_tables_outside_the_snapshot_that_refer_to_it_are_named(databases: Callable[[], Secret]) -> None:
    source, target = a_source(databases()), databases()
    run_sql(
        target,
        "create table t (id int primary key, name text); create table mine (t int references t);"
        "insert into t values (5, 'old'); insert into mine values (5)",
    )

    with pytest.raises(UsageError, match=r"mine \(mine_t_fkey\)") as caught:
        load(snapshot_of(source), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert caught.value.code == "PRV615"
    assert run_sql(target, "select name from t") == [("old",)]


def test_tables_outside_the_snapshot_keep_their_rows(databases: Callable[[], Secret]) -> None:
    source, target = a_source(databases()), databases()
    run_sql(
        target,
        "create table t (id int primary key, name text); create table mine (id int); insert into mine values (5);"
        "create table heir () inherits (t); insert into heir values (9, 'heir')",
    )

    load(snapshot_of(source), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert run_sql(target, "select id from mine") == [(5,)]
    assert run_sql(target, "select id, name from t order by id") == [(1, "new"), (9, "heir")]


def test_a_role_that_does_not_own_the_tables_is_refused(databases: Callable[[], Secret], pg18) -> None:
    source, target = a_source(databases()), databases()
    run_sql(unhindered(pg18, target), "create table t (id int primary key, name text); grant all on t to public")

    with pytest.raises(DatabaseError, match="does not own t") as caught:
        load(snapshot_of(source), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert caught.value.code == "PRV608"


def test_a_table_that_somebody_holds_is_waited_for_and_then_left_alone(
    databases: Callable[[], Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "LOCK_SECONDS", 0.2)
    source, target = a_source(databases()), databases()
    run_sql(target, "create table t (id int primary key, name text); insert into t values (1, 'old')")
    with contextlib.closing(psycopg.connect(target.text())) as session:
        session.execute("select * from t")

        with pytest.raises(LockedError) as caught:
            load(snapshot_of(source), PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert caught.value.exit_code == 75
    assert run_sql(target, "select name from t") == [("old",)]


def test_two_refreshes_of_one_database_exclude_each_other(databases: Callable[[], Secret]) -> None:
    source, target = a_source(databases()), databases()
    run_sql(target, "create table t (id int primary key, name text)")
    snapshot = snapshot_of(source)
    caught: list[ProvisionError] = []

    def load_again(step: str) -> None:
        if step == "rows":
            try:
                load(snapshot, PostgresTarget("dev", target, mode="refresh"), trusted=True, force=True)
            except ProvisionError as error:
                caught.append(error)

    load(snapshot, PostgresTarget("dev", target, mode="refresh", observe=load_again), trusted=True)

    assert [error.code for error in caught] == ["PRV610"]
    assert run_sql(target, "select name from t") == [("new",)]


def test_a_sequence_goes_on_after_the_last_value(databases: Callable[[], Secret]) -> None:
    source, target = a_source(databases()), databases()
    run_sql(target, "create table t (id int primary key, name text); create sequence s; select nextval('s')")
    snapshot = snapshot_of(source)
    snapshot.last_values[TableName("public", "s")] = 99

    load(snapshot, PostgresTarget("dev", target, mode="refresh"), trusted=True)

    assert run_sql(target, "select nextval('s')") == [(100,)]


def test_a_sequence_at_its_end_stays_at_its_end(databases: Callable[[], Secret]) -> None:
    source, target = a_source(databases()), databases()
    run_sql(target, "create table t (id int primary key, name text); create sequence s maxvalue 5")
    snapshot = snapshot_of(source)
    snapshot.last_values[TableName("public", "s")] = 5

    load(snapshot, PostgresTarget("dev", target, mode="refresh"), trusted=True)

    with pytest.raises(psycopg.errors.SequenceGeneratorLimitExceeded):
        run_sql(target, "select nextval('s')")


def test_a_snapshot_without_tables_refreshes_nothing(databases: Callable[[], Secret]) -> None:
    target = databases()
    empty = FakeSnapshot(id="1" * 64, content="2" * 64, server_version=1)

    assert load(empty, PostgresTarget("dev", target, mode="refresh"), trusted=True).rows == {}
