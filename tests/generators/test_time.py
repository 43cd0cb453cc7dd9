from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from provision.generators import time


@given(days=st.lists(st.dates(), min_size=1))
def test_day_numbers_are_those_of_the_calendar(days) -> None:
    numbers = time.day_number(*(np.array([getattr(day, part) for day in days]) for part in ("year", "month", "day")))

    assert numbers.tolist() == [(day - date(1970, 1, 1)).days for day in days]


@given(numbers=st.lists(st.integers(time.DATE.first, time.DATE.last), min_size=1))
def test_days_go_there_and_back_over_all_that_the_server_holds(numbers) -> None:
    found = np.array(numbers)

    assert time.day_number(*time.civil(found)).tolist() == numbers


@given(
    day=st.dates(date(3, 1, 1), date(9996, 1, 1)),
    by=st.integers(-700, 700),
    clock=st.sampled_from(["", " 12:00:00", " 23:59:59.999999+00", " 01:00:00+05:30"]),
)
def test_dates_move_by_days(day, by, clock) -> None:
    texts = pl.Series([f"{day.isoformat()}{clock}", None])

    moved = time.moved(texts, pl.Series([by, by]), time.DATE)

    assert moved.to_list() == [f"{(day + timedelta(days=by)).isoformat()}{clock}", None]


def test_years_before_christ_and_beyond_9999_move_like_others() -> None:
    texts = pl.Series(["0044-03-15 BC", "0001-12-31 23:00:00 BC", "12345-01-01", "2024-02-28"])

    moved = time.moved(texts, pl.Series([1, 1, -1, 1]), time.TIMESTAMP)

    assert moved.to_list() == ["0044-03-16 BC", "0001-01-01 23:00:00", "12344-12-31", "2024-02-29"]


def test_what_is_no_date_is_null() -> None:
    texts = pl.Series(["infinity", "", "2024-2-3", "soon", "2024-02-30"])

    assert time.moved(texts, pl.Series([1] * 5), time.DATE).to_list() == [None] * 5
