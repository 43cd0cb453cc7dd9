"""An embedded PostgreSQL: `start` a server in a folder, `stop` it, `remove` it.

Started as root it runs as an unprivileged account; nobody else can connect, not even over the socket's folder. Whatever
a killed predecessor left (a ``postmaster.pid`` that names a stranger, a socket, backends, half a data folder) is healed
at the next start. How folders are laid out is in ``folder.py``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from provision.errors import ServerError
from provision.model.secret import Secret
from provision.servers.account import Account, bare_environment, server_account
from provision.servers.binaries import embedded_binaries, server_version
from provision.servers.cluster import check_cluster, make_cluster, programs_for, sweep, write_configuration
from provision.servers.folder import DATABASE, OWNER, Record, ServerFolder, home_for, is_ours, sockets_for, take_away
from provision.servers.process import HAS_PROC, Process, at_work_in, end_all, process

if TYPE_CHECKING:
    from types import TracebackType

START_S = 300.0  # recovery after a kill may have much to read again
STOP_S = 60.0
# A server must outlive us, so it is no child of ours: a shell leaves it behind, and `env -i` drops what shells export.
LAUNCH = 'log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!'


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedServer:
    """A server that runs; pure data without secrets. As a context manager it is stopped at the end.

    ``bin`` is the folder of its client programs (``pg_dump``, ``psql``); ``port`` also names its socket, and is
    listened to on 127.0.0.1 only where ``tcp``.
    """

    folder: Path
    socket_dir: Path
    bin: Path
    port: int
    tcp: bool
    pid: int
    version: str

    def url(self, database: str = DATABASE, *, role: str = OWNER) -> Secret:
        """A URL for libpq and SQLAlchemy, password included; role ``app`` (owner) or ``postgres`` (superuser).

        Raises: ServerError PRV813 if the passfile is gone. ValueError for another role.
        """
        password = ServerFolder(self.folder).password(role)
        where = f"host={quote(str(self.socket_dir), safe='')}&port={self.port}"
        return Secret(f"postgresql://{role}:{password}@/{quote(database, safe='')}?{where}")

    def conninfo(self, database: str = DATABASE, *, role: str = OWNER) -> str:
        """How to connect, to be shown: the password stays in the passfile that it names."""
        named = {
            "host": str(self.socket_dir),
            "port": str(self.port),
            "dbname": database,
            "user": role,
            "passfile": str(self.folder / "passfile"),
        }
        return " ".join(f"{name}={_word(value)}" for name, value in named.items())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop(self.folder)


def start(folder: Path, *, tcp: bool = False, durable: bool = True, binaries: Path | None = None) -> EmbeddedServer:
    """Start the server of this folder; one that runs is used as it is, a first start makes the databases.

    Args: tcp: listen on 127.0.0.1 on a free port too; a server that runs without is started anew. durable: write
    safely to disk (tests do without). binaries: the folder of another PostgreSQL's ``postgres`` and ``initdb``.
    Raises: ServerError PRV810 (not installed), PRV811 (no account), PRV812 (did not start), PRV813 (folder).
    LockedError PRV815.
    """
    programs = binaries or embedded_binaries()
    place = ServerFolder(Path(os.path.realpath(folder)))
    with place.locked():
        account = server_account()
        record = place.read()
        running = _postmaster(record, account) if record else None
        if record and running and record.sockets and (record.tcp or not tcp):
            _wait_until_ready(record.data, running)
            return _handle(place, record, running, programs)
        if record and running:
            _end(record.data, running, account)
        return _start(place, record, programs, account, tcp=tcp, durable=durable)


def stop(folder: Path) -> None:
    """Stop the server of this folder and wait until it has ended; one that does not run is no error.

    Raises: ServerError PRV814 if it does not end.
    """
    place = ServerFolder(Path(os.path.realpath(folder)))
    if not (place.path / "lock").exists():
        return
    with place.locked():
        _stop(place)


def remove(folder: Path) -> None:
    """Stop the server and take away its folder and all its data, wherever they lie; none is no error."""
    place = ServerFolder(Path(os.path.realpath(folder)))
    if not (place.path / "lock").exists():
        return
    with place.locked():
        record = _stop(place)
        if record and Path(record.home) != place.path and is_ours(Path(record.home)):
            take_away(Path(record.home))
        place.clear()


def status(folder: Path, *, binaries: Path | None = None) -> EmbeddedServer | None:
    """The server of this folder if it runs; looks without locking or changing anything."""
    place = ServerFolder(Path(os.path.realpath(folder)))
    record = place.read()
    running = _postmaster(record, server_account()) if record else None
    return _handle(place, record, running, binaries or embedded_binaries()) if record and running else None


def _start(
    place: ServerFolder, record: Record | None, programs: Path, account: Account, *, tcp: bool, durable: bool
) -> EmbeddedServer:
    """Start a server that does not run; the lock is held."""
    if record:
        _heal(record, account)
    place.path.chmod(0o711 if account.other else 0o700)
    home = home_for(place.path, account, record.home if record else None)
    record = Record(home=str(home), tcp=tcp)
    place.write(record)
    programs_there = programs_for(programs, home, account)
    sweep(home, account)
    if record.data.is_dir():
        check_cluster(record.data, programs_there)
    else:
        make_cluster(place, home, programs_there, account, durable=durable)
    record = replace(record, sockets=str(sockets_for(home, account)))
    for _ in range(5):  # a port that was free may be taken by the time the server asks for it
        record = replace(record, port=_free_port() if tcp else 5432)
        place.write(record)
        configuration = write_configuration(
            home, account, sockets=Path(record.sockets), port=record.port, tcp=tcp, durable=durable
        )
        launched = _launch(programs_there, configuration, home, account)
        if launched is None:
            continue
        try:
            place.write(replace(record, pid=launched.pid, start=launched.start))
            if _wait_until_ready(record.data, launched):
                return _handle(place, record, launched, programs)
        except BaseException:
            launched.signal(signal.SIGQUIT)
            raise
    reason = _last_words(record.data / "server.log")
    _forget_sockets(place, record)
    raise ServerError("PRV812", f"the server in {place.path} did not start: {reason}")


def _launch(programs: Path, configuration: Path, home: Path, account: Account) -> Process | None:
    log = home / "data" / "server.log"
    log.unlink(missing_ok=True)  # the name goes, whatever it led to
    environment = [f"{name}={value}" for name, value in bare_environment(home).items()]
    server: list[str | Path] = [programs / "postgres", "-D", home / "data", "-c", f"config_file={configuration}"]
    said = account.run(["/bin/sh", "-c", LAUNCH, "sh", log, "env", "-i", *environment, *server], home=home, seconds=30)
    return process(int(said.stdout)) if said.stdout.strip().isdigit() else None


def _wait_until_ready(data: Path, server: Process) -> bool:
    """Wait until the server takes connections; False if it ended before.

    Raises: ServerError PRV812 if it is not ready for minutes.
    """
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        lines = _lock_lines(data)
        if len(lines) > 7 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
            return True
        if not server.alive():
            return False
        time.sleep(0.005)
    raise ServerError("PRV812", f"the server in {data.parent} is not ready after {START_S:.0f} s")


def _postmaster(record: Record, account: Account) -> Process | None:
    """The server's process: the one remembered, or one that works in the data folder under its lock file's number."""
    if record.pid and record.start and (known := Process(record.pid, record.start)).alive():
        return known
    first = next(iter(_lock_lines(record.data)), "")
    at_work = at_work_in(record.data, uid=account.uid) if first.isdigit() else ()
    return next((one for one in at_work if str(one.pid) == first), None)


def _heal(record: Record, account: Account) -> None:
    """Take away what a killed server left: backends, a key of shared memory, its lock file, its socket's folder."""
    end_all(at_work_in(record.data, uid=account.uid))
    memory = "".join(_lock_lines(record.data)[6:7]).split()
    if HAS_PROC and len(memory) == 2:
        account.run(
            ["/bin/sh", "-c", 'command -v ipcrm >/dev/null && ipcrm -m "$1"', "sh", memory[1]], home=record.data
        )
    if HAS_PROC:
        (record.data / "postmaster.pid").unlink(missing_ok=True)
    if record.sockets and Path(record.sockets).parent != Path(record.home):
        take_away(Path(record.sockets))


def _stop(place: ServerFolder) -> Record | None:
    record = place.read()
    if record is None:
        return None
    account = server_account()
    if running := _postmaster(record, account):
        _end(record.data, running, account)
    _heal(record, account)
    _forget_sockets(place, record)
    return record


def _end(data: Path, server: Process, account: Account) -> None:
    """End a server: sessions are broken off, rows are safe; what does not obey is killed.

    Raises: ServerError PRV814 if even that does not help.
    """
    for number, seconds in ((signal.SIGINT, STOP_S), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        server.signal(number)
        if server.ended(seconds=seconds):
            break
    else:
        raise ServerError("PRV814", f"the server process {server.pid} does not end")
    end_all(at_work_in(data, uid=account.uid))


def _forget_sockets(place: ServerFolder, record: Record) -> None:
    if record.sockets:
        take_away(Path(record.sockets))
    place.write(record.stopped())


def _handle(place: ServerFolder, record: Record, server: Process, programs: Path) -> EmbeddedServer:
    return EmbeddedServer(
        folder=place.path,
        socket_dir=Path(record.sockets),
        bin=programs,
        port=record.port,
        tcp=record.tcp,
        pid=server.pid,
        version=server_version(programs)[1],
    )


def _lock_lines(data: Path) -> list[str]:
    with contextlib.suppress(OSError):
        handle = os.open(data / "postmaster.pid", os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, errors="replace") as file:
            return file.read(4096).split("\n")
    return []


def _last_words(log: Path) -> str:
    """The server's own reason, from the end of its log; statements and rows are never logged."""
    with contextlib.suppress(OSError):
        handle = os.open(log, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, errors="replace") as file:
            said = [line for line in file.read(1 << 20).splitlines() if "FATAL" in line or "PANIC" in line]
        if said:
            return said[-1].partition("FATAL:")[2].strip() or said[-1]
    return "no reason was given"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _word(value: str) -> str:
    """A value of a conninfo string."""
    if value and all(sign.isalnum() or sign in "/._-" for sign in value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
