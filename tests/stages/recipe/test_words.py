from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.model.graph import Condition
from provision.model.location import Location
from provision.model.names import ColumnName, TableName
from provision.model.recipe import Budget
from provision.stages.recipe import words
from provision.stages.recipe.shapes import Refused
from support.recipe_files import arrows

AT = Location(file="r.yaml", line=1, column=1)


@pytest.mark.parametrize(
    ("text", "child", "columns"),
    [
        ("a.x -> b.y", TableName("public", "a"), ("x",)),
        ("shop.a.x->b.y", TableName("shop", "a"), ("x",)),
        ("a.(x, y) -> b.(p, q)", TableName("public", "a"), ("x", "y")),
        ('shop."A b".("x,1", "y)") -> b.(p, q)', TableName("shop", "A b"), ("x,1", "y)")),
        ('"a->b".x -> b.y', TableName("public", "a->b"), ("x",)),
        ('"say ""hi""".x -> b.y', TableName("public", 'say "hi"'), ("x",)),
    ],
)
def test_arrows_lead_from_child_to_parent(text, child, columns):
    arrow = words.parse_arrow(text, AT)

    assert (arrow.child, arrow.child_columns) == (child, columns)


@given(arrow=arrows())
def test_an_arrow_that_is_printed_reads_back(arrow):
    assert words.parse_arrow(str(arrow), AT) == arrow


@pytest.mark.parametrize(
    "text", ["a.x", "a.x -> ", "-> b.y", "a -> b", "a.x -> b.y -> c.z", "a.() -> b.y", "a.(x -> b.y", "a..x -> b.y"]
)
def test_what_is_no_arrow_is_refused(text):
    with pytest.raises(Refused):
        words.parse_arrow(text, AT)


def test_columns_are_named_with_their_table():
    assert words.parse_column('shop."Order Items".id', AT) == ColumnName(TableName("shop", "Order Items"), "id")
    assert words.parse_column('"a b".c', AT) == ColumnName(TableName("public", "a b"), "c")


@pytest.mark.parametrize("text", ["id", "a.b.c.d", "a b.c", "a.", ".a", "", "a.*", '"a.b'])
def test_what_is_no_column_is_refused(text):
    with pytest.raises(Refused):
        words.parse_column(text, AT)


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("kind = 'Post'", (Condition(column="kind", value="Post"),)),
        ("kind='it''s'", (Condition(column="kind", value="it's"),)),
        ("a = 1 and \"B c\" = true AND d = 'and'", (("a", "1"), ("B c", "true"), ("d", "and"))),
    ],
)
def test_conditions_of_relations_are_equalities(text, conditions):
    expected = tuple(c if isinstance(c, Condition) else Condition(column=c[0], value=c[1]) for c in conditions)

    assert words.parse_when(text, AT) == expected


@pytest.mark.parametrize(
    "text", ["", "kind", "kind > 1", "kind = Post", "a = 1 or b = 2", "a = 1 and", "a = 'x", "a = 1 b = 2"]
)
def test_other_conditions_are_refused(text):
    with pytest.raises(Refused):
        words.parse_when(text, AT)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3d", 259_200), ("12h", 43_200), ("90m", 5_400), ("1w", 604_800), ("1d12h", 129_600), ("0s", 0)],
)
def test_durations_have_units(text, seconds):
    assert words.parse_duration(text, AT) == timedelta(seconds=seconds)


@given(seconds=st.integers(0, words.MAX_SECONDS))
def test_a_duration_that_is_written_reads_back(seconds):
    duration = timedelta(seconds=seconds)

    assert words.parse_duration(words.write_duration(duration), AT) == duration


@pytest.mark.parametrize("text", ["3", "3 d", "d", "-1d", "1y", "3days", "999999999999w"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(Refused):
        words.parse_duration(text, AT)


@pytest.mark.parametrize(
    ("text", "budget"),
    [("1%", Budget(share=0.01)), ("0.5 %", Budget(share=0.005)), ("100%", Budget(share=1.0)), ("5", Budget(rows=5))],
)
def test_budgets_are_shares_or_rows(text, budget):
    assert words.parse_budget(text, AT) == budget
    assert words.parse_budget(str(words.write_budget(budget)), AT) == budget


def test_a_budget_knows_what_it_allows():
    assert Budget(share=0.01).allows(10, 1000)
    assert not Budget(share=0.01).allows(11, 1000)
    assert Budget(rows=0).allows(0, 5)
    assert not Budget(rows=0).allows(1, 5)


@pytest.mark.parametrize("text", ["101%", "%", "-1", "1.5", "1%%"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(Refused):
        words.parse_budget(text, AT)


def test_ranges_hold_both_ends():
    assert words.parse_range("1..8", AT) == (1, 8)
    assert words.parse_range("3", AT) == (3, 3)


@pytest.mark.parametrize("text", ["8..1", "1...8", "1-8", "..8", "1.."])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(Refused):
        words.parse_range(text, AT)


def test_dates_are_year_month_day():
    assert words.parse_date("2027-03-31", AT) == date(2027, 3, 31)


@pytest.mark.parametrize("text", ["2027-02-30", "31.3.2027", "20270331", "2027-3-1"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(Refused):
        words.parse_date(text, AT)


@pytest.mark.parametrize("text", ["../x", "a/b", "", ".x", "a..b", "a b", "é", "x" * 101])
def test_names_that_could_leave_a_folder_are_refused(text):
    with pytest.raises(Refused):
        words.parse_name(text, AT)


@pytest.mark.parametrize("text", ["(?i)^mail$", r"\d+\.\d", "a|b", "[(?=]", r"\\1"])
def test_regular_expressions_that_run_in_linear_time_are_taken(text):
    assert words.parse_regex(text, AT) == text


@pytest.mark.parametrize(
    "text", ["(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", r"(a)\1", "(?P<x>a)(?P=x)", "(", "[a", "a++", "(?>a)"]
)
def test_other_regular_expressions_are_refused(text):
    with pytest.raises(Refused):
        words.parse_regex(text, AT)
