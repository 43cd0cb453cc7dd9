from __future__ import annotations

import pytest

from provision.model.report import Severity
from provision.stages.recipe.nodes import MAX_FINDINGS, Problems, did_you_mean, hide, one_of, quoted


def test_a_word_in_a_message_shows_neither_passwords_nor_terminal_escapes():
    shown = quoted("postgresql://ann:s3cr3t@h/d \x1b[31m \u202e")

    assert "s3cr3t" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_long_word_is_cut():
    assert len(quoted("x " * 500)) < 70


@pytest.mark.parametrize(
    "text",
    ["postgresql://ann:${PW}@h/d", "s3://bucket/a", "customers.loyalty_number_of_the_year", "2027-03-31T00:00:00"],
)
def test_what_is_no_secret_is_shown(text):
    assert hide(text) == text


@pytest.mark.parametrize("text", ["q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "0123456789abcdef" * 4, "a://b:c@d"])
def test_secrets_are_starred_out_in_their_own_length(text):
    assert hide(text) != text
    assert len(hide(text)) == len(text)


def test_the_nearest_word_is_suggested_whatever_its_case():
    assert did_you_mean("Wehre", ["table", "where"]) == 'did you mean "where"? '
    assert did_you_mean("zzz", ["table", "where"]) == ""


def test_long_lists_of_words_are_cut():
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b", "c"]) == "a, b and c"
    assert one_of([]) == "none"
    assert one_of([str(number) for number in range(20)]).endswith("and 8 more")


def test_a_finding_is_listed_once_and_the_list_has_an_end():
    problems = Problems()
    for number in range(2 * MAX_FINDINGS):
        problems.add("PRV110", f"unknown key {number // 2}", at=None, severity=Severity.WARN)
        problems.add("PRV110", f"unknown key {number // 2}", at=None)

    assert len(problems.findings) == MAX_FINDINGS
    assert len({finding.message for finding in problems.findings}) == MAX_FINDINGS
