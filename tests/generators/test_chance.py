from __future__ import annotations

import polars as pl

from provision.generators.chance import Chance
from support.keys import domain_key


def test_numbers_follow_from_the_text_and_the_purpose_alone() -> None:
    chance = Chance(domain_key(), pl.Series(["a", "b", "a", None]))

    numbers = chance.below(10**18, "x")

    assert numbers[0] == numbers[2] != numbers[1]
    assert numbers[3] is None
    assert (numbers.drop_nulls() != chance.below(10**18, "y").drop_nulls()).all()
    assert chance.at(pl.Series([1])).below(10**18, "x").to_list() == [numbers[1]]


def test_shares_lie_between_zero_and_one_and_are_spread() -> None:
    shares = Chance(domain_key(), pl.Series([str(row) for row in range(5000)])).share("x")

    assert shares.min() >= 0
    assert shares.max() < 1
    assert abs(shares.mean() - 0.5) < 0.02


def test_two_numbers_of_one_hash_are_independent() -> None:
    left, right = Chance(domain_key(), pl.Series([str(row) for row in range(8000)])).two_below(4, 4, "x")

    counts = (left * 4 + right).value_counts().get_column("count")
    assert len(counts) == 16
    assert counts.min() > 400
    assert Chance(domain_key(), pl.Series([None], dtype=pl.String)).two_below(3, 3, "x")[0].to_list() == [None]


def test_a_chance_shows_neither_texts_nor_key() -> None:
    assert repr(Chance(domain_key(), pl.Series(["jane"]))) == "Chance(1 rows)"
