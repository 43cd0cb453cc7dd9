"""The mask ``redact``: a value of the same type that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from provision.masks import _fits, _shape
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.model.plan import ColumnFacts

Style = Literal["mark", "shape"]

_BLANKS: dict[Family, object] = {
    Family.INTEGER: 0,
    Family.BOOLEAN: False,
    Family.NUMERIC: "0",
    Family.FLOAT: "0",
    Family.DATE: "1970-01-01",
    Family.TIME: "00:00:00",
    Family.TIMESTAMP: "1970-01-01 00:00:00",
    Family.INTERVAL: "00:00:00",
    Family.UUID: "00000000-0000-0000-0000-000000000000",
    Family.BYTES: "\\x",
    Family.ARRAY: "{}",
}
# Types that are spelt another way than the rest of their family, and other types with an empty value of their own.
_BY_TYPE: dict[str, object] = {
    "timetz": "00:00:00+00",
    "timestamptz": "1970-01-01 00:00:00+00",
    "inet": "0.0.0.0",  # noqa: S104  # an address of nobody
    "cidr": "0.0.0.0/32",
    "macaddr": "00:00:00:00:00:00",
    "macaddr8": "00:00:00:00:00:00:00:00",
    "tsvector": "",
    "hstore": "",
    "xml": "<redacted/>",
    "money": "0",
    "point": "(0,0)",
}


def _blank(facts: ColumnFacts) -> object | None:
    """The value that says nothing in the column's type, None where we know none."""
    if facts.family is Family.ENUM:
        return facts.labels[0] if facts.labels else None
    if facts.family is Family.OTHER and facts.type.endswith("multirange"):
        return "{}"
    if facts.family is Family.OTHER and facts.type.endswith("range"):
        return "empty"
    return _BY_TYPE.get(facts.type, _BLANKS.get(facts.family))


def _refuses(facts: ColumnFacts, *, style: Style = "mark", mark: str = "redacted") -> str | None:
    if (why := _fits.unique(facts)) is not None:
        return why
    if facts.family in {Family.TEXT, Family.JSON}:
        if style == "shape" and mark != "redacted":
            return "a mark is put in for style mark only"
        return "the mark is empty" if not mark else None
    return None if _blank(facts) is not None else f"there is no empty value of type {facts.type}: use constant"


@mask(
    name="redact",
    strength=Strength.REDACT,
    accepts=set(Family),
    keeps={"nulls", "equality"},
    refuses=_refuses,
)
def redact(values: pl.Series, *, facts: ColumnFacts, style: Style = "mark", mark: str = "redacted") -> pl.Series:
    """Replace every value by one that says nothing: a mark, a zero, an empty array, the first label.

    Text becomes ``mark``, cut to the column's length; with ``style: shape`` letters become x and X, digits 0, and other
    characters outside ASCII punctuation x, which keeps lengths and word boundaries. JSON keeps the kind of its value: ``{}``, ``[]``,
    ``""``, 0, false. NULL stays NULL.
    """
    if facts.family is Family.JSON:
        return _redacted_json(values)
    if facts.family is not Family.TEXT:
        return _shape.filled(_shape.literals([_blank(facts)], values), values)
    if style == "mark":
        return _shape.filled(_shape.literals([mark[: _fits.room(facts)]], values), values)
    shaped = values.str.replace_all(r"[\p{Lu}\p{Lt}]", "X").str.replace_all(r"\p{N}", "0")
    return shaped.str.replace_all(r"[^X0\p{Z}\t\n\r!-/:-@\[-`{-~]", "x")


def _redacted_json(values: pl.Series) -> pl.Series:
    first = pl.col("v").str.strip_chars_start(" \t\r\n").str.slice(0, 1)
    blank = first.replace_strict(
        {"{": "{}", "[": "[]", '"': '""', "t": "false", "f": "false", "n": "null"}, default="0", return_dtype=pl.String
    )
    return (
        pl.DataFrame([values.alias("v")])
        .select(pl.when(pl.col("v").is_not_null()).then(blank))
        .to_series()
        .alias(values.name)
    )
