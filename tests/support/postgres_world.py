"""Worlds made real: a schema of a PostgreSQL database with the tables, rows and foreign keys of a random world."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg import sql

from support.values import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from support.schemas import World

SCHEMA = "world"
PLAIN_KINDS = tuple(name for name in KINDS if name not in {"folded", "citext"})  # without ICU and contrib


@contextmanager
def real(connection: psycopg.Connection, world: World) -> Iterator[None]:
    """Make the world in the schema ``world`` of a database for as long as the block lasts.

    Rows get their ``tableoid`` and ``ctid``.
    """
    connection.execute(f"create schema {SCHEMA}")
    try:
        _make(connection, world)
        yield
    finally:
        connection.execute(f"drop schema {SCHEMA} cascade")


def _make(connection: psycopg.Connection, world: World) -> None:
    used = {kind.name for kind in world.kinds.values()}
    if "folded" in used:
        connection.execute(
            f"create collation {SCHEMA}.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    labels = ", ".join(f"'{label}'" for label in KINDS["mood"].texts)
    connection.execute(f"create type {SCHEMA}.mood as enum ({labels})")
    for table in world.catalog.tables:
        name = sql.Identifier(table.name.schema, table.name.name)
        columns = [
            sql.SQL("{} {} {}").format(
                sql.Identifier(column.name),
                sql.SQL(world.kind(table.name, column.name).sql.format(schema=SCHEMA)),
                sql.SQL("not null" if column.not_null else ""),
            )
            for column in table.columns
        ]
        keys = [
            sql.SQL("{} ({})").format(
                sql.SQL("primary key" if key.primary else "unique"),
                sql.SQL(", ").join(map(sql.Identifier, key.columns)),
            )
            for key in table.keys
        ]
        connection.execute(sql.SQL("create table {} ({})").format(name, sql.SQL(", ").join(columns + keys)))
        order = [column.name for column in table.columns]
        insert = sql.SQL("insert into {} values ({})").format(name, sql.SQL(", ").join([sql.SQL("%s")] * len(order)))
        rows = world.rows[table.name]
        with connection.cursor() as cursor:
            cursor.executemany(insert, [[row[column] for column in order] for row in reversed(rows)])
        places = connection.execute(sql.SQL("select rid, tableoid::int8, ctid::text from {}").format(name)).fetchall()
        by_rid = {row["rid"]: row for row in rows}
        for rid, table_id, place in places:
            by_rid[rid] |= {"tableoid": table_id, "ctid": place}
    for key in world.constraints:
        connection.execute(
            sql.SQL("alter table {} add constraint {} foreign key ({}) references {} ({}) {} {}").format(
                sql.Identifier(key.child.schema, key.child.name),
                sql.Identifier(key.name),
                sql.SQL(", ").join(map(sql.Identifier, key.columns)),
                sql.Identifier(key.parent.schema, key.parent.name),
                sql.SQL(", ").join(map(sql.Identifier, key.parent_columns)),
                sql.SQL("match full" if key.match_full else ""),
                sql.SQL("" if key.validated else "not valid"),
            )
        )
