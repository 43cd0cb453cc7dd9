"""The proof that a target is not the source, before anything is written.

Names prove nothing: aliases, tunnels and poolers lead to the same server by many names. A lock does: an advisory lock
taken on the source is seen on the target only if both are one server.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.failures import translated
from provision.dialects.postgresql.target.server import desk_of
from provision.errors import DatabaseError, SafetyError

if TYPE_CHECKING:
    import psycopg

    from provision.model.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    identifier: int | None  # of the cluster's files: copies made by files share it
    timeline: int | None
    standby: bool


def prove_distinct(source: Secret, target: Secret, *, physical_copy_of_source: bool = False) -> None:
    """Refuse a target that is the source, or that cannot be told from it.

    Args:
        source: the database that rows come from; a lock is held on it for a moment (a standby allows that too).
        target: the database that would be replaced or refreshed; it need not exist yet.
        physical_copy_of_source: the project says that the target's server is a copy of the source's files.

    Raises:
        SafetyError: PRV601 where they are one database; PRV602 where only ``physical_copy_of`` could tell them apart,
            or where not even that can.
        DatabaseError: what `connect` raises.
    """
    with connect(source) as reader, desk_of(target, exclusive=False) as desk:
        writer, database = desk.connection, desk.database
        ours, theirs = _server(reader), _server(writer)
        here = _database(reader)
        if _sees_lock_of(reader, writer, database=database):
            raise SafetyError(
                "PRV601",
                f"the target {database} is the source itself",
                fix="point the target at another database; a load would replace the rows it was taken from",
            )
        if ours.identifier is None or theirs.identifier is None:
            raise SafetyError(
                "PRV602",
                f"the target {database} cannot be told from the source: their system identifiers are not readable",
                fix="GRANT EXECUTE ON FUNCTION pg_control_system() to the roles that read and load",
            )
        if ours.identifier != theirs.identifier or here != database:
            return
        if ours.standby and not theirs.standby and ours.timeline == theirs.timeline:
            raise SafetyError(
                "PRV602",
                f"the target {database} may be the primary of the standby that is the source",
                fix="load another database, or promote the copy, which gives it a timeline of its own",
            )
        if not physical_copy_of_source:
            raise SafetyError(
                "PRV602",
                f"the target {database} lies on a server that is a physical copy of the source's",
                fix="if it is a copy that may be overwritten, say physical_copy_of: SOURCE on the target",
            )


def _sees_lock_of(reader: psycopg.Connection, writer: psycopg.Connection, *, database: str) -> bool:
    """Whether a lock that the reader takes is held, as the writer sees it, in the database of that name."""
    high, low = secrets.randbits(31), secrets.randbits(31)
    with translated("compare source and target"):
        reader.execute("select pg_catalog.pg_advisory_lock(%s, %s)", (high, low))
        row = writer.execute(
            "select count(*) from pg_catalog.pg_locks l join pg_catalog.pg_database d on d.oid = l.database"
            " where l.locktype = 'advisory' and l.classid = %s and l.objid = %s and l.objsubid = 2 and l.granted"
            " and d.datname = %s",
            (high, low, database),
        ).fetchone()
        reader.execute("select pg_catalog.pg_advisory_unlock(%s, %s)", (high, low))
    return row != (0,)


def _server(connection: psycopg.Connection) -> _Server:
    with translated("read whether the server is a standby"):
        row = connection.execute("select pg_catalog.pg_is_in_recovery()").fetchone()
    try:
        with translated("read the system identifier"):
            control = connection.execute(
                "select s.system_identifier, c.timeline_id"
                " from pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c"
            ).fetchone()
    except DatabaseError as error:
        if error.sqlstate != "42501":
            raise
        control = None
    identifier, timeline = control or (None, None)
    return _Server(identifier=identifier, timeline=timeline, standby=row == (True,))


def _database(connection: psycopg.Connection) -> str:
    with translated("read the database's name"):
        row = connection.execute("select current_database()").fetchone()
    return str(row[0]) if row else ""
