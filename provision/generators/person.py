"""Names of people by locale."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import polars as pl

from provision.generators import words
from provision.generators.pick import Entries, Pairs, lengths_of

if TYPE_CHECKING:
    from provision.generators.chance import Chance
    from provision.generators.words import Locale

Part = Literal["full", "first", "last"]

# Letters that tell a language where no list knows the name; the first that matches decides.
_LETTERS: tuple[tuple[Locale, str], ...] = (
    ("pl", "[łąęśćźżń]"),
    ("sv", "[å]"),
    ("de", "[äöüß]"),
    ("es", "[ñ]"),
    ("pt", "[ãõ]"),
    ("fr", "[çèêëîïôœùû]"),
    ("es", "[áéíóú]"),
    ("it", "[àìò]"),
)


def count(part: Part, locale: Locale, room: int | None) -> int:
    """How many different names fit into that many characters."""
    if part == "full":
        return _pairs(locale, room).total
    return len(_entries(locale, part, room).fitting)


def make(
    part: Part, locale: Locale, chance: Chance, *, room: int | None = None, avoid: pl.Series | None = None
) -> pl.Series:
    """A name for every row; never the one in ``avoid`` (String (n,), in lower case with single spaces)."""
    if part == "full":
        pairs = _pairs(locale, room)
        pair = pairs.pick(chance, "full")
        made = _full(locale, pair)
        if avoid is None or not (same := made.str.to_lowercase() == avoid).any():
            return made
        return _full(locale, pairs.step(pair, same))
    texts, entries = words.load(f"{locale}/{part}"), _entries(locale, part, room)
    index = entries.pick(chance, part)
    if avoid is not None:
        index = entries.step(index, texts.str.to_lowercase().gather(index) == avoid)
    return texts.gather(index)


def locale_of(folded: pl.Series) -> pl.Series:
    """The locale that a name in lower case most likely belongs to, String (n,): by lists, then by letters, else en."""
    last = folded.str.extract(r"(\S+)$").replace_strict(_known("last"), default=None, return_dtype=pl.String)
    first = folded.str.extract(r"^(\S+)").replace_strict(_known("first"), default=None, return_dtype=pl.String)
    by_letter = pl.lit(None, dtype=pl.String)
    for locale, letters in reversed(_LETTERS):
        by_letter = pl.when(pl.col("name").str.contains(letters)).then(pl.lit(locale)).otherwise(by_letter)
    frame = pl.DataFrame([folded.alias("name"), last.alias("last"), first.alias("first")])
    return frame.select(pl.coalesce("last", "first", by_letter, pl.lit("en"))).to_series()


@lru_cache(maxsize=2)
def _known(part: Literal["first", "last"]) -> dict[str, str]:
    """Names by the first locale that lists them."""
    known: dict[str, str] = {}
    for locale in words.LOCALES:
        for name in words.load(f"{locale}/{part}").str.to_lowercase():
            known.setdefault(name, locale)
    return known


@lru_cache(maxsize=64)
def _entries(locale: Locale, part: Part, room: int | None) -> Entries:
    return Entries(lengths_of(words.load(f"{locale}/{part}")), room)


@lru_cache(maxsize=64)
def _pairs(locale: Locale, room: int | None) -> Pairs:
    first, last = (lengths_of(words.load(f"{locale}/{part}")) for part in ("first", "last"))
    return Pairs(first, last, room=room)


def _full(locale: Locale, pair: tuple[pl.Series, pl.Series]) -> pl.Series:
    first, last = (
        words.load(f"{locale}/{part}").gather(index) for part, index in zip(("first", "last"), pair, strict=True)
    )
    return pl.select(pl.concat_str(first, pl.lit(" "), last)).to_series()
