"""The moment a new database takes the target's place: seal, empty, rename both in one transaction, drop the old one.

Renaming needs a database without sessions, so the target is closed first; a crash while it is closed is healed by
`server.heal`. What belongs to the database itself (owner, grants, comment, limits, settings) goes over to the new one.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from psycopg import sql

from provision.dialects.postgresql.failures import translated
from provision.dialects.postgresql.target.server import Marker, aside_name, drop, reopen
from provision.errors import DatabaseError, LockedError, ProvisionError, RunError
from provision.model.report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.dialects.postgresql.target.server import DatabaseFacts, Desk
    from provision.model.load import Sessions

LEAVE_SECONDS = 15  # how long ended sessions may take to be gone
POLL_SECONDS = 0.05
# Settings that are lists of names: each element is quoted by itself (GUC_LIST_QUOTE in guc_tables.c, as pg_dump does).
LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    }
)
_ELEMENT = re.compile(r'"(?:[^"]|"")*"|[^\s,"][^,"]*')
_SESSIONS = """
from pg_catalog.pg_stat_activity
where datname = %s and pid <> pg_backend_pid() and backend_type not like 'autovacuum%%' and backend_type <> 'parallel worker'
"""


def take_place(  # what a swap needs, named
    desk: Desk,
    new: str,
    *,
    target: DatabaseFacts | None,
    sessions: Sessions,
    wait_seconds: float,
    observe: Callable[[str], None],
) -> tuple[Finding, ...]:
    """Let the database ``new`` be the target from now on; the old one is dropped.

    Raises:
        LockedError: PRV609 where sessions are in the way and may not be ended, or do not end.
        DatabaseError: what the server refuses. The target is then open and what it was.
    """
    if target is None:
        desk.run(_rename(new, desk.database), doing="name the new database")
        desk.mark(desk.database, None)
        observe("swapped")
        return ()
    findings = list(_copy_settings(desk, new, target=target))
    _refuse_blocked(desk)
    if sessions == "fail":
        refuse_sessions(desk)
    if sessions == "wait":
        _wait_for_sessions(desk, wait_seconds=wait_seconds)
    observe("sealing")
    desk.mark(new, Marker(role="new", of=desk.database, sealed=target.open))
    try:
        _seal(desk, target=target)
        observe("sealed")
        if sessions == "terminate":
            _end_sessions(desk)
        else:
            refuse_sessions(desk)  # one that slipped in before the seal
        observe("emptied")
        old = _swap(desk, new, target=target, observe=observe)
    except BaseException:
        if target.open and (now := desk.facts()) is not None and now.oid == target.oid:
            reopen(desk)
        raise
    observe("swapped")
    findings += _drop_old(desk, old)
    observe("dropped")
    return tuple(findings)


def _swap(desk: Desk, new: str, *, target: DatabaseFacts, observe: Callable[[str], None]) -> str:
    old = aside_name(desk.database, "old")
    with translated("rename the databases"), desk.connection.transaction():
        desk.connection.execute(_rename(desk.database, old))
        desk.connection.execute(
            sql.SQL("comment on database {} is {}").format(
                sql.Identifier(old), sql.Literal(Marker(role="old", of=desk.database).text())
            )
        )
        desk.connection.execute(_rename(new, desk.database))
        desk.connection.execute(
            sql.SQL("comment on database {} is {}").format(sql.Identifier(desk.database), sql.Literal(target.comment))
        )
        desk.connection.execute(
            sql.SQL("alter database {} with allow_connections {} connection limit {} is_template {}").format(
                sql.Identifier(desk.database),
                sql.Literal(target.open),
                sql.Literal(target.limit),
                sql.Literal(target.template),
            )
        )
        if target.template:
            desk.connection.execute(sql.SQL("alter database {} is_template false").format(sql.Identifier(old)))
        observe("swapping")
    return old


def _seal(desk: Desk, *, target: DatabaseFacts) -> None:
    if target.open:
        statement = sql.SQL("alter database {} allow_connections false").format(sql.Identifier(desk.database))
        desk.run(statement, doing="close the database to new sessions")


def _drop_old(desk: Desk, old: str) -> list[Finding]:
    try:
        drop(desk, old)
    except DatabaseError as error:
        return [
            Finding(
                code="PRV624",
                severity=Severity.WARN,
                message=f"the replaced database stays as {old}: {error.message}",
                fix="the next load tries again, or drop it yourself",
            )
        ]
    return []


def _refuse_blocked(desk: Desk) -> None:
    if blockers := desk.blockers():
        raise RunError(
            "PRV611",
            f"{desk.database} cannot be replaced: it has {', '.join(blockers[:5])}",
            fix="end prepared transactions, drop slots and subscriptions of the development database, or use load: refresh",
        )


def _count_sessions(desk: Desk) -> int:
    with translated("count sessions"):
        row = desk.connection.execute(b"select count(*) " + _SESSIONS.encode(), (desk.database,)).fetchone()
    return row[0] if row else 0


def refuse_sessions(desk: Desk) -> None:
    """Raise LockedError PRV609 if anybody is connected to the target."""
    if count := _count_sessions(desk):
        raise LockedError(
            "PRV609",
            f"{desk.database} has {count} open session{'s' if count > 1 else ''}",
            fix="close them, or set sessions: terminate on the target",
        )


def _wait_for_sessions(desk: Desk, *, wait_seconds: float) -> None:
    limit = time.monotonic() + wait_seconds
    while _count_sessions(desk):
        if time.monotonic() > limit:
            refuse_sessions(desk)
            return
        time.sleep(POLL_SECONDS)


def _end_sessions(desk: Desk) -> None:
    """End all sessions of the sealed target, and wait until they are gone: a rename waits five seconds at most."""
    limit = time.monotonic() + LEAVE_SECONDS
    while True:
        with translated("end the sessions of the database"):
            desk.connection.execute(b"select pg_terminate_backend(pid) " + _SESSIONS.encode(), (desk.database,))
        if not _count_sessions(desk):
            return
        if time.monotonic() > limit:
            refuse_sessions(desk)
        time.sleep(POLL_SECONDS)


def _copy_settings(desk: Desk, new: str, *, target: DatabaseFacts) -> list[Finding]:
    """Grants and ``ALTER DATABASE … SET`` of the target, one by one: a setting that may not be made is reported."""
    findings: list[Finding] = []
    with translated("read the settings of the database"):
        settings = desk.connection.execute(
            "select s.setrole <> 0, coalesce(r.rolname, ''), unnest(s.setconfig) from pg_catalog.pg_db_role_setting s"
            " left join pg_catalog.pg_roles r on r.oid = s.setrole where s.setdatabase = %s order by 2",
            (target.oid,),
        ).fetchall()
        grants = desk.connection.execute(
            "select case when a.grantee = 0 then null else pg_get_userbyid(a.grantee) end, a.privilege_type,"
            " a.is_grantable from pg_catalog.pg_database d, aclexplode(d.datacl) a where d.oid = %s",
            (target.oid,),
        ).fetchall()
    statements = [(f"setting {name}", statement) for name, statement in _settings(new, settings)]
    if target.granted:
        who = sql.SQL(", ").join([sql.SQL("public"), sql.Identifier(target.owner)])
        statements.append(("grants", sql.SQL("revoke all on database {} from {}").format(sql.Identifier(new), who)))
        statements += [(f"grant of {grant[1]}", _grant(new, *grant)) for grant in grants]
    for what, statement in statements:
        try:
            desk.run(statement, doing=f"copy the {what}")
        except ProvisionError:
            findings.append(
                Finding(
                    code="PRV622",
                    severity=Severity.WARN,
                    message=f"{what} of {desk.database} could not be copied to its new state",
                    fix="set it again as a role that may, or load as that role",
                )
            )
    return findings


def _settings(new: str, rows: list[tuple[bool, str, str]]) -> list[tuple[str, sql.Composed]]:
    made = []
    for of_role, role, setting in rows:
        name, _, value = setting.partition("=")
        head = (
            sql.SQL("alter role {} in database {}").format(sql.Identifier(role), sql.Identifier(new))
            if of_role
            else sql.SQL("alter database {}").format(sql.Identifier(new))
        )
        values = _elements(value) if name.lower() in LISTS else [value]
        literals = sql.SQL(", ").join(map(sql.Literal, values)) if values else sql.SQL("''")
        # A setting's name may have a class before a dot: each part is a name of its own.
        made.append((name, sql.SQL("{} set {} to {}").format(head, sql.Identifier(*name.split(".")), literals)))
    return made


def _elements(value: str) -> list[str]:
    """The names of a list setting as the server stores it: ``a, "b c"``."""
    return [word[1:-1].replace('""', '"') if word.startswith('"') else word.strip() for word in _ELEMENT.findall(value)]


def _grant(new: str, grantee: str | None, privilege: str, grantable: bool) -> sql.Composed:  # noqa: FBT001  # a row
    if privilege not in {"CREATE", "CONNECT", "TEMPORARY"}:
        raise RunError("PRV622", f"the server knows a privilege of databases that we do not: {privilege}")
    return sql.SQL("grant {} on database {} to {}{}").format(
        sql.SQL(privilege),
        sql.Identifier(new),
        sql.SQL("public") if grantee is None else sql.Identifier(grantee),
        sql.SQL(" with grant option") if grantable else sql.SQL(""),
    )


def _rename(name: str, to: str) -> sql.Composed:
    return sql.SQL("alter database {} rename to {}").format(sql.Identifier(name), sql.Identifier(to))
