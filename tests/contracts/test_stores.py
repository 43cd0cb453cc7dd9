"""What every store promises."""

from __future__ import annotations

import threading

import pytest

from provision.errors import IntegrityError
from provision.stores import open_store


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path):
    url = (tmp_path / "store").as_uri() if request.param == "file" else "memory://"
    return open_store(url, spool=tmp_path / "spool")


def test_what_was_put_is_got(store):
    assert store.put_new("parts/sha256/ab/x.parquet", b"rows")
    assert store.get("parts/sha256/ab/x.parquet", limit=4) == b"rows"
    assert store.size("parts/sha256/ab/x.parquet") == 4


def test_a_local_file_is_put_whole(store, tmp_path):
    given = tmp_path / "given"
    given.write_bytes(b"0123456789" * 200_000)
    assert store.put_new("parts/p", given)
    assert store.get("parts/p", limit=2_000_000) == given.read_bytes()


def test_a_file_of_the_spool_is_put_whole(store):
    store.spool.mkdir(parents=True, exist_ok=True)
    staged = store.spool / "part"
    staged.write_bytes(b"rows")
    assert store.put_new("parts/p", staged)
    staged.unlink()
    assert store.get("parts/p", limit=10) == b"rows"


def test_a_name_is_taken_once(store):
    assert store.put_new("refs/a", b"first")
    assert not store.put_new("refs/a", b"second")
    assert store.get("refs/a", limit=10) == b"first"


def test_of_many_writers_of_one_name_one_wins(store):
    won = []

    def write(number):
        if store.put_new("refs/race", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.get("refs/race", limit=10) == str(won[0]).encode()


def test_what_is_not_there_is_none(store):
    assert store.get("nothing", limit=1) is None
    assert store.get("no/such/folder", limit=1) is None
    assert store.size("nothing") is None
    assert store.below("nothing") == ()


def test_more_than_the_limit_is_refused(store):
    store.put_new("big", b"12345")
    with pytest.raises(IntegrityError) as caught:
        store.get("big", limit=4)
    assert caught.value.code == "PRV507"
    assert store.get("big", limit=5) == b"12345"


def test_paths_are_listed_in_order_below_their_folder(store):
    for path in ("refs/b", "refs/a/2", "refs/a/1", "refsx/z", "log/1"):
        store.put_new(path, b"")
    assert store.below("refs") == ("refs/a/1", "refs/a/2", "refs/b")
    assert set(store.below("")) == {"refs/b", "refs/a/2", "refs/a/1", "refsx/z", "log/1"}


def test_deleting_takes_away_and_may_be_repeated(store):
    store.put_new("leases/x", b"")
    store.delete("leases/x")
    store.delete("leases/x")
    assert store.size("leases/x") is None
    assert store.put_new("leases/x", b"")


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../b", "a//b", "", "a/", ".hidden", "a b", "a\x00b", "-x", "ä", "a" * 600]
)
def test_other_paths_are_refused(store, path):
    for act in (store.size, store.delete, lambda p: store.get(p, limit=1), lambda p: store.put_new(p, b"")):
        with pytest.raises(ValueError, match="not a path"):
            act(path)
