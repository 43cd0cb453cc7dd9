"""The mask ``choice``: one of a few values."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from provision import keyed
from provision.generators import choice as makers
from provision.generators.chance import Chance
from provision.masks import _fits, _shape
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

Scalar = str | int | float | bool

FEWEST = 2  # so that a value never has to become itself


def _refuses(facts: ColumnFacts, *, values: list[Scalar] | dict[str, float]) -> str | None:
    if (why := _fits.unique(facts)) is not None:
        return why
    entries, weights = _fits.weighted(values)
    if len(set(entries)) < max(FEWEST, len(entries)):
        return "values must be at least two, all different; for one value, use constant"
    if weights is not None:
        if not all(isfinite(weight) and weight >= 0 for weight in weights):
            return "weights must be numbers that are not negative"
        if sum(weight > 0 for weight in weights) < FEWEST:
            return "at least two values need a weight above 0; for one value, use constant"
    return _fits.misfits(facts, entries)


@mask(name="choice", strength=Strength.LOSSY, accepts=set(Family), keeps={"nulls", "equality"}, refuses=_refuses)
def choice(column: pl.Series, *, key: DomainKey, values: list[Scalar] | dict[str, float]) -> pl.Series:
    """Replace each value by one of ``values``, picked by the key: a list, or a mapping from values to weights.

    The same value always becomes the same one, and none becomes itself. All must fit the column's type.
    """
    entries, weights = _fits.weighted(values)
    made = makers.pick(
        _shape.literals(entries, column), Chance(key, keyed.canonical(column, "raw")), weights=weights, avoid=column
    )
    return made.alias(column.name)
