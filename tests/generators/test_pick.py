from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from provision.generators.chance import Chance
from provision.generators.pick import Entries, Pairs
from support.keys import domain_key


def chance(rows: int) -> Chance:
    return Chance(domain_key(), pl.Series([str(row) for row in range(rows)]))


def is_even(counts: list[int], rows: int) -> bool:
    """Chi square, five standard deviations."""
    expected = rows / len(counts)
    degrees = len(counts) - 1
    return sum((count - expected) ** 2 / expected for count in counts) < degrees + 5 * (2 * degrees) ** 0.5


def test_every_entry_that_fits_is_picked_equally_often_and_no_other() -> None:
    entries = Entries(np.array([3, 9, 4, 1, 8, 2]), room=4)

    index = entries.pick(chance(20_000), "x").to_numpy()

    counts = np.bincount(index, minlength=6)
    assert counts[[1, 4]].tolist() == [0, 0]
    assert is_even(counts[[0, 2, 3, 5]].tolist(), 20_000)


def test_what_fits_in_both_is_picked_in_both() -> None:
    lengths = np.arange(1, 30)
    wide, narrow = Entries(lengths).pick(chance(500), "x"), Entries(lengths, room=20).pick(chance(500), "x")

    fits = pl.Series(lengths).gather(wide) <= 20
    assert (wide.filter(fits) == narrow.filter(fits)).all()
    assert fits.any()
    assert not fits.all()


def test_a_step_goes_to_the_next_entry_that_fits_and_around() -> None:
    entries = Entries(np.array([1, 9, 1, 1]), room=5)
    index = pl.Series([0, 2, 3, None], dtype=pl.UInt64)

    assert entries.step(index, pl.Series([True, True, True, None])).to_list() == [2, 3, 0, None]
    assert entries.step(index, pl.Series([False] * 4)).to_list() == [0, 2, 3, None]


def test_nulls_stay_nulls() -> None:
    holes = Chance(domain_key(), pl.Series(["a", None, "b"]))

    assert Entries(np.array([1, 9]), room=5).pick(holes, "x").to_list() == [0, None, 0]
    assert Pairs(np.array([1, 9]), np.array([1, 9]), room=4).pick(holes, "x")[1].to_list() == [0, None, 0]


def test_every_pair_that_fits_is_picked_equally_often_and_no_other() -> None:
    pairs = Pairs(np.array([1, 5, 3]), np.array([4, 2, 6, 1]), room=8)

    left, right = (index.to_numpy() for index in pairs.pick(chance(20_000), "x"))

    seen = {(a, b) for a in range(3) for b in range(4) if [1, 5, 3][a] + [4, 2, 6, 1][b] + 1 <= 8}
    assert pairs.total == len(seen)
    found = list(zip(left.tolist(), right.tolist(), strict=True))
    assert set(found) == seen
    assert is_even([found.count(pair) for pair in seen], 20_000)


def test_stepping_on_visits_every_pair_once() -> None:
    pairs = Pairs(np.array([1, 5, 3]), np.array([4, 2, 6, 1]), room=8)
    pair = pairs.pick(chance(1), "x")
    seen = []
    for _ in range(pairs.total):
        seen.append((pair[0].item(), pair[1].item()))
        pair = pairs.step(pair, pl.Series([True]))

    assert len(set(seen)) == pairs.total
    assert (pair[0].item(), pair[1].item()) == seen[0]


def test_lists_without_an_entry_that_fits_say_so() -> None:
    with pytest.raises(ValueError, match="no entry fits into 2"):
        Entries(np.array([3, 4]), room=2).pick(chance(1), "x")
    with pytest.raises(ValueError, match="no two entries fit into 5"):
        Pairs(np.array([3]), np.array([3]), room=5).pick(chance(1), "x")
