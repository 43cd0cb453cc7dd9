"""Server processes, told apart from whatever else may have their number by now.

A process is the pair of its number and its start; both must match before it is signalled. Numbers are used again soon
in a container, so that a ``postmaster.pid`` left by a killed server may name a stranger.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
HAS_PROC = (_PROC / "self/stat").exists()  # without it, PostgreSQL has to judge its lock file by itself


@dataclass(frozen=True, slots=True)
class Process:
    """A process that ran when this was made."""

    pid: int
    start: str

    def alive(self) -> bool:
        """Whether this very process still runs; one that has ended but was not collected does not."""
        return start_of(self.pid) == self.start

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process; none is sent once it has ended."""
        try:
            if hasattr(os, "pidfd_open"):
                handle = os.pidfd_open(self.pid)  # from here on the number cannot pass to another process
                try:
                    if self.alive():
                        signal.pidfd_send_signal(handle, number)
                finally:
                    os.close(handle)
            elif self.alive():
                os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def ended(self, *, seconds: float) -> bool:
        """Wait until the process has ended, at most so long."""
        end = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True


def start_of(pid: int) -> str | None:
    """When the process started, as a word that no other process of this number shares; None if there is none."""
    if not HAS_PROC:
        shown = subprocess.run(  # noqa: S603
            ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split(maxsplit=1)
        return shown[1].strip() if len(shown) == 2 and not shown[0].startswith("Z") else None
    try:
        # The name in parentheses may hold anything; state and start are the 1st and 20th field after it.
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def process(pid: int) -> Process | None:
    """The process that has this number now."""
    start = start_of(pid) if pid > 0 else None
    return Process(pid, start) if start else None


def at_work_in(folder: Path, *, uid: int) -> tuple[Process, ...]:
    """Processes of one user whose working directory is this folder: a server's, and its backends'.

    Where there is no ``/proc`` none are found, and PostgreSQL's own checks of its lock file have to do.
    """
    if not HAS_PROC:
        return ()
    here = str(folder)
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if entry.stat().st_uid != uid or str((entry / "cwd").readlink()).removesuffix(" (deleted)") != here:
                continue
        except OSError:  # ended meanwhile, or not ours to look into
            continue
        if (one := process(int(entry.name))) is not None:
            found.append(one)
    return tuple(found)


def end_all(processes: tuple[Process, ...]) -> None:
    """Kill and wait: backends that outlived their killed postmaster still write to shared memory."""
    for one in processes:
        one.signal(signal.SIGKILL)
    for one in processes:
        one.ended(seconds=10)
