from __future__ import annotations

import pytest

from provision.generators import words
from provision.masks.name import name
from support.masked import masked, why_not


def test_a_full_name_is_a_first_and_a_last_name_of_the_locale() -> None:
    (made,) = masked(name, ["Jane Doe"], locale="sv")

    first, last = made.split(" ", 1)
    assert first in set(words.load("sv/first"))
    assert last in set(words.load("sv/last"))


@pytest.mark.parametrize("part", ["first", "last"])
@pytest.mark.parametrize("locale", words.LOCALES)
def test_no_name_of_a_list_becomes_itself(part, locale) -> None:
    names = words.load(f"{locale}/{part}").to_list()

    for key in ("one", "two", "three"):
        made = masked(name, [*names, *(word.upper() for word in names)], part=part, locale=locale, key=key)
        assert all(old.lower() != new.lower() for old, new in zip([*names, *names], made, strict=True))


def test_match_takes_the_list_that_knows_the_name_and_then_its_letters() -> None:
    given = {
        "Müller": "de",
        "Wiśniewski": "pl",
        "Xqż": "pl",
        "Åström": "sv",
        "Xqñ": "es",
        "Qxß": "de",
        "Smith": "en",
        "Qqq": "en",
        "": "en",
    }

    made = masked(name, list(given), part="last", locale="match")

    for text, locale in zip(made, given.values(), strict=True):
        assert text in set(words.load(f"{locale}/last"))


@pytest.mark.parametrize("room", [5, 6, 7, 9, 12])
def test_names_are_picked_from_those_that_fit(room) -> None:
    made = masked(name, [f"n{number}" for number in range(2000)], max_chars=room)

    assert max(map(len, made)) <= room
    assert len(set(made)) > 20 or room == 5


def test_columns_of_different_lengths_agree_where_both_can_hold_the_name() -> None:
    given = [f"n{number}" for number in range(2000)]
    wide, narrow = masked(name, given), masked(name, given, max_chars=14)

    assert all(short == long for short, long in zip(narrow, wide, strict=True) if len(long) <= 14)


def test_every_pair_that_fits_is_picked_equally_often() -> None:
    made = masked(name, [f"n{number}" for number in range(60_000)], max_chars=6)

    fitting = [f"{a} {b}" for a in words.load("en/first") for b in words.load("en/last") if len(a) + len(b) <= 5]
    assert set(made) == set(fitting)
    expected = 60_000 / len(fitting)
    statistic = sum((made.count(text) - expected) ** 2 / expected for text in fitting)
    degrees = len(fitting) - 1
    assert statistic < degrees + 5 * (2 * degrees) ** 0.5


def test_columns_without_room_and_unique_columns_are_refused() -> None:
    assert "fit into 3 characters" in why_not(name, max_chars=3)
    assert why_not(name, max_chars=2, part="last") is None
    assert "different" in why_not(name, unique=True)
