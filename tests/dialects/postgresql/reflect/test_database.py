"""Facts about the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.reflect import reflect
from provision.dialects.postgresql.reflect.database import read_database
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret
    from support.roles import Role


def test_the_server_and_the_database_are_named(any_database: Secret, admin: Secret) -> None:
    (expected,) = run_sql(
        admin,
        "select system_identifier::text, current_database(), current_setting('server_version_num')::int from pg_control_system()",
    )
    with connect(any_database) as connection:
        catalog = reflect(connection)

    assert (catalog.system_identifier, catalog.database, catalog.server_version) == expected
    assert (catalog.dialect, catalog.encoding) == ("postgresql", "UTF8")
    assert [extension.name for extension in catalog.extensions] == ["plpgsql"]


def test_a_role_that_may_not_ask_for_the_server_leaves_it_open(
    any_database: Secret, admin: Secret, reader: Role
) -> None:
    run_sql(admin, "revoke execute on function pg_control_system() from public")

    with connect(reader.url) as connection, connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        database = read_database(cursor)
        assert cursor.execute("select 1 as alive").fetchall() == [{"alive": 1}]

    assert database.system_identifier == ""


def test_a_big_catalog_takes_as_many_queries_as_a_small_one(any_database: Secret) -> None:
    def queries() -> int:
        with connect(any_database) as connection:
            count = 0
            original = connection.cursor_factory.execute

            class Counting(connection.cursor_factory):
                def execute(self, *args: object, **kwargs: object) -> object:
                    nonlocal count
                    count += 1
                    return original(self, *args, **kwargs)

            connection.cursor_factory = Counting
            reflect(connection)
            return count

    small = queries()
    run_sql(
        any_database, "; ".join(f"create table t{number}(a serial primary key, b int unique)" for number in range(50))
    )

    assert queries() == small < 15
