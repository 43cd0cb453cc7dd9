from __future__ import annotations

import pytest

from provision.generators import words
from provision.masks.address import address
from support.masked import masked, why_not

GIVEN = [f"place {number}" for number in range(500)]


@pytest.mark.parametrize("locale", words.LOCALES)
def test_city_and_postcode_of_the_same_text_belong_together(locale) -> None:
    known = set(words.places(locale).select("city", "postcode", "region").iter_rows())

    made = [masked(address, GIVEN, part=part, locale=locale) for part in ("city", "postcode", "region")]

    assert set(zip(*made, strict=True)) <= known


def test_a_full_address_is_a_line_and_a_town() -> None:
    (american,) = masked(address, ["x"])
    (german,) = masked(address, ["x"], locale="de")

    assert american.split(" ")[0].isdigit()
    assert american[-5:].isdigit()
    line, town = german.split(", ")
    assert line.split(" ")[-1].isdigit()
    assert town[:5].isdigit()


@pytest.mark.parametrize("part", ["full", "line", "street", "city", "postcode", "region", "country"])
def test_nothing_becomes_itself(part) -> None:
    lists = {"region": "region", "city": "city", "postcode": "postcode"}
    given = words.places("en").get_column(lists[part]).to_list() if part in lists else GIVEN
    if part == "country":
        given = [text for row in words.countries().iter_rows() for text in row]
    if part == "street":
        given = words.load("en/street").to_list()

    made = masked(address, given, part=part)

    assert all(old.lower() != new.lower() for old, new in zip(given, made, strict=True))


def test_codes_stay_codes_and_names_names() -> None:
    codes = {length: set(words.countries().get_column(name)) for length, name in ((2, "alpha2"), (3, "alpha3"))}

    two, three, name = masked(address, ["us", "DEU", "Germany"], part="country")

    assert two in codes[2]
    assert three in codes[3]
    assert name in set(words.countries().get_column("name"))
    assert all(len(text) == 2 for text in masked(address, ["Germany", "US", "x"], part="country", max_chars=2))
    assert all(len(text) <= 3 for text in masked(address, ["Germany", "USA", "x"], part="country", max_chars=3))
    assert len(masked(address, ["CA"], part="region")[0]) == 2


@pytest.mark.parametrize("room", [12, 24, 30, 40])
@pytest.mark.parametrize("part", ["full", "line", "street", "city"])
def test_addresses_fit(part, room) -> None:
    if why_not(address, part=part, max_chars=room):
        assert room <= 24
        return
    assert max(map(len, masked(address, GIVEN, part=part, max_chars=room))) <= room


def test_columns_without_room_and_unique_columns_are_refused() -> None:
    assert "1 characters" in why_not(address, part="country", max_chars=1)
    assert "4 characters" in why_not(address, part="postcode", max_chars=4)
    assert "different" in why_not(address, unique=True)
