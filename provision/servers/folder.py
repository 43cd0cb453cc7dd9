"""The folder of one embedded server: what lies in it, who may change it, and what is remembered about the server.

::

    <folder>/            0700, or 0711 when another account runs the server
    ├── lock             whoever holds it starts, stops or removes
    ├── server.json      where everything is, and which process runs
    ├── passfile         0600: passwords, in libpq's format
    └── postgresql.conf  pg_hba.conf  data/  socket/  programs/

The last line is the server's *home*. It lies elsewhere, in a folder of ours for temporary files, where the account that
runs the server cannot reach this one. The socket's folder lies elsewhere where its path would be too long for the kernel.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import LockedError, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.servers.account import Account

# Not our own name: with the search path "$user", public a role called like our schema would make its tables there.
OWNER = "app"  # loads and owns databases; no superuser
ADMIN = "postgres"  # the superuser
DATABASE = "app"  # the owner's, made with the server; others may be made beside it
PREFIX = "provision-"
PARTS = "lock", "server.json", "passfile", "postgresql.conf", "pg_hba.conf", "data", "socket", "programs"
LONGEST_SOCKET = 107 - len("/.s.PGSQL.65535")  # sun_path of Linux holds 107 bytes and a zero
LOCK_S = 120.0
BASES = Path("/var/tmp"), Path(tempfile.gettempdir()), Path("/tmp")  # noqa: S108  # what outlives a reboot goes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is remembered of a server; ``pid`` and ``start`` are None when it was stopped."""

    version: int = 1
    home: str
    sockets: str = ""
    port: int = 5432
    tcp: bool = False
    pid: int | None = None
    start: str | None = None

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.home) / "data"

    def stopped(self) -> Record:
        """The same without a process and a socket."""
        return replace(self, pid=None, start=None, sockets="")


@dataclass(frozen=True, slots=True)
class ServerFolder:
    """The folder of one server; nothing is made before `make`."""

    path: Path

    def make(self) -> None:
        """Make the folder, where it is not made yet.

        Raises: ServerError PRV813 if there is something in its place that is not ours. FileNotFoundError if somebody
        takes it away meanwhile.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {entry.name for entry in self.path.iterdir()}
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ServerError(
                "PRV813", f"{self.path} cannot be a server's folder: {os.strerror(error.errno or 0)}"
            ) from None
        if names and "lock" not in names:
            raise ServerError(
                "PRV813",
                f"{self.path} holds other things, and a server's folder holds nothing else",
                fix="name a folder that does not exist yet",
            )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for ourselves; the lock goes with the process, however that ends.

        Raises: LockedError PRV815 when somebody else holds it for two minutes.
        """
        end = time.monotonic() + LOCK_S
        while True:
            try:
                self.make()
                handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:  # a removal took the folder away in between
                if time.monotonic() > end:
                    raise
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_the_lock(handle):  # and not one that a removal has taken away meanwhile
                    break
            except BlockingIOError:
                if time.monotonic() > end:
                    os.close(handle)
                    raise LockedError("PRV815", f"somebody else works on {self.path}", fix="try again later") from None
                time.sleep(0.02)
            os.close(handle)
        try:
            yield
        finally:
            os.close(handle)

    def read(self) -> Record | None:
        """What is remembered; None on first use.

        Raises: ServerError PRV813 if the record cannot be read.
        """
        try:
            return Record(**json.loads((self.path / "server.json").read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            raise ServerError(
                "PRV813",
                f"{self.path / 'server.json'} is not readable as a server's record",
                fix="stop the server that works there, and remove the folder",
            ) from None

    def write(self, record: Record) -> None:
        """Remember, in one step."""
        draft = self.path / f"server.json.{os.getpid()}"
        write_file(draft, json.dumps(asdict(record)), mode=0o600)
        draft.replace(self.path / "server.json")

    def password(self, role: str) -> str:
        """The password of one of our two roles.

        Raises: ServerError PRV813 if the passfile is gone. ValueError for another role.
        """
        if role not in {OWNER, ADMIN}:
            raise ValueError(f"an embedded server has the roles {OWNER} and {ADMIN}")
        try:
            lines = (self.path / "passfile").read_text().splitlines()
        except OSError:
            lines = []
        for line in lines:
            user, _, password = line.removeprefix("*:*:*:").partition(":")
            if user == role:
                return password
        raise ServerError("PRV813", f"{self.path / 'passfile'} is gone", fix="remove the folder and start again")

    def make_passwords(self) -> None:
        """New random passwords for both roles."""
        lines = [f"*:*:*:{role}:{secrets.token_urlsafe(24)}\n" for role in (OWNER, ADMIN)]
        write_file(self.path / "passfile", "".join(lines), mode=0o600)

    def clear(self) -> None:
        """Take away all that is ours, and the folder when that leaves it empty; hold the lock."""
        for part in sorted(PARTS, key=lambda name: name == "server.json"):
            if part != "lock":
                take_away(self.path / part)
        for leftover in self.path.glob("data.*"):
            take_away(leftover)
        with contextlib.suppress(OSError):
            (self.path / "lock").unlink()
            self.path.rmdir()

    def _is_the_lock(self, handle: int) -> bool:
        try:
            named = (self.path / "lock").lstat()
        except FileNotFoundError:
            return False
        ours = os.fstat(handle)
        return (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)


def home_for(folder: Path, account: Account, remembered: str | None) -> Path:
    """Where the server lives: where it lived before, else in its folder, else where its account can reach it.

    Raises: ServerError PRV811 if the account reaches no place at all.
    """
    if remembered and is_ours(Path(remembered)):
        home = Path(remembered)
    elif account.reaches(folder):
        home = folder
    else:
        home = reachable_folder(account, reserve=0)
    home.chmod(0o711 if account.other else 0o700)
    return home


def sockets_for(home: Path, account: Account) -> Path:
    """A fresh, empty folder for the socket, that belongs to the server's account and is closed to everybody else."""
    sockets = home / "socket"
    if len(os.fsencode(sockets)) > LONGEST_SOCKET:
        sockets = reachable_folder(account, reserve=len(os.sep))
    else:
        take_away(sockets)
        sockets.mkdir()
    sockets.chmod(0o700)
    account.give(sockets)
    return sockets


def reachable_folder(account: Account, *, reserve: int) -> Path:
    """A new folder below one for temporary files, reachable by the account, its path short enough for a socket."""
    for base in dict.fromkeys(BASES):
        room = LONGEST_SOCKET - len(os.fsencode(base)) - len(PREFIX) - len("/12345678/socket") - reserve
        if room > 0 and base.is_dir() and os.access(base, os.W_OK) and account.reaches(base):
            return Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    raise ServerError(
        "PRV811",
        "the account that runs the server reaches no folder for temporary files",
        fix="run provision as an ordinary user, or set TMPDIR to a folder that everybody may enter",
    )


def is_ours(folder: Path) -> bool:
    """Whether this is a folder, not a link to one, and belongs to us alone."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and status.st_uid == os.geteuid()


def take_away(path: Path) -> None:
    """Remove a file or a folder with all it holds; a link is removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_file(path: Path, text: str, *, mode: int, group: int | None = None) -> None:
    """Write a file of ours anew, never through a link, with this mode from its first byte."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        if group is not None:
            os.fchown(handle, -1, group)
        os.fchmod(handle, mode)
        file.write(text)
