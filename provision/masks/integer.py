"""The mask ``integer``: keys and other whole numbers, permuted inside a fixed range of their type."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.errors import RunError
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

# Bits of the type, and of the range that keys are permuted in: room above it for rows that dev adds later.
_BITS = {"int2": (15, 14), "int4": (31, 30), "int8": (63, 52)}
_MOST = 2**63
_WHOLE = r"^(?:0|-?[1-9][0-9]*)(?:\.0+)?$"
_MAX_DIGITS = 15  # of a numeric whose precision is the limit; 10^15 < 2^52


@dataclass(frozen=True, slots=True)
class _Class:
    """Numbers from ``low`` to ``high`` (both included), which only change places among themselves."""

    low: int
    high: int

    @property
    def size(self) -> int:
        return self.high - self.low + 1


def _refuses(facts: ColumnFacts, *, range: tuple[int, ...] | None = None) -> str | None:  # noqa: A002  # the recipe's word
    try:
        classes = _classes(facts, range)
    except ValueError as error:
        return str(error)
    if any(found.size == 1 for found in classes):
        return "the range leaves a single number of the type outside, which could only stay as it is"
    return None


@mask(
    name="integer",
    strength=Strength.BIJECTIVE,
    accepts={Family.INTEGER, Family.NUMERIC, Family.TEXT},
    keeps={"nulls", "equality", "uniqueness"},
    refuses=_refuses,
)
def integer(
    values: pl.Series,
    *,
    key: DomainKey,
    facts: ColumnFacts,
    range: tuple[int, ...] | None = None,  # noqa: A002  # the word of the recipe
) -> pl.Series:
    """Permute whole numbers inside a range, so that different numbers stay different and keys stay keys.

    Positive numbers below 2^14 (smallint), 2^30 (integer) or 2^52 (bigint) change places among themselves, and so do
    numbers above, numbers from zero down to the mirrored limit, and numbers below it. ``range: [low, high]`` names
    another range, which columns of different types need that share a domain. Numerics and texts must hold whole
    numbers; the decimals of a numeric (``7.00``) stay zeros.

    Raises: RunError PRV421 for values that are no whole numbers of the type.
    """
    numbers, lost = _numbers(values)
    classes = _classes(facts, range)
    given = numbers.is_not_null()
    codes = numbers.fill_null(0).to_numpy()
    images = np.zeros(len(codes), dtype=np.int64)
    seen = np.zeros(len(codes), dtype=bool)
    for found in classes:
        rows = np.flatnonzero((codes >= found.low) & (codes <= found.high))
        seen[rows] = True
        if rows.size:
            start = np.uint64(found.low % 2**64)
            places = codes[rows].view(np.uint64) - start  # wraps, and so does the way back
            moved = key.permutation(found.size, purpose=f"integer/{found.low}").forward(places)
            images[rows] = (moved + start).view(np.int64)
    lost += int((given.to_numpy() & ~seen).sum())
    if lost:
        raise RunError(
            "PRV421",
            f"{lost} values of {facts.column} are no whole numbers that its type holds",
            fix="choose the mask hash or fpe for the column",
        )
    masked = pl.DataFrame([pl.Series("m", images), given.alias("given"), values.alias("before")]).select(
        pl.when("given").then("m").alias("m"), "before"
    )
    if values.dtype == pl.String:
        decimals = pl.col("before").str.extract(r"(\.0+)$").fill_null("")
        return masked.select(pl.concat_str(pl.col("m").cast(pl.String), decimals)).to_series().alias(values.name)
    return masked.get_column("m").alias(values.name)


def _numbers(values: pl.Series) -> tuple[pl.Series, int]:
    """The values as Int64, and how many cannot be."""
    if values.dtype != pl.String:
        return values.cast(pl.Int64), 0
    text = values.str.strip_chars_end(" ")
    whole = pl.select(pl.when(text.str.contains(_WHOLE)).then(text)).to_series().str.replace(r"\.0+$", "")
    numbers = whole.cast(pl.Int64, strict=False)
    return numbers, numbers.null_count() - values.null_count()


def _classes(facts: ColumnFacts, chosen: tuple[int, ...] | None) -> tuple[_Class, ...]:
    """The type's numbers in classes; raises ValueError with a sentence if a chosen range does not fit."""
    bits, inner = _BITS.get(facts.type, _BITS["int8"])
    low, high = -(2**bits), 2**bits - 1
    limit = 2**inner
    if facts.type == "numeric" and facts.precision is not None:
        digits = facts.precision - (facts.scale or 0)
        if digits <= _MAX_DIGITS:
            low, high, limit = 1 - 10**digits, 10**digits - 1, 10**digits
    if facts.family is Family.TEXT and facts.max_chars is not None:
        # No number may outgrow the column, and a sign takes one of its characters.
        low, high = max(low, 1 - 10 ** (facts.max_chars - 1)), min(high, 10**facts.max_chars - 1)
        limit = min(limit, high + 1)
    if chosen is None:
        cuts = [low, max(low, 1 - limit), 1, limit, high + 1]
    else:
        first, last = _pair(chosen)
        if not low <= first < last <= high:
            raise ValueError(f"range must hold at least two numbers between {low} and {high}")
        # No class may hold more than 2^63 numbers, so what is left of bigint may have to be cut in two.
        below = (0,) if first - low > _MOST else ()
        above = (0,) if high - last > _MOST else ()
        cuts = [low, *below, first, last + 1, *above, high + 1]
    return tuple(_Class(start, end - 1) for start, end in pairwise(cuts) if start < end)


def _pair(chosen: tuple[int, ...]) -> tuple[int, int]:
    ends = tuple(end for end in chosen if type(end) is int)
    if len(ends) != 2 or len(chosen) != 2:
        raise ValueError("range is written [low, high]")
    return ends
