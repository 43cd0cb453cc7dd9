"""What tests of loading ask of databases: all that pg_dump says of one, names beside it, a place for a new one."""

from __future__ import annotations

import re
import subprocess
import uuid
from typing import TYPE_CHECKING

import psycopg

from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret
    from provision.servers.embedded import EmbeddedServer

# A newer server prints the same view with fewer words.
_VIEWS = re.compile(r"CREATE (MATERIALIZED )?VIEW .*?;\n", re.DOTALL)
_NOISE = re.compile(r"^(--.*|SET .*|\\(un)?restrict .*|)\n", re.MULTILINE)


def new_url(server: EmbeddedServer, *, role: str | None = None) -> Secret:
    """The URL of a database that does not exist yet; the `databases` fixtures drop it after the test."""
    name = f"dev_{uuid.uuid4().hex[:8]}"
    return server.url(name) if role is None else server.url(name, role=role)


def database_of(url: Secret) -> str:
    """The database that a URL names."""
    return str(psycopg.conninfo.conninfo_to_dict(url.text())["dbname"])


def unhindered(server: EmbeddedServer, url: Secret) -> Secret:
    """The same database as a superuser, whom neither ownership nor forced row-level security keeps from anything."""
    return server.url(database_of(url), role="postgres")


def everything(server: EmbeddedServer, url: Secret, *, views: bool = True) -> str:
    """Schema, rows and sequences of a database as pg_dump prints them, without owners, settings and our own schema."""
    text = subprocess.run(
        [
            server.bin / "pg_dump",
            "--no-owner",
            "--no-privileges",
            "--exclude-schema=provision",
            unhindered(server, url).text(),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return _NOISE.sub("", text if views else _VIEWS.sub("", text))


def beside(server: EmbeddedServer, url: Secret) -> set[str]:
    """Databases whose names begin like the target's, without it: there should be none after a load."""
    name = database_of(url)
    rows = run_sql(server.url("postgres"), "select datname from pg_database where starts_with(datname, %s)", name)
    return {found for (found,) in rows} - {name}
