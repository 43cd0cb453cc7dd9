from __future__ import annotations

import pytest

from provision.masks.choice import choice
from provision.model.plan import Family
from support.masked import masked, why_not

GIVEN = [f"v{number}" for number in range(20_000)]


def test_weights_are_kept() -> None:
    made = masked(choice, GIVEN, values={"new": 1, "paid": 6, "gone": 0, "sent": 3})

    assert [round(made.count(word) / 20_000, 1) for word in ("new", "paid", "gone", "sent")] == [0.1, 0.6, 0.0, 0.3]


def test_a_plan_holds_mappings_as_pairs() -> None:
    assert masked(choice, GIVEN[:50], values=(("a", 1), ("b", 2.5))) == masked(
        choice, GIVEN[:50], values={"a": 1, "b": 2.5}
    )


def test_none_becomes_itself_and_weights_of_zero_are_no_way_out() -> None:
    assert masked(choice, ["a", "b"], values=["a", "b"]) == ["b", "a"]
    assert set(masked(choice, ["a", "c"], values={"a": 1, "b": 0, "c": 1})) == {"a", "c"}


def test_values_come_in_the_type_of_the_column() -> None:
    assert set(masked(choice, [1, 2, None], Family.INTEGER, "int4", values=[7, 8])) <= {7, 8, None}
    assert masked(choice, [True, None], Family.BOOLEAN, "bool", values=["yes", "no"]) == [False, None]


@pytest.mark.parametrize(
    "values",
    [[], ["a"], ["a", "a"], {"a": 1}, {"a": 1, "b": 0}, {"a": -1, "b": 2, "c": 1}, {"a": float("inf"), "b": 1}],
)
def test_lists_that_leave_no_choice_are_refused(values) -> None:
    assert why_not(choice, values=values)


@pytest.mark.parametrize(
    ("family", "type_", "more", "values"),
    [
        (Family.TEXT, "varchar", {"max_chars": 3}, ["abc", "abcd"]),
        (Family.ENUM, "mood", {"labels": ("sad", "happy")}, ["sad", "glad"]),
        (Family.INTEGER, "int2", {}, [1, 40_000]),
        (Family.NUMERIC, "numeric", {"precision": 4, "scale": 2}, ["1.5", "100"]),
        (Family.DATE, "date", {}, ["2023-02-28", "2023-02-29"]),
        (Family.JSON, "json", {}, ["{}", "{"]),
        (Family.BYTES, "bytea", {}, ["\\x00", "\\x0"]),
        (Family.UUID, "uuid", {}, ["00000000-0000-4000-8000-000000000000", "x"]),
        (Family.BOOLEAN, "bool", {}, [True, "maybe"]),
        (Family.FLOAT, "float8", {}, ["1e3", "one"]),
    ],
)
def test_values_that_do_not_fit_are_named_by_their_place(family, type_, more, values) -> None:
    assert why_not(choice, family, type_, values=values, **more).startswith("value 2: ")
