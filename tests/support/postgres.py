"""PostgreSQL servers and databases for tests: `pg18` (embedded), `pg15` (the system's), `database`, `databases`.

Every pytest process starts its own server when a test first asks for one, in memory where there is enough of it (a new
database costs 15 ms there), and removes it at its end. What a killed pytest left is swept by the next one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from provision.servers import embedded
from provision.servers.binaries import embedded_binaries
from provision.servers.process import start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.model.secret import Secret
    from provision.servers.embedded import EmbeddedServer

ROOM = 2 << 30  # bytes that must be free in /dev/shm


@pytest.fixture(scope="session")
def pg18() -> Iterator[EmbeddedServer]:
    """An embedded PostgreSQL 18, shared by the tests of this process."""
    yield from _server("18", None)


@pytest.fixture(scope="session")
def pg15() -> Iterator[EmbeddedServer]:
    """A server of the system's PostgreSQL 15, which has contrib; skips where there is none."""
    binaries = system_binaries()
    if binaries is None:
        pytest.skip("this system has no PostgreSQL 15")
    yield from _server("15", binaries)


@pytest.fixture
def databases(pg18: EmbeddedServer) -> Iterator[Callable[[], Secret]]:
    """Makes fresh, empty databases of the owner role on `pg18`, dropped after the test."""
    with _dropped_after(pg18) as make:
        yield make


@pytest.fixture
def database(databases: Callable[[], Secret]) -> Secret:
    """The URL of a fresh, empty database on `pg18`, dropped after the test."""
    return databases()


@pytest.fixture
def databases15(pg15: EmbeddedServer) -> Iterator[Callable[[], Secret]]:
    """Like `databases`, on `pg15`."""
    with _dropped_after(pg15) as make:
        yield make


@pytest.fixture
def database15(databases15: Callable[[], Secret]) -> Secret:
    """Like `database`, on `pg15`."""
    return databases15()


def run_sql(url: Secret, text: str, *parameters: object) -> list[tuple]:
    """Run statements and return the rows of the last one (none where it gives none); each stands by itself."""
    with psycopg.connect(url.text(), autocommit=True) as connection:
        cursor = connection.execute(text, parameters or None)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


def load_file(url: Secret, path: Path) -> None:
    """Run a file with psql (COPY data inside it too), stopping at the first error."""
    psql = embedded_binaries() / "psql"
    done = subprocess.run(
        [psql, url.text(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", path],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PGOPTIONS": "-c client_min_messages=warning", "PGCLIENTENCODING": "UTF8"},
    )
    if done.returncode != 0:
        raise AssertionError(f"psql could not load {path}: {done.stderr[-2000:]}")


def create_database(server: EmbeddedServer) -> Secret:
    """A fresh, empty database that belongs to the owner role; the caller drops it."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url("postgres").text(), autocommit=True) as connection:
        # For a few hundred small files on a server that may forget, copying is cheaper than writing WAL.
        connection.execute(sql.SQL("create database {} strategy file_copy").format(sql.Identifier(name)))
    return server.url(name)


def drop_databases(server: EmbeddedServer, *, keep: set[str]) -> None:
    """Drop all databases but these and those that every server has, whoever is connected."""
    with psycopg.connect(server.url("postgres", role="postgres").text(), autocommit=True) as connection:
        rows = connection.execute("select datname from pg_database where not datistemplate").fetchall()
        for (name,) in rows:
            if name not in keep | {"postgres"}:
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def database_names(server: EmbeddedServer) -> set[str]:
    """The names of all databases of a server."""
    with psycopg.connect(server.url("postgres").text(), autocommit=True) as connection:
        return {name for (name,) in connection.execute("select datname from pg_database")}


def system_binaries(major: int = 15) -> Path | None:
    """The programs of the system's PostgreSQL of this major version."""
    folder = Path(f"/usr/lib/postgresql/{major}/bin")
    if (folder / "initdb").exists():
        return folder
    config = shutil.which("pg_config")
    if config is None:
        return None
    said = subprocess.run([config, "--bindir", "--version"], capture_output=True, text=True, check=False).stdout
    where, _, version = said.partition("\n")
    folder = Path(where.strip())
    return folder if f" {major}." in version and (folder / "initdb").exists() else None


class _dropped_after:  # noqa: N801  # reads as what it does
    """Databases made inside are dropped at the end, and so are those that the code under test made beside them."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server

    def __enter__(self) -> Callable[[], Secret]:
        self._before = database_names(self._server)
        return lambda: create_database(self._server)

    def __exit__(self, *_: object) -> None:
        drop_databases(self._server, keep=self._before)


def _server(name: str, binaries: Path | None) -> Iterator[EmbeddedServer]:
    base = _base()
    _sweep(base)
    start = str(start_of(os.getpid())).rpartition(":")[2]
    folder = base / f"{os.getpid()}-{start}-{name}"
    try:
        yield embedded.start(folder, durable=False, binaries=binaries)
    finally:
        embedded.remove(folder)


def _base() -> Path:
    """Where test servers live: one folder for each user, as everybody may write around it."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    base = (memory if roomy else Path(tempfile.gettempdir())) / f"provision-tests-{os.geteuid()}"
    base.mkdir(mode=0o711, exist_ok=True)
    if base.is_symlink() or base.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{base} is not ours")
    return base


def _sweep(base: Path) -> None:
    for folder in base.iterdir():
        pid, _, rest = folder.name.partition("-")
        start = str(start_of(int(pid))).rpartition(":")[2] if pid.isdigit() else None
        if start != rest.partition("-")[0]:
            embedded.remove(folder)
