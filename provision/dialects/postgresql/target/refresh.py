"""New rows for an existing schema, in one transaction: until it commits, everybody sees the old rows.

Foreign keys are checked when all rows are in, and user triggers stay silent; whatever is altered for that is altered
back, exactly, before the commit.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from provision.dialects.postgresql.connection import connect, identifier
from provision.dialects.postgresql.failures import translated
from provision.dialects.postgresql.target.aside import view_left_empty
from provision.dialects.postgresql.target.copying import copy_rows, set_sequence
from provision.dialects.postgresql.target.existing import Existing, read_existing, refuse_other_schema
from provision.dialects.postgresql.target.state import record, record_counters, report_changes
from provision.errors import DatabaseError, LockedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provision.model.batch import SafeBatch
    from provision.model.names import TableName
    from provision.model.report import Finding
    from provision.model.secret import Secret
    from provision.ports import SnapshotReader

LOCK_SECONDS = 60
LOCK_KEY = 0x70726F76  # "prov": two refreshes of one database exclude each other
_FIRE = {"O": "enable trigger {}", "R": "enable replica trigger {}", "A": "enable always trigger {}"}


class Refresh:
    """A `ports.Loading` on one connection and in one transaction."""

    lanes = 1

    def __init__(self, url: Secret, snapshot: SnapshotReader, *, observe: Callable[[str], None]) -> None:
        self._snapshot = snapshot
        self._observe = observe
        self.connection = connect(url, lock_seconds=LOCK_SECONDS, statement_seconds=0)
        self._existing = Existing()
        self._findings: tuple[Finding, ...] = ()

    def open(self) -> None:
        """Compare the schema, begin, lock, alter and empty the tables.

        Raises:
            UsageError: PRV614 (another schema), PRV615 (tables outside the snapshot refer to it).
            DatabaseError: PRV608 where the role owns not all tables. LockedError: PRV609, PRV610.
        """
        self._lock_out_others()
        self._run("begin")
        self._existing = read_existing(self.connection, self._snapshot.tables())
        self._findings = refuse_other_schema(self._existing, self._snapshot)
        if not self._existing.tables:
            return
        self._alter(self._before(), "prepare the tables")
        self._observe("altered")
        names = sql.SQL(", ").join(
            sql.SQL("{}{}").format(sql.SQL("" if t.partitioned else "only "), identifier(t.name))
            for t in self._existing.tables
        )
        with self._patient():
            self._run(sql.SQL("truncate {}").format(names))
        self._observe("emptied")

    def close(self) -> None:
        """End the session; what was not committed never was."""
        self.connection.close()

    def write(self, table: TableName, batches: Iterable[SafeBatch], *, lane: int) -> int:  # noqa: ARG002  # there is one
        """Copy batches into the table."""
        count = copy_rows(self.connection, table, batches)
        self._observe("rows")
        return count

    def set_sequence(self, name: TableName, last: int, *, lane: int) -> None:  # noqa: ARG002  # there is one
        """Let the sequence go on after this value, undone by a rollback as the rows are."""
        # RESTART gives the sequence a new file inside the transaction, so that even setval is undone with it.
        self._run(sql.SQL("alter sequence {} restart").format(identifier(name)), doing="set a sequence")
        set_sequence(self.connection, name, last)

    def cancel(self) -> None:
        """Stop what the lane is doing."""
        with contextlib.suppress(psycopg.Error):
            self.connection.cancel_safe(timeout=5)

    def publish(self) -> tuple[Finding, ...]:
        """Check all foreign keys, alter everything back, commit."""
        with translated("check the foreign keys of the new rows"):
            self.connection.execute("set constraints all immediate")
        self._observe("checked")
        empty = self._fill_views()  # while no policy hides rows from them
        self._alter(self._back(), "alter the tables back")
        record(self.connection, snapshot=self._snapshot.id, content=self._snapshot.content, mode="refresh")
        self._observe("committing")
        with translated("commit the new rows"):
            self.connection.execute("commit")
        self._observe("committed")
        with translated("gather statistics"):
            for table in self._existing.tables:
                self.connection.execute(sql.SQL("analyze {}").format(identifier(table.name)))
        report_changes(self.connection)
        record_counters(self.connection)
        return (*self._findings, *empty)

    def _before(self) -> Iterator[sql.Composed]:
        """Nothing is checked before the end, nothing fires, no policy is in the way."""
        for key in self._existing.keys:
            if not key.validated:
                yield sql.SQL("alter table {} drop constraint {}").format(
                    identifier(key.table), sql.Identifier(key.name)
                )
            elif key.foreign and not key.deferrable:
                yield sql.SQL("alter table {} alter constraint {} deferrable initially deferred").format(
                    identifier(key.table), sql.Identifier(key.name)
                )
        yield sql.SQL("set constraints all deferred").format()
        for table in sorted({trigger.table for trigger in self._existing.triggers if trigger.enabled != "D"}):
            yield sql.SQL("alter table only {} disable trigger user").format(identifier(table))
        for table in self._existing.forced:
            yield sql.SQL("alter table only {} no force row level security").format(identifier(table))

    def _back(self) -> Iterator[sql.Composed]:
        """What `_before` altered, as it was."""
        for table in self._existing.forced:
            yield sql.SQL("alter table only {} force row level security").format(identifier(table))
        for trigger in self._existing.triggers:
            if trigger.enabled in _FIRE:
                action = sql.SQL(_FIRE[trigger.enabled]).format(sql.Identifier(trigger.name))
                yield sql.SQL("alter table only {} {}").format(identifier(trigger.table), action)
        for key in self._existing.keys:
            whole, name = identifier(key.table), sql.Identifier(key.name)
            if not key.validated:
                # The definition is the server's own text of its own constraint.
                yield sql.SQL("alter table {} add constraint {} {}").format(whole, name, sql.SQL(key.definition))
                if key.comment is not None:
                    yield sql.SQL("comment on constraint {} on {} is {}").format(name, whole, sql.Literal(key.comment))
            elif key.foreign and not key.deferrable:
                yield sql.SQL("alter table {} alter constraint {} not deferrable").format(whole, name)

    def _fill_views(self) -> list[Finding]:
        """Materialised views that held rows are filled from the new ones, those they read first."""
        findings = []
        for view in self._existing.views:
            try:
                with self.connection.transaction():
                    self.connection.execute(sql.SQL("refresh materialized view {}").format(identifier(view)))
            except psycopg.Error as error:
                if error.sqlstate is None:
                    raise DatabaseError("PRV308", "the connection to the target broke", fix="load again") from None
                findings.append(view_left_empty(view, error))
        return findings

    def _lock_out_others(self) -> None:
        with translated("lock the target"):
            row = self.connection.execute("select pg_catalog.pg_try_advisory_lock(%s)", (LOCK_KEY,)).fetchone()
        if row != (True,):
            raise LockedError("PRV610", "another load of this database is at work", fix="try again when it is done")

    def _alter(self, statements: Iterable[sql.Composed], doing: str) -> None:
        with self._patient():
            for statement in statements:
                self._run(statement, doing=doing)

    def _run(self, statement: sql.Composed | str, *, doing: str = "refresh the target") -> None:
        with translated(doing):
            self.connection.execute(statement.encode() if isinstance(statement, str) else statement)

    @contextlib.contextmanager
    def _patient(self) -> Iterator[None]:
        """A lock that does not come is nobody's mistake: try later."""
        try:
            yield
        except DatabaseError as error:
            if error.sqlstate != "55P03":
                raise
            raise LockedError(
                "PRV609",
                f"a session holds a table of the target for longer than {LOCK_SECONDS} s",
                fix="close it, or try again later",
            ) from None
