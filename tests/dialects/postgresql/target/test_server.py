from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.dialects.postgresql.target import PostgresTarget
from provision.dialects.postgresql.target.server import Marker, aside_name, desk_of, target_name
from provision.errors import DatabaseError, LockedError
from provision.model.secret import Secret
from support.postgres import run_sql
from support.targets import beside, database_of

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_name_beside_a_long_one_stays_within_63_bytes_and_whole_characters() -> None:
    name = aside_name("ü" * 31, "new")

    assert len(name.encode()) <= 63
    assert name.startswith("ü" * 19 + "__")
    assert aside_name("dev", "old") != aside_name("dev", "old")


@pytest.mark.parametrize(
    "comment",
    [None, "", "hello", "[]", "1", '{"provision": 2, "role": "new", "of": "x", "sealed": false}', '{"provision": 1}'],
)
def test_a_comment_of_somebody_else_is_no_marker(comment: str | None) -> None:
    assert Marker.read(comment) is None


def test_a_marker_is_read_back() -> None:
    marker = Marker(role="old", of='dev "ü"', sealed=True)

    assert Marker.read(marker.text()) == marker


def test_a_database_that_only_looks_like_ours_is_never_dropped(database: Secret, pg18) -> None:
    name = database_of(database)
    admin = pg18.url("postgres")
    looks = f"{name}__provision_new_0123abcd"
    run_sql(admin, f'create database "{looks}"')
    run_sql(admin, f"comment on database {name} is '{Marker(role='new', of=name).text()}'")

    assert PostgresTarget("dev", database).heal() == ()

    assert beside(pg18, database) == {looks}
    assert run_sql(database, "select 1") == [(1,)]


def test_what_was_left_of_another_target_stays(database: Secret, pg18) -> None:
    name = database_of(database)
    admin = pg18.url("postgres")
    run_sql(admin, f'create database "{name}__provision_new_0123abcd"')
    run_sql(
        admin, f"comment on database \"{name}__provision_new_0123abcd\" is '{Marker(role='new', of='other').text()}'"
    )

    PostgresTarget("dev", database).heal()

    assert beside(pg18, database)


def test_a_database_that_an_administrator_closed_stays_closed(database: Secret, pg18) -> None:
    name = database_of(database)
    admin = pg18.url("postgres")
    run_sql(admin, f'create database "{name}__provision_new_0123abcd"')
    run_sql(admin, f"comment on database \"{name}__provision_new_0123abcd\" is '{Marker(role='new', of=name).text()}'")
    run_sql(admin, f"alter database {name} allow_connections false")

    PostgresTarget("dev", database).heal()

    assert run_sql(admin, "select datallowconn from pg_database where datname = %s", name) == [(False,)]
    assert not beside(pg18, database)


def test_an_old_state_takes_its_place_again_where_the_target_is_gone(database: Secret, pg18) -> None:
    name = database_of(database)
    admin = pg18.url("postgres")
    run_sql(database, "create table public.kept (id int)")
    run_sql(admin, f'alter database {name} rename to "{name}__provision_old_0123abcd"')
    run_sql(admin, f"comment on database \"{name}__provision_old_0123abcd\" is '{Marker(role='old', of=name).text()}'")

    findings = PostgresTarget("dev", database).heal()

    assert [finding.code for finding in findings] == ["PRV625"]
    assert run_sql(database, "select count(*) from public.kept") == [(0,)]


def test_only_one_load_of_a_target_runs_at_a_time(databases: Callable[[], Secret]) -> None:
    target, other = databases(), databases()
    with desk_of(target), pytest.raises(LockedError) as caught, desk_of(target):
        pass
    assert (caught.value.code, caught.value.exit_code) == ("PRV610", 75)

    with desk_of(target), desk_of(other):
        pass


def test_a_url_without_a_database_is_refused() -> None:
    with pytest.raises(DatabaseError, match="must name a database"):
        target_name(Secret("postgresql://host"))
