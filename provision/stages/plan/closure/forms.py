"""Key forms: how two key columns are compared on our side, so that equal keys have equal forms.

A form exists where the server's equality of two columns can be told from their texts. Where it cannot (nondeterministic
collations, citext, intervals, periods, unlike types) the server is asked, and `form_of` says None.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import polars as pl

from provision.model.catalog import TypeKind

if TYPE_CHECKING:
    from provision.model.catalog import Column, ColumnType

INTEGERS = frozenset({"int2", "int4", "int8"})
_FLOATS = frozenset({"float4", "float8"})
_STRINGS = frozenset({"text", "varchar"})
# Under the pinned session settings two values of these types are equal if and only if they print alike.
_PRINTED = frozenset(
    [
        "bool",
        "bytea",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "uuid",
        "oid",
        "inet",
        "cidr",
        "macaddr",
        "macaddr8",
        "bit",
        "varbit",
        "name",
    ]
)


class Form(StrEnum):
    """What keys are reduced to before they are compared."""

    INTEGER = "integer"  # Int64
    PRINTED = "printed"  # the server's text as it is
    NUMERIC = "numeric"  # without trailing zeros: 1.0 = 1.00 = 1
    PADDED = "padded"  # without trailing blanks: char(n)
    FLOAT = "float"  # -0 = 0


def storage_of(column: Column) -> pl.DataType:
    """How a column's values lie in frames: Int64 for integers, String for everything else."""
    return pl.Int64() if _base(column.type) in INTEGERS else pl.String()


def form_of(child: Column, parent: Column) -> Form | None:  # one answer for each kind of pair
    """The form in which the two columns compare; None where only the server can tell."""
    if not (child.deterministic and parent.deterministic):
        return None
    one, other = _base(child.type), _base(parent.type)
    if {one, other} <= INTEGERS:
        return Form.INTEGER
    if {one, other} <= INTEGERS | {"numeric"}:
        return Form.NUMERIC
    if {one, other} <= _STRINGS:
        return Form.PRINTED
    if one != other:
        return None
    if one in _FLOATS:
        return Form.FLOAT
    if one == "bpchar":
        return Form.PADDED
    return Form.PRINTED if one in _PRINTED or one.startswith("enum ") else None


def expression(column: str, *, dtype: pl.DataType, form: Form) -> pl.Expr:
    """A column's values in the form."""
    value = pl.col(column)
    if form is Form.NUMERIC:
        if dtype == pl.Int64():
            return value.cast(pl.String)
        # One step, a zero that the decimal point saved included: "100.0" becomes "100", "0.00" becomes "0".
        trimmed = value.str.strip_chars_end("0").str.strip_chars_end(".")
        return pl.when(value.str.contains(".", literal=True)).then(trimmed).otherwise(value)
    if form is Form.PADDED:
        return value.str.strip_chars_end(" ")
    if form is Form.FLOAT:
        return pl.when(value == "-0").then(pl.lit("0")).otherwise(value)
    return value


def sendable(column: str, *, form: Form, dtype: pl.DataType) -> pl.Expr:
    """A form as a value of the column it is sent to; null where that column cannot hold it."""
    value = pl.col(column)
    return value.cast(pl.Int64, strict=False) if form is Form.NUMERIC and dtype == pl.Int64() else value


def constant_test(column: Column, value: str) -> pl.Expr | None:
    """Whether a column equals a constant of ``when:``; None where only the server can tell."""
    base = _base(column.type)
    here = pl.col(column.name)
    if base in INTEGERS:
        return here == int(value) if _is_integer(value) else pl.lit(value=False)
    if not column.deterministic:
        return None
    if base == "bpchar":
        return here.str.strip_chars_end(" ") == value.rstrip(" ")
    return here == value if base in _STRINGS or base.startswith("enum ") else None


def _is_integer(text: str) -> bool:
    stripped = text.strip().removeprefix("-")
    return stripped.isascii() and stripped.isdigit() and len(stripped) < 19  # digits of an int64


def _base(type_: ColumnType) -> str:
    """The type's name below domains; ``enum NAME`` for enums, a name that equals nothing for what we do not know."""
    if type_.labels or type_.kind is TypeKind.ENUM:
        schema = type_.schema if type_.kind is TypeKind.ENUM else ""
        return f"enum {schema}.{type_.effective}"
    known = type_.kind is TypeKind.DOMAIN or (type_.kind is TypeKind.BASE and type_.schema == "pg_catalog")
    return type_.effective if known and type_.element is None else f"other {type_.schema}.{type_.name}"
