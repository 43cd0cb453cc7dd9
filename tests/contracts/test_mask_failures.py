"""What went wrong in other tools, as the smallest input that showed it; the source is named at each test."""

from __future__ import annotations

import json

import polars as pl
import pytest

from provision.model.plan import Family
from support.keys import domain_key, facts
from support.mask_cases import MASKS, apply, refused


def masked(
    name: str, values: list, /, *, family: Family = Family.TEXT, type_: str = "text", key: str = "test", **more
) -> list:
    """One column through a mask; ``max_chars``, ``unique`` and the like are the column's, all else is the mask's."""
    known = {n: more.pop(n) for n in ("max_chars", "unique", "not_null", "precision", "scale", "labels") if n in more}
    dtype = {Family.INTEGER: pl.Int64, Family.BOOLEAN: pl.Boolean}.get(family, pl.String)
    found = facts(family, type_, **known)
    assert refused(MASKS[name], found, **more) is None
    return apply(MASKS[name], pl.Series("c", values, dtype=dtype), found, key=key, **more).to_list()


ADDRESSES = [f"user{number}@mail.test" for number in range(10_000)]


def test_another_key_gives_other_values() -> None:
    """Greenmask #317: the salt of the environment was ignored."""
    one, other = (masked("email", ADDRESSES, key=key) for key in ("one", "other"))

    assert not set(one) & set(other)


def test_short_columns_get_printable_addresses() -> None:
    """Greenmask #277: max_random_length 10 put NUL bytes into addresses."""
    made = masked("email", ["a@b.c", "ä@ö.test", ""], max_chars=25)

    assert all(text.isascii() and text.isprintable() and text.endswith("@example.test") for text in made)


def test_nullify_on_a_not_null_column_is_refused_while_planning() -> None:
    """Greenmask #465: it passed validation and dump, and failed at restore."""
    assert refused(MASKS["nullify"], facts(not_null=True))


@pytest.mark.parametrize("mask", ["name", "email", "phone", "address", "company"])
def test_null_stays_null_and_no_value_becomes_null(mask) -> None:
    """Greenmask #326, datanymizer #228, myanon #3: NULL became a value; pg_anonymizer: rows without an oid became NULL."""
    made = masked(mask, [None, *ADDRESSES[:500], None])

    assert [place for place, value in enumerate(made) if value is None] == [0, 501]


def test_numbers_stay_in_the_range_of_their_column() -> None:
    """Greenmask #176: RandomNumeric(0..10) gave -5.5e19, 22003 numeric field overflow."""
    numbers = [f"{number / 100:.2f}" for number in range(-99_999, 100_000, 97)]

    made = masked("noise", numbers, family=Family.NUMERIC, type_="numeric", precision=5, scale=2, ratio=1.0)

    assert all(abs(float(number)) < 1000 and len(number.split(".")[1]) == 2 for number in made)
    assert max(masked("noise", [32_767] * 3, family=Family.INTEGER, type_="int2", absolute=10_000)) <= 32_767


def test_values_that_share_a_beginning_stay_different_in_unique_columns() -> None:
    """pgstream #1082, #1086: 609898123456 and 609898… both became 609898****, and the load failed hours later."""
    made = masked("phone", ["609898123456", "609898123457", "609898999999"], unique=True)

    assert len(set(made)) == 3


def test_seeded_columns_do_not_become_one_value() -> None:
    """Neosync PR 1953: "seeds resulted in them being the same"."""
    assert len(set(masked("name", ADDRESSES))) > 9_000


def test_addresses_of_a_unique_column_stay_different() -> None:
    """Replibyte #283 violates UNIQUE; pg_anonymizer gives 1,001 outputs for 10,000 addresses, the first pair at row 51."""
    made = masked("email", [*ADDRESSES, *(address.upper() for address in ADDRESSES)], unique=True)

    assert len(set(made)) == 20_000


def test_letters_moved_over_the_at_sign_make_another_address() -> None:
    """pgstream: ab@c.de and a@bc.de became one, because bytes were added letter by letter."""
    assert len(set(masked("email", ["ab@c.de", "a@bc.de", "abc@.de"]))) == 3


def test_what_comes_before_in_the_batch_does_not_matter() -> None:
    """cloakdb: 134 of 400 values differed when the rows were reversed; Neosync: outputs follow the order of rows."""
    for mask in ("name", "email", "phone"):
        assert masked(mask, ADDRESSES[::-1]) == masked(mask, ADDRESSES)[::-1]


def test_accented_short_and_empty_values_are_masked() -> None:
    """cloakdb fpe gave "José Núñez", "x@y.z" and "123" back; Replibyte one character and ""; pgstream less than two bytes."""
    values = ["José Núñez", "x@y.z", "123", "x", ""]
    for mask in ("name", "email", "phone", "company", "address"):
        made = masked(mask, values)
        assert all(new != old for old, new in zip(values, made, strict=True))
        assert not any("José" in text or "Núñez" in text for text in made)


def test_a_second_column_is_masked_as_deterministically_as_the_first() -> None:
    """dbatools #7503: deterministic was honoured for one column and ignored for the rest."""
    frame = pl.DataFrame({"a": ["Jane"], "b": ["Jane"], "c": ["Jane"]})
    key = domain_key("person.name")
    made = [MASKS["name"].function(frame[name], key=key, facts=facts()).item() for name in frame.columns]

    assert len(set(made)) == 1


def test_168140_numbers_get_as_many_hashes() -> None:
    """copycat #25: uuid(158012) == uuid(30939), and four more pairs up to 168,140."""
    assert len(set(masked("email", [str(number) for number in range(168_140)]))) == 168_140


def test_json_stays_json() -> None:
    """pganonymize #12: JSONB came back as Python's {'a': True}."""
    made = masked("redact", ['{"a": true}', "[1]", '"x"', "null"], family=Family.JSON, type_="jsonb")

    assert [json.loads(text) for text in made] == [{}, [], "", None]


def test_a_boolean_is_not_left_alone() -> None:
    """Replibyte: "random" on a boolean returned the original."""
    assert masked("choice", [True, False], family=Family.BOOLEAN, type_="bool", values=(True, False)) == [False, True]


def test_wide_characters_are_counted_as_characters() -> None:
    """datanymizer #219: multibyte text was cut inside a character."""
    made = masked("name", ["Łukasz Żółć", "José"], locale="pl", max_chars=11)

    assert all(len(text) <= 11 for text in made)
    assert all(text.encode().decode() == text for text in made)


def test_both_ends_of_a_range_are_reached() -> None:
    """Greenmask RandomInt: min + h % (max - min) never gives max."""
    made = masked("noise", [20] * 1, family=Family.INTEGER, type_="int4", absolute=2)
    many = {
        apply(MASKS["noise"], pl.Series("c", [20]), facts(Family.INTEGER, "int4"), key=str(seed), absolute=2.0).item()
        for seed in range(80)
    }

    assert made[0] in many
    assert many == {18, 19, 21, 22}


def test_spellings_of_one_person_are_masked_alike() -> None:
    """bauta hashes case and space variants apart; cloakdb does so for all but two masks."""
    assert len(set(masked("email", ["Jane@X.com", "jane@x.com", " jane@x.com\t"]))) == 1
    assert len(set(masked("name", ["Jane  Doe", "JANE DOE", "jane doe "]))) == 1
    assert len(set(masked("name", ["José", "Jose\u0301"]))) == 1


def test_the_same_value_in_two_domains_cannot_be_joined() -> None:
    """Greenmask has no domains: one value and transformer give one mask in columns that have nothing to do with each other."""
    column = pl.Series("c", ADDRESSES[:100])
    one, other = (MASKS["email"].function(column, key=domain_key(name), facts=facts()) for name in ("a", "b"))

    assert not (one == other).any()


def test_noise_is_the_same_each_time_so_that_it_does_not_average_out() -> None:
    """pg_anonymizer documents noise() as breakable by asking often."""
    assert len(set(masked("noise", ["100.00"] * 100, family=Family.NUMERIC, type_="numeric"))) == 1


def test_no_entry_of_a_list_is_picked_too_often() -> None:
    """Modulo bias, and a 24-bit hash over 1,000 rows whose ends are hit half as often (pg_anonymizer's round())."""
    words = tuple(f"w{number}" for number in range(40))

    made = pl.Series(masked("dictionary", [str(number) for number in range(40_000)], values=words))

    counts = made.value_counts().get_column("count")
    assert len(counts) == 40
    assert sum((count - 1000) ** 2 / 1000 for count in counts) < 73.4  # chi square, 39 degrees: 1 in 1,000
