"""Picks from lists without bias: one entry, or a pair that must fit into a number of characters together.

The first draw is over the whole list; only what does not fit is drawn again, from all that fits. So columns of
different lengths get the same entry for the same value wherever both can hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provision.generators.chance import Chance

# Series.scatter writes into the series itself, hence the clones (which share memory until then).
Index = pl.Series  # UInt64 (n,), null where the row's value is null


def lengths_of(entries: pl.Series) -> NDArray[np.int64]:
    """Characters of each entry."""
    return entries.str.len_chars().cast(pl.Int64).to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """A list to pick from, by the lengths of its entries and the characters there is room for (None: no limit)."""

    lengths: NDArray[np.int64]
    room: int | None = None

    @property
    def fitting(self) -> NDArray[np.intp]:
        """Places of the entries that fit."""
        return np.flatnonzero(self.lengths <= self.room) if self.room is not None else np.arange(len(self.lengths))

    def pick(self, chance: Chance, purpose: str) -> Index:
        """A place in the list for every row. Raises ValueError if nothing fits."""
        index = chance.below(len(self.lengths), purpose)
        fitting = self.fitting
        if len(fitting) == len(self.lengths):
            return index
        if not len(fitting):
            raise ValueError(f"no entry fits into {self.room} characters")
        lost = np.flatnonzero(~np.isin(index.fill_null(int(fitting[0])).to_numpy(), fitting))
        if not lost.size:
            return index
        rows = pl.Series(lost)
        again = chance.at(rows).below(len(fitting), f"{purpose}/fitting").to_numpy()
        return index.clone().scatter(rows, pl.Series(fitting[again], dtype=pl.UInt64))

    def step(self, index: Index, same: pl.Series) -> Index:
        """The next entry that fits in the rows where ``same`` is true."""
        rows = same.fill_null(value=False).arg_true()
        if not len(rows):
            return index
        fitting = self.fitting
        at = np.searchsorted(fitting, index.gather(rows).to_numpy())
        return index.clone().scatter(rows, pl.Series(fitting[(at + 1) % len(fitting)], dtype=pl.UInt64))


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Two lists whose entries stand together: a first and a last name, a street and a place.

    Pairs that fit are numbered, by the first list's order and within it by the length of the second's entries.
    """

    first: NDArray[np.int64]  # lengths
    second: NDArray[np.int64]
    between: int = 1  # characters that join the two
    room: int | None = None

    @property
    def total(self) -> int:
        """How many pairs fit."""
        return int(self._counts().sum())

    def pick(self, chance: Chance, purpose: str) -> tuple[Index, Index]:
        """Places in both lists for every row. Raises ValueError if no pair fits."""
        left, right = chance.two_below(len(self.first), len(self.second), purpose)
        if self.room is None:
            return left, right
        sizes = self.first[left.fill_null(0).to_numpy()] + self.second[right.fill_null(0).to_numpy()] + self.between
        lost = np.flatnonzero((sizes > self.room) & left.is_not_null().to_numpy())
        if not lost.size:
            return left, right
        if not self.total:
            raise ValueError(f"no two entries fit into {self.room} characters")
        rows = pl.Series(lost)
        number = chance.at(rows).below(self.total, f"{purpose}/fitting").to_numpy()
        return self._put(left, right, rows, number)

    def step(self, pair: tuple[Index, Index], same: pl.Series) -> tuple[Index, Index]:
        """The next pair that fits in the rows where ``same`` is true."""
        left, right = pair
        rows = same.fill_null(value=False).arg_true()
        if not len(rows):
            return pair
        counts, order = self._counts(), self._order()
        starts = np.cumsum(counts) - counts
        at = left.gather(rows).to_numpy().astype(np.int64)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        number = starts[at] + rank[right.gather(rows).to_numpy()]
        return self._put(left, right, rows, (number + 1) % self.total)

    def _put(self, left: Index, right: Index, rows: pl.Series, number: NDArray[np.int64]) -> tuple[Index, Index]:
        counts = self._counts()
        ends = np.cumsum(counts)
        number = number.astype(np.int64)
        at = np.searchsorted(ends, number, side="right")
        second = self._order()[number - (ends[at] - counts[at])]
        return (
            left.clone().scatter(rows, pl.Series(at, dtype=pl.UInt64)),
            right.clone().scatter(rows, pl.Series(second, dtype=pl.UInt64)),
        )

    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self.second, kind="stable")

    def _counts(self) -> NDArray[np.int64]:
        """For each entry of the first list, how many of the second stand beside it."""
        if self.room is None:
            return np.full(len(self.first), len(self.second), dtype=np.int64)
        left = self.room - self.between - self.first
        return np.searchsorted(np.sort(self.second), left, side="right").astype(np.int64)
