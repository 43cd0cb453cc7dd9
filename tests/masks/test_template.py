from __future__ import annotations

import re

import pytest

from provision.generators import text as makers
from provision.generators import words
from provision.masks.template import template
from support.masked import masked, why_not


@pytest.mark.parametrize("locale", words.LOCALES)
def test_addresses_of_plain_letters_can_be_made_from_every_locale(locale) -> None:
    made = masked(template, [f"v{n}" for n in range(300)], template="{first:ascii}.{last:ascii}@x.test", locale=locale)

    assert all(re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+@x\.test", text) for text in made)


def test_fields_have_their_lengths_and_braces_can_stay() -> None:
    (made,) = masked(template, ["x"], template="CU-{digits:8}/{hex:4}/{letters:3}/{{}}")

    assert re.fullmatch(r"CU-\d{8}/[0-9a-f]{4}/[a-z]{3}/\{\}", made)


def test_equal_fields_of_a_template_are_drawn_apart() -> None:
    made = masked(template, [f"v{n}" for n in range(50)], template="{hex:8}-{hex:8}")

    assert all(text[:8] != text[9:] for text in made)


def test_no_value_becomes_itself_even_with_ten_possibilities() -> None:
    digits = [str(digit) for digit in range(10)]

    assert all(old != new for old, new in zip(digits, masked(template, digits, template="{digits:1}"), strict=True))


def test_the_longest_text_must_fit() -> None:
    longest = makers.longest("{first} {last}", "en")

    assert why_not(template, template="{first} {last}", max_chars=longest) is None
    assert str(longest) in why_not(template, template="{first} {last}", max_chars=longest - 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "{",
        "}",
        "{nope}",
        "{first:upper}",
        "{hex}",
        "{hex:0}",
        "{hex:65}",
        "{digits:x}",
        "{first!r}",
        "{}",
        "{0}",
        "{first.x}",
    ],
)
def test_templates_with_mistakes_are_refused(text) -> None:
    assert why_not(template, template=text)
