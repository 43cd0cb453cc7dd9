"""Texts from a template: ``{first:ascii}.{last:ascii}@x.test`` with fields that other makers fill."""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from provision.generators import company, words

if TYPE_CHECKING:
    from provision.generators.chance import Chance
    from provision.generators.words import Locale

WORDS = ("first", "last", "company", "street", "city", "postcode", "region")
DRAWN = {"hex": 64, "digits": 18, "letters": 13}  # the most characters of each: what one draw holds
_SPELT = {"ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "þ": "th"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Literal text, then a field (none at the end of a template) with its length or ``ascii``."""

    before: str
    field: str | None = None
    chars: int = 0
    ascii: bool = False


@lru_cache(maxsize=64)
def parse(template: str) -> tuple[Piece, ...]:
    """The pieces of a template. Raises ValueError with a sentence for the user."""
    pieces = []
    try:
        found = list(string.Formatter().parse(template))
    except ValueError:
        raise ValueError("a brace is not closed; write {{ and }} for braces that stay") from None
    for before, field, size, conversion in found:
        if field is None:
            pieces.append(Piece(before))
            continue
        if conversion is not None or (field not in WORDS and field not in DRAWN):
            raise ValueError(f"a field is one of {', '.join((*WORDS, *(f'{name}:N' for name in DRAWN)))}")
        if field in WORDS:
            if size not in {"", "ascii"}:
                raise ValueError(f"{{{field}}} takes nothing behind a colon but ascii")
            pieces.append(Piece(before, field, ascii=size == "ascii"))
            continue
        if not (size or "").isdecimal() or not 1 <= int(size or 0) <= DRAWN[field]:
            raise ValueError(f"{{{field}:N}} takes 1 to {DRAWN[field]} characters")
        pieces.append(Piece(before, field, chars=int(size or 0)))
    return tuple(pieces)


def longest(template: str, locale: Locale) -> int:
    """Characters of the longest text that can come out."""
    return sum(len(piece.before) + _width(piece, locale) for piece in parse(template))


def make(template: str, locale: Locale, chance: Chance, *, purpose: str = "template") -> pl.Series:
    """The template filled for every row; null where the chance has none."""
    parts: list[pl.Series | pl.Expr] = []
    for place, piece in enumerate(parse(template)):
        if piece.before:
            parts.append(pl.lit(piece.before))
        if piece.field is not None:
            parts.append(_filled(piece, locale, chance, f"{purpose}/{place}"))
    return pl.select(pl.concat_str(parts)).to_series()


def _filled(piece: Piece, locale: Locale, chance: Chance, purpose: str) -> pl.Series:
    if piece.field == "hex":
        return chance.hex(piece.chars, purpose)
    if piece.field == "digits":
        return chance.below(10**piece.chars, purpose).cast(pl.String).str.zfill(piece.chars)
    if piece.field == "letters":
        number = chance.below(26**piece.chars, purpose)
        letters = pl.Series(list(string.ascii_lowercase))
        drawn = [letters.gather(number // 26**place % 26) for place in range(piece.chars)]
        return pl.select(pl.concat_str(drawn)).to_series()
    texts = _texts(piece, locale)
    return texts.gather(chance.below(len(texts), purpose))


def _width(piece: Piece, locale: Locale) -> int:
    if piece.field is None or piece.chars:
        return piece.chars
    return int(_texts(piece, locale).str.len_chars().max())  # type: ignore[arg-type]  # the maximum of lengths is a number


@lru_cache(maxsize=64)
def _texts(piece: Piece, locale: Locale) -> pl.Series:
    """What a word field is drawn from."""
    field = piece.field or ""
    if field == "company":
        texts = company.all_names(locale)
    elif field in {"city", "postcode", "region"}:
        texts = words.places(locale).get_column(field).unique(maintain_order=True)
    else:
        texts = words.load(f"{locale}/{field}")
    if not piece.ascii:
        return texts
    plain = texts.str.to_lowercase().str.replace_many(_SPELT).str.normalize("NFKD").str.replace_all("[^a-z0-9]", "")
    return plain.unique(maintain_order=True)
