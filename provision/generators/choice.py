"""Picks from lists that users write, evenly or by weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.generators.chance import Chance

GRAIN = 2**48  # weights are shares of it; a share below 1 of it is never picked


def pick(
    entries: pl.Series,
    chance: Chance,
    *,
    weights: Sequence[float] | None = None,
    avoid: pl.Series | None = None,
    purpose: str = "choice",
) -> pl.Series:
    """One of the entries for every row, null where the chance is null.

    Args: entries: at least one, all different. weights: not negative, one for each entry; None picks evenly.
    avoid: a Series (n,) of the entries' type: a row gets the next entry (with a weight) instead of this value.
    """
    if weights is None:
        index = chance.below(len(entries), purpose)
        usable = np.arange(len(entries))
    else:
        shares = np.asarray(weights, dtype=np.float64)
        ends = np.floor(np.cumsum(shares) / shares.sum() * GRAIN).astype(np.uint64)
        drawn = chance.below(int(ends[-1]), purpose)
        found = np.searchsorted(ends, drawn.fill_null(0).to_numpy(), side="right")
        index = pl.select(pl.when(drawn.is_not_null()).then(pl.Series(found, dtype=pl.UInt64))).to_series()
        usable = np.flatnonzero(shares > 0)
    made = entries.gather(index)
    if avoid is None or len(usable) == 1:
        return made
    same = (made == avoid).fill_null(value=False).arg_true()
    if not len(same):
        return made
    place = np.searchsorted(usable, index.gather(same).to_numpy())
    return made.scatter(same, entries.gather(pl.Series(usable[(place + 1) % len(usable)], dtype=pl.UInt64)))
