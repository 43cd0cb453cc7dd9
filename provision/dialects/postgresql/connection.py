"""Connections to PostgreSQL: from a URL to a session whose text forms are the same on every server.

What a value looks like depends on session settings (DateStyle, TimeZone, bytea_output, …), so each connection pins
all of them. Failures are translated in `failures`; nothing here knows tables or rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
from psycopg import conninfo, sql

from provision.dialects.postgresql.failures import refused_connection, translated
from provision.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.names import TableName
    from provision.model.secret import Secret

APPLICATION = "provision"
CONNECT_SECONDS = 15
OLDEST_SERVER = 150000

# These decide how values print and how names resolve; with them a value's text is the same on every server.
SETTINGS: Mapping[str, str] = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "row_security": "off",  # a policy that would hide rows is an error instead of a silent loss
    "search_path": "",
    "standard_conforming_strings": "on",
    "jit": "off",  # compiling costs more than it saves for reads by key
    "plan_cache_mode": "force_custom_plan",
    "idle_in_transaction_session_timeout": "0",  # the snapshot's holder waits for its lanes
    "idle_session_timeout": "0",
}
SETTINGS_SINCE: Mapping[int, Mapping[str, str]] = {170000: {"transaction_timeout": "0"}}


def connect(
    url: Secret,
    *,
    database: str | None = None,
    lock_seconds: float = 30,
    statement_seconds: float | None = None,
    autocommit: bool = True,
) -> psycopg.Connection:
    """Open a connection with the pinned session settings.

    Args:
        url: a URL (``postgresql://…``) or a libpq conninfo string; what it leaves out comes from libpq's environment.
        database: connects to this database of the same server instead of the one named in the URL.
        lock_seconds: how long a statement waits for a lock; 0 waits for ever.
        statement_seconds: how long a statement may run; 0 for ever, None leaves the server's own setting.
        autocommit: whether statements stand by themselves until ``BEGIN`` is sent.

    Raises:
        DatabaseError: PRV301 for a URL that is none, PRV302 where no connection comes about, PRV318 for old servers.
    """
    parameters = conninfo_of(url, database=database)
    failure: DatabaseError | None = None
    try:
        connection = psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]  # libpq's names
    except psycopg.Error as error:
        failure = refused_connection(error, place=place_of(parameters))
    # Raised out here, so that not even __context__ holds psycopg's message, which may quote parts of the URL.
    if failure is not None:
        raise failure
    try:
        _check_version(connection)
        timeouts = {"lock_timeout": f"{round(lock_seconds * 1000)}ms"}
        if statement_seconds is not None:
            timeouts["statement_timeout"] = f"{round(statement_seconds * 1000)}ms"
        apply_settings(connection, extra=timeouts)
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


def apply_settings(
    connection: psycopg.Connection, *, extra: Mapping[str, str] | None = None, local: bool = False
) -> None:
    """Pin the session settings, all in one round trip.

    ``local`` pins them for the current transaction alone: behind a pooler in transaction mode a session setting may
    land on another server connection than the transaction.
    """
    version = connection.info.server_version
    settings = {**SETTINGS, **(extra or {})}
    for since, further in SETTINGS_SINCE.items():
        if version >= since:
            settings |= further
    with translated("set the session up"):
        connection.execute(
            "select pg_catalog.set_config(s.name, s.value, %s) from unnest(%s::text[], %s::text[]) s(name, value)",
            (local, list(settings), list(settings.values())),
        )


def conninfo_of(url: Secret, *, database: str | None = None) -> dict[str, str | int]:
    """Connection parameters of a URL or conninfo string, with keepalives and our name filled in where it is silent.

    Raises: DatabaseError: PRV301, without quoting the URL: it may hold a password.
    """
    text = url.text().strip()
    head, separator, tail = text.partition("://")
    if separator and head.partition("+")[0] in {"postgresql", "postgres"}:
        text = f"postgresql://{tail}"  # SQLAlchemy's "postgresql+psycopg://" means the same server
    elif separator and "=" not in head:
        raise _not_a_url("the URL is not one of PostgreSQL")
    parameters: dict[str, str | int] = {}
    failed = False
    try:
        parameters = {k: v for k, v in conninfo.conninfo_to_dict(text).items() if v is not None}
    except psycopg.Error:
        failed = True
    if failed or not text:
        raise _not_a_url("the database URL cannot be read")
    # libpq splits at the first @ or /, so that a part of an unescaped password would pass as host or port and be shown.
    if "@" in str(parameters.get("host", "")) or not re.fullmatch(r"[0-9,]*", str(parameters.get("port", ""))):
        raise _not_a_url("the database URL has an unescaped @, : or / in its password, or a port that is no number")
    defaults: dict[str, str | int] = {
        "application_name": APPLICATION,
        "connect_timeout": CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    parameters = {**defaults, **parameters, "client_encoding": "UTF8"}
    if database is not None:
        parameters["dbname"] = database
    return parameters


def place_of(parameters: Mapping[str, str | int]) -> str:
    """Where a connection leads, for messages: ``user@host:port/database`` as far as the URL tells; no password."""
    host = str(parameters.get("host") or parameters.get("hostaddr") or "local socket")
    user = f"{parameters['user']}@" if parameters.get("user") else ""
    port = f":{parameters['port']}" if parameters.get("port") else ""
    return f"{user}{host}{port}/{parameters.get('dbname', '')}"


def identifier(name: TableName) -> sql.Identifier:
    """The table's name with its schema, quoted for SQL."""
    return sql.Identifier(name.schema, name.name)


def _check_version(connection: psycopg.Connection) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise DatabaseError(
            "PRV318",
            f"the server is PostgreSQL {version // 10000}; provision needs {OLDEST_SERVER // 10000} or later",
            fix="upgrade the server, or copy the database to a newer one first",
        )


def _not_a_url(message: str) -> DatabaseError:
    return DatabaseError(
        "PRV301",
        message,
        fix="write it as postgresql://user:password@host:5432/database, special characters percent-encoded (%40 for @)",
    )
