"""Postal addresses by locale: parts of one place, which hang together, and a street with a number.

The place of a row depends on the row's text and not on the part, so the city and the postcode made for one text fit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from provision.generators import words
from provision.generators.pick import Entries, Pairs, lengths_of

if TYPE_CHECKING:
    from provision.generators.chance import Chance
    from provision.generators.words import Locale

Part = Literal["line", "street", "city", "postcode", "region", "region_code", "full"]
Codes = Literal["alpha2", "alpha3", "name"]

HOUSES = 199
_HOUSE_CHARS = 4  # a space and up to three digits
_NUMBER_FIRST = ("en", "fr")
_REGION_CODE_FIRST = ("en",)  # "Springfield, IL 62701"; elsewhere "62701 Springfield"


def count(part: Part, locale: Locale, room: int | None) -> int:
    """How many different texts fit into that many characters; house numbers are not counted."""
    if part == "full":
        return _pairs(locale, room).total
    texts, entries = _list(locale, part, room)
    return texts.gather(entries.fitting).n_unique()


def make(
    part: Part, locale: Locale, chance: Chance, *, room: int | None = None, avoid: pl.Series | None = None
) -> pl.Series:
    """A part of an address for every row; never the one in ``avoid`` (String (n,), in lower case, single spaces)."""
    if part == "full":
        return _make_full(locale, chance, room, avoid)
    texts, entries = _list(locale, part, room)
    index = entries.pick(chance, "street" if part in {"line", "street"} else "place")
    if part == "line":
        made = _line(locale, texts.gather(index), chance)
        if avoid is None or not (same := made.str.to_lowercase() == avoid).any():
            return made
        return _line(locale, texts.gather(entries.step(index, same)), chance)
    if avoid is not None:
        # Several places share a region: step on until the text is another one.
        for _ in range(len(texts)):
            same = texts.str.to_lowercase().gather(index) == avoid
            if not same.any():
                break
            index = entries.step(index, same)
    return texts.gather(index)


def country(codes: Codes, chance: Chance, *, room: int | None = None, avoid: pl.Series | None = None) -> pl.Series:
    """A country for every row, as two letters, three letters or its English name; never the one in ``avoid``."""
    texts = words.countries().get_column(codes)
    entries = Entries(lengths_of(texts), room)
    index = entries.pick(chance, "country")
    if avoid is not None:
        index = entries.step(index, texts.str.to_lowercase().gather(index) == avoid)
    return texts.gather(index)


def _make_full(locale: Locale, chance: Chance, room: int | None, avoid: pl.Series | None) -> pl.Series:
    pairs = _pairs(locale, room)
    pair = pairs.pick(chance, "address")
    made = _full(locale, pair, chance)
    if avoid is None or not (same := made.str.to_lowercase() == avoid).any():
        return made
    return _full(locale, pairs.step(pair, same), chance)


def _full(locale: Locale, pair: tuple[pl.Series, pl.Series], chance: Chance) -> pl.Series:
    line = _line(locale, words.load(f"{locale}/street").gather(pair[1]), chance)
    return pl.select(pl.concat_str(line, pl.lit(", "), _towns(locale).gather(pair[0]))).to_series()


def _line(locale: Locale, streets: pl.Series, chance: Chance) -> pl.Series:
    house = (chance.below(HOUSES, "house") + 1).cast(pl.String)
    parts = (house, streets) if locale in _NUMBER_FIRST else (streets, house)
    return pl.select(pl.concat_str(parts[0], pl.lit(" "), parts[1])).to_series()


@lru_cache(maxsize=128)
def _list(locale: Locale, part: Part, room: int | None) -> tuple[pl.Series, Entries]:
    if part in {"line", "street"}:
        texts = words.load(f"{locale}/street")
        return texts, Entries(lengths_of(texts) + (_HOUSE_CHARS if part == "line" else 0), room)
    texts = words.places(locale).get_column(part)
    return texts, Entries(lengths_of(texts), room)


@lru_cache(maxsize=16)
def _towns(locale: Locale) -> pl.Series:
    places = words.places(locale)
    if locale in _REGION_CODE_FIRST:
        return places.select(pl.format("{}, {} {}", "city", "region_code", "postcode")).to_series()
    return places.select(pl.format("{} {}", "postcode", "city")).to_series()


@lru_cache(maxsize=64)
def _pairs(locale: Locale, room: int | None) -> Pairs:
    streets = lengths_of(words.load(f"{locale}/street")) + np.int64(_HOUSE_CHARS)
    return Pairs(lengths_of(_towns(locale)), streets, between=2, room=room)
