from __future__ import annotations

import polars as pl

from provision.masks.keep import keep


def test_what_is_kept_is_the_column_itself() -> None:
    values = pl.Series("c", ["a", None])

    assert keep.function(values) is values
    assert not keep.keyed
