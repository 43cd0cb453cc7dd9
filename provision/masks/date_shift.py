"""The mask ``date_shift``: all dates of one subject moved by the same number of days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from provision import keyed
from provision.generators import time
from provision.generators.chance import Chance
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

MAX_DAYS = 36_500


def _refuses(facts: ColumnFacts, *, max: str = "365d") -> str | None:  # noqa: A002  # the recipe's word
    if (why := _fits.unique(facts)) is not None:
        return why
    try:
        days = _fits.days_of(max)
    except ValueError as error:
        return f"max: {error}"
    return None if 1 <= days <= MAX_DAYS else f"max must be 1d to {MAX_DAYS}d"


@mask(
    name="date_shift",
    strength=Strength.LOSSY,
    accepts={Family.DATE, Family.TIMESTAMP},
    keeps={"nulls", "equality"},
    fixed=time.INFINITY,
    refuses=_refuses,
)
def date_shift(
    values: pl.Series,
    subjects: pl.Series | None = None,
    *,
    key: DomainKey,
    facts: ColumnFacts,
    max: str = "365d",  # noqa: A002  # the recipe's word
) -> pl.Series:
    """Move dates by whole days, at most ``max`` either way and never by none; the time of day stays.

    With ``by: COLUMN`` all dates of one subject move alike in every table that shares the domain, so ages stay
    plausible and intervals exact; without it, each date moves by itself. Dates from year 1 to 9999 stay there: one that
    would leave moves the other way. ``infinity`` stays, because it tells nothing.

    Source: per-patient shift of MIMIC-III, Johnson et al. 2016, doi:10.1038/sdata.2016.35.
    """
    most = _fits.days_of(max)
    own = keyed.canonical(values, "date" if facts.family is Family.DATE else "timestamp")
    texts = own
    if subjects is not None:
        by = keyed.canonical(subjects, "integer" if subjects.dtype.is_integer() else "text")
        texts = pl.select(pl.coalesce(by, own)).to_series()
    drawn = Chance(key, texts).below(2 * most, "date_shift").cast(pl.Int64) - most
    days = pl.select(pl.when(drawn >= 0).then(drawn + 1).otherwise(drawn)).to_series()
    moved = time.moved(values, days, time.DATE if facts.family is Family.DATE else time.TIMESTAMP)
    return _rest(values, moved, Chance(key, own)).alias(values.name)


def _rest(values: pl.Series, moved: pl.Series, chance: Chance) -> pl.Series:
    """Infinity as it is; a day between 1970 and 2037 for what the server would not print."""
    lost = (moved.is_null() & values.is_not_null()).arg_true()
    if not len(lost):
        return moved
    others = values.gather(lost)
    odd = time.of_days(chance.at(lost).below(68 * 365, "date_shift/odd").cast(pl.Int64).to_numpy())
    endless = others.str.contains(time.INFINITY)
    return moved.scatter(lost, pl.select(pl.when(endless).then(others).otherwise(odd)).to_series())
