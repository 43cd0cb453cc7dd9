from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

import pytest

from provision.masks.date_shift import date_shift
from provision.model.plan import Family
from support.masked import masked, why_not


def shifted(values: list, **more) -> list:
    return masked(date_shift, values, Family.DATE, "date", **more)


def test_dates_of_one_subject_keep_their_intervals() -> None:
    days = ["2020-01-01", "2020-02-29", "2024-12-31", None]

    made = shifted(days * 2, by=[1, 1, 1, 1, 2, 2, 2, 2])

    def gaps(texts: list) -> list:
        return [(date.fromisoformat(b) - date.fromisoformat(a)).days for a, b in pairwise(texts)]

    assert gaps(made[:3]) == gaps(made[4:7]) == gaps(days[:3])
    assert made[0] != made[4]
    assert made[3] is None


def test_no_date_moves_by_nothing_or_by_more_than_max() -> None:
    made = shifted(["2020-06-15"] * 400, by=list(range(400)), max="3d")

    moves = {(date.fromisoformat(text) - date(2020, 6, 15)).days for text in made}
    assert moves == {-3, -2, -1, 1, 2, 3}


def test_the_time_of_day_and_its_zone_stay() -> None:
    (made,) = masked(date_shift, ["2024-02-29 23:59:59.000001+00"], Family.TIMESTAMP, "timestamptz", max="30d")

    assert made.endswith(" 23:59:59.000001+00")
    assert datetime.fromisoformat(made).date() != date(2024, 2, 29)


def test_a_subject_without_a_value_leaves_the_date_to_itself() -> None:
    both = shifted(["2020-01-01", "2020-01-01"], by=[None, None])

    assert both == shifted(["2020-01-01", "2020-01-01"])


def test_keys_as_numbers_and_as_text_are_other_subjects_and_equal_ones_the_same() -> None:
    assert shifted(["2020-01-01"], by=[7]) == shifted(["2020-01-01", "2020-01-01"], by=[7, 8])[:1]
    assert shifted(["2020-01-01"], by=["a"]) == shifted(["2020-01-01"], by=[" a "])


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "0001-03-01"])
def test_the_common_era_is_not_left(day) -> None:
    made = shifted([day] * 300, by=list(range(300)), max="36500d")

    assert all(date.fromisoformat(text) for text in made)


@pytest.mark.parametrize(
    ("day", "type_", "family"),
    [
        ("5874897-12-31", "date", Family.DATE),
        ("4713-01-01 BC", "date", Family.DATE),
        ("294276-12-31 23:59:59", "timestamp", Family.TIMESTAMP),
        ("0001-01-01 00:00:00 BC", "timestamp", Family.TIMESTAMP),
    ],
)
def test_the_ends_of_the_type_are_not_left(day, type_, family) -> None:
    made = masked(date_shift, [day] * 200, family, type_, by=list(range(200)))

    years = {int(text.split("-")[0]) * (-1 if text.endswith("BC") else 1) for text in made}
    assert all(-4713 <= year <= (294_276 if family is Family.TIMESTAMP else 5_874_897) for year in years)
    assert day not in made


def test_infinity_stays_and_what_is_no_date_becomes_one() -> None:
    made = shifted(["infinity", "-infinity", "garbage", "2023-02-30", ""])

    assert made[:2] == ["infinity", "-infinity"]
    assert all(1969 < date.fromisoformat(text).year < 2038 for text in made[2:3])


@pytest.mark.parametrize("most", ["0d", "12h", "40000d", "soon", "-3d", ""])
def test_max_is_a_number_of_whole_days(most) -> None:
    assert "max" in why_not(date_shift, Family.DATE, "date", max=most)


def test_weeks_are_days_too() -> None:
    assert why_not(date_shift, Family.DATE, "date", max="2w") is None
    assert "different" in why_not(date_shift, Family.DATE, "date", unique=True)
