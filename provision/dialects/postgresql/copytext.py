r"""The text format of COPY, both ways: bytes of the server to a frame, a frame to bytes for the server.

A line is a row, a TAB stands between columns, NULL is ``\N``; backspace, tab, newline, vertical tab, form feed, carriage
return and backslash are written as two characters. Int64 and Boolean columns are typed, everything else stays the
server's own text, unescaped. Both ways are exact: ``parse(render(frame)) == frame``.

Source: PostgreSQL manual, COPY, "Text Format".
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import polars as pl

from provision.errors import DatabaseError
from provision.model.plan import Family, family_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.catalog import ColumnType

NULL = r"\N"
_PLAIN = ("\\", "\b", "\t", "\n", "\v", "\f", "\r")
_ESCAPED = (r"\\", r"\b", r"\t", r"\n", r"\v", r"\f", r"\r")
_SPECIAL = r"[\x08-\x0d\\]"  # the characters of _PLAIN; one regex costs a fifth of contains_any
# polars takes a byte-order mark away and unpacks what looks compressed; text may begin like that by chance.
_MAGIC = (b"\xef\xbb\xbf", b"x\x01", b"x\x5e", b"x\xda")

Schema = dict[str, pl.DataType]


def storage_type(type_: ColumnType) -> pl.DataType:
    """How values of a column travel: Int64 for int2, int4 and int8, Boolean for bool, String for everything else."""
    family = family_of(type_)
    if family is Family.INTEGER:
        return pl.Int64()
    if family is Family.BOOLEAN:
        return pl.Boolean()
    return pl.String()


def parse(data: bytes | bytearray, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Read whole lines of COPY text.

    Args:
        data: complete lines, in UTF-8.
        schema: each column's name and storage type (Int64, Boolean or String) in the order of the fields.

    Returns:
        One row for each line; a frame without columns still has its height.

    Raises:
        DatabaseError: PRV316 for text that is not UTF-8 or not of these columns; values are not quoted.
    """
    if not schema:
        return pl.DataFrame(height=data.count(b"\n"))
    if not data:
        return pl.DataFrame(schema=dict(schema))
    # Read under plain names: a column may be called anything, and polars' own names must not get in the way.
    names = {f"c{number}": name for number, name in enumerate(schema)}
    types = {
        short: pl.String() if dtype == pl.Boolean else dtype
        for short, dtype in zip(names, schema.values(), strict=True)
    }
    first = b"\t".join([NULL.encode()] * len(schema)) + b"\n" if data.startswith(_MAGIC) else b""
    failed = False
    try:
        frame = pl.read_csv(
            first + data if first else bytes(data),
            schema=types,
            has_header=False,
            separator="\t",
            quote_char=None,
            null_values=[NULL],
            empty_string_is_null=False,
            infer_schema=False,
            missing_columns="raise",
            extra_columns="raise",
        )
    except pl.exceptions.PolarsError:
        failed = True  # raised below, so that not even __context__ holds polars' message: it quotes values
    if failed:
        raise DatabaseError(
            "PRV316",
            "rows of the database are not UTF-8 text of the columns asked for",
            fix="convert the database to the encoding UTF8, or leave the table out",
        )
    frame = _unescaped(frame.slice(1) if first else frame, data)
    booleans = [short for short, name in names.items() if schema[name] == pl.Boolean]
    if booleans:
        frame = frame.with_columns(pl.col(booleans) == "t")
    return frame.rename(names)


def render(frame: pl.DataFrame) -> bytes:
    r"""Write COPY text, the inverse of `parse`: booleans as ``t`` and ``f``, NULL as ``\N``.

    Raises: TypeError for columns that are neither integers, Boolean nor String.
    """
    if not frame.width:
        return b"\n" * frame.height
    buffer = io.BytesIO()
    escape(frame).write_csv(
        buffer, include_header=False, separator="\t", line_terminator="\n", quote_style="never", null_value=NULL
    )
    return buffer.getvalue()


def escape(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with texts escaped and booleans as ``t`` and ``f``; columns without special characters are untouched.

    Raises: TypeError for columns that are neither integers, Boolean nor String.
    """
    changed: list[pl.Series] = []
    for series in frame:
        if series.dtype == pl.String:
            if series.str.contains(_SPECIAL).any():
                changed.append(series.str.replace_many(list(_PLAIN), list(_ESCAPED)))
        elif series.dtype == pl.Boolean:
            letters = pl.Series(["f", "t"]).gather(series.cast(pl.UInt32))
            changed.append(letters.alias(series.name))
        elif not series.dtype.is_integer():
            raise TypeError(f"column {series.name} is {series.dtype}; COPY text is made of integers, booleans and text")
    return frame.with_columns(changed) if changed else frame


def _unescaped(frame: pl.DataFrame, data: bytes | bytearray) -> pl.DataFrame:
    r"""Undo the escapes in columns that have any.

    Every NULL holds one backslash, so equal counts prove that there is no escape, without a look at the columns. All
    escapes are two characters long and begin with the backslash, so replacing from left to right never splits one.
    """
    if data.count(b"\\") == sum(frame.null_count().row(0)):
        return frame
    return frame.with_columns(
        series.str.replace_many(list(_ESCAPED), list(_PLAIN))
        for series in frame
        if series.dtype == pl.String and series.str.contains("\\", literal=True).any()
    )
