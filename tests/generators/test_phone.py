# ruff: noqa: RUF001  # digits of other scripts are what is tested

from __future__ import annotations

import polars as pl
import pytest

from provision.generators import phone


@pytest.mark.parametrize(
    "text",
    ["1", "+49 30 1", "(030) 12-34", "0049.30/1", "555-1234 ext 12", "555 x12", "555#9", "555;ext=9", "٣ ٤", "  12  "],
)
def test_digits_with_separators_are_phones(text) -> None:
    assert phone.is_phone(pl.Series([text])).item()


@pytest.mark.parametrize(
    "text", ["", " ", "+", "n/a", "ext 12", "call 5", "5 or 6", "12\n34", "1\t2", "1\u202e2", "𝟏", "12a", "a@b.c"]
)
def test_all_else_is_none(text) -> None:
    assert not phone.is_phone(pl.Series([text])).item()


def test_null_is_neither() -> None:
    assert phone.is_phone(pl.Series([None], dtype=pl.String)).to_list() == [None]
