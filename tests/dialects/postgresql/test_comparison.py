"""How columns are compared: base types below domains, and the operator that means equality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.dialects.postgresql.comparison import comparisons
from provision.dialects.postgresql.connection import connect
from provision.errors import DatabaseError
from provision.model.names import TableName
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret


def compared(url: Secret, table: TableName, *columns: str) -> dict[str, tuple[str, str]]:
    with connect(url) as connection:
        found = comparisons(connection, table, columns)
        return {
            name: (one.array.as_string(connection), one.operator.as_string(connection)) for name, one in found.items()
        }


def test_values_are_cast_to_the_base_type_and_compared_by_its_equality(any_database: Secret) -> None:
    run_sql(
        any_database,
        """
        create schema "My Types"; create type "My Types"."Mood" as enum ('ok');
        create domain "My Types".inner_code as varchar(5); create domain "My Types".code as "My Types".inner_code;
        create table t(a int, b varchar(3), c "My Types"."Mood", d "My Types".code, e int[], f char(2), dropped int);
        alter table t drop column dropped;
        """,
    )

    assert compared(any_database, TableName.parse("t"), "a", "b", "c", "d", "e", "f", "ctid", "tableoid") == {
        "a": ('"pg_catalog"."int4"[]', 'operator("pg_catalog".=)'),
        "b": ('"pg_catalog"."varchar"[]', 'operator("pg_catalog".=)'),
        "c": ('"My Types"."Mood"[]', 'operator("pg_catalog".=)'),
        "d": ('"pg_catalog"."varchar"[]', 'operator("pg_catalog".=)'),
        "e": ('"pg_catalog"."text"[]', 'operator("pg_catalog".=)'),
        "f": ('"pg_catalog"."bpchar"[]', 'operator("pg_catalog".=)'),
        "ctid": ('"pg_catalog"."tid"[]', 'operator("pg_catalog".=)'),
        "tableoid": ('"pg_catalog"."oid"[]', 'operator("pg_catalog".=)'),
    }


def test_operators_of_extensions_are_named_with_their_schema(database15: Secret) -> None:
    run_sql(
        database15,
        "create schema ext; create extension citext schema ext; create domain email as ext.citext; create table t(a email)",
    )

    assert compared(database15, TableName.parse("t"), "a") == {"a": ('"ext"."citext"[]', 'operator("ext".=)')}


def test_a_column_that_is_gone_is_named(database: Secret) -> None:
    run_sql(database, "create table t(a int)")

    with connect(database) as connection, pytest.raises(DatabaseError) as caught:
        comparisons(connection, TableName.parse("t"), ("a", "b"))

    assert caught.value.code == "PRV312"
    assert "no column b" in str(caught.value)
