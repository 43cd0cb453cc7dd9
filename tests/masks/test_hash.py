from __future__ import annotations

import uuid

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.masks.hash import hash as hash_mask
from provision.model.plan import Family
from support import mask_reference
from support.keys import domain_key, facts, key_bytes


def masked(values: list, *, family: Family = Family.TEXT, type_: str = "text", key: str = "test", **parameters) -> list:
    more = {name: parameters.pop(name) for name in ("max_chars", "unique") if name in parameters}
    found = facts(family, type_, **more)
    series = pl.Series(values, dtype=pl.String)
    return hash_mask.function(series, key=domain_key("customer.ref", key=key), facts=found, **parameters).to_list()


@pytest.mark.parametrize(("encoding", "digits"), [("hex", 24), ("hex", 64), ("hex", 1), ("base32", 20), ("base32", 51)])
@settings(deadline=None)
@given(values=st.lists(st.text(st.characters(max_codepoint=0x24F, exclude_categories=["Cs", "Cn"])), max_size=8))
def test_columns_equal_the_reference(encoding: str, digits: int, values: list[str]) -> None:
    images = masked(values, encoding=encoding, digits=digits)

    assert images == [
        mask_reference.digest(key_bytes(), "customer.ref", value, "text", digits, encoding) for value in values
    ]
    if digits >= 20:
        assert len(set(images)) == len(set(values))


def test_spellings_share_the_core_and_stay_apart() -> None:
    first, second, third = masked(["A-1", "A-1 ", "A-2"])

    assert first[:22] == second[:22]
    assert first != second
    assert first[:22] != third[:22]


def test_values_that_the_column_holds_equal_stay_equal() -> None:
    lower, upper = masked(["Ab", "aB"], type_="citext")
    short, padded = masked(["Ab", "Ab  "], type_="bpchar")

    assert lower == upper
    assert short == padded


def test_another_key_changes_all_and_nulls_stay() -> None:
    values = [*map(str, range(1000)), None]

    assert not set(masked(values)) & set(masked(values, key="other")) - {None}
    assert masked(values)[-1] is None


def test_a_short_column_gets_as_many_digits_as_it_holds() -> None:
    assert {len(image) for image in masked(["a", "b"], max_chars=26)} == {26}
    assert {len(image) for image in masked(["a", "b"], max_chars=20, encoding="base32")} == {20}


def test_uuid_columns_get_uuids_of_version_four() -> None:
    values = [str(uuid.UUID(int=n)) for n in range(200)]

    images = [uuid.UUID(image) for image in masked(values, family=Family.UUID, type_="uuid")]

    assert {image.version for image in images} == {4}
    assert {image.variant for image in images} == {uuid.RFC_4122}
    assert len(set(images)) == len(values)


def test_bytes_stay_bytes() -> None:
    image, same, other = masked(["\\xdead", "\\xdead", "\\xbeef"], family=Family.BYTES, type_="bytea")

    assert image == same != other
    assert len(bytes.fromhex(image.removeprefix("\\x"))) == 16


@pytest.mark.parametrize(
    ("parameters", "more", "words"),
    [
        ({}, {"unique": True, "max_chars": 20}, "24 digits"),
        ({"digits": 16}, {"unique": True}, "24 digits"),
        ({"digits": 32}, {"max_chars": 20}, "do not fit"),
        ({"digits": 64}, {"type_": "name"}, "do not fit"),
        ({"digits": 65}, {}, "1 to 64"),
        ({"digits": 0}, {}, "1 to 64"),
        ({"digits": 52, "encoding": "base32"}, {}, "1 to 51"),
        ({"form": "emial"}, {}, "email"),
        ({"digits": 31}, {"family": Family.BYTES, "type_": "bytea"}, "even"),
        ({"encoding": "base32"}, {"family": Family.BYTES, "type_": "bytea"}, "hex"),
    ],
)
def test_parameters_that_cannot_work_are_refused_while_planning(parameters: dict, more: dict, words: str) -> None:
    assert words in hash_mask.refuses(facts(**more), **parameters)


def test_good_parameters_are_accepted() -> None:
    assert hash_mask.refuses(facts(unique=True, max_chars=24)) is None
    assert hash_mask.refuses(facts(unique=True, max_chars=20), encoding="base32") is None
    assert hash_mask.refuses(facts(Family.UUID, "uuid", unique=True)) is None
