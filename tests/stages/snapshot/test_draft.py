"""A run's snapshot: published whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace

import pytest

from provision.errors import IntegrityError, LockedError, SafetyError, StoreError, UsageError
from provision.model.names import TableName
from provision.stages.snapshot import begin, layout, lease, open_snapshot, past_runs, statements, sweep, verify
from provision.stages.snapshot.signing import SigningKey
from provision.stores import open_store
from support.snapshots import DDL, PEOPLE, PEOPLE_PLAN, people, run, stage, statement


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path):
    url = (tmp_path / "store").as_uri() if request.param == "file" else "memory://"
    return open_store(url, spool=tmp_path / "spool")


@pytest.fixture
def local(tmp_path):
    return open_store(str(tmp_path / "store"), spool=tmp_path)


@pytest.fixture
def key():
    return SigningKey.generate()


def test_what_is_published_is_what_was_staged(store, key):
    published = run(store, signer=key)
    found = open_snapshot(store, "dev", trusted=[key.public])
    assert (found.id, found.content) == (published.id, published.content)
    assert found.ddl() == DDL
    assert found.tables() == (PEOPLE, TableName("shop", "nothing"))
    assert found.columns(PEOPLE)[0] == ("id", "bigint")
    assert found.rows(PEOPLE) == 100
    assert found.server_version == 180000
    assert found.sequences() == {TableName("public", "people_id_seq"): 2**63 - 1}
    (batch,) = found.batches(PEOPLE)
    assert batch.frame.equals(people().sort("id"))
    assert list(found.batches(TableName("shop", "nothing"))) == []
    assert found.signed_by == {key.public.id}
    assert found.passed
    mask = found.manifest.table(PEOPLE).columns[1].mask
    assert (mask.mask, mask.domain, mask.kid, mask.word_list) == ("email", "person.email", "default", "ab" * 32)


def test_nothing_but_the_snapshot_is_left(store):
    run(store)
    folders = {path.split("/")[0] for path in store.below("")}
    assert folders == {"STORE.json", "blobs", "log", "manifests", "parts", "refs", "statements"}
    assert list(store.spool.iterdir()) == []


def test_nothing_volatile_makes_the_id(store, tmp_path):
    first = run(store)
    again = run(store)
    elsewhere = run(open_store(str(tmp_path / "elsewhere"), spool=tmp_path), people().reverse(), recipe="other")
    assert first.id == again.id == elsewhere.id
    assert (first.unchanged, again.unchanged) == (False, True)
    assert first.statement != again.statement


def test_an_unchanged_run_states_itself_but_moves_no_ref(store):
    first = run(store)
    run(store)
    assert len(store.below("refs")) == 1
    assert len(statements.hashes(store, first.id)) == 2
    assert [entry.outcome for entry in past_runs(store)] == ["published", "unchanged"]


def test_other_rows_make_another_snapshot_with_the_former_as_parent(store):
    first = run(store)
    second = run(store, people(suffix="x"))
    assert first.id != second.id
    found = open_snapshot(store, "dev")
    assert found.statement.parent == first.id
    assert open_snapshot(store, "dev@-1").id == first.id


def test_a_snapshot_whose_checks_failed_is_kept_and_named_by_nothing(store):
    published = run(store, passed=False, tags=("golden",))
    assert store.below("refs") == ()
    found = open_snapshot(store, published.id[:8])
    assert not found.passed
    assert [entry.outcome for entry in past_runs(store)] == ["untagged"]
    assert verify(store, trusted=[]) != ()  # unsigned, and said so


def test_tags_are_set_with_the_ref(store):
    published = run(store, tags=("golden", "dev-latest"))
    assert open_snapshot(store, "tag:golden").id == open_snapshot(store, "dev-latest").id == published.id


@pytest.mark.parametrize("name", ["", "../x", "a b", "deadbeef", "-x", "a/b", "x" * 101, "a\n"])
def test_names_that_a_store_cannot_hold_are_refused_before_anything_is_written(store, name):
    with pytest.raises(UsageError) as caught:
        begin(store, recipe=name)
    assert caught.value.code == "PRV514"
    assert store.below("") == ()
    with pytest.raises(UsageError):
        run(store, tags=(name,))
    assert store.below("manifests") == ()


def test_an_error_leaves_no_row_behind(store):
    def leak():
        with begin(store, recipe="dev") as draft:
            stage(draft.folder, PEOPLE_PLAN, people())
            draft.finish_table(PEOPLE_PLAN, stage(draft.folder, PEOPLE_PLAN, people()))
            raise SafetyError("PRV701", "a leak")

    with pytest.raises(SafetyError):
        leak()
    assert list(store.spool.iterdir()) == []
    assert {path.split("/")[0] for path in store.below("")} == {"STORE.json", "log"}
    (entry,) = past_runs(store)
    assert (entry.outcome, entry.code) == ("failed", "PRV701")
    run(store)


def test_staged_rows_are_read_before_they_are_published(store):
    with begin(store, recipe="dev") as draft:
        entry = draft.finish_table(PEOPLE_PLAN, stage(draft.folder, PEOPLE_PLAN, people()))
        (batch,) = draft.batches(entry, columns=["email"])
        assert batch.frame.columns == ["email"]
        assert batch.frame.height == 100


def test_a_second_run_of_the_recipe_is_locked_out_and_one_of_another_is_not(store):
    with begin(store, recipe="dev"):
        with pytest.raises(LockedError):
            begin(store, recipe="dev")
        run(store, recipe="other")
    run(store)


def test_staging_is_the_owners_alone(local):
    before = os.umask(0)
    try:
        with begin(local, recipe="dev") as draft:
            assert draft.folder.stat().st_mode & 0o777 == 0o700
            assert local.spool.stat().st_mode & 0o777 == 0o700
            draft.finish_table(PEOPLE_PLAN, stage(draft.folder, PEOPLE_PLAN, people()))
            assert {path.stat().st_mode & 0o777 for path in draft.folder.iterdir()} == {0o600}
    finally:
        os.umask(before)


def test_staging_of_dead_runs_is_swept_and_that_of_living_ones_is_not(store):
    with begin(store, recipe="dev") as draft:
        dead = store.spool / layout.new_ulid()
        dead.mkdir()
        (dead / "rows.run").write_bytes(b"x")
        (store.spool / "mine").mkdir()
        assert sweep(store) == (dead.name,)
        assert draft.folder.is_dir()
        assert (store.spool / "mine").is_dir()


def test_a_run_that_begins_while_another_sweeps_keeps_its_staging(store, monkeypatch):
    run(store)
    begun = []
    living = lease.living

    def begin_first(given):
        monkeypatch.undo()
        begun.append(begin(store, recipe="other"))
        return living(given)

    monkeypatch.setattr(lease, "living", begin_first)
    sweep(store)
    assert begun[0].folder.is_dir()
    begun[0].abandon()


def test_files_of_writers_that_died_are_swept_after_a_day(local):
    run(local)
    old, new = local.spool / "put-old", local.spool / "put-new"
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (1, 1))
    assert sweep(local) == ("put-old",)
    assert new.exists()


@pytest.mark.parametrize("folder", ["parts", "blobs", "manifests"])
def test_a_damaged_file_of_the_same_name_is_not_built_upon(local, folder):
    run(local)
    (path,) = [path for path in local.below(folder) if path.startswith(folder)]
    whole = local.get(path, limit=1 << 20)
    local.delete(path)
    local.put_new(path, whole[:-1])
    with pytest.raises(IntegrityError) as caught:
        run(local)
    assert caught.value.code == "PRV507"


def test_a_store_of_another_format_is_refused(store):
    run(store)
    store.delete("STORE.json")
    store.put_new("STORE.json", b"{}")
    with pytest.raises(IntegrityError):
        begin(store, recipe="dev")
    assert store.below("leases") == ()


class Crash(Exception):  # noqa: N818  # it is none: the process ends
    """The process ends here."""


class Crashing:
    """A store whose process dies at its nth write or deletion: before it or after it."""

    def __init__(self, store, fatal, *, after):
        self._store, self._left, self._after, self.dead = store, fatal, after, False

    def __getattr__(self, name):
        return getattr(self._store, name)

    def _count(self, act):
        if self.dead:
            raise Crash
        self._left -= 1
        if self._left == 0:
            self.dead = True
            if self._after:
                act()
            raise Crash
        return act()

    def put_new(self, path, data):
        return self._count(lambda: self._store.put_new(path, data))

    def delete(self, path):
        return self._count(lambda: self._store.delete(path))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["file", "memory"])
def test_a_crash_at_any_step_leaves_the_store_readable_and_the_next_run_succeeds(
    kind, after, tmp_path, key, monkeypatch
):
    crashes = 0
    for fatal in range(1, 100):
        url = (tmp_path / str(fatal)).as_uri() if kind == "file" else "memory://"
        store = open_store(url, spool=tmp_path / f"spool{fatal}")
        before = run(store, signer=key, tags=("golden",))
        crashing = Crashing(store, fatal, after=after)
        with monkeypatch.context() as patch:
            # A process that is killed cleans nothing up, and a later one finds it dead.
            patch.setattr(shutil, "rmtree", lambda *_, **__: None)
            patch.setattr("provision.stages.snapshot.lease._start_of", lambda _: "1")
            try:
                run(crashing, people(suffix="x"), signer=key, tags=("golden",))
            except Crash:
                crashes += 1
        if not crashing.dead:
            break
        assert verify(store, trusted=[key.public]) == ()
        found = open_snapshot(store, "dev", trusted=[key.public])
        assert found.signed_by
        assert sum(batch.frame.height for batch in found.batches(PEOPLE)) == 100
        published = run(store, people(suffix="x"), signer=key, tags=("golden",))
        assert published.id != before.id
        assert open_snapshot(store, "dev").id == open_snapshot(store, "golden").id == published.id
        assert open_snapshot(store, "dev@-1").id == before.id
        assert verify(store, trusted=[key.public]) == ()
        assert list(store.spool.iterdir()) == []
    assert crashes == 9  # lease, part, manifest, envelope, statement, ref, tag, log, end of the lease


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_in_the_very_first_run_is_no_hindrance_to_the_next(after, tmp_path, key, monkeypatch):
    for fatal in range(1, 100):
        store = open_store("memory://", spool=tmp_path / str(fatal))
        crashing = Crashing(store, fatal, after=after)
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", lambda *_, **__: None)
            patch.setattr("provision.stages.snapshot.lease._start_of", lambda _: "1")
            with contextlib.suppress(Crash):
                run(crashing, signer=key)
        published = run(store, signer=key)
        assert open_snapshot(store, "dev", trusted=[key.public]).id == published.id
        assert verify(store, trusted=[key.public]) == ()
        if not crashing.dead:
            return


def test_a_full_disk_is_told_and_leaves_the_store_as_it_was(local, monkeypatch):
    run(local)
    before = local.below("")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)
        with pytest.raises(StoreError) as caught:
            run(local, people(suffix="x"))
    assert caught.value.code == "PRV502"
    assert local.below("") == before


def test_a_statement_may_not_speak_of_another_content(store):
    with begin(store, recipe="dev") as draft:
        entry = draft.finish_table(PEOPLE_PLAN, stage(draft.folder, PEOPLE_PLAN, people()))
        assert entry.rows == 100
    published = run(store)
    found = open_snapshot(store, published.id)
    assert found.statement.content == found.content
    wrong = statements.put(store, published.id, replace(statement(), content="0" * 64, finished="9"), None)
    with pytest.raises(IntegrityError) as caught:
        open_snapshot(store, published.id)
    assert caught.value.code == "PRV511"
    assert wrong in statements.hashes(store, published.id)
