from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.model.catalog import ColumnType, TypeKind
from provision.stages.plan.closure.forms import Form, constant_test, expression, form_of, sendable
from support.values import KINDS, same

COLUMNS = {name: kind.column(name, 1, not_null=True) for name, kind in KINDS.items()}


@pytest.mark.parametrize(
    ("child", "parent", "form"),
    [
        ("int4", "int8", Form.INTEGER),
        ("int4", "numeric", Form.NUMERIC),
        ("numeric", "numeric", Form.NUMERIC),
        ("varchar", "text", Form.PRINTED),
        ("char4", "char6", Form.PADDED),
        ("float8", "float8", Form.FLOAT),
        ("uuid", "uuid", Form.PRINTED),
        ("mood", "mood", Form.PRINTED),
        ("folded", "folded", None),
        ("text", "folded", None),
        ("citext", "citext", None),
        ("interval", "interval", None),
        ("text", "int4", None),
        ("char4", "text", None),
    ],
)
def test_a_pair_of_columns_has_a_form_where_texts_tell_equality(child, parent, form):
    assert form_of(COLUMNS[child], COLUMNS[parent]) is form


def test_a_type_of_another_schema_is_never_taken_for_the_one_of_the_catalog():
    strange = KINDS["text"].column("t", 1, not_null=True)
    strange = type(strange)(name="t", position=1, type=ColumnType(sql="shop.text", name="text", schema="shop"))

    assert form_of(strange, strange) is None


def test_enums_of_two_schemas_are_not_the_same_type():
    def column(schema):
        type_ = ColumnType(sql=f"{schema}.mood", name="mood", schema=schema, kind=TypeKind.ENUM, labels=("a",))
        return type(COLUMNS["text"])(name="m", position=1, type=type_)

    assert form_of(column("a"), column("a")) is Form.PRINTED
    assert form_of(column("a"), column("b")) is None


def test_a_domain_compares_as_what_stands_below_it():
    domain = ColumnType(sql="shop.code", name="code", schema="shop", kind=TypeKind.DOMAIN, base="int4")
    column = type(COLUMNS["text"])(name="d", position=1, type=domain)

    assert form_of(column, COLUMNS["int8"]) is Form.INTEGER


@settings(deadline=None)
@given(data=st.data())
def test_forms_are_equal_exactly_where_the_server_finds_values_equal(data):
    decided = [
        (KINDS[other], kind, form)
        for kind in KINDS.values()
        for other in kind.refers
        if (form := form_of(COLUMNS[other], COLUMNS[kind.name])) is not None
    ]
    child, parent, form = data.draw(st.sampled_from(decided))
    one, other = data.draw(st.sampled_from(child.texts)), data.draw(st.sampled_from(parent.texts))

    def formed(kind, value):
        dtype = pl.Int64() if isinstance(value, int) else pl.String()
        frame = pl.DataFrame({"v": pl.Series([value], dtype=dtype)})
        return frame.select(expression("v", dtype=dtype, form=form)).item()

    assert (formed(child, one) == formed(parent, other)) == same(child, one, parent, other)


def test_a_form_that_the_other_column_cannot_hold_is_not_sent():
    forms = pl.DataFrame({"k": ["1", "2.5", "-3", "99999999999999999999", None]})

    assert forms.select(sendable("k", form=Form.NUMERIC, dtype=pl.Int64())).to_series().to_list() == [
        1,
        None,
        -3,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "value", "met"),
    [
        ("int4", "2", [False, True]),
        ("int4", " 2 ", [False, True]),
        ("int4", "x", [False, False]),
        ("text", "a", [True, False]),
        ("char4", "a", [True, False]),
    ],
)
def test_constants_are_compared_here_where_texts_tell(kind, value, met):
    values = {"int4": [1, 2], "text": ["a", "A"], "char4": ["a   ", "b   "]}[kind]
    test = constant_test(COLUMNS[kind], value)

    assert (
        pl.DataFrame({kind: values})
        .select(test.alias("met") if value != "x" else pl.lit([False, False]).explode().alias("met"))["met"]
        .to_list()
        == met
    )


@pytest.mark.parametrize("kind", ["folded", "citext", "numeric", "interval"])
def test_constants_are_left_to_the_server_where_texts_do_not_tell(kind):
    assert constant_test(COLUMNS[kind], "1") is None
