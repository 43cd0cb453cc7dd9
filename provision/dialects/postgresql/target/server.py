"""The server that a target lies on: its databases, what the loading role may do, one load at a time, healing.

All this is done from a maintenance database beside the target, since a database can be neither made nor renamed from
within. Databases that we make carry a marker in their comment, so that whatever a crash leaves behind is recognised.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg import sql

from provision.dialects.postgresql.connection import connect, conninfo_of
from provision.dialects.postgresql.failures import translated
from provision.errors import DatabaseError, LockedError
from provision.model.report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from provision.model.secret import Secret

MAINTENANCE = ("postgres", "template1")
NAME_BYTES = 63
MARK = "provision"
_ASIDE = re.compile(r"__provision_(new|old)_[0-9a-f]{8}$")

Role = Literal["new", "old"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The role that we connect as."""

    name: str
    superuser: bool
    may_create: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What `pg_database` says of one database."""

    oid: int
    name: str
    owner: str
    open: bool
    limit: int
    template: bool
    tablespace: str
    comment: str | None
    granted: bool  # its privileges are not the default ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What our comment on a database says: that it is the new or the old one of a target, and how far the load was."""

    role: Role
    of: str
    sealed: bool = False  # the target may have been closed to new sessions by us

    def text(self) -> str:
        """The comment."""
        return json.dumps({MARK: 1, "role": self.role, "of": self.of, "sealed": self.sealed}, ensure_ascii=False)

    @classmethod
    def read(cls, comment: str | None) -> Marker | None:
        """The marker in a comment, None for any other comment."""
        try:
            said = json.loads(comment or "")
            if said[MARK] != 1 or said["role"] not in {"new", "old"}:
                return None
            return cls(role=said["role"], of=str(said["of"]), sealed=bool(said["sealed"]))
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Desk:
    """A connection to the maintenance database; ``database`` is the target's name."""

    connection: psycopg.Connection
    database: str
    url: Secret

    def run(self, statement: sql.Composed | sql.SQL, *, doing: str) -> None:
        """Carry out one statement."""
        with translated(doing):
            self.connection.execute(statement)

    def login(self) -> Login:
        """The role that we connect as, and what it may."""
        with translated("read the role's privileges"):
            row = self.connection.execute(
                "select rolname, rolsuper, rolsuper or rolcreatedb from pg_catalog.pg_roles where rolname = current_user"
            ).fetchone()
        if row is None:
            raise DatabaseError("PRV608", "the role that loads is not in pg_roles")
        return Login(name=row[0], superuser=row[1], may_create=row[2])

    def facts(self, name: str | None = None) -> DatabaseFacts | None:
        """Facts of a database (the target by default); None if there is no such database."""
        with translated("read pg_database"):
            row = self.connection.execute(
                "select d.oid::bigint, d.datname, pg_get_userbyid(d.datdba), d.datallowconn, d.datconnlimit,"
                " d.datistemplate, t.spcname, shobj_description(d.oid, 'pg_database'), d.datacl is not null"
                " from pg_catalog.pg_database d join pg_catalog.pg_tablespace t on t.oid = d.dattablespace"
                " where d.datname = %s",
                (self.database if name is None else name,),
            ).fetchone()
        if row is None:
            return None
        names = ("oid", "name", "owner", "open", "limit", "template", "tablespace", "comment", "granted")
        return DatabaseFacts(**dict(zip(names, row, strict=True)))

    def mark(self, name: str, marker: Marker | None) -> None:
        """Set a database's comment to our marker."""
        comment = sql.SQL("comment on database {} is {}").format(
            sql.Identifier(name), sql.Literal(marker.text() if marker else None)
        )
        self.run(comment, doing="mark the database")

    def blockers(self) -> tuple[str, ...]:
        """What would keep the target from being renamed or dropped: prepared transactions, slots, subscriptions."""
        with translated("read what holds the database"):
            rows = self.connection.execute(
                "select 'prepared transaction ' || gid from pg_catalog.pg_prepared_xacts where database = %(d)s"
                " union all select 'replication slot ' || slot_name from pg_catalog.pg_replication_slots"
                " where database = %(d)s"
                " union all select 'subscription ' || subname from pg_catalog.pg_subscription s"
                " join pg_catalog.pg_database d on d.oid = s.subdbid where d.datname = %(d)s order by 1",
                {"d": self.database},
            ).fetchall()
        return tuple(name for (name,) in rows)


@contextlib.contextmanager
def desk_of(url: Secret, *, exclusive: bool = True) -> Iterator[Desk]:
    """Open the maintenance database of the target's server; ``exclusive`` lets only one load of a target at a time.

    Raises: LockedError PRV610 where another load is at work; what `connect` raises.
    """
    database = target_name(url)
    connection = _maintenance(url, database=database)
    try:
        if exclusive:
            _lock(connection, database=database)
        connection.execute("set client_min_messages = error")
        yield Desk(connection, database, url)
    finally:
        connection.close()


def target_name(url: Secret) -> str:
    """The database that a URL names.

    Raises: DatabaseError PRV301 if it names none.
    """
    name = str(conninfo_of(url).get("dbname") or "")
    if not name:
        raise DatabaseError("PRV301", "the URL of a target must name a database", fix="postgresql://host/DATABASE")
    return name


def aside_name(database: str, role: Role) -> str:
    """A new name beside the target's, at most 63 bytes: ``dev__provision_new_1f0c2a7b``."""
    suffix = f"__provision_{role}_{secrets.token_hex(4)}"
    return database.encode()[: NAME_BYTES - len(suffix)].decode(errors="ignore") + suffix


def heal(desk: Desk) -> tuple[Finding, ...]:
    """Clear away what a crashed load of this target left: reopen what it closed, drop what it made or replaced.

    Every state that a crash can leave is either before the swap (the new database is dropped, the target reopened) or
    after it (the old one is dropped); the swap itself is one transaction.
    """
    findings: list[Finding] = []
    for name, marker in _left_behind(desk):
        target = desk.facts()
        if marker.role == "old" and target is None:
            rename = sql.SQL("alter database {} rename to {}").format(
                sql.Identifier(name), sql.Identifier(desk.database)
            )
            desk.run(rename, doing="put the old database back")
            desk.mark(desk.database, None)
            reopen(desk)
            findings.append(_healed(f"{desk.database} was gone: its former state {name} took its place again"))
            continue
        if marker.role == "new" and marker.sealed and target is not None and not target.open:
            reopen(desk)
            findings.append(_healed(f"{desk.database} had been closed by a load that broke off: it is open again"))
        drop(desk, name)
        findings.append(_healed(f"{name}, left by a load that broke off, was dropped"))
    return tuple(findings)


def reopen(desk: Desk) -> None:
    """Let sessions connect to the target."""
    statement = sql.SQL("alter database {} allow_connections true").format(sql.Identifier(desk.database))
    desk.run(statement, doing="open the database")


def drop(desk: Desk, name: str) -> None:
    """Drop a database that we made or replaced, whoever may be connected to it."""
    desk.run(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)), doing="drop a database")


def _left_behind(desk: Desk) -> list[tuple[str, Marker]]:
    with translated("look for what a load left behind"):
        rows = desk.connection.execute(
            "select datname, shobj_description(oid, 'pg_database') from pg_catalog.pg_database"
            " where datname ~ '__provision_(new|old)_[0-9a-f]{8}$' order by datname"
        ).fetchall()
    found = []
    for name, comment in rows:
        marker = Marker.read(comment)
        role = _ASIDE.search(name)
        # Both name and comment must say so: nobody's database is dropped for looking like ours.
        if marker is not None and role is not None and role[1] == marker.role and marker.of == desk.database:
            found.append((name, marker))
    return found


def _maintenance(url: Secret, *, database: str) -> psycopg.Connection:
    failure: DatabaseError | None = None
    for name in MAINTENANCE:
        if name == database:
            continue
        try:
            return connect(url, database=name)
        except DatabaseError as error:
            failure = failure or error
    if failure is None:
        raise AssertionError("one of two maintenance databases is not the target")
    raise failure


def _lock(connection: psycopg.Connection, *, database: str) -> None:
    key = int.from_bytes(hashlib.sha256(f"provision load {database}".encode()).digest()[:8], "big", signed=True)
    with translated("lock the target"):
        row = connection.execute("select pg_catalog.pg_try_advisory_lock(%s)", (key,)).fetchone()
    if row != (True,):
        raise LockedError("PRV610", f"another load of {database} is at work", fix="try again when it is done")


def _healed(message: str) -> Finding:
    return Finding(code="PRV625", severity=Severity.INFO, message=message)
