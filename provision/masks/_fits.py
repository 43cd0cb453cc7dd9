"""What a column can hold: literals that users write, room for texts, values that must stay apart.

Shared by the masks' ``refuses``; every function answers with a sentence without data values, or None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.model.duration import parse_duration
from provision.model.plan import Family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.model.plan import ColumnFacts

_NAME_CHARS = 31  # type name holds 63 bytes; letters of our lists take at most two
_INTEGER_BITS = {"int2": 15, "int4": 31, "int8": 63}
_TRUE, _FALSE = ("true", "t", "yes", "on", "1"), ("false", "f", "no", "off", "0")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?|NaN|-?Infinity")
_DECIMAL = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_PATTERNS = {
    Family.DATE: re.compile(r"[0-9]{4,7}-[0-9]{2}-[0-9]{2}(?: BC)?|-?infinity"),
    Family.TIMESTAMP: re.compile(
        r"[0-9]{4,6}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
        r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?(?: BC)?|-?infinity"
    ),
    Family.TIME: re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:[+-][0-9]{2}(?::?[0-9]{2})?)?"),
    Family.UUID: re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    Family.BYTES: re.compile(r"\\x(?:[0-9a-fA-F]{2})*"),
    Family.ARRAY: re.compile(r"(?:\[[0-9:\]\[-]+=)?\{.*\}", re.DOTALL),
}


def room(facts: ColumnFacts) -> int | None:
    """Characters that the column holds, None for any number of them."""
    return facts.max_chars if facts.type != "name" else _NAME_CHARS


def unique(facts: ColumnFacts) -> str | None:
    """Why a mask that may give equal values cannot serve the column."""
    if facts.unique:
        return "values must stay different, and this mask may give equal ones: use email, hash, fpe or integer"
    return None


def text_of(value: object) -> str:
    """A literal of a recipe as the server reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def bool_of(text: str) -> bool | None:
    """The boolean that a text spells, None if it spells none."""
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def misfit(facts: ColumnFacts, text: str) -> str | None:
    """Why the column cannot hold this literal. Types that only the server can judge are left to it."""
    if "\0" in text:
        return "the value holds a NUL character, which no column takes"
    if facts.family in {Family.TEXT, Family.ENUM, Family.INTEGER, Family.BOOLEAN, Family.NUMERIC, Family.FLOAT}:
        return _misfit_scalar(facts, text)
    if facts.family is Family.JSON:
        try:
            json.loads(text)
        except ValueError:
            return "the value is no JSON"
        return None
    pattern = _PATTERNS.get(facts.family)
    if pattern is not None and not pattern.fullmatch(text):
        return f"the value is no {facts.type} in the server's own form"
    if facts.family in {Family.DATE, Family.TIMESTAMP} and re.match(r"[0-9]{4}-", text) and not text.endswith("BC"):
        try:
            datetime.strptime(text[:10], "%Y-%m-%d")  # noqa: DTZ007  # only whether the day exists
        except ValueError:
            return "the value names a day that does not exist"
    return None


def misfits(facts: ColumnFacts, literals: Iterable[object]) -> str | None:
    """Why the column cannot hold one of these, told by its place in the list."""
    for place, value in enumerate(literals, start=1):
        if (why := misfit(facts, text_of(value))) is not None:
            return f"value {place}: {why}"
    return None


def pairs_of(value: Mapping[str, object] | Iterable[object]) -> list[tuple[str, object]]:
    """A mapping's items; plans hold mappings as tuples of pairs."""
    items: Iterable[Any] = value.items() if isinstance(value, Mapping) else value
    return [(text_of(name), entry) for name, entry in items]


def weighted(values: Mapping[str, object] | Iterable[object]) -> tuple[list[str], list[float] | None]:
    """Entries as the server reads them, and their weights where a mapping gives any.

    Plans hold lists as tuples, and mappings as tuples of pairs.
    """
    items = list(values.items() if isinstance(values, Mapping) else values)
    if items and all(isinstance(item, tuple) for item in items):
        pairs = pairs_of(items)
        return [text for text, _ in pairs], [float(str(weight)) for _, weight in pairs]
    return [text_of(item) for item in items], None


def days_of(text: str) -> int:
    """The days of a duration; raises ValueError with a sentence if it is none or not of whole days."""
    length = parse_duration(text)
    if length % timedelta(days=1):
        raise ValueError("it must be a number of whole days, such as 365d")
    return length.days


def _misfit_scalar(facts: ColumnFacts, text: str) -> str | None:
    if facts.family is Family.TEXT:
        limit = room(facts)
        fits = limit is None or len(text) <= limit
        return None if fits else f"it has {len(text)} characters, and the column holds {limit}"
    if facts.family is Family.ENUM:
        return None if text in facts.labels else f"it is none of the labels {', '.join(facts.labels)}"
    if facts.family is Family.BOOLEAN:
        return None if bool_of(text) is not None else "it is neither true nor false"
    if facts.family is Family.INTEGER:
        limit = 2 ** _INTEGER_BITS.get(facts.type, 63)
        fits = re.fullmatch(r"[+-]?[0-9]{1,20}", text) is not None and -limit <= int(text) < limit
        return None if fits else f"it is no {facts.type}"
    return _misfit_number(facts, text)


def _misfit_number(facts: ColumnFacts, text: str) -> str | None:
    if not _NUMBER.fullmatch(text):
        return "it is no number"
    decimal = _DECIMAL.fullmatch(text)
    if facts.family is Family.NUMERIC and facts.precision is not None and decimal:
        whole = decimal[2].lstrip("0")
        if len(whole) > facts.precision - (facts.scale or 0):
            return f"it has more digits than numeric({facts.precision},{facts.scale or 0}) holds"
    return None
