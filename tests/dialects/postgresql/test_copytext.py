"""COPY text both ways, against a reference written a character at a time from the manual."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.dialects.postgresql.copytext import parse, render, storage_type
from provision.errors import DatabaseError
from provision.model.catalog import ColumnType, TypeKind

# The first draw builds a table of all characters, which takes seconds.
unhurried = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
LETTERS = {"\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\\": "\\"}
AWKWARD = st.text(
    st.one_of(
        st.sampled_from("\\\b\t\n\v\f\rNbtnvfr.\"',;\ufeffxé€😀 "),
        st.characters(exclude_characters="\0", codec="utf-8"),
    ),
    max_size=12,
)
TEXTS = st.one_of(
    st.none(), st.sampled_from(["", "\\N", "\\.", "\\\\", "\\n", "x\x01", "x\x9c", "\ufeff", "null"]), AWKWARD
)
INTEGERS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
BOOLEANS = st.one_of(st.none(), st.booleans())


def written(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return "".join("\\" + LETTERS[letter] if letter in LETTERS else letter for letter in str(value))


def as_copy(rows: list[tuple[object, ...]]) -> bytes:
    return "".join("\t".join(written(value) for value in row) + "\n" for row in rows).encode()


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, pl.DataType], list[tuple[object, ...]]]:
    kinds = draw(st.lists(st.sampled_from(["text", "int", "bool"]), min_size=0, max_size=4))
    values = {"text": TEXTS, "int": INTEGERS, "bool": BOOLEANS}
    types = {"text": pl.String(), "int": pl.Int64(), "bool": pl.Boolean()}
    rows = draw(st.lists(st.tuples(*(values[kind] for kind in kinds)), max_size=8))
    return {f"column {number}": types[kind] for number, kind in enumerate(kinds)}, rows


@unhurried
@given(tables())
def test_every_table_is_read_as_the_manual_says(table: tuple[dict[str, pl.DataType], list[tuple[object, ...]]]) -> None:
    schema, rows = table

    frame = parse(as_copy(rows), schema)

    assert frame.schema == pl.Schema(schema)
    assert frame.height == len(rows)
    assert frame.rows() == rows


@unhurried
@given(tables())
def test_every_table_is_written_as_the_manual_says(
    table: tuple[dict[str, pl.DataType], list[tuple[object, ...]]],
) -> None:
    schema, rows = table
    frame = pl.DataFrame(rows, schema=schema, orient="row") if schema else pl.DataFrame(height=len(rows))

    assert render(frame) == as_copy(rows)


@unhurried
@given(st.lists(TEXTS, max_size=6))
def test_a_table_of_one_text_column_keeps_its_empty_lines(values: list[str | None]) -> None:
    rows = [(value,) for value in values]

    assert parse(as_copy(rows), {"only": pl.String()}).rows() == rows


@pytest.mark.parametrize("start", ["\ufeff", "x\x01", "x^", "x\u0680", "\x1f"])
def test_text_that_begins_like_a_compressed_file_stays_text(start: str) -> None:
    rows = [(start, 1), ("next", 2)]

    assert parse(as_copy(rows), {"a": pl.String(), "b": pl.Int64()}).rows() == rows


@pytest.mark.parametrize("letter", LETTERS)
def test_each_special_character_alone_is_escaped(letter: str) -> None:
    frame = pl.DataFrame({"a": ["plain", f"x{letter}y"]})

    assert render(frame) == f"plain\nx\\{LETTERS[letter]}y\n".encode()
    assert parse(render(frame), {"a": pl.String()}).equals(frame)


def test_columns_may_be_called_like_polars_own_patterns() -> None:
    frame = parse(b"t\t\\\\x\n", {"^.*$": pl.Boolean(), "c0": pl.String()})

    assert frame.rows(named=True) == [{"^.*$": True, "c0": "\\x"}]
    assert render(frame) == b"t\t\\\\x\n"


def test_a_column_without_special_characters_is_not_rewritten() -> None:
    frame = pl.DataFrame({"plain": ["a", "b"], "special": ["a\tb", None]})

    assert render(frame) == b"a\ta\\tb\nb\t\\N\n"


@pytest.mark.parametrize("data", [b"\xff\t1\n", b"secret\tsecret\n", b"secret\n", b"secret\t1\t2\n"])
def test_bytes_that_are_no_rows_of_the_table_are_refused_without_their_values(data: bytes) -> None:
    with pytest.raises(DatabaseError) as caught:
        parse(data, {"a": pl.String(), "b": pl.Int64()})

    assert caught.value.code == "PRV316"
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_column_of_another_type_is_no_copy_text() -> None:
    with pytest.raises(TypeError, match="amount"):
        render(pl.DataFrame({"amount": [1.5]}))


def test_only_integers_and_booleans_are_typed() -> None:
    assert storage_type(ColumnType(sql="bigint", name="int8")) == pl.Int64
    assert storage_type(ColumnType(sql="shop.quantity", name="quantity", kind=TypeKind.DOMAIN, base="int4")) == pl.Int64
    assert storage_type(ColumnType(sql="boolean", name="bool")) == pl.Boolean
    for name in ("numeric", "date", "float8", "oid", "text", "json"):
        assert storage_type(ColumnType(sql=name, name=name)) == pl.String
    numbers = ColumnType(
        sql="integer[]", name="_int4", kind=TypeKind.ARRAY, element=ColumnType(sql="integer", name="int4")
    )
    assert storage_type(numbers) == pl.String
