"""Tables and views: partitions inside their root, inheritance, foreign tables, names of every kind, privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import conninfo

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.reflect import reflect
from provision.model.catalog import Catalog, TableKind
from provision.model.names import TableName
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret
    from support.roles import Role


def catalog_of(url: Secret, statements: str = "select") -> Catalog:
    run_sql(url, statements)
    with connect(url) as connection:
        return reflect(connection)


PARTITIONS = """
create table logs(at date not null, region text not null, id int, primary key (at, region, id)) partition by range (at);
create table logs_2024 partition of logs for values from ('2024-01-01') to ('2025-01-01') partition by list (region);
create table logs_2024_eu partition of logs_2024 for values in ('eu');
create table logs_2024_rest partition of logs_2024 default;
create table logs_old partition of logs default;
insert into logs select '2024-05-01', 'eu', i from generate_series(1, 1000) i;
insert into logs select '2024-05-01', 'us', i from generate_series(1, 500) i;
analyze logs_2024_eu; analyze logs_2024_rest;
"""


def test_partitions_of_all_levels_stand_inside_their_root(any_database: Secret) -> None:
    catalog = catalog_of(any_database, PARTITIONS)

    (logs,) = catalog.tables
    assert (logs.name.name, logs.kind, logs.partition_key) == ("logs", TableKind.PARTITIONED, ("at",))
    assert [part.name for part in logs.partitions] == ["logs_2024", "logs_2024_eu", "logs_2024_rest", "logs_old"]
    assert [key.name for key in logs.keys] == ["logs_pkey"]
    assert logs.rows_estimate == 1500
    assert logs.bytes > 1500 * 40


def test_inheritance_children_stand_by_themselves(any_database: Secret) -> None:
    catalog = catalog_of(
        any_database, "create table a(id int primary key); create table b(x int); create table c() inherits (a, b)"
    )

    child = catalog.table(TableName.parse("c"))
    assert child.inherits == (TableName.parse("a"), TableName.parse("b"))
    assert [column.name for column in child.columns] == ["id", "x"]
    assert child.primary_key is None
    assert child.kind is TableKind.TABLE


def test_names_of_every_kind_come_through(any_database: Secret) -> None:
    long = "ä" * 31 + "x"
    catalog = catalog_of(
        any_database,
        f'''
        create schema "My ""Shop""";
        create table "My ""Shop"""."Order Items"("Ünï code" int primary key, "a.b" text, "{long}" int unique);
        create table "{long}"("select" int references "My ""Shop"""."Order Items");
        ''',
    )

    table = catalog.table(TableName('My "Shop"', "Order Items"))
    assert [column.name for column in table.columns] == ["Ünï code", "a.b", long]
    assert {key.columns for key in table.keys} == {("Ünï code",), (long,)}
    assert [(key.child.name, key.columns, key.parent) for key in catalog.foreign_keys] == [
        (long, ("select",), table.name)
    ]


def test_the_servers_own_schemas_and_temporary_tables_are_left_out(any_database: Secret) -> None:
    run_sql(
        any_database,
        "create table mine(a int); create view seen as select 1 a; create materialized view kept as select 1 a",
    )
    with connect(any_database) as connection:
        connection.execute("create temp table passing(a int)")
        catalog = reflect(connection)

    assert [str(table.name) for table in catalog.tables] == ["mine"]
    assert [str(view) for view in catalog.views] == ["kept", "seen"]


def test_tables_of_other_servers_are_marked(admin: Secret, any_database: Secret) -> None:
    run_sql(
        admin,
        "create foreign data wrapper nothing; create server elsewhere foreign data wrapper nothing; "
        "create foreign table far(a int, b text) server elsewhere",
    )

    (far,) = catalog_of(any_database).tables
    assert (far.kind, far.bytes) == (TableKind.FOREIGN, 0)


MEMBER = """
create schema ext; create extension cube schema ext;
create table mine(a int); create table theirs(a int); alter extension cube add table theirs;
"""


def test_tables_of_an_extension_are_marked(database15: Secret, pg15: object) -> None:
    run_sql(pg15.url(conninfo.conninfo_to_dict(database15.text())["dbname"], role="postgres"), MEMBER)

    catalog = catalog_of(database15)

    assert {str(table.name): table.extension for table in catalog.tables} == {"mine": None, "theirs": "cube"}
    assert [(extension.name, extension.schema) for extension in catalog.extensions] == [
        ("cube", "ext"),
        ("plpgsql", "pg_catalog"),
    ]


def test_persistence_and_replica_identity_are_told(any_database: Secret) -> None:
    catalog = catalog_of(
        any_database, "create unlogged table u(a int); create table f(a int); alter table f replica identity full"
    )

    assert catalog.table(TableName.parse("u")).persistence == "unlogged"
    assert catalog.table(TableName.parse("f")).replica_identity == "f"


def test_privileges_are_those_of_the_role_that_reads(any_database: Secret, reader: Role) -> None:
    run_sql(
        any_database,
        f"""
        create table open(a int); create table part(a int, secret text); create table closed(a int);
        create schema hidden; create table hidden.t(a int); create sequence s; create sequence s2;
        grant select on open to {reader.name}; grant select (a) on part to {reader.name};
        grant select on hidden.t to {reader.name}; grant select on s to {reader.name};
        """,
    )

    catalog = catalog_of(reader.url)

    readable = {str(table.name): table.readable for table in catalog.tables}
    assert readable == {"closed": False, "hidden.t": False, "open": True, "part": False}
    part = catalog.table(TableName.parse("part"))
    assert [column.readable for column in part.columns] == [True, False]
    assert {str(sequence.name): sequence.readable for sequence in catalog.sequences} == {"s": True, "s2": False}
    assert catalog.fingerprint() == catalog_of(any_database).fingerprint()


def test_row_security_counts_only_where_it_applies_to_the_role(
    any_database: Secret, admin: Secret, reader: Role
) -> None:
    run_sql(
        any_database,
        f"""
        create table guarded(a int); alter table guarded enable row level security;
        create table forced(a int); alter table forced enable row level security, force row level security;
        create table plain(a int);
        grant select on guarded, forced, plain to {reader.name};
        """,
    )

    def applies(url: Secret) -> set[str]:
        return {str(table.name) for table in catalog_of(url).tables if table.row_security}

    assert applies(reader.url) == {"guarded", "forced"}
    assert applies(any_database) == {"forced"}
    assert applies(admin) == set()
    run_sql(admin, f"alter role {reader.name} bypassrls")
    assert applies(reader.url) == set()
