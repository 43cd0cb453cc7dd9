"""Columns of every type with nasty values, and parameters that let every mask be tried on them."""

# ruff: noqa: RUF001  # characters that look alike are what is tested

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import strategies as st

from provision import masks as masks_package
from provision.model.plan import ColumnFacts, Family
from provision.registry import MaskSpec, collect
from support.keys import domain_key

MASKS = collect(masks_package, MaskSpec)
LABELS = ("happy", "sad", "so-so")

NASTY_TEXTS = [
    "", " ", "   ", "x", "X", "0", "-", "José Núñez", "Jose\u0301 Nu\u0301n\u0303ez", "x@y.z", "A@X.COM", "a@x.com", " a@x.com ",
    "jane@", "@", "a b@c d.e", '"q"@x.com', "👩‍👩‍👧", "שלום עולם", "مرحبا", "٠٣٠ ١٢٣٤٥٦", "０３０", "𝟏𝟐𝟑", "123", "007", "000", "0049 30 123456",
    "+49 30 123456", "+49 (0)30/1234-56", "+1 212-555-0123 ext 12", "call me at 555-1234", "n/a", "NULL", "\\N", "a\tb", "a\nb",
    "\x01\x1f", "'; drop table x; --", "{}", "infinity", "Smith", "SMITH", "John Smith", "US", "DEU", "Berlin", "10115", "redacted",
    "ß", "ẞ", "ſ", "İstanbul", "ﬁ", "\u200b", "\u202e", "x" * 60, "ж" * 20, "9" * 40,
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(NASTY_TEXTS),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=24),
    st.from_regex(r"\+?[0-9 ()-]{1,16}", fullmatch=True),
    st.from_regex(r"[A-Za-z.]{1,8}@[a-z]{1,6}\.[a-z]{2}", fullmatch=True),
)
DATES = ["2024-02-29", "1970-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "5874897-12-31", "0044-03-15 BC", "4713-01-01 BC", "infinity", "-infinity", "1900-02-28"]  # fmt: skip
CLOCKS = ["00:00:00", "23:59:59.999999", "12:34:56.7"]
PLAIN_DATES = st.dates().map(lambda day: day.isoformat())


def _stamps(zone: str) -> st.SearchStrategy[str]:
    days = st.one_of(PLAIN_DATES, st.sampled_from(["0044-03-15", "294276-12-31"]))
    made = st.tuples(days, st.sampled_from(CLOCKS)).map(lambda pair: f"{pair[0]} {pair[1]}{zone}")
    return st.one_of(made, st.sampled_from(["infinity", "-infinity", f"0044-03-15 00:00:00{zone} BC"]))


def _whole(bits: int) -> st.SearchStrategy[int]:
    limit = 2**bits
    return st.one_of(st.integers(-limit, limit - 1), st.sampled_from([0, 1, -1, 9, limit - 1, -limit]))


def _decimals(precision: int, scale: int) -> st.SearchStrategy[str]:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda number: f"{Decimal(number).scaleb(-scale):.{scale}f}")


FREE_NUMERICS = [
    "0", "0.00", "-0.5", "1.10", "NaN", "Infinity", "-Infinity", "0.0000000000000000000000001", "99999999999999999999999999.99",
    "-123456789012345678901234567890", "100", "1",
]  # fmt: skip
FLOATS = ["0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "1e+308", "5e-324", "1.7976931348623157e+308", "3", "1e-05"]


@dataclass(frozen=True)
class Kind:
    """A type of column: how it is stored, what is in it, and what proves that a text is of the type."""

    family: Family
    type: str
    values: st.SearchStrategy
    more: dict = field(default_factory=dict)

    def facts(self, **more: object) -> ColumnFacts:
        return ColumnFacts(column="shop.t.c", family=self.family, type=self.type, **{**self.more, **more})

    def series(self, values: list) -> pl.Series:
        dtype = {Family.INTEGER: pl.Int64, Family.BOOLEAN: pl.Boolean}.get(self.family, pl.String)
        return pl.Series("c", values, dtype=dtype)

    def __str__(self) -> str:
        return self.type + "".join(f"-{value}" for name, value in self.more.items() if name != "labels")


def _sampled(*values: object) -> st.SearchStrategy:
    return st.sampled_from(list(values))


KINDS = (
    Kind(Family.TEXT, "text", TEXTS),
    Kind(Family.TEXT, "varchar", TEXTS.map(lambda text: text[:60]), {"max_chars": 60}),
    Kind(Family.TEXT, "varchar", TEXTS.map(lambda text: text[:12]), {"max_chars": 12}),
    Kind(Family.TEXT, "bpchar", TEXTS.map(lambda text: text[:8].ljust(8)), {"max_chars": 8}),
    Kind(Family.TEXT, "citext", TEXTS),
    Kind(Family.TEXT, "name", TEXTS.map(lambda text: text[:15])),
    Kind(Family.INTEGER, "int2", _whole(15)),
    Kind(Family.INTEGER, "int4", _whole(31)),
    Kind(Family.INTEGER, "int8", _whole(63)),
    Kind(Family.BOOLEAN, "bool", st.booleans()),
    Kind(Family.NUMERIC, "numeric", st.one_of(_sampled(*FREE_NUMERICS), _decimals(30, 7), _decimals(5, 2))),
    Kind(Family.NUMERIC, "numeric", st.one_of(_sampled("NaN", "0.00"), _decimals(6, 2)), {"precision": 6, "scale": 2}),
    Kind(Family.NUMERIC, "numeric", _decimals(25, 4), {"precision": 25, "scale": 4}),
    Kind(Family.FLOAT, "float8", st.one_of(_sampled(*FLOATS), st.floats(allow_nan=False, allow_infinity=False).map(repr))),
    Kind(Family.FLOAT, "float4", st.one_of(_sampled("0", "NaN", "1.5", "3.4028235e+38"), st.floats(-(2.0**90), 2.0**90, width=32).map(repr))),
    Kind(Family.DATE, "date", st.one_of(_sampled(*DATES), PLAIN_DATES)),
    Kind(Family.TIME, "time", _sampled(*CLOCKS, "24:00:00")),
    Kind(Family.TIME, "timetz", _sampled("12:00:00+00", "23:59:59.5-11")),
    Kind(Family.TIMESTAMP, "timestamp", _stamps("")),
    Kind(Family.TIMESTAMP, "timestamptz", _stamps("+00")),
    Kind(Family.INTERVAL, "interval", _sampled("1 year 2 mons", "-00:00:01", "3 days")),
    Kind(Family.UUID, "uuid", st.uuids(version=4).map(str)),
    Kind(Family.JSON, "jsonb", _sampled('{"a": "jane@x.test"}', "[1, 2]", '"x"', "1.10", "true", "null", "{}", ' {"a":1,"a":2}')),
    Kind(Family.BYTES, "bytea", st.binary(max_size=8).map(lambda raw: "\\x" + raw.hex())),
    Kind(Family.ENUM, "mood", _sampled(*LABELS), {"labels": LABELS}),
    Kind(Family.NETWORK, "inet", _sampled("10.0.0.1", "::1", "10.1.0.0/16")),
    Kind(Family.ARRAY, "_text", _sampled("{}", "{a,b}", '{{"x y",NULL},{c,d}}')),
    Kind(Family.OTHER, "int4range", _sampled("[1,5)", "empty", "(,)")),
)  # fmt: skip

# Three literals of each family, for masks that are told what to put in.
LITERALS: dict[Family, tuple] = {
    Family.TEXT: ("red", "green", "blue"),
    Family.INTEGER: (11, 22, 33),
    Family.BOOLEAN: (True, False),
    Family.NUMERIC: ("1.25", "2.5", "30"),
    Family.FLOAT: ("1.25", "2.5", "1e3"),
    Family.DATE: ("2001-01-01", "2002-02-02", "2003-03-03"),
    Family.TIME: ("01:00:00", "02:00:00", "03:00:00"),
    Family.TIMESTAMP: ("2001-01-01 00:00:00", "2002-02-02 00:00:00", "2003-03-03 00:00:00"),
    Family.INTERVAL: ("01:00:00", "02:00:00", "03:00:00"),
    Family.UUID: tuple(f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc"),
    Family.JSON: ('{"k": 1}', "[3]", "7"),
    Family.BYTES: ("\\x00", "\\x01", "\\x02"),
    Family.ENUM: LABELS,
    Family.NETWORK: ("192.0.2.1", "192.0.2.2", "192.0.2.3"),
    Family.ARRAY: ("{q}", "{r}", "{s}"),
    Family.OTHER: ("[7,8)", "[8,9)", "[9,10)"),
}


def parameters(spec: MaskSpec, family: Family) -> dict[str, object]:
    """What the mask must be told."""
    literals = LITERALS[family]
    return {
        "constant": {"value": literals[0]},
        "choice": {"values": tuple(literals)},
        "dictionary": {"values": tuple(literals)},
        "template": {"template": "c-{digits:4}{letters:2}"},
    }.get(spec.name, {})


def cases() -> list[tuple[MaskSpec, Kind]]:
    """Every mask with every type that it accepts and does not refuse."""
    return [
        (spec, kind)
        for spec in MASKS.values()
        for kind in KINDS
        if kind.family in spec.accepts and not refused(spec, kind.facts(), **parameters(spec, kind.family))
    ]


def refused(spec: MaskSpec, facts: ColumnFacts, /, **chosen: object) -> str | None:
    return spec.refuses(facts, **chosen) if spec.refuses else None


def apply(
    spec: MaskSpec,
    values: pl.Series,
    facts: ColumnFacts,
    /,
    *,
    key: str = "test",
    by: pl.Series | None = None,
    **chosen: object,
) -> pl.Series:
    """What the stage does for one column."""
    arguments = dict(chosen)
    if spec.keyed:
        arguments["key"] = domain_key("shop.t.c", key=key)
    if spec.wants_facts:
        arguments["facts"] = facts
    others = [] if by is None else [by]
    return spec.function(values, *others, **arguments)


_STAMP = re.compile(r"^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?:\+\d\d)?)?( BC)?$|^-?infinity$")
_DATE = re.compile(r"^(\d{4,7})-(\d\d)-(\d\d)( BC)?$|^-?infinity$")
_PATTERNS = {
    Family.TIME: r"\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d)?",
    Family.UUID: r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    Family.BYTES: r"\\x([0-9a-f]{2})*",
    Family.ARRAY: r"\{.*\}",
}


def is_valid(kind: Kind, value: object) -> bool:
    """Whether the type holds the value: strict where Python can tell, by form elsewhere."""
    match kind.family:
        case Family.INTEGER:
            limit = {"int2": 2**15, "int4": 2**31, "int8": 2**63}[kind.type]
            return -limit <= value < limit
        case Family.BOOLEAN:
            return isinstance(value, bool)
        case Family.TEXT:
            limit = kind.more.get("max_chars")
            held = len(value.encode()) <= 63 if kind.type == "name" else limit is None or len(value) <= limit
            return "\0" not in value and held
        case Family.NUMERIC:
            number = Decimal(value)
            precision, scale = kind.more.get("precision"), kind.more.get("scale", 0)
            return precision is None or not number.is_finite() or abs(number) < Decimal(10) ** (precision - scale)
        case Family.FLOAT:
            return float(value) is not None
        case Family.DATE | Family.TIMESTAMP:
            return _is_day(value, _DATE if kind.family is Family.DATE else _STAMP)
        case Family.JSON:
            json.loads(value)
            return True
        case Family.ENUM:
            return value in LABELS
        case family if family in _PATTERNS:
            return re.fullmatch(_PATTERNS[family], value, re.DOTALL) is not None
    return isinstance(value, str)


def _is_day(text: str, pattern: re.Pattern) -> bool:
    found = pattern.match(text)
    if not found or found[1] is None:
        return found is not None
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    before_christ = text.endswith("BC")
    astronomical = 1 - year if before_christ else year
    # 400 years are one cycle of the calendar, so any year can be looked up between 1 and 9999.
    date((astronomical % 400) + 2000, month, day)
    return year > 0
