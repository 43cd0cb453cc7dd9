from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.masks.noise import noise
from provision.model.plan import Family
from support.masked import masked, why_not


@settings(deadline=None, max_examples=40)
@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), ratio=st.floats(0.001, 1))
def test_whole_numbers_move_within_the_ratio_and_keep_their_sign(numbers, ratio) -> None:
    made = masked(noise, numbers, Family.INTEGER, "int8", ratio=ratio)

    for old, new in zip(numbers, made, strict=True):
        assert (new == old) == (old == 0)
        assert abs(new - old) <= max(1, abs(old) * ratio * (1 + 1e-9))
        assert new * old >= 0


@settings(deadline=None, max_examples=40)
@given(numbers=st.lists(st.integers(-(10**38), 10**38), min_size=1, max_size=10), scale=st.integers(0, 30))
def test_decimals_keep_their_scale_and_move_within_the_ratio(numbers, scale) -> None:
    texts = [f"{Decimal(number).scaleb(-scale):.{scale}f}" for number in numbers]

    made = masked(noise, texts, Family.NUMERIC, "numeric")

    for old, new in zip(texts, made, strict=True):
        before, after = Decimal(old), Decimal(new)
        assert len(new.partition(".")[2]) == scale
        assert (before == after) == (before == 0)
        assert abs(after - before) <= max(Decimal(1).scaleb(-scale), abs(before) * Decimal("0.1000001"))


def test_decimals_stay_in_their_precision() -> None:
    made = masked(noise, ["99.99", "-99.99", "95.00"], Family.NUMERIC, "numeric", precision=4, scale=2, ratio=1.0)

    assert all(len(text.lstrip("-")) == 5 for text in made)


@pytest.mark.parametrize("text", ["0", "0.00", "NaN", "Infinity", "-Infinity"])
def test_what_has_nothing_near_stays(text) -> None:
    assert masked(noise, [text], Family.NUMERIC, "numeric") == [text]


def test_absolute_noise_moves_zero_too_and_reaches_all_within() -> None:
    made = masked(noise, [f"{number}.00" for number in range(3000)], Family.NUMERIC, "numeric", absolute=0.02)

    steps = {Decimal(new) - number for number, new in enumerate(made)}
    assert steps == {Decimal(step) for step in ("-0.02", "-0.01", "0.01", "0.02")}


def test_equal_numbers_of_other_spelling_move_alike() -> None:
    one, two = masked(noise, ["100.0", "100.000"], Family.NUMERIC, "numeric", ratio=1.0)

    assert abs(Decimal(one) - Decimal(two)) < Decimal("0.2")


def test_floats_move_and_stay_finite() -> None:
    given = ["1.5", "1e+308", "1.7976931348623157e+308", "5e-324", "-3", "1e-05"]

    made = [float(text) for text in masked(noise, given, Family.FLOAT, "float8", ratio=0.5)]

    for old, new in zip(map(float, given), made, strict=True):
        assert new != old
        assert abs(new - old) <= abs(old) * 0.5 or old == 5e-324
    assert masked(noise, ["3.4028235e+38"], Family.FLOAT, "float4") != ["3.4028235e+38"]
    assert masked(noise, ["NaN", "Infinity"], Family.FLOAT, "float8") == ["NaN", "Infinity"]


@pytest.mark.parametrize(
    "chosen", [{"ratio": 0.0}, {"ratio": 1.1}, {"absolute": 0.5}, {"absolute": 1e16}, {"ratio": float("nan")}]
)
def test_parameters_out_of_range_are_refused(chosen) -> None:
    assert why_not(noise, Family.INTEGER, "int4", **chosen)
