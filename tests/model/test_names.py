from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.model.names import ColumnName, TableName, quote_part, split_name


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("orders", TableName("public", "orders")),
        ("shop.orders", TableName("shop", "orders")),
        ('"Order Items"', TableName("public", "Order Items")),
        ('shop."a.b""c"', TableName("shop", 'a.b"c')),
    ],
)
def test_a_table_is_written_plainly_or_quoted(text, table):
    assert TableName.parse(text) == table


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a b", 'a"b', "a.b.c", '"open'])
def test_what_is_no_table_name_is_refused(text):
    with pytest.raises(ValueError):
        TableName.parse(text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3))
def test_every_name_reads_back_as_it_was_written(parts):
    assert split_name(".".join(quote_part(part) for part in parts)) == tuple(parts)


def test_the_schema_public_is_left_out():
    assert str(ColumnName(TableName("public", "orders"), "Total Sum")) == 'orders."Total Sum"'
    assert str(TableName("shop", "orders")) == "shop.orders"
