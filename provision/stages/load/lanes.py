"""Carry out steps on several lanes: threads that each drive one connection of the target.

The work is the server's, so threads suffice. Knows nothing of databases: a step is handed to a function together with
the number of the lane. The first error stops all lanes and is raised.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provision.stages.load.order import Step

Item = TypeVar("Item")

WATCH_SECONDS = 0.2  # how soon Ctrl-C is heard while the lanes work


class Feed(Generic[Item]):
    """An iterator that several threads share: each item goes to one of them."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._turn = threading.Lock()
        self.finished = False

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._turn:
            if self.finished:
                raise StopIteration
            try:
                return next(self._items)
            except BaseException:
                self.finished = True
                raise


def run_steps(
    steps: Sequence[Step],
    *,
    lanes: int,
    work: Callable[[int, int], None],
    may_join: Callable[[int], bool],
    cancel: Callable[[], None],
) -> None:
    """Carry out all steps, each after those it waits for, never two at a time that would wait for each other's locks.

    Args:
        steps: as `order_of_work` gives them.
        lanes: how many threads, >= 1.
        work: called with (step, lane); called again for a step of rows that another lane joins.
        may_join: whether a step that is under way has something left for one more lane.
        cancel: stops what lanes are doing, when one of them has failed; called until all have stopped.
    """
    _Run(steps, lanes=lanes, work=work, may_join=may_join, cancel=cancel).run()


class _Run:
    def __init__(
        self,
        steps: Sequence[Step],
        *,
        lanes: int,
        work: Callable[[int, int], None],
        may_join: Callable[[int], bool],
        cancel: Callable[[], None],
    ) -> None:
        self.steps = steps
        self.lanes = lanes
        self.work = work
        self.may_join = may_join
        self.cancel = cancel
        self.changed = threading.Condition()
        self.waiting = set(range(len(steps)))
        self.active: dict[int, int] = {}  # step -> lanes at it
        self.done: set[int] = set()
        self.failure: BaseException | None = None

    def run(self) -> None:
        threads = [threading.Thread(target=self.lane, args=(lane,), name=f"load-{lane}") for lane in range(self.lanes)]
        for thread in threads:
            thread.start()
        try:
            self.wait_for(threads)
        except BaseException as error:
            self.stop(error)
            self.wait_for(threads)
            raise
        if self.failure is not None:
            raise self.failure

    def wait_for(self, threads: Sequence[threading.Thread]) -> None:
        """Wait for the lanes; after a failure, cancel until all have heard it: one may only be about to begin."""
        for thread in threads:
            while thread.is_alive():
                thread.join(WATCH_SECONDS)
                if self.failure is not None and thread.is_alive():
                    self.cancel()

    def lane(self, lane: int) -> None:
        while (step := self.take()) is not None:
            try:
                self.work(step, lane)
            except BaseException as error:  # noqa: BLE001  # handed to the main thread, which raises it
                self.stop(error)
                return
            self.leave(step)

    def take(self) -> int | None:
        """The next step for a lane; None when all is done or something has failed."""
        with self.changed:
            while self.failure is None and len(self.done) < len(self.steps):
                step = self.choose()
                if step is not None:
                    self.waiting.discard(step)
                    self.active[step] = self.active.get(step, 0) + 1
                    return step
                self.changed.wait()
            return None

    def choose(self) -> int | None:
        """The heaviest step that may start, else the heaviest under way that has work for one more lane."""
        ready = [s for s in self.waiting if self.steps[s].after <= self.done and self.is_free(s)]
        if not ready:
            ready = [s for s in self.active if self.steps[s].kind == "rows" and self.may_join(s)]
        return max(ready, key=lambda s: (self.steps[s].kind == "rows", self.steps[s].weight, -s), default=None)

    def is_free(self, step: int) -> bool:
        wanted = self.steps[step]
        return not any(
            wanted.tables & self.steps[other].tables and not (wanted.shared and self.steps[other].shared)
            for other in self.active
        )

    def leave(self, step: int) -> None:
        with self.changed:
            self.active[step] -= 1
            if not self.active[step]:
                del self.active[step]
                self.done.add(step)
            self.changed.notify_all()

    def stop(self, error: BaseException) -> None:
        with self.changed:
            self.failure = self.failure or error
            self.changed.notify_all()
