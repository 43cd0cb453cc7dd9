from __future__ import annotations

import polars as pl

from provision.generators import person, words
from provision.generators.chance import Chance
from support.keys import domain_key


def test_counts_are_of_what_fits() -> None:
    assert person.count("last", "en", None) == len(words.load("en/last"))
    assert person.count("last", "en", 1) == 0
    assert person.count("full", "en", 4) == 0
    assert 0 < person.count("full", "en", 6) < person.count("full", "en", 7)


def test_a_name_to_be_avoided_becomes_the_next() -> None:
    chance = Chance(domain_key(), pl.Series(["a", "b"]))
    for part in ("first", "last", "full"):
        first = person.make(part, "en", chance)
        other = person.make(part, "en", chance, avoid=first.str.to_lowercase())

        assert (first != other).all()


def test_names_without_a_known_word_are_told_by_their_letters() -> None:
    given = pl.Series(["xxą", "xxå", "xxß", "xxñ", "xxã", "xxê", "xxé", "xxò", "xx", "", None])

    assert person.locale_of(given).to_list() == ["pl", "sv", "de", "es", "pt", "fr", "es", "it", "en", "en", "en"]
