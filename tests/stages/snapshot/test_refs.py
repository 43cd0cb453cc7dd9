"""Refs: append-only, chained, signed."""

from __future__ import annotations

import threading

import pytest

from provision.errors import IntegrityError, StoreError
from provision.stages.snapshot import layout, refs
from provision.stages.snapshot.sealed import seal
from provision.stages.snapshot.signing import SigningKey
from provision.stores import open_store

STORE_ID = layout.new_ulid()
AT = "2026-01-01T00:00:00+00:00"
A, B, C = ("a" * 64, "b" * 64, "c" * 64)


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"), spool=tmp_path)


@pytest.fixture
def key():
    return SigningKey.generate()


def move(store, snapshot, *, name="dev", signer=None):
    return refs.move(
        store, "recipes", name, store_id=STORE_ID, snapshot=snapshot, statement="0" * 64, at=AT, signer=signer
    )


def history(store, **more):
    return [entry.document.snapshot[0] for entry in refs.history(store, "recipes", "dev", store_id=STORE_ID, **more)]


def test_each_move_is_an_entry_of_its_own(store, key):
    assert [move(store, snapshot, signer=key) for snapshot in (A, B, A)] == [1, 2, 3]
    assert history(store, trusted=[key.public]) == ["a", "b", "a"]


def test_a_name_that_stands_for_the_snapshot_is_left_alone(store, key):
    assert move(store, A) == move(store, A) == 1
    assert move(store, A, signer=key) == 2  # now it is signed
    assert move(store, A, signer=key) == 2


def test_of_many_who_move_a_name_at_once_all_get_a_number(store):
    snapshots = [f"{number:064x}" for number in range(8)]
    threads = [threading.Thread(target=move, args=(store, snapshot)) for snapshot in snapshots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = refs.history(store, "recipes", "dev", store_id=STORE_ID)
    assert sorted(entry.document.snapshot for entry in entries) == snapshots


def test_a_name_that_moves_too_fast_is_given_up(store, monkeypatch):
    monkeypatch.setattr(type(store), "put_new", lambda *_: False)
    with pytest.raises(StoreError):
        move(store, A)


@pytest.mark.parametrize(
    "target", ["refs/recipes/prod/00000001.json", "refs/tags/dev/00000001.json", "refs/recipes/dev/00000003.json"]
)
def test_a_signed_entry_cannot_be_replayed_under_another_name_or_number(store, key, target):
    move(store, A, signer=key)
    move(store, B, signer=key)
    store.put_new(target, store.get("refs/recipes/dev/00000001.json", limit=10_000))
    kind, name, seq = target.removesuffix(".json").split("/")[1:]
    with pytest.raises(IntegrityError) as caught:
        refs.read(store, kind, name, int(seq), store_id=STORE_ID)
    assert caught.value.code == "PRV511"


def test_an_entry_of_another_store_is_refused(store):
    move(store, A)
    with pytest.raises(IntegrityError) as caught:
        refs.current(store, "recipes", "dev", store_id=layout.new_ulid())
    assert caught.value.code == "PRV511"


@pytest.mark.parametrize("seq", [1, 2])
def test_a_history_with_another_entry_in_it_is_broken(store, key, seq):
    for snapshot in (A, B, C):
        move(store, snapshot, signer=key)
    path = f"refs/recipes/dev/{seq:08d}.json"
    old = refs.read(store, "recipes", "dev", seq, store_id=STORE_ID).document
    store.delete(path)
    other = refs.RefEntry(**{name: getattr(old, name) for name in old.__slots__} | {"snapshot": C})
    store.put_new(path, seal(other, kind=refs.KIND, signer=key))
    with pytest.raises(IntegrityError) as caught:
        history(store, trusted=[key.public])
    assert caught.value.code == "PRV511"


def test_a_history_with_a_gap_is_broken_but_may_begin_late(store):
    for snapshot in (A, B, C):
        move(store, snapshot)
    store.delete("refs/recipes/dev/00000001.json")
    assert history(store) == ["b", "c"]
    move(store, A)
    store.delete("refs/recipes/dev/00000003.json")
    with pytest.raises(IntegrityError):
        history(store)


def test_files_that_others_left_are_passed_over(store):
    move(store, A)
    store.put_new("refs/recipes/dev/notes.txt", b"")
    store.put_new("refs/recipes/deadbeef/00000001.json", b"")
    store.put_new("refs/recipes/stray", b"")
    assert refs.names(store, "recipes") == ("dev",)
    assert history(store) == ["a"]
