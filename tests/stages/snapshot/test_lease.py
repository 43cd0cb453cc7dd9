"""Leases: one run of a recipe at a time; the dead let go."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provision.errors import LockedError, StoreError
from provision.stages.snapshot import layout, lease
from provision.stages.snapshot.sealed import seal
from provision.stores import open_store


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"), spool=tmp_path)


def put(store, *, minutes=20, **changes):
    expires = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    made = replace(lease._own(recipe="dev", run=layout.new_ulid()), expires=expires, **changes)
    store.put_new(layout.lease_path(layout.new_ulid()), seal(made, kind=lease.KIND))
    return made


def take(store, recipe="dev"):
    return lease.take(store, recipe=recipe, run=layout.new_ulid())


def test_a_second_run_of_a_recipe_is_told_to_wait(store):
    held = take(store)
    with pytest.raises(LockedError) as caught:
        take(store)
    assert (caught.value.code, caught.value.exit_code) == ("PRV504", 75)
    take(store, "other").release()
    held.release()
    take(store).release()
    assert store.below("leases") == ()


def test_a_renewed_lease_still_holds(store):
    held = take(store)
    before = store.below("leases")
    held.renew()
    assert len(store.below("leases")) == 1
    assert store.below("leases") != before
    with pytest.raises(LockedError):
        take(store)
    held.release()
    assert store.below("leases") == ()


def test_it_is_renewed_in_the_background(store, monkeypatch):
    monkeypatch.setattr(lease, "RENEW_S", 0.01)
    held = take(store)
    before = store.below("leases")
    for _ in range(1000):
        if store.below("leases") not in {before, ()}:
            break
        held._ending.wait(0.01)
    else:
        pytest.fail("the lease was not renewed")
    held.release()


def test_a_dead_process_on_this_machine_holds_nothing(store):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = lease._start_of(child.pid)
    put(store, pid=child.pid, start=start or "")
    assert len(lease.living(store)) == 1
    child.communicate(b"\n")
    assert lease.living(store) == ()
    assert store.below("leases") == ()


def test_a_process_with_the_number_of_a_dead_one_holds_nothing(store):
    put(store, pid=os.getpid(), start="1")
    assert lease.living(store) == ()


def test_a_lease_from_before_the_machine_was_started_again_holds_nothing(store):
    put(store, boot="another")
    assert lease.living(store) == ()


@pytest.mark.parametrize("elsewhere", [{"machine": "another"}, {"space": "pid:[1]"}])
def test_a_lease_of_another_machine_or_container_holds_until_it_ends(store, elsewhere):
    put(store, pid=1, start="1", **elsewhere)
    assert len(lease.living(store)) == 1
    with pytest.raises(LockedError):
        take(store)
    for path in store.below("leases"):
        store.delete(path)
    put(store, pid=1, start="1", minutes=-1, **elsewhere)
    take(store).release()


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"x" * 100])
def test_a_damaged_lease_is_nobodys(store, data):
    store.put_new(layout.lease_path(layout.new_ulid()), data)
    take(store).release()


def test_a_lease_with_a_date_that_is_none_is_nobodys(store):
    made = replace(lease._own(recipe="dev", run=layout.new_ulid()), expires="soon")
    store.put_new(layout.lease_path(layout.new_ulid()), seal(made, kind=lease.KIND))
    take(store).release()


def test_a_lease_that_cannot_be_deleted_does_not_hide_the_end(store, monkeypatch):
    held = take(store)

    def refuse(*_):
        raise StoreError("PRV502", "no")

    monkeypatch.setattr(type(store), "delete", refuse)
    held.release()


def test_a_lease_that_is_renewed_while_others_look_is_not_missed(store, monkeypatch):
    held = take(store)
    get = type(store).get

    def renewed_first(self, path, *, limit):
        monkeypatch.undo()
        held.renew()
        return get(self, path, limit=limit)

    monkeypatch.setattr(type(store), "get", renewed_first)
    assert [lease.run for lease in lease.living(store)] == [held._lease.run]
    held.release()
