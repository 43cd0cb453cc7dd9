"""One column through one mask, as a stage would do it, after the plan has had its say."""

from __future__ import annotations

import polars as pl

from provision.model.plan import ColumnFacts, Family
from provision.registry import MaskSpec
from support.keys import facts
from support.mask_cases import apply, refused

FACTS = ("max_chars", "unique", "not_null", "precision", "scale", "labels")


def column(values: list, family: Family) -> pl.Series:
    return pl.Series("c", values, dtype={Family.INTEGER: pl.Int64, Family.BOOLEAN: pl.Boolean}.get(family, pl.String))


def column_facts(family: Family, type_: str, more: dict) -> tuple[ColumnFacts, dict]:
    """Facts of the column, and what is left for the mask."""
    return facts(family, type_, **{n: v for n, v in more.items() if n in FACTS}), {
        n: v for n, v in more.items() if n not in FACTS
    }


def masked(
    spec: MaskSpec,
    given: list,
    /,
    family: Family = Family.TEXT,
    type_: str = "text",
    *,
    by: list | None = None,
    key: str = "test",
    **more,
) -> list:
    """What the values become; fails if the plan would refuse the mask."""
    found, chosen = column_facts(family, type_, more)
    assert refused(spec, found, **chosen) is None
    return apply(
        spec, column(given, family), found, key=key, by=None if by is None else pl.Series(by), **chosen
    ).to_list()


def why_not(spec: MaskSpec, family: Family = Family.TEXT, type_: str = "text", /, **more) -> str | None:
    """Why the plan refuses the mask, or None."""
    found, chosen = column_facts(family, type_, more)
    return refused(spec, found, **chosen)
