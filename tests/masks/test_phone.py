# ruff: noqa: RUF001  # digits of other scripts are what is tested

from __future__ import annotations

import re

import polars as pl
import pytest

from provision.errors import RunError
from provision.generators import phone as makers
from provision.masks.phone import phone
from support.keys import domain_key, facts
from support.masked import masked, why_not


@pytest.mark.parametrize(
    ("given", "pattern"),
    [
        ("+49 30 123456", r"\+49 [1-9]\d \d{6}"),
        ("+1 (212) 555-0123", r"\+1 \([2-9]\d\d\) [2-9]\d\d-\d{4}"),
        ("030/123456", r"0[1-9]\d/\d{6}"),
        ("0044 20 7946 0958", r"0044 [1-9]\d \d{4} \d{4}"),
        ("+44 20 7946 0958 ext 12", r"\+44 [1-9]\d \d{4} \d{4} ext [1-9]\d"),
        ("+351.912.345.678", r"\+351\.[1-9]\d\d\.\d{3}\.\d{3}"),
        ("٠٣٠ ١٢٣", r"٠[١-٩][٠-٩] [٠-٩]{3}"),
        ("110", r"[1-9]\d\d"),
    ],
)
def test_format_country_and_leading_zero_stay(given, pattern) -> None:
    (made,) = masked(phone, [given])

    assert made != given
    assert re.fullmatch(pattern, made)


def test_the_same_number_gets_the_same_digits_in_every_spelling() -> None:
    made = masked(phone, ["+49 30 123456", "0049-30-123456", "+4930123456", "(030) 123456", "030123456"], country="49")

    assert len({re.sub(r"\D", "", text)[-8:] for text in made}) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("prefix", ["", "+", "00", "+49", "0049", "49", "1800555"])
@pytest.mark.parametrize("country", ["", "49", "1"])
def test_all_numbers_of_a_length_change_places_and_none_stays(size, prefix, country) -> None:
    numbers = [f"{prefix}{number:0{size}}" for number in range(10**size)]

    made = masked(phone, numbers, unique=True, country=country)

    assert len(set(made)) == len(numbers)
    assert all(old != new for old, new in zip(numbers, made, strict=True))
    if prefix in {"", "+", "00"} or (prefix in {"+49", "0049"} and size > 1):  # in others, the prefix changes as well
        assert sorted(made) == numbers


def test_american_numbers_stay_american_and_others_do_not_become_american() -> None:
    valid = [f"+1212555{number:04}" for number in range(500)]
    other = [f"+1112555{number:04}" for number in range(500)]

    made = masked(phone, [*valid, *other], unique=True)

    nanp = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}")
    assert all(nanp.fullmatch(text) for text in made[:500])
    assert not any(nanp.fullmatch(text) for text in made[500:])
    assert len(set(made)) == 1000


def test_a_prefix_may_stay_but_never_more_than_half_of_the_number() -> None:
    assert masked(phone, ["+1 212 555 0123"], keep_prefix=3)[0].startswith("+1 212 ")
    (made,) = masked(phone, ["+49 1234"], keep_prefix=10)
    assert made[:6] == "+49 12"
    assert made[6:] != "34"


def test_what_is_no_phone_becomes_digits_of_its_length() -> None:
    made = masked(phone, ["n/a", "call 555-1234", "", "𝟏𝟐𝟑", "٣y٣"])

    assert [len(text) for text in made] == [3, 13, 7, 3, 3]
    assert all(text.isascii() and text.isdigit() for text in made)
    assert len(masked(phone, ["x" * 100])[0]) == 100
    assert masked(phone, [""], max_chars=4)[0].isdigit()


def test_what_is_no_phone_stops_the_run_in_a_unique_column() -> None:
    values = pl.Series(["n/a", "12", "secretive"])

    with pytest.raises(RunError) as caught:
        phone.function(values, key=domain_key(), facts=facts(unique=True))

    assert caught.value.code == "PRV430"
    assert "2 values of shop.customers.c" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_long_digit_strings_are_permuted_in_pieces() -> None:
    numbers = [f"{number:040}" for number in range(1, 200)]

    made = masked(phone, numbers, unique=True)

    assert len(set(made)) == 199
    assert all(len(text) == 40 for text in made)
    assert not set(made) & set(numbers)


def test_parameters_are_held_to_their_meaning() -> None:
    assert "calling code" in why_not(phone, country="DE")
    assert "negative" in why_not(phone, keep_prefix=-1)


def test_every_calling_code_is_read_whole() -> None:
    codes = ["1", "7", "20", "27", "30", "39", "44", "49", "86", "98", "351", "353", "420", "672", "852", "971", "998"]

    for code in codes:
        assert re.match(rf"(?:{makers.CALLING_CODE})", code + "5555555")[0] == code
