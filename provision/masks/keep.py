"""The mask ``keep``: the column as it is, by decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl


@mask(
    name="keep",
    strength=Strength.KEEP,
    accepts=set(Family),
    keeps={"nulls", "equality", "uniqueness", "format", "length", "checksum", "order"},
)
def keep(values: pl.Series) -> pl.Series:
    """Keep the column as it is: a decision that says why, so ``reason:`` is required beside it."""
    return values
