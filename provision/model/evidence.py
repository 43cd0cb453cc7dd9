"""What masking saw, without the values: counts and keyed hashes for the leak check. Lives in memory only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from provision.model.names import ColumnName

SKETCH_VALUES = 100_000  # smallest hashes kept for a column and side: 1.6 MB, and a sample that both sides share


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sketch:
    """The smallest distinct 64-bit keyed hashes of a set of values, at most `SKETCH_VALUES`.

    Two sketches under one key share their sampling: a value kept in one is kept in the other if it is there at all,
    as long as its hash lies below both limits. So an intersection of sketches finds every common value below the limit.
    """

    hashes: NDArray[np.uint64]  # sorted, distinct
    full: bool = False  # some values were left out

    @classmethod
    def of(cls, hashes: NDArray[np.uint64]) -> Sketch:
        """Sketch of any hashes; duplicates are dropped."""
        # np.unique goes through a hash table that is 10x slower than sorting (notes on numpy 2.4).
        ordered = np.sort(hashes)
        if ordered.size:
            ordered = ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
        return cls(hashes=ordered[:SKETCH_VALUES], full=ordered.size > SKETCH_VALUES)

    def merge(self, other: Sketch) -> Sketch:
        """Sketch of both sets together."""
        merged = Sketch.of(np.concatenate((self.hashes, other.hashes)))
        return Sketch(hashes=merged.hashes, full=merged.full or self.full or other.full)

    def common(self, other: Sketch) -> int:
        """How many values of the shared sample are in both sets."""
        return int(np.intersect1d(self.hashes, other.hashes, assume_unique=True).size)


EMPTY_SKETCH = Sketch(hashes=np.empty(0, dtype=np.uint64))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ColumnEvidence:
    """One masked column: rows seen, rows that came out as they went in, and sketches of both sides."""

    column: ColumnName
    mask: str
    rows: int = 0  # not null before masking
    survivors: int = 0  # equal before and after, in the same row
    before: Sketch = EMPTY_SKETCH
    after: Sketch = EMPTY_SKETCH

    def merge(self, other: ColumnEvidence) -> ColumnEvidence:
        """Evidence of both batches together."""
        return ColumnEvidence(
            column=self.column,
            mask=self.mask,
            rows=self.rows + other.rows,
            survivors=self.survivors + other.survivors,
            before=self.before.merge(other.before),
            after=self.after.merge(other.after),
        )


def merge_evidence(pieces: Iterable[ColumnEvidence]) -> dict[ColumnName, ColumnEvidence]:
    """Evidence by column, all pieces of a column together."""
    merged: dict[ColumnName, ColumnEvidence] = {}
    for piece in pieces:
        known = merged.get(piece.column)
        merged[piece.column] = piece if known is None else known.merge(piece)
    return merged
