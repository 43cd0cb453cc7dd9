"""Opening a snapshot in a store that somebody else may write to."""

from __future__ import annotations

import pytest

from provision.errors import IntegrityError, UsageError
from provision.stages.snapshot import home, open_snapshot, refs
from provision.stages.snapshot.documents import canonical, digest, parse
from provision.stages.snapshot.signing import SigningKey
from provision.stores import open_store
from support.snapshots import PEOPLE, people, run


@pytest.fixture
def key():
    return SigningKey.generate()


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"), spool=tmp_path)


def forge(store, change):
    """Publish a manifest that somebody made by hand."""
    found = open_snapshot(store, "dev")
    value = parse(store.get(f"manifests/{found.id}.json", limit=1 << 20), "x")
    change(value)
    data = canonical(value)
    store.put_new(f"manifests/{digest(data)}.json", data)
    return digest(data)


def test_signed_means_that_data_and_name_are_signed(store, key):
    run(store, signer=key)
    assert open_snapshot(store, "dev", trusted=[key.public]).signed_by == {key.public.id}
    assert open_snapshot(store, "dev").signed_by == frozenset()
    assert open_snapshot(store, "dev", trusted=[SigningKey.generate().public]).signed_by == frozenset()


def test_an_old_signed_snapshot_under_an_unsigned_name_is_not_signed(store, key):
    old = run(store, signer=key)
    run(store, people(suffix="x"), signer=key)
    refs.move(
        store,
        "recipes",
        "dev",
        store_id=home.store_id(store),
        snapshot=old.id,
        statement=old.statement,
        at="2026-01-01T00:00:00+00:00",
        signer=None,
    )
    found = open_snapshot(store, "dev", trusted=[key.public])
    assert (found.id, found.signed_by) == (old.id, frozenset())
    assert open_snapshot(store, old.id, trusted=[key.public]).signed_by == {key.public.id}


def test_a_statement_about_one_snapshot_does_not_speak_for_another(store, key):
    one = run(store, signer=key)
    two = run(store, people(suffix="x"))
    data = store.get(f"statements/{one.id}/{one.statement}.json", limit=1 << 20)
    store.put_new(f"statements/{two.id}/{one.statement}.json", data)
    with pytest.raises(IntegrityError) as caught:
        open_snapshot(store, two.id, trusted=[key.public])
    assert caught.value.code == "PRV508"


def part(value):
    return value["tables"][0]["parts"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(content="0" * 64),
        lambda value: value.update(more=1),
        lambda value: value["tables"].reverse(),
        lambda value: value["tables"].append(value["tables"][0]),
        lambda value: part(value).update(hash="../../../../etc/passwd"),
        lambda value: part(value).update(rows=1 << 40),
        lambda value: part(value).update(bytes=1 << 40),
        lambda value: part(value).update(rows=-1),
        lambda value: part(value).update(rows=1),
        lambda value: value["ddl"].update(bytes=1 << 40),
        lambda value: value["tables"][0].update(key=["none"]),
        lambda value: value["tables"][0]["columns"].append(value["tables"][0]["columns"][0]),
        lambda value: value["tables"][0]["columns"][0].update(storage="float"),
    ],
)
def test_manifests_that_do_not_add_up_are_refused(store, change):
    run(store)
    snapshot = forge(store, change)
    with pytest.raises(IntegrityError) as caught:
        open_snapshot(store, snapshot)
    assert caught.value.code == "PRV508"


def test_a_manifest_of_another_format_is_told_apart(store):
    run(store)
    snapshot = forge(store, lambda value: value.update(format="provision-snapshot/2"))
    with pytest.raises(IntegrityError) as caught:
        open_snapshot(store, snapshot)
    assert caught.value.code == "PRV503"


@pytest.mark.parametrize(
    "change", [lambda column: column.update(type="text"), lambda column: column.update(storage="text")]
)
def test_a_manifest_of_other_columns_than_its_parts_is_found_when_they_are_read(store, change):
    run(store)
    snapshot = forge(store, lambda value: change(value["tables"][0]["columns"][0]))
    with pytest.raises(IntegrityError) as caught:
        list(open_snapshot(store, snapshot).batches(PEOPLE))
    assert caught.value.code == "PRV512"


def test_a_place_without_a_store_is_told(store):
    with pytest.raises(IntegrityError) as caught:
        open_snapshot(store, "dev")
    assert caught.value.code == "PRV503"


def test_an_unknown_name_lists_those_that_are_there(store):
    run(store, tags=("golden",))
    with pytest.raises(UsageError) as caught:
        open_snapshot(store, "prod")
    assert caught.value.code == "PRV505"
    assert "dev, tag:golden" in caught.value.fix
