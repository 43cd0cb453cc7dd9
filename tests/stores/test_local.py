from __future__ import annotations

import os
import stat

import pytest

from provision.errors import StoreError
from provision.stores.local import LocalStore


@pytest.fixture
def store(tmp_path):
    return LocalStore.open(tmp_path / "store")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_folders_are_the_owners_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        store = LocalStore.open(tmp_path / "store")
        store.put_new("a/b/c", b"x")
    finally:
        os.umask(before)
    assert mode(store.root) == 0o700
    assert mode(store.root / "a") == mode(store.root / "a/b") == 0o700
    assert mode(store.root / "a/b/c") == 0o600


def test_nothing_is_left_beside_the_file(store):
    store.put_new("a/b", b"x")
    store.put_new("a/b", b"y")
    assert store.below("") == ("a/b",)


def test_a_link_on_the_way_is_not_followed(store, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_bytes(b"x")
    (store.root / "parts").symlink_to(tmp_path / "outside")
    with pytest.raises(StoreError) as caught:
        store.get("parts/secret", limit=10)
    assert caught.value.code == "PRV502"
    with pytest.raises(StoreError):
        store.put_new("parts/new", b"x")
    assert store.below("") == ()


def test_a_link_in_place_of_a_file_is_not_followed(store, tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (store.root / "blob").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreError):
        store.get("blob", limit=10)
    assert store.size("blob") is None
    assert not store.put_new("blob", b"y")


def test_a_pipe_in_place_of_a_file_does_not_hang(store):
    os.mkfifo(store.root / "blob")
    with pytest.raises(StoreError):
        store.get("blob", limit=10)


def test_a_failed_write_leaves_the_name_free_and_says_what_to_do(store, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store.root.joinpath("a").mkdir()
    store.root.joinpath("staging").mkdir()
    with pytest.raises(StoreError, match="No space left") as caught:
        store.put_new("a/b", b"x")
    assert "make room" in caught.value.fix
    monkeypatch.undo()
    assert store.below("") == ()
    assert store.put_new("a/b", b"x")


def test_a_missing_folder_is_told_when_it_must_exist(tmp_path):
    with pytest.raises(StoreError, match="No such file"):
        LocalStore.open(tmp_path / "nothing", create=False)
    assert not (tmp_path / "nothing").exists()


def test_a_staged_file_is_linked_and_not_copied(store):
    store.spool.mkdir(mode=0o700)
    staged = store.spool / "part"
    staged.write_bytes(b"rows")
    store.put_new("parts/p", staged)
    assert (store.root / "parts/p").stat().st_ino == staged.stat().st_ino
