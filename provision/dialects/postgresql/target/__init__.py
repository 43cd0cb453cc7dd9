"""A PostgreSQL database that snapshots are loaded into: replaced as a whole, or refreshed in place.

``server`` knows the server and heals it, ``aside`` builds a new database, ``swap`` lets it take the target's place,
``refresh`` and ``existing`` renew the rows of a schema that stays, ``state`` tells what a target holds, ``distinct``
proves that it is not the source.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.failures import quoted, translated
from provision.dialects.postgresql.target.aside import Aside
from provision.dialects.postgresql.target.refresh import Refresh
from provision.dialects.postgresql.target.server import desk_of, heal, target_name
from provision.dialects.postgresql.target.state import read_status
from provision.dialects.postgresql.target.swap import refuse_sessions
from provision.errors import DatabaseError, RunError
from provision.model.load import TargetStatus
from provision.model.report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from provision.dialects.postgresql.target.server import DatabaseFacts, Desk, Login
    from provision.model.load import LoadMode, Sessions
    from provision.model.secret import Secret
    from provision.ports import SnapshotReader

WAIT_SECONDS = 300.0  # for the sessions of the target to end by themselves, with sessions: wait


class PostgresTarget:
    """A `ports.Target`.

    Args:
        name: as the project calls it.
        url: the database; with ``replace`` it need not exist.
        mode: ``replace`` builds a database aside and renames; ``refresh`` renews rows in one transaction.
        sessions: what becomes of sessions of a database that is replaced.
        connections: lanes of a replace.
        wait_seconds: how long ``sessions: wait`` waits.
        observe: told the name of each step that was done; for tests that break off there.
    """

    def __init__(  # what the project file says of a target
        self,
        name: str,
        url: Secret,
        *,
        mode: LoadMode = "replace",
        sessions: Sessions = "terminate",
        connections: int = 2,
        wait_seconds: float = WAIT_SECONDS,
        observe: Callable[[str], None] = lambda _step: None,
    ) -> None:
        if connections < 1:
            raise ValueError(f"a target needs at least 1 connection, got {connections}")
        self.name = name
        self.mode: LoadMode = mode
        self.database = target_name(url)
        self._url = url
        self._sessions = sessions
        self._connections = connections
        self._wait_seconds = wait_seconds
        self._observe = observe

    def __repr__(self) -> str:
        return f"PostgresTarget({self.name}, {self.mode})"

    def heal(self) -> tuple[Finding, ...]:
        """Clear away what a crashed load left; a refresh leaves nothing."""
        if self.mode == "refresh":
            return ()
        with desk_of(self._url) as desk:
            return heal(desk)

    def status(self) -> TargetStatus:
        """What the target holds, and whether it was touched since.

        Raises: DatabaseError: what `connect` raises, but not for a database that does not exist.
        """
        try:
            connection = connect(self._url)
        except DatabaseError as error:
            if error.code == "PRV302" and not self._exists():
                return TargetStatus(target=self.name, exists=False, reason="the database does not exist")
            raise
        with contextlib.closing(connection):
            return read_status(connection, target=self.name)

    @contextlib.contextmanager
    def build(self, snapshot: SnapshotReader) -> Iterator[Aside]:
        """Build a database aside; it is dropped unless it was published.

        Raises:
            DatabaseError: PRV608 (the role may not make or rename the database) and what the server refuses.
            RunError: PRV603 (the target is older than the source). LockedError: PRV609, PRV610.
        """
        with desk_of(self._url) as desk:
            login, target = desk.login(), desk.facts()
            _refuse_older(desk.connection, snapshot, target=self.name)
            _refuse_without_rights(desk, login=login, target=target)
            if target is not None and self._sessions == "fail":
                refuse_sessions(desk)
            aside = Aside(
                desk,
                snapshot=snapshot,
                target=target,
                login=login,
                lanes=self._connections,
                sessions=self._sessions,
                wait_seconds=self._wait_seconds,
                observe=self._observe,
            )
            if login.superuser:
                aside.findings.append(_superuser(login))
            try:
                aside.open()
                yield aside
            finally:
                aside.close()

    @contextlib.contextmanager
    def refresh(self, snapshot: SnapshotReader) -> Iterator[Refresh]:
        """Renew the rows of the snapshot's tables in one transaction.

        Raises: UsageError: PRV614, PRV615. DatabaseError: PRV608. RunError: PRV603. LockedError: PRV609, PRV610.
        """
        loading = Refresh(self._url, snapshot, observe=self._observe)
        try:
            _refuse_older(loading.connection, snapshot, target=self.name)
            loading.open()
            yield loading
        finally:
            loading.close()

    def _exists(self) -> bool:
        with desk_of(self._url, exclusive=False) as desk:
            return desk.facts() is not None


def _refuse_older(connection: psycopg.Connection, snapshot: SnapshotReader, *, target: str) -> None:
    """Newer syntax fails on an older server, and older servers know fewer constraints."""
    ours, theirs = connection.info.server_version // 10000, snapshot.server_version // 10000
    if ours < theirs:
        raise RunError(
            "PRV603",
            f"{target} is PostgreSQL {ours}, the source was PostgreSQL {theirs}",
            fix=f"use a target of PostgreSQL {theirs} or later",
        )


def _refuse_without_rights(desk: Desk, *, login: Login, target: DatabaseFacts | None) -> None:
    if not login.may_create:
        raise DatabaseError(
            "PRV608",
            f"{login.name} may not make databases, which load: replace does",
            fix=f"ALTER ROLE {quoted(login.name)} CREATEDB, or use load: refresh",
        )
    if target is None or login.superuser or target.owner == login.name:
        return
    right = "SET" if desk.connection.info.server_version >= 160000 else "MEMBER"
    with translated("read the role's privileges"):
        row = desk.connection.execute(
            "select pg_has_role(%s, %s) and pg_has_role(%s, 'USAGE')", (target.owner, right, target.owner)
        ).fetchone()
    if row != (True,):
        raise DatabaseError(
            "PRV608",
            f"{desk.database} belongs to {target.owner}, whom {login.name} may not act for",
            fix=f"load as {target.owner}, or GRANT {quoted(target.owner)} TO {quoted(login.name)}",
        )


def _superuser(login: Login) -> Finding:
    return Finding(
        code="PRV620",
        severity=Severity.WARN,
        message=f"{login.name} is a superuser: a snapshot's schema could do anything on the target's server",
        fix="load as a role with CREATEDB that owns the target and is no superuser",
    )
