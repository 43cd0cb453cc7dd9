"""What a failure of the server means, in our words: psycopg's errors become `DatabaseError`, values left behind.

The server's message, DETAIL and CONTEXT quote row values ("Key (email)=(…) already exists"), so none of them is
passed on: only the SQLSTATE, the names of table, column, constraint and type, and the line of a COPY.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from provision.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.model.names import TableName

# First match wins: a whole SQLSTATE before its class. Code, what happened, what to do.
_MEANINGS: dict[str, tuple[str, str, str]] = {
    "57014": (
        "PRV305",
        "the server stopped the statement: it ran into a timeout or somebody cancelled it",
        "raise statement_timeout for this role, or take less",
    ),
    "55P03": ("PRV306", "a lock was not free in time", "run again when no migration holds the table"),
    "40001": (
        "PRV307",
        "the standby had to give up the snapshot to go on with recovery, or a concurrent change got in the way",
        "turn hot_standby_feedback on, raise max_standby_streaming_delay, or read from the primary",
    ),
    "40P01": ("PRV306", "the server broke a deadlock by stopping this statement", "run again"),
    "53100": ("PRV311", "the server's disk is full", "make room on the server"),
    "53200": ("PRV311", "the server ran out of memory", "make memory free on the server, or use fewer lanes"),
    "53300": ("PRV311", "the server has no connection to spare", "lower connections, or raise max_connections"),
    "25006": ("PRV319", "the server takes no changes: the transaction or the server is read-only", "use a primary"),
    "42P01": ("PRV312", "a table does not exist", "the schema changed since the plan was made: plan again"),
    "42703": ("PRV312", "a column does not exist", "check the names in the SQL, or plan again"),
    "42704": ("PRV312", "a type or other object does not exist", "install the extension that has it, or plan again"),
    "42883": ("PRV312", "a function or operator does not exist for these types", "compare values of one type"),
    "57P": ("PRV308", "the server is shutting down or ended the session", "run again when the server is up"),
    "08": ("PRV308", "the connection broke", "run again when the network and the server are up"),
    "58": ("PRV308", "the server failed", "look into the server's log"),
    "XX": ("PRV308", "the server failed", "look into the server's log"),
    "28": ("PRV303", "the server did not accept the role", "check user, password and pg_hba.conf"),
    "23": ("PRV310", "rows violate a constraint", "look at the constraint in the message"),
    "22": ("PRV314", "the server could not read or compute a value", "look at the type in the message"),
    "42": ("PRV313", "the server does not accept the SQL", "try the SQL in psql"),
}
_BY_TEXT = (  # a failed connection carries no SQLSTATE
    ("password authentication failed", "PRV303", "the server did not accept the password", "check user and password"),
    ("no password supplied", "PRV303", "the server asks for a password", "put it into the URL or into ~/.pgpass"),
    ("no pg_hba.conf entry", "PRV303", "the server does not let this host or role in", "add a line to pg_hba.conf"),
    ("authentication failed", "PRV303", "the server did not accept the role", "check user and pg_hba.conf"),
    ('role "', "PRV303", "the role does not exist or may not log in", "check the user in the URL"),
    ("permission denied for database", "PRV304", "the role may not connect", "GRANT CONNECT ON DATABASE"),
    ('database "', "PRV302", "the database does not exist or takes no connections", "check the database in the URL"),
    ("refused", "PRV302", "nobody listens there", "check host and port, and that the server is up"),
    ("timeout", "PRV302", "no answer in time", "check host, port and firewall"),
    ("timed out", "PRV302", "no answer in time", "check host, port and firewall"),
    ("could not translate host name", "PRV302", "the host name is unknown", "check the host in the URL"),
    ("failed to resolve host", "PRV302", "the host name is unknown", "check the host in the URL"),
    ("no such file", "PRV302", "there is no such socket", "check the host in the URL, and that the server is up"),
    ("too many", "PRV311", "the server has no connection to spare", "lower connections, or raise max_connections"),
    ("connection slots", "PRV311", "the server has no connection to spare", "lower connections"),
    ("starting up", "PRV302", "the server is starting up", "try again in a moment"),
    ("shutting down", "PRV302", "the server is shutting down", "try again when it is up"),
    ("ssl", "PRV302", "no TLS connection came about", "check sslmode and the certificates"),
    ("certificate", "PRV302", "no TLS connection came about", "check sslmode and the certificates"),
)
# "permission denied for table customers": an object's kind and bare name, no value.
_DENIED = re.compile(
    r"^permission denied for (table|view|materialized view|foreign table|sequence|schema|function) (.+)$"
)
_POLICY = "row-level security"
_COPY_LINE = re.compile(r"^COPY .*?, line (\d+)", re.MULTILINE)


@contextmanager
def translated(doing: str, *, table: TableName | None = None, role: str = "") -> Iterator[None]:
    """Turn psycopg's errors into `DatabaseError`.

    Args:
        doing: what was tried, after "cannot": ``read the catalog``.
        table: the table it was about.
        role: the role that was used, for the GRANT that would help.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, doing=doing, table=table, role=role) from None


def translate(error: psycopg.Error, *, doing: str, table: TableName | None = None, role: str = "") -> DatabaseError:
    """The failure in our words, with SQLSTATE and names, without any value."""
    state = error.sqlstate or _sqlstate_of(error)
    start = f"cannot {doing}" + (f" ({table})" if table is not None and str(table) not in doing else "")
    if state == "42501":
        return _denied(error, start=start, table=table, role=role)
    code, what, fix = _meaning(state)
    names = "".join(f", {name}" for name in _names(error))
    return DatabaseError(code, f"{start}: {what}{names} (SQLSTATE {state})", fix=fix, sqlstate=state)


def refused_connection(error: psycopg.Error, *, place: str) -> DatabaseError:
    """A connection that did not come about; ``place`` says where it should have led."""
    text = str(error).lower()
    for word, code, what, fix in _BY_TEXT:
        if word in text:
            return DatabaseError(code, f"cannot connect to {place}: {what}", fix=fix, sqlstate=error.sqlstate)
    return DatabaseError(
        "PRV302",
        f"cannot connect to {place}: the connection did not come about",
        fix="try the same URL in psql",
        sqlstate=error.sqlstate,
    )


def _meaning(state: str) -> tuple[str, str, str]:
    for prefix in (state, state[:3], state[:2]):
        if prefix in _MEANINGS:
            return _MEANINGS[prefix]
    return ("PRV315", "the server refused", "look up the SQLSTATE in the PostgreSQL manual, appendix A")


def _denied(error: psycopg.Error, *, start: str, table: TableName | None, role: str) -> DatabaseError:
    message = error.diag.message_primary or ""
    whom = quoted(role) if role else "the role"
    if _POLICY in message:
        return DatabaseError(
            "PRV309",
            f"{start}: row-level security would hide rows from the role",
            fix=f"ALTER ROLE {whom} BYPASSRLS, or read as the table's owner",
            sqlstate="42501",
        )
    match = _DENIED.match(message)
    kind, name = match.groups() if match else ("table", "")
    if table is not None and kind not in {"schema", "function"} and name in {"", table.name}:
        name = f"{quoted(table.schema)}.{quoted(table.name)}"
    elif name:
        name = quoted(name)
    object_ = f" on {kind} {name}" if name else ""
    right = {"schema": "USAGE ON SCHEMA", "function": "EXECUTE ON FUNCTION", "sequence": "SELECT ON SEQUENCE"}
    grant = f"GRANT {right.get(kind, 'SELECT ON')} {name} TO {whom}" if name else f"GRANT the right to {whom}"
    return DatabaseError("PRV304", f"{start}: the role has no privilege{object_}", fix=grant, sqlstate="42501")


def _names(error: psycopg.Error) -> Iterator[str]:
    diag = error.diag
    if diag.table_name:
        schema = f"{diag.schema_name}." if diag.schema_name and diag.schema_name != "public" else ""
        yield f"table {schema}{diag.table_name}"
    if diag.column_name:
        yield f"column {diag.column_name}"
    if diag.constraint_name:
        yield f"constraint {diag.constraint_name}"
    if diag.datatype_name:
        yield f"type {diag.datatype_name}"
    line = _COPY_LINE.search(diag.context or "")
    if line:
        yield f"line {line.group(1)} of the COPY"


def _sqlstate_of(error: psycopg.Error) -> str:
    """A lost connection has no SQLSTATE of the server's; libpq's own failures count as 08006."""
    return "08006" if isinstance(error, psycopg.OperationalError) else "HY000"


def quoted(name: str) -> str:
    """A name in double quotes where SQL needs them, for statements that a message suggests."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'
