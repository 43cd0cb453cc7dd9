from __future__ import annotations

from provision.masks.nullify import nullify
from provision.model.plan import Family
from support.masked import masked, why_not


def test_nothing_is_left() -> None:
    assert masked(nullify, ["a", None, ""]) == [None, None, None]
    assert masked(nullify, [], Family.INTEGER, "int4") == []


def test_not_null_columns_are_refused() -> None:
    assert why_not(nullify, not_null=True) == "the column is NOT NULL"
