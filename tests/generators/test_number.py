from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.generators.number import Noise, near, near_decimals, near_floats

INT8 = (-(2**63), 2**63 - 1)


@given(
    number=st.integers(*INT8),
    share=st.floats(0, 1, exclude_max=True),
    reach=st.floats(1, 2.0**62),
)
def test_another_number_within_reach_and_bounds(number, share, reach) -> None:
    (moved,) = near(np.array([number]), np.array([share]), np.array([np.floor(reach)]), INT8).tolist()

    assert moved != number
    assert abs(moved - number) <= reach * (1 + 1e-15) + 1
    assert INT8[0] <= moved <= INT8[1]


@given(number=st.integers(-9, 9), share=st.floats(0, 1, exclude_max=True), reach=st.integers(1, 100))
def test_narrow_bounds_are_not_left(number, share, reach) -> None:
    (moved,) = near(np.array([number]), np.array([share]), np.array([float(reach)]), (-9, 9)).tolist()

    assert -9 <= moved <= 9
    assert moved != number


def test_all_numbers_within_reach_are_equally_likely() -> None:
    shares = (np.arange(6000) + 0.5) / 6000

    moved = near(np.full(6000, 50), shares, np.full(6000, 3.0), INT8)

    assert np.unique(moved, return_counts=True)[1].tolist() == [1000] * 6
    assert set(moved.tolist()) == {47, 48, 49, 51, 52, 53}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e5", "", "x", "+1", "1."])
def test_what_is_no_plain_decimal_is_null(text) -> None:
    assert near_decimals(pl.Series([text]), pl.Series([0.5]), Noise(0.1), precision=None).to_list() == [None]


def test_what_is_no_finite_float_is_null() -> None:
    made = near_floats(pl.Series(["NaN", "Infinity", "x", None]), pl.Series([0.5] * 4), Noise(0.1), single=False)

    assert made.to_list() == [None] * 4
