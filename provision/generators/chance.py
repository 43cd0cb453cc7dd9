"""Where makers get their numbers from: a keyed hash of one text for each row, so that equal texts fare alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.keyed.domain import with_nulls_of
from provision.keyed.prf import multiply_high

if TYPE_CHECKING:
    from provision.keyed import DomainKey


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """Numbers for every row that depend on the key and the row's text alone.

    Args: key: the domain's key. texts: String (n,): canonical values for a mask, row numbers for made-up rows. Where
    it is null, all numbers are null.
    """

    key: DomainKey
    texts: pl.Series

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"Chance({len(self.texts)} rows)"

    def below(self, n: int, purpose: str) -> pl.Series:
        """UInt64 (n,) in 0..n-1, without bias; independent for every purpose."""
        return self.key.below(self.texts, n, purpose=purpose)

    def two_below(self, n: int, m: int, purpose: str) -> tuple[pl.Series, pl.Series]:
        """Two independent numbers, UInt64 (n,) in 0..n-1 and 0..m-1, of one hash; biased by less than n / 2^64."""
        drawn = self.key.bits(self.texts, purpose=purpose)
        left, right = (
            multiply_high(half.fill_null(0).to_numpy(), np.uint64(size))
            for half, size in zip(drawn, (n, m), strict=True)
        )
        return with_nulls_of(pl.Series(left), drawn[0]), with_nulls_of(pl.Series(right), drawn[0])

    def share(self, purpose: str) -> pl.Series:
        """Float64 (n,) in [0, 1), of 53 bits."""
        high, _ = self.key.bits(self.texts, purpose=purpose)
        return (high // 2**11).cast(pl.Float64) / 2**53

    def hex(self, digits: int, purpose: str) -> pl.Series:
        """String (n,) of 1 to 64 hexadecimal digits."""
        return self.key.hex(self.texts, digits=digits, purpose=purpose)

    def at(self, rows: pl.Series) -> Chance:
        """The numbers of some rows only."""
        return Chance(self.key, self.texts.gather(rows))
