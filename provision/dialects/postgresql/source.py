"""PostgreSQL as a source: one READ ONLY snapshot that all lanes share, its catalog, rows and schema.

Nothing is written, no temporary table is made, so a hot standby and SELECT on what is taken are enough.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import psycopg
from psycopg import sql

from provision.dialects.postgresql.comparison import comparisons
from provision.dialects.postgresql.connection import apply_settings, connect
from provision.dialects.postgresql.copytext import storage_type
from provision.dialects.postgresql.dump import dump_schema
from provision.dialects.postgresql.failures import translated
from provision.dialects.postgresql.keys import PostgresKeys
from provision.dialects.postgresql.read import copy_frames, key_conditions, select_rows
from provision.dialects.postgresql.reflect import reflect
from provision.errors import DatabaseError
from provision.model.batch import RawBatch
from provision.model.manifest import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from provision.model.catalog import Catalog, Table
    from provision.model.graph import Relation
    from provision.model.names import TableName
    from provision.model.plan import Root
    from provision.model.secret import Secret

_TOKEN = re.compile(r"[0-9A-Fa-f]+-[0-9A-Fa-f]+-[0-9]+")
_EXPORT = """
select pg_export_snapshot(), to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
"""
_AS_OF = """
select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
"""


class PostgresSource:
    """A PostgreSQL database that rows come from; implements `ports.Source`.

    Args:
        name: what the project calls it.
        url: where it is.
        connections: how many connections the whole run may hold at most.
        statement_seconds: how long a statement may run; None leaves the server's own setting.
        as_of: what ``:as_of`` means in conditions, as a timestamp's text; None for the time of the snapshot.
    """

    def __init__(
        self,
        name: str,
        url: Secret,
        *,
        connections: int = 4,
        statement_seconds: float | None = None,
        as_of: str | None = None,
    ) -> None:
        self.name = name
        self.connections = connections
        self._as_of = as_of
        self._url = url
        self._statement_seconds = statement_seconds
        self._catalog: Catalog | None = None

    def __repr__(self) -> str:
        return f"PostgresSource({self.name})"

    def reflect(self) -> Catalog:
        """The catalog, read in one snapshot.

        Raises: DatabaseError if the server cannot be reached, refuses or breaks off.
        """
        with self._transaction(None) as connection:
            self._catalog = reflect(connection)
        return self._catalog

    @contextmanager
    def session(self, token: str | None = None) -> Iterator[PostgresSession]:
        """Begin the snapshot and export it, or join the one that ``token`` names.

        The snapshot lives as long as the session that began it.

        Raises: DatabaseError: PRV317 where the snapshot cannot be joined.
        """
        with self._transaction(token) as connection:
            with translated("begin the snapshot"):
                if token is None:
                    ((token, as_of),) = connection.execute(_EXPORT).fetchall()
                else:
                    ((as_of,),) = connection.execute(_AS_OF).fetchall()
            yield PostgresSession(connection, token=token, as_of=self._as_of or as_of, catalog=self._catalog)

    def schema(self, *, token: str | None, skip: tuple[TableName, ...]) -> Schema:
        """The schema without the skipped tables, and what else was left out of it."""
        dump = dump_schema(self._url, skip=skip, snapshot=token)
        return Schema(entries=dump.entries, left_out=tuple(map(str, dump.left_out)))

    @contextmanager
    def _transaction(self, token: str | None) -> Iterator[psycopg.Connection]:
        connection = connect(self._url, statement_seconds=self._statement_seconds)
        try:
            with translated("begin the snapshot"):
                connection.execute("begin isolation level repeatable read read only")
            if token is not None:
                _join(connection, token)  # before any query, or the transaction has a snapshot of its own
            apply_settings(connection, local=True)
            yield connection
        finally:
            connection.close()


class PostgresSession:
    """One connection inside the snapshot; implements `ports.SourceSession`.

    ``as_of`` is what the source was told, else the time of this session's own transaction: that of the snapshot in
    the session that began it.
    """

    def __init__(
        self, connection: psycopg.Connection, *, token: str, as_of: str, catalog: Catalog | None = None
    ) -> None:
        self.token = token
        self.as_of = as_of
        self._connection = connection
        self._catalog = catalog
        self._reader: PostgresKeys | None = None

    def roots(self, root: Root, columns: tuple[str, ...]) -> pl.DataFrame:
        """Rows that meet the root's condition; see `ports.KeyReader`."""
        return self._keys.roots(root, columns)

    def every(self, table: TableName, columns: tuple[str, ...]) -> pl.DataFrame:
        """All rows of the table; see `ports.KeyReader`."""
        return self._keys.every(table, columns)

    def match(
        self,
        table: TableName,
        columns: tuple[str, ...],
        *,
        on: tuple[str, ...],
        keys: pl.DataFrame,
        where: str | None = None,
        equals: tuple[tuple[str, str], ...] = (),
        order_by: str | None = None,
    ) -> pl.DataFrame:
        """Rows whose ``on`` columns equal one of the keys; see `ports.KeyReader`."""
        return self._keys.match(table, columns, on=on, keys=keys, where=where, equals=equals, order_by=order_by)

    def related(
        self,
        relation: Relation,
        columns: tuple[str, ...],
        *,
        side: Literal["parents", "children"],
        keys: pl.DataFrame,
        where: str | None = None,
        order_by: str | None = None,
    ) -> pl.DataFrame:
        """Rows that the relation's own operators join with the keys; see `ports.KeyReader`."""
        return self._keys.related(relation, columns, side=side, keys=keys, where=where, order_by=order_by)

    def rows(
        self, table: Table, columns: tuple[str, ...], *, identity: tuple[str, ...], keys: pl.DataFrame | None
    ) -> Iterator[RawBatch]:
        """Rows with these identities, or all rows where ``keys`` is None, in no particular order.

        Frames have the asked columns in the order asked; a table without such rows yields none. Read it to its end:
        leaving it before aborts the transaction.

        Raises: DatabaseError, also where the connection breaks in the middle.
        """
        schema = {name: storage_type(table.column(name).type) for name in columns}
        if keys is None:
            queries = iter([select_rows(table, columns)])
        else:
            comparing = comparisons(self._connection, table.name, identity)
            queries = (
                select_rows(table, columns, condition=condition)
                for condition in key_conditions(identity, keys, comparing)
            )
        for query in queries:
            for frame in copy_frames(self._connection, query, schema, table=table.name):
                yield RawBatch(table=table.name, frame=frame)

    @property
    def _keys(self) -> PostgresKeys:
        # Lanes read rows alone: the catalog is read here where nobody has, in the snapshot itself.
        if self._reader is None:
            if self._catalog is None:
                self._catalog = reflect(self._connection)
            self._reader = PostgresKeys(self._connection, self._catalog, as_of=self.as_of)
        return self._reader


def _join(connection: psycopg.Connection, token: str) -> None:
    state = "22023"
    if _TOKEN.fullmatch(token):
        try:
            connection.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(token)))
        except psycopg.Error as error:
            state = error.sqlstate or "08006"
        else:
            return
    why = {
        "0A000": "it belongs to another database",
        "08006": "the connection broke",
    }.get(state, "the session that exported it is gone, or a pooler led this connection to another server")
    raise DatabaseError(
        "PRV317",
        f"cannot join the snapshot: {why} (SQLSTATE {state})",
        fix="connect to the server itself instead of a pooler, and run again",
        sqlstate=state,
    )
