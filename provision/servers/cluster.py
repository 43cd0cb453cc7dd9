"""A data folder for PostgreSQL and its configuration: made once, whole or not at all.

Passwords are set before the server is ever started, in single-user mode, and authentication is by scram alone: there
is no moment and no line that trusts anybody.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import ServerError
from provision.servers.binaries import portable_parts, server_version
from provision.servers.folder import ADMIN, DATABASE, OWNER, ServerFolder, take_away, write_file
from provision.servers.process import at_work_in, end_all

if TYPE_CHECKING:
    import subprocess

    from provision.servers.account import Account

BUILTIN_LOCALES_SINCE = 17

# Nothing of a row reaches the log: no DETAIL, no CONTEXT, no statement.
SETTINGS = {
    "cluster_name": "provision",
    # Files in the data folder: containers have 64 MB of /dev/shm, and what a killed server leaves stays in its folder.
    "dynamic_shared_memory_type": "mmap",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
}
# For servers that may lose everything when the machine stops.
FORGETFUL = {
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
}


def make_cluster(folder: ServerFolder, home: Path, programs: Path, account: Account, *, durable: bool) -> None:
    """Make the data folder with the roles `ADMIN` (superuser) and `OWNER` (CREATEDB), and the owner's `DATABASE`.

    It is built aside and renamed, so that a kill at any moment leaves none or a whole one.
    Raises: ServerError PRV812 if that fails.
    """
    sweep(home, account)
    folder.make_passwords()
    aside = Path(tempfile.mkdtemp(prefix="data.", dir=home))
    account.give(aside)
    locale = ["--no-locale", "--encoding=UTF8"]
    if server_version(programs)[0] >= BUILTIN_LOCALES_SINCE:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        locale[0] = "--locale=C.UTF-8"
    initdb: list[str | Path] = [programs / "initdb", "-D", aside, "-U", ADMIN, "-A", "reject", "--no-instructions"]
    made = account.run([*initdb, *locale, *([] if durable else ["--no-sync"])], home=home, folder=aside)
    _must_have_worked(made, "initdb")
    statements = (
        f"ALTER ROLE {ADMIN} PASSWORD '{folder.password(ADMIN)}';\n"
        f"CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD '{folder.password(OWNER)}';\n"
        f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"
    )
    options = [f"-c{name}={value}" for name, value in (SETTINGS if durable else SETTINGS | FORGETFUL).items()]
    named = account.run(
        [programs / "postgres", "--single", "-D", aside, "-cexit_on_error=on", *options, ADMIN],
        home=home,
        text=statements,
    )
    _must_have_worked(named, "setting the passwords")
    aside.rename(home / "data")


def write_configuration(home: Path, account: Account, *, sockets: Path, port: int, tcp: bool, durable: bool) -> Path:
    """Write ``postgresql.conf`` and ``pg_hba.conf``, which the server's account may read and not change."""
    hba = "local all all scram-sha-256\n" + ("host all all 127.0.0.1/32 scram-sha-256\n" if tcp else "")
    settings = {
        **SETTINGS,
        **({} if durable else FORGETFUL),
        "data_directory": str(home / "data"),
        "hba_file": str(home / "pg_hba.conf"),
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(port),
        "unix_socket_directories": _listed(sockets),
    }
    mode, group = (0o640, account.gid) if account.other else (0o600, None)
    write_file(home / "pg_hba.conf", hba, mode=mode, group=group)
    lines = [f"{name} = '{_quoted(value)}'\n" for name, value in sorted(settings.items())]
    write_file(home / "postgresql.conf", "".join(lines), mode=mode, group=group)
    return home / "postgresql.conf"


def check_cluster(data: Path, programs: Path) -> None:
    """Refuse data of another major version.

    Raises: ServerError PRV813.
    """
    major = server_version(programs)[0]
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != str(major):
        raise ServerError(
            "PRV813",
            f"{data.parent} was made by PostgreSQL {made_by}, and this is PostgreSQL {major}",
            fix="remove the folder, or name the older programs",
        )


def programs_for(programs: Path, home: Path, account: Account) -> Path:
    """The programs where the account can run them: where they are, else a copy in the server's home.

    Raises: ServerError PRV811 if the account can run neither.
    """
    if account.runs(programs / "postgres"):
        return programs
    copies = home / "programs"
    parts = portable_parts(programs)
    common = Path(os.path.commonpath(parts)) if len(parts) > 1 else parts[0].parent
    copied = copies / programs.relative_to(common)
    if not account.runs(copied / "postgres"):
        take_away(copies)
        for part in parts:
            shutil.copytree(part, copies / part.relative_to(common), symlinks=True)
        for folder in (copies, *(path for path in copies.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        if not account.runs(copied / "postgres"):
            raise ServerError(
                "PRV811",
                f"the account that runs the server can run PostgreSQL neither from {programs} nor from {copies}",
                fix="run provision as an ordinary user",
            )
    return copied


def sweep(home: Path, account: Account) -> None:
    """Take away what a killed start left aside."""
    for leftover in home.glob("data.*"):
        while at_work := at_work_in(leftover, uid=account.uid):  # an orphaned initdb, and what it starts meanwhile
            end_all(at_work)
        take_away(leftover)


def _must_have_worked(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode != 0:
        words = [line for line in done.stderr.splitlines() if "FATAL" in line or "error" in line.lower()]
        raise ServerError("PRV812", f"{what} failed: {(words or ['no reason was given'])[-1].strip()}")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _listed(path: Path) -> str:
    """A path as one item of a list of paths."""
    return '"' + str(path).replace('"', '""') + '"'
