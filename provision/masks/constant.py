"""The mask ``constant``: one value for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.masks import _fits, _shape
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.model.plan import ColumnFacts

Scalar = str | int | float | bool


def _refuses(facts: ColumnFacts, *, value: Scalar) -> str | None:
    return _fits.unique(facts) or _fits.misfit(facts, _fits.text_of(value))


@mask(name="constant", strength=Strength.CONSTANT, accepts=set(Family), keeps={"nulls", "equality"}, refuses=_refuses)
def constant(values: pl.Series, *, value: Scalar) -> pl.Series:
    """Put one value in the place of all others: a password hash that everybody in dev knows, a zero, a label.

    The value must fit the column's type, length, labels and precision. NULL stays NULL.
    """
    return _shape.filled(_shape.literals([value], values), values)
