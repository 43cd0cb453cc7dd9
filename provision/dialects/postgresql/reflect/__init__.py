"""Reflection: one PostgreSQL database as its own catalog describes it.

Everything comes from ``pg_catalog`` with a fixed number of queries, however many tables there are. The connection must
be inside one transaction of REPEATABLE READ, so that all queries see the same catalog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from provision.dialects.postgresql.failures import translated
from provision.dialects.postgresql.reflect.columns import read_columns
from provision.dialects.postgresql.reflect.database import read_database
from provision.dialects.postgresql.reflect.foreign_keys import read_foreign_keys
from provision.dialects.postgresql.reflect.keys import read_indexes
from provision.dialects.postgresql.reflect.relations import read_relations
from provision.dialects.postgresql.reflect.rules import read_checks, read_triggers
from provision.dialects.postgresql.reflect.sequences import read_sequences
from provision.model.catalog import Catalog, Table

if TYPE_CHECKING:
    import psycopg


def reflect(connection: psycopg.Connection) -> Catalog:
    """The catalog of the connected database: all schemas but the server's own.

    Raises: DatabaseError if the server refuses or breaks off.
    """
    with translated("read the catalog", role=connection.info.user), connection.cursor(row_factory=dict_row) as cursor:
        database = read_database(cursor)
        relations = read_relations(cursor)
        columns = read_columns(cursor)
        indexes = read_indexes(cursor)
        checks = read_checks(cursor)
        triggers = read_triggers(cursor)
        return Catalog(
            dialect="postgresql",
            server_version=database.server_version,
            database=database.name,
            system_identifier=database.system_identifier,
            encoding=database.encoding,
            tables=tuple(
                Table(
                    name=relation.name,
                    kind=relation.kind,
                    columns=columns.get(oid, ()),
                    keys=indexes.keys.get(oid, ()),
                    checks=checks.get(oid, ()),
                    triggers=triggers.get(oid, ()),
                    partitions=relation.partitions,
                    partition_key=relation.partition_key,
                    inherits=relation.inherits,
                    row_security=relation.row_security,
                    readable=relation.readable,
                    extension=relation.extension,
                    persistence=relation.persistence,
                    replica_identity=relation.replica_identity,
                    rows_estimate=relation.rows_estimate,
                    bytes=relation.bytes,
                    lookups=indexes.lookups.get(oid, ()),
                )
                for oid, relation in relations.tables.items()
            ),
            foreign_keys=read_foreign_keys(cursor, relations, indexes),
            sequences=read_sequences(cursor, relations),
            extensions=database.extensions,
            views=relations.views,
        )
