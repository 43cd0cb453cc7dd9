from __future__ import annotations

import pytest

from provision.masks.constant import constant
from provision.model.plan import Family
from support.masked import masked, why_not


@pytest.mark.parametrize(
    ("family", "type_", "value", "out"),
    [
        (Family.TEXT, "text", "$2b$04$dev", "$2b$04$dev"),
        (Family.TEXT, "text", 7, "7"),
        (Family.INTEGER, "int4", 7, 7),
        (Family.INTEGER, "int4", "7", 7),
        (Family.BOOLEAN, "bool", False, False),
        (Family.BOOLEAN, "bool", "yes", True),
        (Family.NUMERIC, "numeric", 1.5, "1.5"),
    ],
)
def test_one_value_for_all_in_the_type_of_the_column(family, type_, value, out) -> None:
    given = [None, *([1, 2] if family is Family.INTEGER else [True, False] if family is Family.BOOLEAN else ["a", "b"])]

    assert masked(constant, given, family, type_, value=value) == [None, out, out]


def test_what_does_not_fit_is_refused() -> None:
    assert "characters" in why_not(constant, max_chars=3, value="abcd")
    assert "NUL" in why_not(constant, value="a\0b")
    assert "int2" in why_not(constant, Family.INTEGER, "int2", value=32_768)
    assert why_not(constant, Family.INTEGER, "int2", value=-32_768) is None
    assert "different" in why_not(constant, unique=True, value="x")
