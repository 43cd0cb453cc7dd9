"""The mask ``nullify``: nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.model.plan import ColumnFacts


def _refuses(facts: ColumnFacts) -> str | None:
    return "the column is NOT NULL" if facts.not_null else None


@mask(name="nullify", strength=Strength.NULLIFY, accepts=set(Family), refuses=_refuses)
def nullify(values: pl.Series) -> pl.Series:
    """Make every value NULL; columns that are NOT NULL are refused."""
    return values.clear().extend_constant(None, len(values))
