from __future__ import annotations

from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.errors import RunError, UsageError
from provision.keyed.alphabet import ALPHABETS
from provision.masks.fpe import fpe
from support import mask_reference
from support.keys import domain_key, facts, key_bytes

KNOWN = [letter for alphabet in ALPHABETS[:9] for letter in alphabet.lower + alphabet.upper] + ["田", "한"]
CODES = st.text(st.sampled_from([*KNOWN, *"0123456789" * 9, *"abcXYZ" * 9, *" -./_@"]), max_size=45)


def masked(values: list, *, key: str = "test", **parameters) -> list:
    series = pl.Series("c", values, dtype=pl.String)
    return fpe.function(series, key=domain_key("customer.card", key=key), facts=facts(), **parameters).to_list()


@pytest.mark.parametrize("parts", [["0123456789"] * n for n in (1, 2, 3, 4, 5)] + [
    ["abcdefghijklmnopqrstuvwxyz", "-", "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
    ["éèüß".replace("ß", "ø"), "0123456789"],
])  # fmt: skip
def test_every_value_of_a_shape_is_met_once(parts: list[str]) -> None:
    values = ["".join(letters) for letters in product(*parts)]

    images = masked(values)

    assert len(set(images)) == len(values)
    assert len(set(images) & set(values)) == len(values) or "é" in values[0]


@settings(deadline=None)
@given(st.lists(CODES.filter(lambda text: text == "" or any(c.isalnum() for c in text)), max_size=12))
def test_columns_equal_the_reference_keep_shape_and_stay_different(values: list[str]) -> None:
    images = masked(values)

    assert images == [mask_reference.fpe(key_bytes(), "customer.card", value) for value in values]
    assert len(set(images)) == len(set(values))
    for before, after in zip(values, images, strict=True):
        assert mask_reference.looks_alike(before, after)
        assert len(before.encode()) == len(after.encode())


def test_separators_do_not_matter() -> None:
    images = masked(["4111-1111-1111-1111", "4111 1111 1111 1111", "4111111111111111"])

    assert len({image.replace("-", "").replace(" ", "") for image in images}) == 1


def test_another_key_changes_nearly_all_and_few_stay() -> None:
    values = [f"{n:08d}" for n in range(0, 100_000_000, 9973)]

    images = masked(values)

    assert sum(a == b for a, b in zip(images, masked(values, key="other"), strict=True)) <= 2
    assert sum(a == b for a, b in zip(images, values, strict=True)) <= 2


def test_batches_do_not_show_however_shapes_are_mixed() -> None:
    values = [f"{'x' * (n % 40)}{n}" for n in range(500)] + ["é9", None, ""]

    assert [masked([value])[0] for value in values] == masked(values)


@pytest.mark.parametrize("method", ["feistel", "ff1"])
def test_prefix_and_suffix_stay_and_one_to_one_holds(method: str) -> None:
    values = [f"DE-{n:07d}-A" for n in range(3000)]
    images = masked(values, keep_prefix=3, keep_suffix=2, method=method)

    assert all(image[:3] == "DE-" and image[-2:] == "-A" for image in images)
    assert len(set(images)) == len(values)


def test_an_alphabet_is_all_that_changes() -> None:
    values = ["".join(code) for code in product("0123456789ABCDEF", repeat=2)]

    images = masked([f"g{value}" for value in values], alphabet="0123456789ABCDEF")

    assert {image[1:] for image in images} == set(values)
    assert {image[0] for image in images} == {"g"}


def test_long_values_are_masked_to_the_last_character() -> None:
    base = "7" * 200
    images = masked([base, "8" + base[1:], base[:-1] + "8"])

    for other in images[1:]:
        same = sum(a == b for a, b in zip(images[0], other, strict=True))
        assert same < 60  # 20 by chance: every block depends on all others


def test_ff1_needs_a_million_values() -> None:
    with pytest.raises(UsageError) as caught:
        masked(["12345"], method="ff1")

    assert caught.value.code == "PRV420"


def test_nothing_to_mask_fails_and_is_never_passed_through() -> None:
    with pytest.raises(RunError) as caught:
        masked(["---", "ሰላም", "ok", ""])

    assert caught.value.code == "PRV423"
    assert "1 values without a character to mask and 1 with letters of other scripts" in str(caught.value)
    assert "---" not in str(caught.value)


def test_nothing_to_mask_is_starred_out_where_the_recipe_says_so() -> None:
    assert masked(["---", "ሰላም", "", None], invalid="redact") == ["***", "***", "", None]
    with pytest.raises(RunError):
        masked(["12345"], keep_prefix=5)


@pytest.mark.parametrize(
    ("parameters", "more", "words"),
    [
        ({"keep_prefix": -1}, {}, "negative"),
        ({"keep_prefix": 4, "keep_suffix": 4}, {"max_chars": 8}, "keep all 8 characters"),
        ({"alphabet": "a"}, {}, "two characters"),
        ({"alphabet": "aba"}, {}, "twice"),
        ({"method": "ff1"}, {"max_chars": 5}, "a million"),
        ({"method": "ff1", "alphabet": "abcdefghijklmnopqrstuvwxyz0123456789ABC"}, {}, "at most 36"),
        ({"invalid": "redact"}, {"unique": True}, "stay different"),
    ],
)
def test_parameters_that_cannot_work_are_refused_while_planning(parameters: dict, more: dict, words: str) -> None:
    assert words in fpe.refuses(facts(**more), **parameters)


def test_good_parameters_are_accepted() -> None:
    assert fpe.refuses(facts(unique=True, max_chars=16), keep_prefix=6, keep_suffix=4, method="ff1") is None
