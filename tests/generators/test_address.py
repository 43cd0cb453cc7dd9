from __future__ import annotations

import polars as pl

from provision.generators import address
from provision.generators.chance import Chance
from support.keys import domain_key


def test_house_numbers_are_spread_from_one_on() -> None:
    lines = address.make("line", "de", Chance(domain_key(), pl.Series([str(row) for row in range(5000)])))

    houses = lines.str.extract(r" (\d+)$").cast(pl.Int64)
    assert (houses.min(), houses.max()) == (1, address.HOUSES)


def test_places_that_share_a_region_are_passed_by() -> None:
    chance = Chance(domain_key(), pl.Series([str(row) for row in range(300)]))

    made = address.make("region", "de", chance, avoid=pl.Series(["bayern"] * 300))

    assert "Bayern" not in set(made)
