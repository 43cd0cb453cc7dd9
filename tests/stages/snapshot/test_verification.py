"""Any flipped byte of any file of a store is found, and no row of a damaged part is handed out."""

from __future__ import annotations

import random

import pytest

from provision.errors import IntegrityError
from provision.model.report import Severity
from provision.stages.snapshot import open_snapshot, verify
from provision.stages.snapshot import parts as parts_module
from provision.stages.snapshot.signing import SigningKey
from provision.stores import open_store
from support.snapshots import PEOPLE, people, run


@pytest.fixture
def key():
    return SigningKey.generate()


@pytest.fixture
def store(tmp_path, key, monkeypatch):
    monkeypatch.setattr(parts_module, "CUT_MASK", 31)
    store = open_store(str(tmp_path / "store"), spool=tmp_path)
    run(store, signer=key, tags=("golden",))
    run(store, people(suffix="x"), signer=key)
    run(store, people(suffix="x"), signer=key)
    return store


def test_a_sound_store_has_no_findings(store, key):
    assert verify(store, trusted=[key.public]) == ()
    assert verify(store, trusted=[key.public], deep=False) == ()
    assert verify(store, open_snapshot(store, "dev").id, trusted=[key.public]) == ()


def test_any_flipped_byte_of_any_file_is_found(store, key):
    source = random.Random(5)
    for path in store.below(""):
        whole = (store.root / path).read_bytes()
        places = {0, len(whole) - 1, *(source.randrange(len(whole)) for _ in range(4))}
        for place in sorted(places):
            flip = source.choice((1, 0x20, 0x80))
            damaged = bytearray(whole)
            damaged[place] ^= flip
            (store.root / path).write_bytes(damaged)
            found = [finding for finding in verify(store, trusted=[key.public]) if finding.severity is Severity.ERROR]
            assert found, f"{path} at {place} by {flip}"
        (store.root / path).write_bytes(whole)
    assert verify(store, trusted=[key.public]) == ()


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"\0", lambda _: b""])
def test_files_that_were_cut_or_grew_are_found(store, key, damage):
    for path in store.below(""):
        whole = (store.root / path).read_bytes()
        (store.root / path).write_bytes(damage(whole))
        assert verify(store, trusted=[key.public]), path
        (store.root / path).write_bytes(whole)


@pytest.mark.parametrize("folder", ["parts", "blobs", "STORE.json"])
def test_missing_files_are_found(store, key, folder):
    for path in store.below(""):
        if path.startswith(folder):
            whole = (store.root / path).read_bytes()
            (store.root / path).unlink()
            assert verify(store, trusted=[key.public]), path
            (store.root / path).write_bytes(whole)


def test_a_missing_manifest_or_statement_is_missed_by_its_refs(store, key):
    found = open_snapshot(store, "dev")
    for path in (f"manifests/{found.id}.json", f"statements/{found.id}/{found.statement_hash}.json"):
        whole = (store.root / path).read_bytes()
        (store.root / path).unlink()
        assert "PRV509" in {finding.code for finding in verify(store, trusted=[key.public])}
        with pytest.raises(IntegrityError) as caught:
            open_snapshot(store, "dev")
        assert (caught.value.code, caught.value.exit_code) == ("PRV509", 5)
        (store.root / path).write_bytes(whole)


def test_no_row_of_a_damaged_part_is_handed_out(store):
    found = open_snapshot(store, "dev")
    path = store.root / "parts/sha256"
    victim = found.manifest.table(PEOPLE).parts[1]
    file = path / victim.hash[:2] / f"{victim.hash}.parquet"
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    batches = found.batches(PEOPLE)
    assert next(batches).frame.height == found.manifest.table(PEOPLE).parts[0].rows
    with pytest.raises(IntegrityError) as caught:
        next(batches)
    assert caught.value.code == "PRV507"


def test_unsigned_and_unknown_signers_are_warned_of(store):
    findings = verify(store, trusted=[SigningKey.generate().public])
    assert {finding.code for finding in findings} == {"PRV516"}
    assert {finding.severity for finding in findings} == {Severity.WARN}


def test_rows_that_are_not_those_of_the_logical_hash_are_found(store, key, monkeypatch):
    monkeypatch.setattr("provision.stages.snapshot.verification.TableHash.hexdigest", lambda _: "0" * 64)
    assert {finding.code for finding in verify(store, trusted=[key.public])} == {"PRV512"}
    assert verify(store, trusted=[key.public], deep=False) == ()
