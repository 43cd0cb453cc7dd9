"""Sessions: pinned settings, URLs of all kinds, and refusals that never show a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import conninfo

from provision.dialects.postgresql.connection import apply_settings, connect, conninfo_of, identifier
from provision.errors import DatabaseError
from provision.model.names import TableName
from provision.model.secret import Secret
from support.postgres import run_sql

if TYPE_CHECKING:
    from support.roles import Role


def refused(url: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        connect(Secret(url))
    return caught.value


def test_values_print_alike_whatever_the_role_prefers(any_database: Secret, reader: Role, admin: Secret) -> None:
    for name, value in (("TimeZone", "Asia/Tokyo"), ("DateStyle", "German"), ("IntervalStyle", "iso_8601")):
        run_sql(admin, f"alter role {reader.name} set {name} = '{value}'")
    run_sql(admin, f"alter role {reader.name} set extra_float_digits = -3")
    run_sql(admin, f"alter role {reader.name} set bytea_output = 'escape'")

    with connect(reader.url) as connection:
        row = connection.execute(
            "select '2024-03-01 12:00+00'::timestamptz::text, '1 day 2 hours'::interval::text, 0.1::float8::text, "
            "'a'::bytea::text, '12.5'::numeric::money::text, current_setting('search_path'), "
            "current_setting('application_name'), current_setting('row_security')"
        ).fetchone()

    assert row == (
        "2024-03-01 12:00:00+00",
        "1 day 02:00:00",
        "0.1",
        r"\x61",
        "$12.50",
        "",
        "provision",
        "off",
    )


def test_settings_can_be_pinned_for_one_transaction_alone(database: Secret) -> None:
    with connect(database) as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        with connection.transaction():
            apply_settings(connection, local=True)
            assert connection.execute("show TimeZone").fetchone() == ("UTC",)
        assert connection.execute("show TimeZone").fetchone() == ("Asia/Tokyo",)


def test_timeouts_are_the_callers(database: Secret) -> None:
    with connect(database, lock_seconds=2.5, statement_seconds=7) as connection:
        assert connection.execute("select current_setting('lock_timeout')").fetchone() == ("2500ms",)
        assert connection.execute("select current_setting('statement_timeout')").fetchone() == ("7s",)


def test_another_database_of_the_same_server_can_be_named(database: Secret) -> None:
    with connect(database, database="postgres") as connection:
        assert connection.info.dbname == "postgres"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_urls_of_sqlalchemy_lead_to_the_same_server(scheme: str) -> None:
    assert conninfo_of(Secret(f"{scheme}://ann@db:5433/shop"))["host"] == "db"


def test_a_conninfo_string_is_as_good_as_a_url() -> None:
    parameters = conninfo_of(Secret("host=db user=ann password='a=b://c'"))

    assert (parameters["host"], parameters["password"]) == ("db", "a=b://c")


def test_what_a_url_says_goes_before_our_defaults() -> None:
    parameters = conninfo_of(Secret("postgresql://db/x?connect_timeout=3&application_name=mine&keepalives=0"))

    assert (parameters["connect_timeout"], parameters["application_name"], parameters["keepalives"]) == (
        "3",
        "mine",
        "0",
    )
    assert conninfo_of(Secret("postgresql://db/x"))["connect_timeout"] == 15


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:hunter2@db/shop",
        "postgresql://ann:hunt@er2@db/shop",
        "postgresql://ann:hunt/er2@db/shop",
        "postgresql://ann:hunter2@db:port/shop",
        "postgresql://ann:hunter2@db/shop?nonsense=1",
        "hunter2",
        "",
    ],
)
def test_a_url_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    error = refused(url)

    assert error.code == "PRV301"
    assert "hunt" not in str(error)
    assert "er2" not in str(error)
    assert error.__context__ is None


def test_nobody_listening_says_so() -> None:
    error = refused("postgresql://ann:hunter2@127.0.0.1:1/shop")

    assert error.code == "PRV302"
    assert "ann@127.0.0.1:1/shop: nobody listens" in str(error)
    assert "hunter2" not in str(error)


def test_a_wrong_password_and_a_missing_database_are_told_apart(database: Secret) -> None:
    wrong = refused(conninfo.make_conninfo(database.text(), password="hunter2"))
    missing = refused(conninfo.make_conninfo(database.text(), dbname="no such database"))

    assert (wrong.code, missing.code) == ("PRV303", "PRV302")
    assert "hunter2" not in f"{wrong}{wrong.__context__}"


def test_an_old_server_is_refused(database: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provision.dialects.postgresql.connection.OLDEST_SERVER", 990000)

    assert refused(database.text()).code == "PRV318"


def test_names_are_quoted_with_their_schema() -> None:
    assert identifier(TableName('my "shop"', "Order Items")).as_string(None) == '"my ""shop"""."Order Items"'
