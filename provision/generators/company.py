"""Names of companies, put together from a made-up stem, a branch and a legal form."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from provision.generators import words
from provision.generators.pick import Pairs, lengths_of

if TYPE_CHECKING:
    from provision.generators.chance import Chance
    from provision.generators.words import Locale


def count(locale: Locale, room: int | None) -> int:
    """How many different names fit into that many characters."""
    return _pairs(locale, room).total


def make(locale: Locale, chance: Chance, *, room: int | None = None, avoid: pl.Series | None = None) -> pl.Series:
    """A company for every row; never the one in ``avoid`` (String (n,), in lower case with single spaces)."""
    pairs = _pairs(locale, room)
    pair = pairs.pick(chance, "company")
    made = _joined(locale, pair)
    if avoid is None or not (same := made.str.to_lowercase() == avoid).any():
        return made
    return _joined(locale, pairs.step(pair, same))


@lru_cache(maxsize=64)
def _pairs(locale: Locale, room: int | None) -> Pairs:
    return Pairs(lengths_of(words.load(f"{locale}/stem")), lengths_of(_tails(locale)), room=room)


@lru_cache(maxsize=16)
def _tails(locale: Locale) -> pl.Series:
    """Every branch with every form, and each form alone, for short columns."""
    forms = words.load(f"{locale}/form").to_list()
    branches = words.load(f"{locale}/branch").to_list()
    return pl.Series([f"{branch} {form}" for branch in branches for form in forms] + forms, dtype=pl.String)


def _joined(locale: Locale, pair: tuple[pl.Series, pl.Series]) -> pl.Series:
    stem, tail = words.load(f"{locale}/stem").gather(pair[0]), _tails(locale).gather(pair[1])
    return pl.select(pl.concat_str(stem, pl.lit(" "), tail)).to_series()


@lru_cache(maxsize=16)
def all_names(locale: Locale) -> pl.Series:
    """Every stem with every form, without branches."""
    forms = words.load(f"{locale}/form")
    return pl.Series([f"{stem} {form}" for stem in words.load(f"{locale}/stem") for form in forms], dtype=pl.String)
