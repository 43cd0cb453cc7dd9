from __future__ import annotations

import polars as pl
import pytest

from provision.generators import text, words
from provision.generators.chance import Chance
from support.keys import domain_key


@pytest.mark.parametrize("locale", words.LOCALES)
@pytest.mark.parametrize(
    "field", [*text.WORDS, *(f"{word}:ascii" for word in text.WORDS), "hex:64", "digits:18", "letters:13"]
)
def test_no_field_outgrows_the_length_that_is_told(locale, field) -> None:
    template = f"<{{{field}}}>"
    chance = Chance(domain_key(), pl.Series([str(row) for row in range(400)]))

    made = text.make(template, locale, chance)

    assert made.str.len_chars().max() <= text.longest(template, locale)
    assert made.null_count() == 0
    assert made.str.len_chars().min() > 2


def test_rows_without_a_text_stay_null() -> None:
    assert text.make("{first}-{hex:2}", "en", Chance(domain_key(), pl.Series([None], dtype=pl.String))).to_list() == [
        None
    ]
