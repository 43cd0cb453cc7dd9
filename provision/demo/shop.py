"""Make the demo's production database: schema, rows by ``COPY``, keys, sequences, statistics; all in one transaction."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from provision.demo.rows import shop
from provision.errors import DatabaseError

if TYPE_CHECKING:
    import polars as pl

    from provision.model.secret import Secret

SEED = 42
# id columns that a sequence fills, and the sequence that belongs to no column
COUNTED = (
    "warehouses", "departments", "employees", "customers", "addresses", "categories", "products", "orders", "invoices",
    "posts", "videos", "comments", "support_tickets", "audit_log",
)  # fmt: skip


def create(url: Secret, *, seed: int = SEED, scale: float = 1.0) -> dict[str, int]:
    """Fill an empty database with the shop; rows by table.

    Args: url: of a database that has no tables in ``public``. seed, scale: as in `rows.shop`.
    Raises: DatabaseError PRV820 if the server refuses, mostly because the database is not empty.
    """
    rows: dict[str, int] = {}
    try:
        with psycopg.connect(url.text(), options="-c client_min_messages=warning -c timezone=UTC") as connection:
            connection.execute(_file("schema.sql"))
            for month in range(1, 13):
                connection.execute(_partition(month))
            connection.execute("create table events_other partition of events default")
            for table, frame in shop(seed, scale):
                _copy(connection, table, frame)
                rows[table] = frame.height
            connection.execute(_file("keys.sql"))
            for table in COUNTED:
                connection.execute(_set_sequence(table))
            connection.execute("select setval('invoice_no', (select max(number) from invoices))")
            connection.execute("set local default_statistics_target = 20")  # a sample of 6,000 rows: a second saved
            connection.execute("analyze")
    except psycopg.Error as error:
        state = error.sqlstate or "no connection"
        raise DatabaseError(
            "PRV820",
            f"the demo's database could not be made ({state})",
            fix="give an empty database of PostgreSQL 15 or newer",
            sqlstate=error.sqlstate,
        ) from None
    return rows


def _copy(connection: psycopg.Connection, table: str, frame: pl.DataFrame) -> None:
    """Texts hold no tab, and their backslashes are COPY's escapes, so that no field needs a second look."""
    command = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    )
    text = frame.write_csv(include_header=False, separator="\t", quote_style="never", null_value="\\N")
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(text)


def _partition(month: int) -> sql.Composed:
    first = date(2025, month, 1)
    after = date(2025 + month // 12, month % 12 + 1, 1)
    return sql.SQL("create table {} partition of events for values from ({}) to ({})").format(
        sql.Identifier(f"events_{first:%Y_%m}"), sql.Literal(f"{first} 00:00+00"), sql.Literal(f"{after} 00:00+00")
    )


def _set_sequence(table: str) -> sql.Composed:
    return sql.SQL("select setval(pg_get_serial_sequence({}, 'id'), (select max(id) from {}))").format(
        sql.Literal(table), sql.Identifier(table)
    )


def _file(name: str) -> bytes:
    return files("provision.demo").joinpath(name).read_bytes()
