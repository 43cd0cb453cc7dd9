from __future__ import annotations

import polars as pl

from provision.keyed import ephemeral, part_hash, public_hash
from support.keys import key_bytes

VALUES = pl.Series("v", [*map(str, range(10_000)), None])


def test_a_run_s_hash_keeps_equality_and_depends_on_the_key() -> None:
    once, again = ephemeral(VALUES, key_bytes("a")), ephemeral(VALUES, key_bytes("a"))
    other = ephemeral(VALUES, key_bytes("b"))

    assert once.equals(again)
    assert not (once == other).any()
    assert once.drop_nulls().n_unique() == 10_000
    assert once.null_count() == 1


def test_public_hashes_take_numbers_and_keep_nulls() -> None:
    numbers = pl.Series([1, 2, None])

    for hashed in (public_hash(numbers, salt="s"), part_hash(numbers)):
        assert hashed.null_count() == 1
    assert public_hash(numbers, salt="s")[0] == public_hash(pl.Series(["1"]), salt="s")[0]
    assert public_hash(numbers, salt="s")[0] != public_hash(numbers, salt="t")[0]
    assert part_hash(numbers).dtype == pl.UInt64
