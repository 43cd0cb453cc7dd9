"""Columns of made-up values: draws from a seeded generator, and the text that ``COPY`` reads.

Values hold no tab, and no backslash but those of COPY's own escapes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Draw = np.random.Generator

EPOCH = date(1970, 1, 1)
OPENED = datetime(2025, 1, 1, tzinfo=UTC)  # the shop's rows happen in the year 2025
YEAR_S = 365 * 86_400


def pick(draw: Draw, words: Sequence[str], count: int) -> pl.Series:
    """Words drawn with replacement."""
    return pl.Series(words, dtype=pl.String).gather(draw.integers(len(words), size=count))


def sometimes(draw: Draw, values: pl.Series, share: float) -> pl.Series:
    """The values, with null where a draw is not below ``share``."""
    return pl.select(pl.when(pl.Series(draw.random(len(values)) < share)).then(values)).to_series()


def joined(*parts: pl.Series | str) -> pl.Series:
    """Texts put together row by row; null where a part is null."""
    return pl.select(pl.concat_str([pl.lit(part) for part in parts])).to_series()


def padded(numbers: Numbers, digits: int) -> pl.Series:
    """Whole numbers with leading zeros."""
    return pl.Series(numbers).cast(pl.String).str.zfill(digits)


def money(cents: Numbers) -> pl.Series:
    """Amounts of whole cents as decimals."""
    return joined(pl.Series(cents // 100).cast(pl.String), ".", padded(cents % 100, 2))


def days(draw: Draw, first: date, last: date, count: int) -> pl.Series:
    """Dates between two dates, both included."""
    offsets = draw.integers((first - EPOCH).days, (last - EPOCH).days + 1, size=count)
    return pl.Series(offsets).cast(pl.Int32).cast(pl.Date).cast(pl.String)


def instants(seconds: Numbers) -> pl.Series:
    """Moments so many seconds after the shop opened, as the server prints them in UTC."""
    whole = pl.Series(seconds + int(OPENED.timestamp())).cast(pl.Int64) * 1_000_000
    return joined(whole.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S"), "+00")


def uuids(draw: Draw, count: int) -> pl.Series:
    """Random UUIDs of version 4."""
    raw = draw.integers(256, size=(count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = raw.tobytes().hex()
    text = pl.Series([digits[at : at + 32] for at in range(0, len(digits), 32)], dtype=pl.String)
    return joined(*_dashed(text))


def lists(draw: Draw, words: Sequence[str], count: int, *, most: int = 3) -> pl.Series:
    """PostgreSQL arrays of up to ``most`` different words; words that need quotes get them."""
    quoted = [f'"{word}"' if " " in word else word for word in words]
    choices = [
        "{" + ",".join(draw.choice(quoted, size=n, replace=False)) + "}" for n in range(most + 1) for _ in range(9)
    ]
    return pick(draw, choices, count)


def addresses_v4(draw: Draw, count: int) -> pl.Series:
    """Internet addresses out of the blocks kept for documentation."""
    blocks = pick(draw, ("192.0.2.", "198.51.100.", "203.0.113."), count)
    return joined(blocks, pl.Series(draw.integers(1, 255, size=count)).cast(pl.String))


def _dashed(text: pl.Series) -> list[pl.Series | str]:
    parts: list[pl.Series | str] = []
    for start, length in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12)):
        parts += [text.str.slice(start, length), "-"]
    return parts[:-1]
