from __future__ import annotations

import pytest

from provision.generators import company as makers
from provision.generators import words
from provision.masks.company import company
from support.masked import masked, why_not


@pytest.mark.parametrize("locale", words.LOCALES)
def test_companies_are_made_of_the_locale_and_are_many(locale) -> None:
    made = masked(company, [f"c{number}" for number in range(3000)], locale=locale)

    assert len(set(made)) > 2500
    assert all(any(text.endswith(f" {form}") for form in words.load(f"{locale}/form")) for text in made)


def test_a_made_up_name_becomes_another_one() -> None:
    names = makers.all_names("en").to_list()

    made = masked(company, names)

    assert all(old.lower() != new.lower() for old, new in zip(names, made, strict=True))


def test_case_and_spacing_make_no_difference_and_names_fit() -> None:
    assert len(set(masked(company, ["Acme  Inc", "ACME INC"]))) == 1
    assert max(map(len, masked(company, [f"c{n}" for n in range(300)], max_chars=12))) <= 12
    assert "5 characters" in why_not(company, max_chars=5)
