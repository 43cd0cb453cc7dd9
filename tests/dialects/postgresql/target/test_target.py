from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest

from provision.dialects.postgresql.target import PostgresTarget
from provision.errors import DatabaseError, RunError
from provision.model.manifest import DdlEntry
from provision.model.names import TableName
from provision.model.secret import Secret
from provision.stages.load import load
from support.loadable import FakeSnapshot
from support.postgres import run_sql
from support.targets import beside, database_of, new_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENTRY = DdlEntry(kind="TABLE", schema="public", name="t", section="pre-data", sql="create table public.t (id int)")


def a_snapshot(*, version: int = 150000) -> FakeSnapshot:
    table = TableName("public", "t")
    return FakeSnapshot(
        id="1" * 64,
        content="2" * 64,
        server_version=version,
        entries=(ENTRY,),
        types={table: (("id", "integer"),)},
        frames={table: pl.DataFrame({"id": [1, 2]})},
    )


@pytest.fixture
def a_role(pg18) -> Iterator[Callable[[str], str]]:
    """Makes roles that may log in, with the given attributes, dropped after the test."""
    made: list[str] = []
    admin = pg18.url("postgres", role="postgres")

    def make(attributes: str) -> str:
        made.append(f"r_{uuid.uuid4().hex[:8]}")
        run_sql(admin, f"create role {made[-1]} login password 'p' {attributes}")
        return made[-1]

    yield make
    for (name,) in run_sql(admin, "select datname from pg_database where pg_get_userbyid(datdba) = any(%s)", made):
        run_sql(admin, f'drop database "{name}" with (force)')
    for role in made:
        run_sql(admin, f"drop owned by {role}; drop role {role}")


def as_role(url: Secret, role: str) -> Secret:
    parts = psycopg.conninfo.conninfo_to_dict(url.text())
    return Secret(psycopg.conninfo.make_conninfo(**(parts | {"user": role, "password": "p"})))


def test_an_older_target_is_refused(database15: Secret) -> None:
    for mode in ("replace", "refresh"):
        with pytest.raises(RunError, match=r"dev is PostgreSQL 15, the source was PostgreSQL 18") as caught:
            load(a_snapshot(version=180004), PostgresTarget("dev", database15, mode=mode), trusted=True)
        assert caught.value.code == "PRV603"


def test_a_role_that_may_not_make_databases_is_told_what_to_ask_for(
    a_role: Callable[[str], str], database: Secret
) -> None:
    role = a_role("nocreatedb")

    with pytest.raises(DatabaseError) as caught:
        load(a_snapshot(), PostgresTarget("dev", as_role(database, role)), trusted=True)

    assert caught.value.code == "PRV608"
    assert f"ALTER ROLE {role} CREATEDB" in caught.value.fix


def test_a_role_that_is_not_the_owner_is_told_before_anything_is_made(
    a_role: Callable[[str], str], database: Secret, pg18
) -> None:
    role = a_role("createdb")

    with pytest.raises(DatabaseError, match="belongs to app") as caught:
        load(a_snapshot(), PostgresTarget("dev", as_role(database, role)), trusted=True)

    assert "GRANT app TO" in caught.value.fix
    assert not beside(pg18, database)


def test_a_member_of_the_owner_loads_for_the_owner(a_role: Callable[[str], str], database: Secret, pg18) -> None:
    role = a_role("createdb")
    run_sql(pg18.url("postgres", role="postgres"), f"grant app to {role}")

    report = load(a_snapshot(), PostgresTarget("dev", as_role(database, role)), trusted=True)

    assert not report.findings
    assert run_sql(database, "select tableowner from pg_tables where tablename = 't'") == [("app",)]


def test_a_database_that_did_not_exist_belongs_to_the_role_that_loads(a_role: Callable[[str], str], pg18) -> None:
    role = a_role("createdb")
    target = as_role(new_url(pg18), role)

    load(a_snapshot(), PostgresTarget("dev", target), trusted=True)

    assert run_sql(target, "select count(*) from public.t") == [(2,)]
    assert run_sql(
        target,
        "select pg_get_userbyid(datdba), shobj_description(oid, 'pg_database') from pg_database where datname = %s",
        database_of(target),
    ) == [(role, None)]


def test_a_superuser_is_reported(database: Secret, pg18) -> None:
    superuser = pg18.url(database_of(database), role="postgres")

    report = load(a_snapshot(), PostgresTarget("dev", superuser), trusted=True)

    assert [finding.code for finding in report.findings] == ["PRV620"]


def test_a_target_shows_its_name_and_no_url(database: Secret) -> None:
    assert repr(PostgresTarget("dev", database)) == "PostgresTarget(dev, replace)"


def test_a_target_needs_a_connection(database: Secret) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        PostgresTarget("dev", database, connections=0)
