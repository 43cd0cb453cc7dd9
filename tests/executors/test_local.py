from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provision.errors import RunError, SafetyError
from provision.executors.local import Lanes

ENTRY = "support.lane_work:start"


@contextmanager
def lanes_with(count: int, *, setup: object, secrets: dict[str, bytes]) -> Iterator[Lanes]:
    with Lanes(ENTRY, count=count) as lanes:
        lanes.begin(setup=setup, secrets=secrets)
        yield lanes


def test_units_come_back_from_all_lanes():
    with lanes_with(2, setup={"add": 10}, secrets={}) as lanes:
        assert sorted(lanes.map(range(20))) == list(range(10, 30))


def test_units_may_be_added_while_results_come_in():
    with lanes_with(2, setup={"add": 10}, secrets={}) as lanes:
        found = []
        for result in lanes.map([1]):
            found.append(result)
            if len(found) < 4:
                lanes.add(result)

    assert found == [11, 21, 31, 41]


def test_secrets_reach_a_lane_and_stand_neither_in_its_environment_nor_in_its_arguments(monkeypatch):
    monkeypatch.setenv("PROVISION_KEY", "canary-in-the-environment")
    with lanes_with(1, setup={}, secrets={"key": b"canary-in-the-pipe"}) as lanes:
        (seen,) = lanes.map(["inspect"])

    assert seen["secret"] == b"canary-in-the-pipe"
    assert b"canary" not in seen["environ"]
    assert b"canary" not in seen["cmdline"]
    assert seen["core_limit"] == 0


def test_an_error_of_ours_keeps_its_kind_code_and_fix():
    with lanes_with(1, setup={}, secrets={}) as lanes, pytest.raises(SafetyError) as caught:
        list(lanes.map(["refuse"]))

    assert (caught.value.code, caught.value.fix) == ("PRV701", "do not")


def test_a_foreign_error_is_told_by_class_and_place_and_never_by_its_text():
    with lanes_with(1, setup={}, secrets={}) as lanes, pytest.raises(RunError) as caught:
        list(lanes.map(["stumble"]))

    assert caught.value.code == "PRV802"
    assert "ValueError" in str(caught.value)
    assert "jane@x.test" not in str(caught.value)


def test_a_lane_that_is_killed_ends_the_run_with_a_word_about_it():
    with lanes_with(2, setup={}, secrets={}) as lanes, pytest.raises(RunError) as caught:
        list(lanes.map(["die", 1, 2, 3]))

    assert caught.value.code == "PRV801"
    assert "SIGKILL" in str(caught.value)


def test_no_lane_outlives_the_run():
    with lanes_with(2, setup={}, secrets={}) as lanes:
        pids = {seen["pid"] for seen in lanes.map(["inspect", "inspect"])}

    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_an_entry_that_cannot_be_imported_is_told_to_the_first_unit():
    with Lanes("support.no_such_module:start", count=1) as lanes:
        lanes.begin(setup={}, secrets={})
        with pytest.raises(RunError) as caught:
            list(lanes.map([1]))

    assert "ModuleNotFoundError" in str(caught.value)


def test_lanes_that_are_never_told_of_work_end_all_the_same():
    with Lanes(ENTRY, count=2) as lanes:
        pids = [lane.process.pid for lane in lanes._lanes]

    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
