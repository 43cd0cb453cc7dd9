"""Rows into a table by COPY, and sequences behind them: the same for a new database and for an existing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from provision.dialects.postgresql.connection import identifier
from provision.dialects.postgresql.copytext import render
from provision.dialects.postgresql.failures import translated

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from provision.model.batch import SafeBatch
    from provision.model.names import TableName


def copy_rows(connection: psycopg.Connection, table: TableName, batches: Iterable[SafeBatch]) -> int:
    """Copy batches into a table, in one COPY; the columns are those of the first batch.

    COPY fills ``GENERATED ALWAYS AS IDENTITY`` columns like any other; generated columns are not among the batches'.

    Returns: the rows that the server took; 0 without a batch.
    """
    feed = iter(batches)
    first = next(feed, None)
    if first is None:
        return 0
    columns = sql.SQL(", ").join(map(sql.Identifier, first.frame.columns))
    statement = sql.SQL("copy {} ({}) from stdin").format(identifier(table), columns)
    with translated("copy rows into the target", table=table), connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            copy.write(render(first.frame))
            for batch in feed:
                copy.write(render(batch.frame))
        return cursor.rowcount


def set_sequence(connection: psycopg.Connection, name: TableName, last: int) -> None:
    """Let a sequence go on after ``last``. Not undone by a rollback."""
    with translated("set a sequence", table=name):
        connection.execute(
            sql.SQL("select pg_catalog.setval({}::regclass, {}, true)").format(
                sql.Literal(identifier(name).as_string(connection)), sql.Literal(last)
            )
        )
