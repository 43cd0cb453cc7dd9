from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest

from provision.dialects.postgresql.target import PostgresTarget, swap
from provision.dialects.postgresql.target.swap import _elements
from provision.errors import DatabaseError, LockedError, RunError
from provision.model.manifest import DdlEntry
from provision.model.names import TableName
from provision.stages.load import load
from support.loadable import FakeSnapshot
from support.postgres import run_sql
from support.targets import beside, database_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.model.secret import Secret

T = TableName("public", "t")
STEPS = ["created", "define TABLE", "rows", "built", "sealing", "sealed", "emptied", "swapping", "swapped", "dropped"]
PLACED = {"swapped", "dropped"}  # from here on the target is the new one


def a_snapshot(name: str = "new") -> FakeSnapshot:
    entry = DdlEntry(
        kind="TABLE", schema="public", name="t", section="pre-data", sql="create table public.t (name text)"
    )
    return FakeSnapshot(
        id="1" * 64, content="2" * 64, server_version=1, entries=(entry,), frames={T: pl.DataFrame({"name": [name]})}
    )


def an_old(target: Secret) -> Secret:
    run_sql(target, "create table public.t (name text); insert into public.t values ('old')")
    return target


def content(target: Secret) -> str:
    return run_sql(target, "select name from public.t")[0][0]


class InjectedError(Exception):
    pass


@pytest.mark.parametrize("step", STEPS)
def test_an_error_at_any_step_leaves_the_old_or_the_new_state_and_nothing_beside(
    step: str, database: Secret, pg18
) -> None:
    an_old(database)

    def break_off(reached: str) -> None:
        if reached == step:
            raise InjectedError

    with pytest.raises(InjectedError):
        load(a_snapshot(), PostgresTarget("dev", database, observe=break_off), trusted=True)

    assert content(database) == ("new" if step in PLACED else "old")
    PostgresTarget("dev", database).heal()  # an error right after the swap leaves the old one for the next load
    assert not beside(pg18, database)
    assert content(database) == ("new" if step in PLACED else "old")


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_is_healed_by_the_next_load(step: str, database: Secret, pg18) -> None:
    an_old(database)
    script = (
        "import os, sys, importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('scene', {__file__!r})\n"
        "scene = importlib.util.module_from_spec(spec); spec.loader.exec_module(scene)\n"
        "scene.load_and_die(sys.argv[1], sys.argv[2])\n"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", script, database.text(), step],
        check=False,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": f"{root}:{root / 'tests'}"},
    )
    assert done.returncode == 9, done.stderr.decode()

    findings = PostgresTarget("dev", database).heal()

    assert content(database) == ("new" if step in PLACED else "old")
    assert not beside(pg18, database)
    assert bool(findings) == (step != "dropped")
    assert load(a_snapshot("newer"), PostgresTarget("dev", database), trusted=True, force=True).rows == {T: 1}
    assert content(database) == "newer"


def load_and_die(url: str, step: str) -> None:
    """The other process of the test above."""
    from provision.model.secret import Secret as Url  # noqa: PLC0415  # not imported for types alone

    target = PostgresTarget("dev", Url(url), observe=lambda reached: os._exit(9) if reached == step else None)
    load(a_snapshot(), target, trusted=True)


def test_sessions_are_ended_where_that_is_allowed(database: Secret) -> None:
    an_old(database)
    with psycopg.connect(database.text(), autocommit=True) as session:
        load(a_snapshot(), PostgresTarget("dev", database, sessions="terminate"), trusted=True)

        with pytest.raises(psycopg.OperationalError):
            session.execute("select 1")
    assert content(database) == "new"


def test_sessions_in_the_way_are_counted_and_the_target_stays_open(database: Secret, pg18) -> None:
    an_old(database)
    with psycopg.connect(database.text(), autocommit=True) as session:
        with pytest.raises(LockedError, match="1 open session") as caught:
            load(a_snapshot(), PostgresTarget("dev", database, sessions="fail"), trusted=True)
        assert (caught.value.code, caught.value.exit_code) == ("PRV609", 75)
        assert session.execute("select name from public.t").fetchone() == ("old",)

    assert content(database) == "old"
    assert not beside(pg18, database)


def test_a_session_that_slips_in_before_the_seal_fails_the_load_and_survives(database: Secret, pg18) -> None:
    an_old(database)
    sessions: list[psycopg.Connection] = []

    def slip_in(step: str) -> None:
        if step == "sealing":
            sessions.append(psycopg.connect(database.text(), autocommit=True))

    with pytest.raises(LockedError):
        load(a_snapshot(), PostgresTarget("dev", database, sessions="fail", observe=slip_in), trusted=True)

    with sessions[0] as session:
        assert session.execute("select name from public.t").fetchone() == ("old",)
    assert content(database) == "old"
    assert not beside(pg18, database)


def test_a_load_waits_for_sessions_to_end_by_themselves(database: Secret) -> None:
    an_old(database)
    session = psycopg.connect(database.text(), autocommit=True)
    built = threading.Event()

    def leave() -> None:
        built.wait(timeout=60)
        time.sleep(0.3)
        session.close()

    leaving = threading.Thread(target=leave)
    leaving.start()
    target = PostgresTarget(
        "dev", database, sessions="wait", observe=lambda step: built.set() if step == "built" else None
    )
    load(a_snapshot(), target, trusted=True)
    leaving.join()

    assert content(database) == "new"


def test_a_wait_ends_after_its_limit(database: Secret) -> None:
    an_old(database)
    with psycopg.connect(database.text(), autocommit=True), pytest.raises(LockedError):
        load(a_snapshot(), PostgresTarget("dev", database, sessions="wait", wait_seconds=0.1), trusted=True)

    assert content(database) == "old"


def test_what_belongs_to_the_database_goes_over_to_the_new_one(databases: Callable[[], Secret], pg18) -> None:
    target = an_old(databases())
    name = database_of(target)
    as_superuser = pg18.url(name, role="postgres")
    run_sql(
        as_superuser,
        f"""
        create role reader_{name};
        comment on database {name} is 'ours; since 2020';
        alter database {name} connection limit 17;
        alter database {name} set search_path to public, "od,d ""s"" x";
        alter database {name} set work_mem to '7MB';
        alter database {name} set app.tenant to 'a b, c';
        alter role app in database {name} set statement_timeout to '3s';
        revoke connect on database {name} from public;
        grant connect on database {name} to reader_{name} with grant option;
        """,
    )

    def facts() -> list[tuple]:
        return run_sql(
            as_superuser,
            "select pg_get_userbyid(datdba), datconnlimit, datallowconn, shobj_description(oid, 'pg_database'),"
            " (select array_agg(a order by a) from unnest(datacl::text[]) a),"
            " (select array_agg(coalesce(r.rolname, '') || c order by 1) from pg_db_role_setting s left join pg_roles r"
            "  on r.oid = s.setrole, unnest(s.setconfig) c where s.setdatabase = d.oid)"
            " from pg_database d where datname = current_database()",
        )

    before = facts()
    try:
        report = load(a_snapshot(), PostgresTarget("dev", as_superuser), trusted=True)

        assert facts() == before
        assert {finding.code for finding in report.findings} == {"PRV620"}
        assert content(as_superuser) == "new"
    finally:
        run_sql(as_superuser, f"drop owned by reader_{name}; drop role reader_{name}")


def test_a_setting_that_the_loader_may_not_make_is_reported(databases: Callable[[], Secret], pg18) -> None:
    target = an_old(databases())
    name = database_of(target)
    run_sql(pg18.url(name, role="postgres"), f"alter database {name} set log_statement to 'all'")

    report = load(a_snapshot(), PostgresTarget("dev", target), trusted=True)

    assert [finding.code for finding in report.findings] == ["PRV622"]
    assert content(target) == "new"


def test_a_subscription_keeps_the_target_from_being_replaced(databases: Callable[[], Secret], pg18) -> None:
    target = an_old(databases())
    as_superuser = pg18.url(database_of(target), role="postgres")
    run_sql(
        as_superuser,
        "create subscription sub connection 'host=nowhere password=x' publication p"
        " with (connect = false, enabled = false, slot_name = none)",
    )
    try:
        with pytest.raises(RunError, match="subscription sub") as caught:
            load(a_snapshot(), PostgresTarget("dev", target), trusted=True)
    finally:
        run_sql(as_superuser, "drop subscription sub")

    assert caught.value.code == "PRV611"
    assert content(target) == "old"


def test_a_replaced_database_that_cannot_be_dropped_is_reported_and_dropped_by_the_next_load(
    database: Secret, pg18, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_old(database)

    def refuse(*_: object) -> None:
        raise DatabaseError("PRV315", "held")

    with monkeypatch.context() as patched:
        patched.setattr(swap, "drop", refuse)
        report = load(a_snapshot(), PostgresTarget("dev", database), trusted=True)
    assert [finding.code for finding in report.findings] == ["PRV624"]
    assert content(database) == "new"
    assert beside(pg18, database)

    assert [f.code for f in load(a_snapshot(), PostgresTarget("dev", database), trusted=True).findings] == ["PRV625"]
    assert not beside(pg18, database)


def test_names_with_quotes_and_beyond_ascii_are_replaced_too(databases: Callable[[], Secret], pg18) -> None:
    name = 'Größe "dev" ' + "ü" * 20
    target = pg18.url(name)

    load(a_snapshot("first"), PostgresTarget("dev", target), trusted=True)
    load(a_snapshot("second"), PostgresTarget("dev", target), trusted=True, force=True)

    assert content(target) == "second"
    assert not beside(pg18, target)


@pytest.mark.parametrize(
    ("stored", "names"),
    [("public", ["public"]), ('a, "b c"', ["a", "b c"]), ('"$user", "x,""y"""', ["$user", 'x,"y"']), ('""', [""])],
)
def test_list_settings_are_split_as_the_server_stores_them(stored: str, names: list[str]) -> None:
    assert _elements(stored) == names
