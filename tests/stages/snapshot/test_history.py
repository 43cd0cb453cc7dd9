"""Listing a store, the moves of a name, tags and the log."""

from __future__ import annotations

import pytest

from provision.errors import UsageError
from provision.stages.snapshot import list_snapshots, log, open_snapshot, past_runs, tag
from provision.stages.snapshot.signing import SigningKey
from provision.stores import open_store
from support.snapshots import people, run


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"), spool=tmp_path)


@pytest.fixture
def key():
    return SigningKey.generate()


def test_snapshots_are_listed_newest_first_with_their_names(store, key):
    one = run(store, signer=key, tags=("golden",))
    two = run(store, people(suffix="x"))
    bad = run(store, people(suffix="y"), passed=False)
    listed = list_snapshots(store, trusted=[key.public])
    assert [info.id for info in listed] == [bad.id, two.id, one.id]
    assert [info.names for info in listed] == [(), ("dev",), ("tag:golden",)]
    assert [info.passed for info in listed] == [False, True, True]
    assert [bool(info.signed_by) for info in listed] == [False, False, True]
    assert {(info.tables, info.rows, info.recipe) for info in listed} == {(2, 100, "dev")}


def test_the_moves_of_a_name_are_told_newest_first(store):
    ids = [run(store, people(suffix=suffix)).id for suffix in ("a", "b")]
    assert [entry.snapshot for entry in log(store, "dev")] == ids[::-1]
    with pytest.raises(UsageError):
        log(store, "tag:none")


def test_a_tag_is_set_by_name_or_id_and_moved(store, key):
    one = run(store, signer=key)
    assert tag(store, "dev", "golden", signer=key) == 1
    two = run(store, people(suffix="x"), signer=key)
    assert tag(store, two.id[:10], "golden", signer=key) == 2
    assert open_snapshot(store, "golden", trusted=[key.public]).signed_by
    assert [entry.snapshot for entry in log(store, "tag:golden")] == [two.id, one.id]


def test_a_tag_that_looks_like_an_id_is_refused(store):
    run(store)
    with pytest.raises(UsageError) as caught:
        tag(store, "dev", "cafecafe", signer=None)
    assert caught.value.code == "PRV514"


def test_runs_are_logged_by_recipe(store):
    run(store)
    run(store, recipe="other")
    assert [entry.recipe for entry in past_runs(store)] == ["dev", "other"]
    assert [entry.recipe for entry in past_runs(store, recipe="other")] == ["other"]
