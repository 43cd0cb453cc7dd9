"""Failures of the server in our words: names and SQLSTATE stay, values never."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.failures import quoted, translate, translated
from provision.errors import DatabaseError
from provision.model.names import TableName
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret
    from support.roles import Role

SHOP = """
create schema shop;
create table shop.customers(id int primary key, email text not null constraint email_has_at check (email like '%@%'));
create table shop.orders(id int primary key, customer_id int constraint customer_exists references shop.customers(id));
insert into shop.customers values (1, 'secret@example.com');
"""


def failure(url: Secret, statement: str, **context: object) -> DatabaseError:
    with connect(url) as connection, pytest.raises(DatabaseError) as caught, translated("try", **context):
        connection.execute(statement)
    return caught.value


@pytest.mark.parametrize(
    ("statement", "code", "state", "says"),
    [
        ("insert into shop.customers values (1, 'secret@x')", "PRV310", "23505", "constraint customers_pkey"),
        ("insert into shop.customers values (2, 'secret')", "PRV310", "23514", "constraint email_has_at"),
        ("insert into shop.customers values (9999, null)", "PRV310", "23502", "column email"),
        ("insert into shop.orders values (1, 9999)", "PRV310", "23503", "constraint customer_exists"),
        ("select 'secret'::int", "PRV314", "22P02", "could not read"),
        ("select 'secret' from nowhere", "PRV312", "42P01", "table does not exist"),
        ("select secret from shop.customers", "PRV312", "42703", "column does not exist"),
        ("select 9999 = now()", "PRV312", "42883", "types"),
        ("select 'secret' 9999 from", "PRV313", "42601", "does not accept the SQL"),
        ("set statement_timeout = 1; select 'secret', pg_sleep(5)", "PRV305", "57014", "timeout"),
        ("begin read only; create table secret(a int)", "PRV319", "25006", "read-only"),
    ],
)
def test_a_failure_keeps_its_names_and_loses_its_values(
    database: Secret, statement: str, code: str, state: str, says: str
) -> None:
    run_sql(database, SHOP)

    error = failure(database, statement, table=TableName("shop", "customers"))

    assert (error.code, error.sqlstate) == (code, state)
    assert says in str(error)
    assert "shop.customers" in str(error)
    assert "secret" not in str(error)
    assert "9999" not in str(error)
    assert error.fix


def test_a_missing_privilege_says_the_grant_that_gives_it(any_database: Secret, reader: Role) -> None:
    run_sql(any_database, SHOP + 'create table shop."Odd Name"(a int); create sequence shop.numbers')
    table = TableName("shop", "customers")

    schema = failure(reader.url, "select * from shop.customers", table=table, role=reader.name)
    run_sql(any_database, f"grant usage on schema shop to {reader.name}")
    customers = failure(reader.url, "select * from shop.customers", table=table, role=reader.name)
    odd = failure(reader.url, 'select * from shop."Odd Name"', table=TableName("shop", "Odd Name"), role="Odd Role")
    other = failure(reader.url, "select * from shop.orders", role=reader.name)
    sequence = failure(reader.url, "select last_value from shop.numbers", role=reader.name)

    assert {error.code for error in (schema, customers, odd, other)} == {"PRV304"}
    assert schema.fix == f"GRANT USAGE ON SCHEMA shop TO {reader.name}"
    assert customers.fix == f"GRANT SELECT ON shop.customers TO {reader.name}"
    assert odd.fix == 'GRANT SELECT ON shop."Odd Name" TO "Odd Role"'
    assert other.fix == f"GRANT SELECT ON orders TO {reader.name}"
    assert sequence.fix == f"GRANT SELECT ON SEQUENCE numbers TO {reader.name}"
    run_sql(any_database, f"grant select on shop.customers to {reader.name}")
    assert run_sql(reader.url, "select count(*) from shop.customers") == [(1,)]


def test_rows_hidden_by_a_policy_are_an_error(any_database: Secret, reader: Role) -> None:
    run_sql(any_database, SHOP + "alter table shop.customers enable row level security")
    run_sql(
        any_database, f"grant usage on schema shop to {reader.name}; grant select on shop.customers to {reader.name}"
    )

    error = failure(reader.url, "select * from shop.customers", role=reader.name)

    assert error.code == "PRV309"
    assert f"ALTER ROLE {reader.name} BYPASSRLS" in error.fix


def test_a_row_that_cannot_be_copied_is_named_by_its_line(database: Secret) -> None:
    run_sql(database, SHOP)

    with (
        connect(database) as connection,
        pytest.raises(DatabaseError) as caught,
        translated("load"),
        connection.cursor() as cursor,
        cursor.copy("copy shop.customers from stdin") as copy,
    ):
        copy.write(b"2\ta@x\nsecret\ta@x\n")

    assert caught.value.code == "PRV314"
    assert "line 2 of the COPY" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_lock_that_is_not_free_in_time_says_so(database: Secret) -> None:
    run_sql(database, SHOP)
    with connect(database, autocommit=False) as holder, connect(database, lock_seconds=0.05) as waiting:
        holder.execute("lock table shop.customers")
        with pytest.raises(DatabaseError) as caught, translated("read"):
            waiting.execute("select * from shop.customers")

    assert caught.value.code == "PRV306"


def test_an_ended_session_is_a_broken_connection(database: Secret) -> None:
    with connect(database) as connection, connect(database) as other:
        other.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(DatabaseError) as caught, translated("read"):
            connection.execute("select 1")

    assert caught.value.code == "PRV308"


@pytest.mark.parametrize(
    ("class_", "code"),
    [
        (psycopg.errors.SerializationFailure, "PRV307"),
        (psycopg.errors.DiskFull, "PRV311"),
        (psycopg.errors.TooManyConnections, "PRV311"),
        (psycopg.errors.InvalidPassword, "PRV303"),
        (psycopg.errors.FeatureNotSupported, "PRV315"),
        (psycopg.OperationalError, "PRV308"),
        (psycopg.InterfaceError, "PRV315"),
    ],
)
def test_failures_that_are_hard_to_provoke_have_their_code(class_: type[psycopg.Error], code: str) -> None:
    error = translate(class_("secret"), doing="read")

    assert error.code == code
    assert "secret" not in str(error)


def test_suggested_names_are_quoted_only_where_sql_needs_it() -> None:
    assert [quoted(name) for name in ("orders", "Orders", 'a"b', "1st")] == ["orders", '"Orders"', '"a""b"', '"1st"']
