"""The database itself: name, version, encoding, identity of the server, extensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.model.catalog import Extension

if TYPE_CHECKING:
    from typing import Any

    import psycopg

_DATABASE = """
select current_database()::text as name, pg_encoding_to_char(encoding)::text as encoding,
       current_setting('server_version_num')::int as version,
       has_function_privilege('pg_control_system()', 'EXECUTE') as may_identify
from pg_database where datname = current_database()
"""
_SYSTEM = "select system_identifier::text as identifier from pg_control_system()"
_EXTENSIONS = """
select e.extname::text as name, n.nspname::text as schema, e.extversion as version
from pg_extension e join pg_namespace n on n.oid = e.extnamespace order by e.extname
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Facts about the connected database. ``system_identifier`` is '' where the role may not ask for it."""

    name: str
    encoding: str
    server_version: int
    system_identifier: str
    extensions: tuple[Extension, ...]


def read_database(cursor: psycopg.Cursor[dict[str, Any]]) -> Database:
    """Read the facts about the connected database."""
    (row,) = cursor.execute(_DATABASE).fetchall()
    # Asked first: a refusal would abort the transaction, and with it the snapshot.
    system = cursor.execute(_SYSTEM).fetchall() if row["may_identify"] else []
    return Database(
        name=row["name"],
        encoding=row["encoding"],
        server_version=row["version"],
        system_identifier=system[0]["identifier"] if system else "",
        extensions=tuple(Extension(**extension) for extension in cursor.execute(_EXTENSIONS)),
    )
