"""Lanes: worker processes of this machine, each with its own database connection.

psycopg's row loop and hashing hold the GIL, so lanes are processes. They are started with an allow-listed
environment, and receive keys and passwords over an inherited socket, never over argv, environment or pickle.
A lane ends when its socket closes, so a killed parent leaves none behind.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from provision.errors import ProvisionError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

# What a lane needs of our environment: to find its libraries and to speak the same language. No PG*, no PROVISION_*.
ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "SYSTEMROOT")
# These choose code paths of numeric libraries; results do not depend on them, crashes on odd processors do.
NUMERIC = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
STOP_S = 5.0  # how long a lane may take to end before it is killed


@dataclass(frozen=True, slots=True)
class _Failure:
    """A lane's error in pieces that travel: its class, code, message and fix."""

    kind: str
    code: str
    message: str
    fix: str


@dataclass(slots=True)
class _Lane:
    process: subprocess.Popen[bytes]
    pipe: Connection
    busy: bool = False


class Lanes:
    """A number of lanes that carry out one function on many units.

    As a context they start and end; while they import their libraries the caller may go on, until `begin` tells them
    what the work is.

    Args: entry: ``package.module:function`` that every lane calls once with ``(secrets, setup)`` and that returns a
    function of a unit. count: lanes, >= 1.
    """

    def __init__(self, entry: str, *, count: int) -> None:
        if count < 1:
            raise ValueError("at least one lane")
        self._entry = entry
        self._count = count
        self._lanes: list[_Lane] = []
        self._waiting: deque[object] = deque()

    def __enter__(self) -> Self:
        try:
            for _ in range(self._count):
                self._lanes.append(self._start())
        except BaseException:
            self._stop(kill=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(kill=kind is not None)

    def begin(self, *, setup: object, secrets: dict[str, bytes]) -> None:
        """Tell all lanes what their units share.

        Args: setup: picklable, without secrets. secrets: bytes by name, sent raw.
        """
        for lane in self._lanes:
            # A lane that has died by now is found out when its answer is awaited.
            with contextlib.suppress(ConnectionError):
                lane.pipe.send_bytes(pickle.dumps((setup, sorted(secrets))))
                for name in sorted(secrets):
                    lane.pipe.send_bytes(secrets[name])

    def add(self, unit: object) -> None:
        """Give the lanes one more unit: to the first that is idle, else behind those that wait."""
        self._waiting.append(unit)
        for lane in self._lanes:
            if not lane.busy:
                self._feed(lane)

    def map(self, units: Iterable[object]) -> Iterator[Any]:
        """Results of these units, and of those added meanwhile, in the order in which they become ready.

        The first failure ends the run and is raised.
        Raises: ProvisionError as raised in the lane. RunError PRV801 if a lane died.
        """
        for unit in units:
            self.add(unit)
        while any(lane.busy for lane in self._lanes):
            ready = wait([lane.pipe for lane in self._lanes if lane.busy])
            for lane in self._lanes:
                if lane.pipe not in ready:
                    continue
                result = self._receive(lane)
                lane.busy = False
                self._feed(lane)
                yield result

    def _feed(self, lane: _Lane) -> None:
        if not self._waiting:
            return
        lane.busy = True
        # A lane that has just died is found out when its answer is awaited.
        with contextlib.suppress(ConnectionError):
            lane.pipe.send_bytes(pickle.dumps(self._waiting.popleft(), protocol=5))

    def _receive(self, lane: _Lane) -> object:
        try:
            result = pickle.loads(lane.pipe.recv_bytes())  # noqa: S301  # from our own child over our own socket
        except (EOFError, ConnectionError):
            code = lane.process.wait()
            raise RunError(
                "PRV801",
                f"a worker process ended unexpectedly ({_ending(code)})",
                fix="if it was killed for its memory, run with fewer lanes (`--lanes 1`); then start the run again",
            ) from None
        if isinstance(result, _Failure):
            raise _revive(result)
        return result

    def _start(self) -> _Lane:
        ours, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in (*ENVIRONMENT, *NUMERIC) if name in os.environ}
        # One lane, one core: polars' own threads would fight the other lanes for it.
        environment |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONSAFEPATH": "1"}
        # Lanes import what we import, plug-ins of the project included.
        environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
        with theirs:
            process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        pipe = Connection(ours.detach())
        lane = _Lane(process, pipe)
        pipe.send_bytes(self._entry.encode())
        return lane

    def _stop(self, *, kill: bool) -> None:
        for lane in self._lanes:
            lane.pipe.close()
            if kill:
                lane.process.terminate()
        for lane in self._lanes:
            try:
                lane.process.wait(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                lane.process.kill()
                lane.process.wait()
        self._lanes.clear()


def _ending(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _revive(failure: _Failure) -> ProvisionError:
    kinds: list[type[ProvisionError]] = [ProvisionError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    matching: Sequence[type[ProvisionError]] = [kind for kind in kinds if kind.__name__ == failure.kind]
    return (matching[0] if matching else RunError)(failure.code, failure.message, fix=failure.fix)


def _describe(error: BaseException) -> _Failure:
    if isinstance(error, ProvisionError):
        return _Failure(type(error).__name__, error.code, error.message, error.fix)
    # The text of a foreign exception may quote a value: its class and place must do.
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f" at {Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    return _Failure(
        "RunError",
        "PRV802",
        f"a worker process failed with {type(error).__name__}{place}",
        "this is a mistake of ours: please report it with these words",
    )


def without_core_dumps() -> None:
    """A core dump of this process, or of a child, would hold keys and rows: from now on there is none."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  # not on every platform

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(descriptor: int) -> None:
    """What a lane does: read the setup, then work on units until the socket closes."""
    import importlib  # noqa: PLC0415  # a lane's own start

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it ends the lanes
    without_core_dumps()
    pipe = Connection(descriptor)
    try:
        module, _, function = pipe.recv_bytes().decode().partition(":")
        with contextlib.suppress(Exception):  # what is wrong with it is told to the first unit
            importlib.import_module(module)
        setup, names = pickle.loads(pipe.recv_bytes())  # noqa: S301  # from our parent
        secrets = {name: pipe.recv_bytes() for name in names}
        work = None
        while True:
            unit = pickle.loads(pipe.recv_bytes())  # noqa: S301  # from our parent
            try:
                if work is None:
                    work = getattr(importlib.import_module(module), function)(secrets, setup)
                result = work(unit)
            except Exception as error:  # noqa: BLE001  # whatever it is, the parent must hear of it, without values
                result = _describe(error)
            pipe.send_bytes(pickle.dumps(result, protocol=5))
    except (EOFError, ConnectionError):
        return


if __name__ == "__main__":
    # Under its own name, so that what is pickled here is known to the parent by the same name.
    from provision.executors.local import main as lane

    lane(int(sys.argv[1]))
