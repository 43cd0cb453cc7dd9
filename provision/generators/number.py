"""Numbers near others: whole numbers, decimals in their own text and scale, and floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

HELD_DIGITS = 18  # significant digits that fit into int64 with room for one more
DECIMAL = r"^(?P<sign>-?)(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?$"
STEADY = r"(?i)^[+-]?(?:0*\.?0*(?:e[+-]?[0-9]+)?|inf|infinity|nan)$"  # zero, infinity and NaN have nothing near


@dataclass(frozen=True, slots=True)
class Noise:
    """How far numbers go: a share of themselves, or an absolute distance where there is one."""

    ratio: float
    absolute: float | None = None

    def reach(self, numbers: NDArray[np.int64], scale: NDArray[np.int64] | int = 0) -> NDArray[np.float64]:
        """The farthest step from each number, at least 1, both in units of its last digit."""
        if self.absolute is not None:
            reach = np.floor(self.absolute * np.power(10.0, scale)) + np.zeros(len(numbers))
        else:
            reach = np.floor(np.abs(numbers.astype(np.float64)) * self.ratio)
        return np.maximum(reach, 1.0)


def near(
    numbers: NDArray[np.int64],
    share: NDArray[np.float64],
    reach: NDArray[np.float64],
    bounds: tuple[NDArray[np.int64] | int, NDArray[np.int64] | int],
) -> NDArray[np.int64]:
    """Other numbers, at most ``reach`` away and inside the bounds, evenly spread; never the number itself.

    Args: share: in [0, 1), the chance of each row. bounds: lowest and highest allowed, around every number.
    """
    low, high = np.asarray(bounds[0], dtype=np.int64), np.asarray(bounds[1], dtype=np.int64)
    up, down = high.astype(np.float64) - numbers, numbers.astype(np.float64) - low
    reach = np.minimum(np.minimum(reach, np.maximum(up, down)), 2.0**62)
    place = np.floor(share * 2 * reach) - reach
    step = np.where(place >= 0, place + 1, place).astype(np.int64)
    # Compared by differences on the side of zero, where int64 cannot overflow.
    over = np.where(
        numbers > 0, step > high - np.maximum(numbers, 0), np.minimum(numbers, 0) + np.maximum(step, 0) > high
    )
    under = np.where(
        numbers < 0, step < low - np.minimum(numbers, 0), np.maximum(numbers, 0) + np.minimum(step, 0) < low
    )
    return numbers + np.where(over | under, -step, step)


def near_decimals(values: pl.Series, share: pl.Series, noise: Noise, *, precision: int | None) -> pl.Series:
    """Decimals in text with their own scale; null for what is no plain decimal (NaN, infinity, exponents).

    Beyond 18 significant digits, the first 17 get the noise and the next ones are drawn anew.

    Args: precision: digits that the column holds, None for any number of them.
    """
    parts = pl.DataFrame([values.str.extract_groups(DECIMAL).alias("g"), share.alias("share")]).unnest("g")
    parts = parts.with_columns(pl.concat_str("whole", pl.col("part").fill_null("")).alias("digits"))
    sized = parts.select(
        "sign",
        "share",
        pl.col("digits").str.strip_chars_start("0").alias("head"),
        pl.col("digits").str.len_bytes().cast(pl.Int64).alias("width"),
        pl.col("part").str.len_bytes().fill_null(0).cast(pl.Int64).alias("scale"),
    )
    long = (sized.get_column("head").str.len_bytes() > HELD_DIGITS).fill_null(value=False)
    cut = pl.col("head").str.len_bytes().cast(pl.Int64)
    sized = sized.with_columns(
        rest=pl.when(cut > HELD_DIGITS).then(cut - (HELD_DIGITS - 1)).otherwise(0),
        head=pl.when(cut > HELD_DIGITS).then(pl.col("head").str.slice(0, HELD_DIGITS - 1)).otherwise(pl.col("head")),
    )
    numbers = sized.get_column("head").replace("", "0").cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    reach = noise.reach(numbers, (sized.get_column("scale") - sized.get_column("rest")).fill_null(0).to_numpy())
    cap = 10 ** min(precision, HELD_DIGITS) - 1 if precision is not None else 2 * 10**HELD_DIGITS
    high = np.where(long.to_numpy(), 10 ** (HELD_DIGITS - 1) - 1, np.maximum(cap, numbers))
    # Noise in proportion keeps the sign; absolute noise may cross zero.
    signed = np.where(sized.get_column("sign").fill_null("").to_numpy() == "-", -numbers, numbers)
    lowest = -high
    moved = near(signed, share.fill_null(0.0).to_numpy(), reach, (lowest, high))
    if noise.absolute is None:
        moved = np.where(signed == 0, 0, moved)
    return _laid(sized, moved)


def _laid(sized: pl.DataFrame, moved: NDArray[np.int64]) -> pl.Series:
    """Numbers with the width and the scale of those they came from."""
    # The digits of a float in [0, 1) are no PRF output, but they stand for what a 17-digit precision leaves open.
    frame = sized.with_columns(moved=pl.Series(moved))
    fresh = (pl.col("share") * 10**15).cast(pl.Int64, strict=False).cast(pl.String).str.zfill(15)
    rest = pl.col("rest")
    tail = pl.when(rest > 0).then(fresh.str.slice(0, rest).str.pad_end(rest, "0")).otherwise(pl.lit(""))
    digits = pl.concat_str(pl.col("moved").abs().cast(pl.String), tail).str.zfill(pl.col("width"))
    whole = digits.str.slice(0, digits.str.len_bytes().cast(pl.Int64) - pl.col("scale"))
    part = digits.str.slice(digits.str.len_bytes().cast(pl.Int64) - pl.col("scale"))
    sign = pl.when(pl.col("moved") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    text = (
        pl.when(pl.col("scale") > 0)
        .then(pl.concat_str(sign, whole, pl.lit("."), part))
        .otherwise(pl.concat_str(sign, whole))
    )
    return frame.select(text).to_series()


def near_floats(values: pl.Series, share: pl.Series, noise: Noise, *, single: bool) -> pl.Series:
    """Floats in the server's text; null for what is none, NaN and infinity."""
    kind = np.float32 if single else np.float64
    numbers = values.cast(pl.Float64, strict=False)
    valid = numbers.is_finite() & share.is_not_null()
    before = numbers.fill_null(0.0).fill_nan(0.0).to_numpy()
    spread = 2 * share.fill_null(0.0).to_numpy() - 1
    spread = np.where(spread == 0, 0.5, spread)
    with np.errstate(over="ignore", invalid="ignore"):
        step = spread * (noise.absolute if noise.absolute is not None else np.abs(before) * noise.ratio)
        after = (before + step).astype(kind)
        after = np.where(np.isfinite(after), after, (before - step).astype(kind))
        # A step below the last bit leaves the number alone: take the float next to it, towards zero.
        still = (after == before.astype(kind)) & (before != 0)
        after = np.where(still, np.nextafter(before.astype(kind), kind(0)), after).astype(kind)
    return (
        pl.DataFrame([pl.Series("after", after), valid.alias("valid")])
        .select(pl.when("valid").then(pl.col("after").cast(pl.String)))
        .to_series()
    )
