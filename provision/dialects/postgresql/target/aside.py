"""A database that is built beside the target: schema, rows, indexes; nobody sees it before it takes the target's place."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from provision.dialects.postgresql.connection import connect, identifier
from provision.dialects.postgresql.failures import translate, translated
from provision.dialects.postgresql.statements import database_options
from provision.dialects.postgresql.target.copying import copy_rows, set_sequence
from provision.dialects.postgresql.target.server import Marker, aside_name, drop
from provision.dialects.postgresql.target.state import record, record_counters, report_changes
from provision.dialects.postgresql.target.swap import take_place
from provision.errors import DatabaseError
from provision.model.names import TableName
from provision.model.report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provision.dialects.postgresql.target.server import DatabaseFacts, Desk, Login
    from provision.model.batch import SafeBatch
    from provision.model.load import Sessions
    from provision.model.manifest import DdlEntry
    from provision.ports import SnapshotReader

SCHEMA_SECONDS = 600  # for one entry before the rows; an index on many rows may take as long as it takes
# Nothing of an unfinished database survives a crash anyway, so its commits need not wait for the disk: the rename's
# own commit is synchronous and comes later in the same WAL.
BUILD_SETTINGS = (
    "set synchronous_commit = off",
    "set default_transaction_read_only = off",
    "set check_function_bodies = off",  # functions come before the tables they read
    "set client_min_messages = error",
    "set default_tablespace = ''",
    "set default_table_access_method = heap",
)
INDEX_MEMORY = "set maintenance_work_mem = '256MB'"  # per lane; sorts of up to some million keys stay in memory
ENCODING_ONLY = {"42809", "22023", "0A000"}  # what servers say of a locale that their system does not have
LOCALE_OPTIONS = frozenset({"LOCALE", "LC_COLLATE", "LC_CTYPE", "BUILTIN_LOCALE", "ICU_LOCALE", "ICU_RULES"})
PROVIDERS = frozenset({"libc", "icu", "builtin"})


class Aside:
    """A `ports.Building`: a new database with a connection for each lane.

    Args: desk: the target's server. snapshot: what is loaded. target: the database that will be replaced, None where
    there is none. login: the role that we connect as; statements of the schema run as the target's owner.
    """

    def __init__(  # what it is built of, named
        self,
        desk: Desk,
        *,
        snapshot: SnapshotReader,
        target: DatabaseFacts | None,
        login: Login,
        lanes: int,
        sessions: Sessions,
        wait_seconds: float,
        observe: Callable[[str], None],
    ) -> None:
        self.lanes = lanes
        self.name = aside_name(desk.database, "new")
        self.findings: list[Finding] = []
        self._desk = desk
        self._snapshot = snapshot
        self._target = target
        self._login = login
        self._owner = target.owner if target else login.name
        self._sessions = sessions
        self._wait_seconds = wait_seconds
        self._observe = observe
        self._connections: list[psycopg.Connection] = []
        self._canceled = threading.Event()
        self._clearing = threading.Lock()
        self._cleared: set[TableName] = set()
        self._made_by_schema = {TableName(e.schema, e.name) for e in snapshot.ddl() if e.kind == "TABLE"}

    def open(self) -> None:
        """Make the database and connect its lanes."""
        self._create()
        self._observe("created")
        for _ in range(self.lanes):
            self._connections.append(self._connect())
        with translated("set the lanes up"):
            for connection in self._connections:
                connection.execute(INDEX_MEMORY.encode())

    def close(self) -> None:
        """Drop what was not published."""
        self._disconnect()
        with contextlib.suppress(DatabaseError):  # the next load heals; the first error is the one to tell
            drop(self._desk, self.name)

    def define(self, entry: DdlEntry, *, lane: int) -> None:
        """Carry out one entry, by the simple protocol, by itself."""
        if entry.kind == "DATABASE":
            return
        connection = self._connections[lane]
        as_login = entry.kind == "EXTENSION" and self._owner != self._login.name
        try:
            if as_login:
                connection.execute("reset role")
            connection.execute(entry.sql.encode())
            if as_login:
                self._become_owner(connection)
        except psycopg.Error as error:
            if entry.kind == "POLICY" and error.sqlstate == "42704":
                self.findings.append(_policy_left_out(entry))
                return
            raise _not_made(entry, error, target=self._desk.database) from None
        self._observe(f"define {entry.kind}")

    def write(self, table: TableName, batches: Iterable[SafeBatch], *, lane: int) -> int:
        """Copy batches into the table; a table that came with rows of its extension loses them first."""
        connection = self._connections[lane]
        if table not in self._made_by_schema:
            self._clear_once(connection, table)
        count = copy_rows(connection, table, batches)
        self._observe("rows")
        return count

    def refresh_view(self, view: TableName, *, lane: int) -> Finding | None:
        """Fill a materialised view; one that cannot be filled stays empty and is reported."""
        try:
            self._connections[lane].execute(sql.SQL("refresh materialized view {}").format(identifier(view)))
        except psycopg.Error as error:
            if self._canceled.is_set() or error.sqlstate is None:
                raise translate(error, doing="fill a materialised view", table=view) from None
            return view_left_empty(view, error)
        return None

    def finish_table(self, table: TableName, *, lane: int) -> int:
        """Gather statistics and count the rows; partitions count with their root, inheriting tables do not."""
        connection = self._connections[lane]
        with translated("gather statistics", table=table):
            connection.execute(sql.SQL("analyze {}").format(identifier(table)))
            return count_rows(connection, table)

    def set_sequence(self, name: TableName, last: int, *, lane: int) -> None:
        """Let the sequence go on after this value."""
        set_sequence(self._connections[lane], name, last)

    def unvalidated(self) -> tuple[str, ...]:
        """Constraints that are not validated although the schema has them so, and indexes that are not valid."""
        known = {
            (entry.schema, entry.name)
            for entry in self._snapshot.ddl()
            if entry.kind.endswith("CONSTRAINT") and entry.sql.rstrip("; \n").endswith(("NOT VALID", "NOT ENFORCED"))
        }
        with translated("see whether all constraints hold"):
            rows = (
                self._connections[0]
                .execute(
                    "select n.nspname, coalesce(c.relname, t.typname) || ' ' || k.conname from pg_catalog.pg_constraint k"
                    " join pg_catalog.pg_namespace n on n.oid = k.connamespace"
                    " left join pg_catalog.pg_class c on c.oid = k.conrelid"
                    " left join pg_catalog.pg_type t on t.oid = k.contypid"
                    " where not k.convalidated and k.conparentid = 0 and k.conislocal"
                    " union all select n.nspname, c.relname from pg_catalog.pg_index i"
                    " join pg_catalog.pg_class c on c.oid = i.indexrelid"
                    " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
                    " where c.oid >= 16384 and c.relkind = 'i' and not i.indisvalid"
                )
                .fetchall()
            )
        return tuple(f"{schema}.{name}" for schema, name in sorted(rows) if (schema, name) not in known)

    def cancel(self) -> None:
        """Stop what the lanes are doing."""
        self._canceled.set()
        for connection in self._connections:
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=5)

    def publish(self) -> tuple[Finding, ...]:
        """Write down what was loaded, then take the target's place."""
        for connection in self._connections:
            report_changes(connection)
        self._disconnect()
        with contextlib.closing(self._connect()) as connection:
            record(connection, snapshot=self._snapshot.id, content=self._snapshot.content, mode="replace")
            record_counters(connection)
        self._observe("built")
        findings = take_place(
            self._desk,
            self.name,
            target=self._target,
            sessions=self._sessions,
            wait_seconds=self._wait_seconds,
            observe=self._observe,
        )
        return (*self.findings, *findings)

    def _create(self) -> None:
        said = next((entry.sql for entry in self._snapshot.ddl() if entry.kind == "DATABASE"), "")
        options = database_options(said)
        try:
            self._create_with(options)
        except DatabaseError as error:
            if error.sqlstate not in ENCODING_ONLY or not options.keys() & LOCALE_OPTIONS:
                raise
            self._create_with({name: text for name, text in options.items() if name == "ENCODING"})
            self.findings.append(
                Finding(
                    code="PRV621",
                    severity=Severity.WARN,
                    message="the target's server does not have the source's locale: its own is used, text may sort otherwise",
                    fix="install the locale on the target's server",
                )
            )
        self._desk.mark(self.name, Marker(role="new", of=self._desk.database))

    def _create_with(self, options: dict[str, str]) -> None:
        parts = [
            sql.SQL("create database {} template template0 owner {}").format(
                sql.Identifier(self.name), sql.Identifier(self._owner)
            )
        ]
        parts += [
            sql.SQL("{} {}").format(sql.SQL(name), sql.Literal(text))
            for name, text in sorted(options.items())
            if name == "ENCODING" or name in LOCALE_OPTIONS
        ]
        if options.get("LOCALE_PROVIDER") in PROVIDERS:
            parts.append(sql.SQL("locale_provider {}").format(sql.Identifier(options["LOCALE_PROVIDER"])))
        # Naming pg_default asks for a privilege on it that being silent does not.
        if self._target is not None and self._target.tablespace != "pg_default":
            parts.append(sql.SQL("tablespace {}").format(sql.Identifier(self._target.tablespace)))
        self._desk.run(sql.SQL(" ").join(parts), doing="make the new database")

    def _clear_once(self, connection: psycopg.Connection, table: TableName) -> None:
        """Empty a table that an extension made, perhaps with rows (spatial_ref_sys): the snapshot has them all."""
        with self._clearing, translated("empty the table of an extension", table=table):
            if table in self._cleared:
                return
            connection.execute("reset role")
            connection.execute(sql.SQL("truncate only {}").format(identifier(table)))
            self._become_owner(connection)
            self._cleared.add(table)

    def _connect(self) -> psycopg.Connection:
        connection = connect(self._desk.url, database=self.name, lock_seconds=0, statement_seconds=0)
        try:
            with translated("set the lanes up"):
                for setting in BUILD_SETTINGS:
                    connection.execute(setting.encode())
                self._become_owner(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _become_owner(self, connection: psycopg.Connection) -> None:
        if self._owner != self._login.name:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(self._owner)))

    def _disconnect(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()


def count_rows(connection: psycopg.Connection, table: TableName) -> int:
    """The table's own rows; those of its partitions, not those of tables that inherit from it."""
    row = connection.execute(
        "select relkind from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = %s",
        (table.schema, table.name),
    ).fetchone()
    only = sql.SQL("") if row == ("p",) else sql.SQL("only ")
    counted = connection.execute(sql.SQL("select count(*) from {}{}").format(only, identifier(table))).fetchone()
    return counted[0] if counted else 0


def view_left_empty(view: TableName, error: psycopg.Error) -> Finding:
    """A materialised view that could not be filled."""
    return Finding(
        code="PRV623",
        severity=Severity.WARN,
        message=f"materialised view {view} could not be filled (SQLSTATE {error.sqlstate})",
        where=str(view),
        fix="run REFRESH MATERIALIZED VIEW in the target to see why; it may rely on a search_path",
    )


def _policy_left_out(entry: DdlEntry) -> Finding:
    return Finding(
        code="PRV626",
        severity=Severity.WARN,
        message=f"policy {entry.name} of {entry.table} names a role that the target's server does not have",
        where=entry.table,
        fix="make the role there and load again; until then the policy is missing",
    )


def _not_made(entry: DdlEntry, error: psycopg.Error, *, target: str) -> DatabaseError:
    what = f"{entry.kind.lower()} {entry.schema + '.' if entry.schema else ''}{entry.name}"
    if entry.kind == "EXTENSION":
        return DatabaseError(
            "PRV612",
            f"{what} cannot be made on the server of {target} (SQLSTATE {error.sqlstate})",
            fix="install the extension on the target's server, or load as a role that may create it",
            sqlstate=error.sqlstate,
        )
    # Only the names that SQLSTATE class 42 (undefined object, wrong type, …) is about; other classes quote rows.
    said = error.diag.message_primary if (error.sqlstate or "").startswith("42") else None
    meaning = f": {said}" if said else f" (SQLSTATE {error.sqlstate})"
    names = f", constraint {error.diag.constraint_name}" if error.diag.constraint_name else ""
    return DatabaseError(
        "PRV612",
        f"{what} cannot be made in {target}{meaning}{names}",
        fix="look at this entry with `provision snapshot show --ddl`; the target was left as it was",
        sqlstate=error.sqlstate,
    )
