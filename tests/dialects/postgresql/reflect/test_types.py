"""Types of columns: domains, enums, arrays, limits, and types that only look like the server's."""

from __future__ import annotations

import pytest

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.reflect import reflect
from provision.dialects.postgresql.reflect.types import limits
from provision.model.catalog import ColumnType, TypeKind
from provision.model.names import TableName
from provision.model.plan import Family, family_of
from provision.model.secret import Secret
from support.postgres import run_sql


def column_types(url: Secret, statements: str, table: str = "t") -> dict[str, ColumnType]:
    run_sql(url, statements)
    with connect(url) as connection:
        found = reflect(connection).table(TableName.parse(table))
    return {column.name: column.type for column in found.columns}


def test_declared_limits_are_read_off_the_type(any_database: Secret) -> None:
    types = column_types(
        any_database,
        "create table t(a varchar(320), b char(3), c numeric(10,2), d numeric, e bit(5), f varbit(7), g timestamptz(3), "
        "h text, i int8, j char, k numeric(3,-2), l interval day to second(2), m interval, n time(0))",
    )

    seen = {name: (type_.sql, type_.max_chars, type_.precision, type_.scale) for name, type_ in types.items()}
    assert seen == {
        "a": ("character varying(320)", 320, None, None),
        "b": ("character(3)", 3, None, None),
        "c": ("numeric(10,2)", None, 10, 2),
        "d": ("numeric", None, None, None),
        "e": ("bit(5)", 5, None, None),
        "f": ("bit varying(7)", 7, None, None),
        "g": ("timestamp(3) with time zone", None, 3, None),
        "h": ("text", None, None, None),
        "i": ("bigint", None, None, None),
        "j": ("character(1)", 1, None, None),
        "k": ("numeric(3,-2)", None, 3, -2),
        "l": ("interval day to second(2)", None, 2, None),
        "m": ("interval", None, None, None),
        "n": ("time(0) without time zone", None, 0, None),
    }
    assert types["a"].name == "varchar"
    assert types["b"].effective == "bpchar"


def test_a_domain_over_domains_has_the_base_limits_and_checks_of_all(any_database: Secret) -> None:
    types = column_types(
        any_database,
        """
        create schema shop;
        create domain shop.short as varchar(20) constraint has_at check (value like '%@%');
        create domain shop.email as shop.short not null constraint no_blank check (value not like '% %');
        create table t(a shop.email, b shop.email[], c varchar(7)[]);
        """,
    )

    assert types["a"] == ColumnType(
        sql="shop.email",
        name="email",
        schema="shop",
        kind=TypeKind.DOMAIN,
        base="varchar",
        max_chars=20,
        domain_not_null=True,
        domain_checks=("((VALUE)::text !~~ '% %'::text)", "((VALUE)::text ~~ '%@%'::text)"),
    )
    assert types["b"].kind is TypeKind.ARRAY
    assert types["b"].element == types["a"]
    assert types["c"].element == ColumnType(sql="character varying(7)", name="varchar", max_chars=7)
    assert types["c"].max_chars is None


def test_enums_have_their_labels_in_order_under_domains_and_arrays_as_well(any_database: Secret) -> None:
    types = column_types(
        any_database,
        """
        create type mood as enum ('sad', 'Très bien', 'it''s "ok"');
        alter type mood add value 'meh' before 'Très bien';
        create domain feeling as mood;
        create domain moods as mood[];
        create table t(a mood, b feeling, c mood[], d moods);
        """,
    )

    labels = ("sad", "meh", "Très bien", 'it\'s "ok"')
    assert (types["a"].kind, types["a"].labels, types["a"].sql) == (TypeKind.ENUM, labels, "public.mood")
    assert (types["b"].kind, types["b"].labels, types["b"].effective) == (TypeKind.DOMAIN, labels, "mood")
    assert types["c"].element == types["a"]
    assert types["d"].element == types["a"]
    assert [family_of(type_) for type_ in types.values()] == [Family.ENUM, Family.ENUM, Family.ARRAY, Family.ARRAY]


def test_ranges_composites_and_types_with_elements_that_are_no_arrays(any_database: Secret) -> None:
    types = column_types(
        any_database,
        """
        create type pair as (x int, y text);
        create table t(a int4range, b nummultirange, c pair, d point, e int2vector, f name, g pair[], h int[][]);
        """,
    )

    assert {name: type_.kind for name, type_ in types.items()} == {
        "a": TypeKind.RANGE,
        "b": TypeKind.MULTIRANGE,
        "c": TypeKind.COMPOSITE,
        "d": TypeKind.BASE,
        "e": TypeKind.BASE,
        "f": TypeKind.BASE,
        "g": TypeKind.ARRAY,
        "h": TypeKind.ARRAY,
    }
    assert types["d"].element is None
    assert types["g"].element == types["c"]


def test_a_type_that_is_called_like_one_of_the_servers_is_not_taken_for_it(any_database: Secret) -> None:
    types = column_types(
        any_database,
        """
        create schema odd;
        create domain odd.int4 as text;
        create type odd.bool as range (subtype = text);
        create domain over as odd.bool;
        create table t(a odd.int4, b odd.bool, c over, d int4);
        """,
    )

    assert types["a"].effective == "text"
    assert types["b"].effective == "odd.bool"
    assert types["c"].effective == "odd.bool"
    assert [family_of(type_) for type_ in types.values()] == [Family.TEXT, Family.OTHER, Family.OTHER, Family.INTEGER]


def test_types_of_extensions_keep_their_name(database15: Secret) -> None:
    types = column_types(
        database15,
        "create schema ext; create extension citext schema ext; create domain email as ext.citext; "
        "create table t(a ext.citext, b email)",
    )

    assert (types["a"].sql, types["a"].schema, types["a"].kind) == ("ext.citext", "ext", TypeKind.BASE)
    assert [family_of(type_) for type_ in types.values()] == [Family.TEXT, Family.TEXT]


@pytest.mark.parametrize(("name", "typmod"), [("varchar", -1), ("numeric", -1), ("point", 5), ("interval", 0x7FFFFFFF)])
def test_types_without_limits_have_none(name: str, typmod: int) -> None:
    assert limits(name, typmod) == (None, None, None)
