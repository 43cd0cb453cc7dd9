"""As whom a server runs: ourselves, or an unprivileged account when we are root, which PostgreSQL refuses to be.

No operating-system user is made. Whether that account reaches a folder or a program is asked by trying, as it, so
that access lists and mount options count too.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Sequence

# The account that distributions make for this very purpose, else the one that owns nothing.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An operating-system identity; ``other`` when it is not our own."""

    uid: int
    gid: int
    other: bool

    def run(
        self,
        command: Sequence[str | Path],
        *,
        home: Path,
        folder: Path = Path("/"),
        text: str | None = None,
        seconds: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account, in a new session, in a folder, with a bare environment.

        Raises: OSError, subprocess.SubprocessError as `subprocess.run` does; a failing exit status is no error here.
        """
        return subprocess.run(  # noqa: S603  # commands are made in this package, no shell takes them apart
            [*command],
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            cwd=folder,
            env=bare_environment(home),
            umask=0o077,
            start_new_session=True,
            user=self.uid if self.other else None,
            group=self.gid if self.other else None,
            extra_groups=[] if self.other else None,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether this account can go into the folder (an ancestor may be closed to it)."""
        return not self.other or self._try("cd", folder)

    def runs(self, program: Path) -> bool:
        """Whether this account can start the program."""
        return not self.other or self._try("--version", program)

    def give(self, folder: Path) -> None:
        """Make a folder of ours this account's own."""
        if self.other:
            os.chown(folder, self.uid, self.gid)

    def _try(self, how: str, path: Path) -> bool:
        command: list[str | Path] = ["/bin/sh", "-c", 'cd "$1"', "sh", path] if how == "cd" else [path, how]
        try:
            return self.run(command, home=path.parent, seconds=30).returncode == 0
        except OSError:  # no such program, or none that we may run as that account
            return False


def server_account() -> Account:
    """The account that our servers run as.

    Raises: ServerError PRV811 if we are root and there is no account to run a server as.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), other=False)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, other=True)
    raise ServerError(
        "PRV811",
        f"PostgreSQL does not run as root, and there is no account {' or '.join(CANDIDATES)} to run it as",
        fix="run provision as an ordinary user",
    )


def bare_environment(home: Path) -> dict[str, str]:
    """All that a server and its tools see of an environment: no key, no password, no PG* setting of ours."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": str(home),
    }
