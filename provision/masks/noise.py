"""The mask ``noise``: numbers near the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision import keyed
from provision.generators import number as makers
from provision.generators.chance import Chance
from provision.generators.number import Noise
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

_BITS = {"int2": 15, "int4": 31, "int8": 63}


def _refuses(facts: ColumnFacts, *, ratio: float = 0.1, absolute: float | None = None) -> str | None:
    if (why := _fits.unique(facts)) is not None:
        return why
    if not 0 < ratio <= 1:
        return "ratio must be above 0 and at most 1"
    if absolute is None:
        return None
    least = 1.0 if facts.family is Family.INTEGER else 10.0 ** -(facts.scale or 0) if facts.scale is not None else 0.0
    if not max(least, 1e-15) <= absolute <= 1e15:
        return f"absolute must be at least {least:g}, the column's smallest step, and at most 1e15"
    return None


@mask(
    name="noise",
    strength=Strength.LOSSY,
    accepts={Family.INTEGER, Family.NUMERIC, Family.FLOAT},
    keeps={"nulls", "equality"},
    fixed=makers.STEADY,
    refuses=_refuses,
)
def noise(
    values: pl.Series, *, key: DomainKey, facts: ColumnFacts, ratio: float = 0.1, absolute: float | None = None
) -> pl.Series:
    """Move numbers by up to ``ratio`` of themselves, or by up to ``absolute``, evenly spread, and never by nothing.

    The same number always moves alike, so noise does not average out. Decimals keep their scale, signs stay with
    ``ratio``, nothing leaves the column's precision. Small whole numbers move by at least 1. Zero stays with ``ratio``,
    and infinity and NaN always, because there is nothing near them.
    """
    share = Chance(key, keyed.canonical(values, "numeric")).share("noise")
    how = Noise(ratio, absolute)
    if facts.family is Family.INTEGER:
        return _integers(values, share, how, _BITS.get(facts.type, 63)).alias(values.name)
    if facts.family is Family.FLOAT:
        moved = makers.near_floats(values, share, how, single=facts.type == "float4")
    else:
        digits = None if facts.precision is None else facts.precision - min(facts.scale or 0, 0)
        moved = makers.near_decimals(values, share, how, precision=digits)
    frame = pl.DataFrame([moved.alias("moved"), values.alias("before")])
    # NaN and infinity stay; a text that is no number cannot come from the server and becomes 0.
    steady = pl.when(pl.col("before").str.contains(makers.STEADY)).then(pl.col("before")).otherwise(pl.lit("0"))
    rest = pl.when(pl.col("before").is_not_null()).then(steady)
    return frame.select(pl.coalesce("moved", rest)).to_series().alias(values.name)


def _integers(values: pl.Series, share: pl.Series, how: Noise, bits: int) -> pl.Series:
    numbers = values.fill_null(0).cast(pl.Int64).to_numpy()
    moved = makers.near(numbers, share.fill_null(0.0).to_numpy(), how.reach(numbers), (-(2**bits), 2**bits - 1))
    if how.absolute is None:
        moved = np.where(numbers == 0, 0, moved)
    frame = pl.DataFrame([pl.Series("moved", moved), values.is_not_null().alias("given")])
    return frame.select(pl.when("given").then("moved")).to_series().cast(values.dtype)
