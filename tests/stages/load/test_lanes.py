from __future__ import annotations

import threading

import pytest

from provision.model.names import TableName
from provision.stages.load.lanes import Feed, run_steps
from provision.stages.load.order import Step

A, B = TableName("public", "a"), TableName("public", "b")


def run(steps, work, *, lanes=3, may_join=lambda _step: False, cancel=lambda: None) -> None:
    run_steps(steps, lanes=lanes, work=work, may_join=may_join, cancel=cancel)


def test_a_step_starts_after_all_that_it_waits_for() -> None:
    steps = [
        Step(kind="define"),
        Step(kind="define", after=frozenset({0})),
        Step(kind="define", after=frozenset({0, 1})),
    ]
    done: list[int] = []

    run(steps, lambda step, _lane: done.append(step))

    assert done == [0, 1, 2]


@pytest.mark.parametrize("shared", [True, False])
def test_steps_that_lock_the_same_table_run_together_only_if_both_share_it(shared: bool) -> None:
    steps = [Step(kind="define", tables=frozenset({A}), shared=shared) for _ in range(2)]
    inside, most, lock = 0, 0, threading.Lock()
    met = threading.Barrier(2)

    def work(_step: int, _lane: int) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        if shared:
            met.wait(timeout=30)
        with lock:
            inside -= 1

    run(steps, work)

    assert most == (2 if shared else 1)


def test_several_lanes_share_the_rows_of_one_table_and_each_batch_goes_to_one() -> None:
    feed = Feed(iter(range(1000)))
    seen: list[int] = []
    lanes: set[int] = set()
    all_there = threading.Barrier(3)

    def work(_step: int, lane: int) -> None:
        lanes.add(lane)
        all_there.wait(timeout=30)
        seen.extend(feed)

    run([Step(kind="rows", table=A)], work, may_join=lambda _step: not feed.finished)

    assert lanes == {0, 1, 2}
    assert sorted(seen) == list(range(1000))


def test_the_first_error_stops_all_lanes_and_is_the_one_raised() -> None:
    stopped = threading.Event()

    def work(step: int, _lane: int) -> None:
        if step == 0:
            raise ValueError("first")
        if not stopped.wait(timeout=30):
            raise AssertionError("nobody cancelled")
        raise RuntimeError("cancelled")

    steps = [Step(kind="define"), Step(kind="define"), Step(kind="define", after=frozenset({0}))]
    with pytest.raises(ValueError, match="first"):
        run(steps, work, lanes=2, cancel=stopped.set)


def test_a_lane_that_begins_just_after_the_failure_is_cancelled_too() -> None:
    calls: list[int] = []
    begun, heard = threading.Event(), threading.Event()

    def cancel() -> None:
        calls.append(1)
        if len(calls) == 3:  # the first ones come too early for a statement that is not under way yet
            heard.set()

    def work(step: int, _lane: int) -> None:
        if step == 0:
            begun.wait(timeout=30)
            raise ValueError("first")
        begun.set()
        assert heard.wait(timeout=30)

    with pytest.raises(ValueError, match="first"):
        run([Step(kind="define"), Step(kind="define")], work, lanes=2, cancel=cancel)

    assert heard.is_set()


def test_nothing_to_do_ends_at_once() -> None:
    run([], lambda _step, _lane: None)
