from __future__ import annotations

import polars as pl

from provision.generators import choice
from provision.generators.chance import Chance
from support.keys import domain_key


def test_a_single_entry_is_picked_even_if_it_is_to_be_avoided() -> None:
    chance = Chance(domain_key(), pl.Series(["a", None]))

    assert choice.pick(pl.Series(["a"]), chance, avoid=pl.Series(["a", None])).to_list() == ["a", None]


def test_weights_too_small_to_matter_do_no_harm() -> None:
    chance = Chance(domain_key(), pl.Series([str(row) for row in range(1000)]))

    made = choice.pick(pl.Series(["a", "b", "c"]), chance, weights=[1.0, 1e-300, 1.0])

    assert set(made) == {"a", "c"}
