"""Series in the shape of others: nulls where they have nulls, the type that they travel in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from provision.masks._fits import bool_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def literals(values: Iterable[object], like: pl.Series) -> pl.Series:
    """Literals of a recipe in the type that the column travels in; they were held to it while planning."""
    texts = [text_of(value) for value in values]
    if like.dtype == pl.Boolean:
        return pl.Series([bool_of(text) for text in texts], dtype=pl.Boolean)
    if like.dtype.is_integer():
        return pl.Series([int(text) for text in texts], dtype=like.dtype)
    return pl.Series(texts, dtype=pl.String)


def filled(literal: pl.Series, like: pl.Series) -> pl.Series:
    """One literal in every row, null where ``like`` is null."""
    frame = pl.DataFrame([like.is_not_null().alias("present")])
    return frame.select(pl.when("present").then(pl.lit(literal.item(), dtype=like.dtype))).to_series().alias(like.name)
