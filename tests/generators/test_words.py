from __future__ import annotations

import hashlib
import re
import unicodedata
from importlib import resources

import pytest

from provision.generators import words


@pytest.mark.parametrize("name", words.names())
def test_a_list_is_clean_text_without_repeats(name) -> None:
    entries = words.load(name).to_list()

    assert entries
    assert len({entry.lower() for entry in entries}) == len(entries)
    for entry in entries:
        assert entry == unicodedata.normalize("NFC", entry).strip()
        assert "  " not in entry
        assert entry.isprintable()


@pytest.mark.parametrize("locale", words.LOCALES)
def test_locales_have_names_enough(locale) -> None:
    least = 300 if locale == "en" else 100

    assert len(words.load(f"{locale}/first")) >= least
    assert len(words.load(f"{locale}/last")) >= least


@pytest.mark.parametrize("locale", words.LOCALES)
def test_places_are_whole_and_their_regions_have_one_code_each_way(locale) -> None:
    places = words.places(locale)

    assert not any(places.null_count().row(0))
    assert len(places) >= 40
    assert places.get_column("country_code").n_unique() == 1
    if locale != "it":  # Italian codes are those of provinces
        regions = places.select("region", "region_code").unique()
        assert regions.get_column("region").is_unique().all()
        assert regions.get_column("region_code").is_unique().all()


@pytest.mark.parametrize(
    ("locale", "form"),
    [("en", r"\d{5}"), ("de", r"\d{5}"), ("fr", r"\d{5}"), ("es", r"\d{5}"), ("it", r"\d{5}"), ("nl", r"\d{4} [A-Z]{2}"),
     ("pl", r"\d{2}-\d{3}"), ("pt", r"\d{4}-\d{3}"), ("sv", r"\d{3} \d{2}")],
)  # fmt: skip
def test_postcodes_have_the_form_of_their_country(locale, form) -> None:
    assert all(re.fullmatch(form, code) for code in words.places(locale).get_column("postcode"))


def test_countries_have_their_codes() -> None:
    assert all(re.fullmatch("[A-Z]{2}", code) for code in words.countries().get_column("alpha2"))
    assert all(re.fullmatch("[A-Z]{3}", code) for code in words.countries().get_column("alpha3"))


def test_hashes_are_those_of_the_files() -> None:
    content = resources.files("provision.generators.words").joinpath("en/last.txt").read_bytes()

    assert words.hash("en/last") == hashlib.sha256(content).hexdigest()
    assert len(words.digest()) == 64


def test_a_list_does_not_change_unnoticed() -> None:
    """Every pick depends on all of its list: a change here changes masked data, and belongs into the change notes."""
    assert words.digest() == "4ba50111bd52efba8a07ad1213e6cc4fdfd23467d981750f6a09588d819ad046"


def test_unknown_lists_and_ways_out_of_the_folder_are_refused() -> None:
    for name in ("xx/last", "../registry", "en/first.txt", ""):
        with pytest.raises(ValueError, match="no word list"):
            words.load(name)
