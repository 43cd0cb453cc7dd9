"""A published snapshot without a store: rows and schema straight from a database, or made in the test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl
import psycopg
from psycopg import sql

from provision.dialects.postgresql.connection import connect, identifier
from provision.dialects.postgresql.copytext import parse
from provision.dialects.postgresql.dump import dump_schema
from provision.model.batch import SafeBatch
from provision.model.names import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from provision.model.manifest import DdlEntry
    from provision.model.secret import Secret

INTEGERS = {"smallint", "integer", "bigint"}


@dataclass(kw_only=True)
class FakeSnapshot:
    """A `ports.SnapshotReader` that holds its rows in memory."""

    id: str
    content: str
    server_version: int
    entries: tuple[DdlEntry, ...] = ()
    types: Mapping[TableName, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    frames: dict[TableName, pl.DataFrame] = field(default_factory=dict)
    last_values: dict[TableName, int] = field(default_factory=dict)
    part_rows: int = 1000

    def ddl(self) -> tuple[DdlEntry, ...]:
        return self.entries

    def tables(self) -> tuple[TableName, ...]:
        return tuple(sorted(self.frames))

    def columns(self, table: TableName) -> tuple[tuple[str, str], ...]:
        return self.types[table]

    def rows(self, table: TableName) -> int:
        return self.frames[table].height

    def sequences(self) -> Mapping[TableName, int]:
        return self.last_values

    def batches(self, table: TableName) -> Iterator[SafeBatch]:
        for frame in self.frames[table].iter_slices(self.part_rows):
            yield SafeBatch(table=table, frame=frame)


def snapshot_of(
    url: Secret,
    *,
    programs: Path | None = None,
    skip: tuple[TableName, ...] = (),
    part_rows: int = 1000,
) -> FakeSnapshot:
    """All rows of a database, its schema and its sequences, as a snapshot would hold them."""
    dump = dump_schema(url, programs=programs, skip=skip)
    with connect(url) as connection:
        types = _types(connection, skip=skip)
        frames = {table: _frame(connection, table, columns) for table, columns in types.items()}
        sequences = connection.execute(
            "select schemaname, sequencename, last_value from pg_sequences where last_value is not null"
            " and schemaname <> 'provision'"
        ).fetchall()
        version = connection.info.server_version
    digest = hashlib.sha256(repr((dump.entries, sorted(frames))).encode())
    for table in sorted(frames):
        digest.update(frames[table].write_csv().encode())
    return FakeSnapshot(
        id=digest.hexdigest(),
        content=digest.hexdigest(),
        server_version=version,
        entries=dump.entries,
        types=types,
        frames=frames,
        last_values={TableName(schema, name): last for schema, name, last in sequences},
        part_rows=part_rows,
    )


def _types(
    connection: psycopg.Connection, *, skip: tuple[TableName, ...]
) -> dict[TableName, tuple[tuple[str, str], ...]]:
    rows = connection.execute(
        "select n.nspname, c.relname, coalesce(array_agg(array[a.attname::text, format_type(a.atttypid, a.atttypmod)]"
        " order by a.attnum) filter (where a.attname is not null), '{}')"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''"
        " where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_'"
        " and n.nspname not in ('information_schema', 'provision') group by 1, 2"
    ).fetchall()
    return {
        TableName(schema, name): tuple((column, type_) for column, type_ in columns)
        for schema, name, columns in rows
        if TableName(schema, name) not in skip
    }


def _frame(connection: psycopg.Connection, table: TableName, columns: tuple[tuple[str, str], ...]) -> pl.DataFrame:
    storage: dict[str, pl.DataType] = {
        name: pl.Int64() if type_ in INTEGERS else pl.Boolean() if type_ == "boolean" else pl.String()
        for name, type_ in columns
    }
    row = connection.execute(
        "select relkind = 'p' from pg_class where oid = %s::regclass", (identifier(table).as_string(),)
    )
    only = sql.SQL("") if row.fetchone() == (True,) else sql.SQL("only ")
    query = sql.SQL("copy (select {} from {}{}) to stdout").format(
        sql.SQL(", ").join(map(sql.Identifier, storage)), only, identifier(table)
    )
    data = bytearray()
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for piece in copy:
            data += piece
    return parse(data, storage)
