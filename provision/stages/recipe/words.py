"""The small forms of the language: names, patterns, arrows, conditions, durations, shares, ranges, dates.

Each parser takes the text and its place and raises `Refused` with the piece that is wrong.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from provision.model.graph import Condition
from provision.model.names import DEFAULT_SCHEMA, ColumnName, TableName, split_name, split_quoted
from provision.model.policy import ColumnPattern
from provision.model.recipe import Arrow, Budget
from provision.stages.recipe.nodes import quoted, where_in
from provision.stages.recipe.shapes import Parsed, Refused

if TYPE_CHECKING:
    from provision.model.location import Location

QUOTING = "a part with a dot or a blank goes into double quotes: '\"Order Items\".id'"

MAX_SECONDS = 31_557_600_000  # a thousand years

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.))*")
_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:[0-9]{1,12}[wdhms])+")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s?%")
_RANGE = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PIECE = r'(?:"(?:[^"]|"")+"|[^".\s]+)'
_HEAD = re.compile(rf"(?P<table>{_PIECE}(?:\.{_PIECE})?)\.\(")
_MEMBER = re.compile(r'\s*(?P<column>"(?:[^"]|"")+"|[^".\s,()]+)\s*(?P<end>[,)])')
_CONDITION = re.compile(
    r"""\s*(?P<column>"(?:[^"]|"")+"|[A-Za-z_]\w*)\s*=\s*
        (?:'(?P<text>(?:[^']|'')*)'|(?P<word>-?[0-9]+(?:\.[0-9]+)?|true|false))\s*""",
    re.VERBOSE,
)
# Escapes and character classes are passed over, so that what only looks like a look-around is none.
_TOKEN = re.compile(r"(?P<bad>\\[1-9]|\(\?(?:=|!|<=|<!|>|P=|\()|[*+?}]\+)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_BASELINE = re.compile(r"previous|source|tag:[A-Za-z0-9][A-Za-z0-9._-]{0,99}|[0-9a-f]{12,64}")


def parse_table(text: str, at: Location) -> TableName:  # noqa: ARG001  # the form of all parsers
    """``orders``, ``shop.orders``."""
    try:
        return TableName.parse(text)
    except ValueError:
        fix = "write table or schema.table; " + QUOTING
        raise Refused(f"{quoted(text)} is not the name of a table", fix=fix) from None


def parse_column(text: str, at: Location) -> ColumnName:  # noqa: ARG001
    """``orders.total``, ``shop.orders.total``."""
    try:
        *table, column = split_name(text)
        name = ColumnName(_table(table), column)
    except ValueError:
        fix = "write table.column or schema.table.column; " + QUOTING
        raise Refused(f"{quoted(text)} is not the name of a column", fix=fix) from None
    if "*" in text and '"' not in text:
        raise Refused("a pattern cannot stand here", fix="name one column; patterns belong under classify")
    return name


def parse_bare_column(text: str, at: Location) -> str:  # noqa: ARG001
    """A column without its table."""
    try:
        (name,) = split_name(text)
    except ValueError:
        fix = "write the column without its table; " + QUOTING
        raise Refused(f"{quoted(text)} is not the bare name of a column", fix=fix) from None
    return name


def parse_reference(text: str, at: Location) -> str:  # noqa: ARG001
    """A column of this or another table, kept as written: ``id``, ``customers.id``, ``shop.customers.id``."""
    try:
        parts = split_name(text)
    except ValueError:
        parts = ()
    if not 1 <= len(parts) <= 3:
        fix = "write column, table.column or schema.table.column; " + QUOTING
        raise Refused(f"{quoted(text)} is not the name of a column", fix=fix)
    return text


def parse_pattern(text: str, at: Location) -> ColumnPattern:
    """``users.email``, ``*.contact_email``, ``countries.*``."""
    try:
        return ColumnPattern.parse(text, at=at)
    except ValueError:
        fix = "write table.column, with * where anything may stand; " + QUOTING
        raise Refused(f"{quoted(text)} is not a pattern of columns", fix=fix) from None


def parse_tables(text: str, at: Location) -> ColumnPattern:
    """Tables, for checks of whole tables: ``orders``, ``shop.orders``, ``shop.*``, ``*``."""
    try:
        parts = split_name(text)
        if len(parts) > 2:
            raise ValueError(text)  # noqa: TRY301
        return replace(ColumnPattern.parse(f"{text}.*"), text=text, at=at)
    except ValueError:
        fix = "write table or schema.table; " + QUOTING
        raise Refused(f"{quoted(text)} is not the name of a table", fix=fix) from None


def parse_anywhere(text: str, at: Location) -> ColumnPattern:
    """Tables or columns, for checks of either: ``*``, ``orders``, ``orders.total``, ``shop.orders.*``."""
    try:
        alone = len(split_name(text)) == 1
    except ValueError:
        alone = False
    return parse_tables(text, at) if alone else parse_pattern(text, at)


def parse_arrow(text: str, at: Location) -> Arrow:
    """``orders.customer_ref -> customers.external_id``, ``a.(x, y) -> b.(x, y)``."""
    fix = "write child.column -> parent.column, or child.(x, y) -> parent.(x, y)"
    pieces = _pieces(text)
    if len(pieces) != 2:
        raise Refused("an arrow has a child on its left and a parent on its right of one “->”", fix=fix)
    shift = 1 if at.width == len(text) + 2 else 0
    sides = []
    for number, piece in enumerate(pieces):
        start = len(pieces[0]) + 2 if number else 0
        start += len(piece) - len(piece.lstrip())
        sides.append((*parse_side(piece.strip(), at, start=start), where_in(at, start + shift, len(piece.strip()))))
    (child, columns, child_at), (parent, parent_columns, parent_at) = sides
    if len(columns) != len(parent_columns):
        message = f"{len(columns)} columns point at {len(parent_columns)}"
        raise Refused(message, fix="name as many columns on each side, in the same order")
    return Arrow(
        child=child,
        child_columns=columns,
        parent=parent,
        parent_columns=parent_columns,
        at=at,
        child_at=child_at,
        parent_at=parent_at,
    )


def _pieces(text: str) -> list[str]:
    """What stands between ``->`` outside quotes."""
    ends = [found for found in re.finditer(r'"(?:[^"]|"")*"|->', text) if found[0] == "->"]
    starts = [0, *(found.end() for found in ends)]
    return [text[start:end] for start, end in zip(starts, [*(found.start() for found in ends), len(text)], strict=True)]


def parse_side(text: str, at: Location, *, start: int = 0) -> tuple[TableName, tuple[str, ...]]:  # noqa: ARG001
    """One side of an arrow: ``orders.customer_ref`` or ``a.(x, y)``."""
    try:
        table, columns = _composite(text) if text.endswith(")") else _single(text)
    except ValueError:
        fix = "write table.column or table.(x, y), in quotes inside {…}; " + QUOTING
        raise Refused(f"{quoted(text)} names no column", fix=fix, start=start, width=len(text)) from None
    if len(set(columns)) < len(columns):
        raise Refused("a column is there twice", fix="name each column once", start=start, width=len(text))
    return table, columns


def _single(text: str) -> tuple[TableName, tuple[str, ...]]:
    parts = split_quoted(text)
    *table, column = (part for part, _ in parts)
    if any(not quote and re.search(r"[(),]", part) for part, quote in parts):  # "b.(x" of an unquoted {to: b.(x, y)}
        raise ValueError(text)
    return _table(table), (column,)


def _table(parts: list[str]) -> TableName:
    if len(parts) == 1:
        return TableName(DEFAULT_SCHEMA, parts[0])
    if len(parts) == 2:
        return TableName(*parts)
    raise ValueError(parts)


def _composite(text: str) -> tuple[TableName, tuple[str, ...]]:
    head = _HEAD.match(text)
    if head is None:
        raise ValueError(text)
    columns = []
    position = head.end()
    while match := _MEMBER.match(text, position):
        columns.append(split_name(match["column"])[0])
        position = match.end()
        if match["end"] == ")":
            break
    if position != len(text):
        raise ValueError(text)
    return TableName.parse(head["table"]), tuple(columns)


def parse_when(text: str, at: Location) -> tuple[Condition, ...]:  # noqa: ARG001
    """``subject_type = 'Post'``, several joined by ``and``."""
    conditions = []
    position = 0
    while match := _CONDITION.match(text, position):
        value = match["text"].replace("''", "'") if match["text"] is not None else match["word"]
        conditions.append(Condition(column=split_name(match["column"])[0], value=value))
        position = match.end()
        if position == len(text):
            return tuple(conditions)
        joint = re.compile('and(?=[\\s"])', re.IGNORECASE).match(text, position)
        if joint is None:
            break
        position = joint.end()
    raise Refused(
        "this condition is none that a relation can have",
        fix="write column = 'text', joined by and; or a mapping: when: {column: text}",
    )


def parse_duration(text: str, at: Location) -> timedelta:  # noqa: ARG001
    """``3d``, ``12h``, ``1w``, ``1d12h``."""
    if not _DURATION.fullmatch(text):
        raise Refused(f"{quoted(text)} is not a duration", fix="write a number and w, d, h, m or s: 3d, 12h, 90m")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9]+)([wdhms])", text))
    if seconds > MAX_SECONDS:
        raise Refused("a duration of more than a thousand years", fix="write a shorter one")
    return timedelta(seconds=seconds)


def write_duration(duration: timedelta) -> str:
    """A duration so that `parse_duration` reads it back: the largest unit that fits."""
    seconds = int(duration.total_seconds())
    unit = next((name for name, size in _UNITS.items() if seconds and seconds % size == 0), "s")
    return f"{seconds // _UNITS[unit]}{unit}"


def parse_budget(text: str, at: Location) -> Budget:  # noqa: ARG001
    """``1%`` of the rows looked at, or a number of rows."""
    if match := _SHARE.fullmatch(text):
        if float(match[1]) <= 100:
            return Budget(share=float(match[1]) / 100)
    elif re.fullmatch(r"[0-9]{1,15}", text):
        return Budget(rows=int(text))
    raise Refused(f"{quoted(text)} is no budget", fix="write a share such as 1%, up to 100%, or a number of rows")


def write_budget(budget: Budget) -> str | int:
    """A budget so that `parse_budget` reads it back."""
    if budget.rows is not None:
        return budget.rows
    return f"{(budget.share or 0.0) * 100:.6f}".rstrip("0").rstrip(".") + "%"


def parse_range(text: str, at: Location) -> tuple[int, int]:  # noqa: ARG001
    """``1..8``, both ends included; a number alone is both ends."""
    match = _RANGE.fullmatch(text)
    if match is None:
        raise Refused(f"{quoted(text)} is not a range", fix="write least..most, both included: 1..8")
    least, most = int(match[1]), int(match[2] or match[1])
    if least > most:
        raise Refused("the range ends before it begins", fix=f"write {most}..{least}")
    return least, most


def parse_date(text: str, at: Location) -> date:  # noqa: ARG001
    """``2027-03-31``."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)  # noqa: TRY301
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{quoted(text)} is not a date", fix="write year-month-day: 2027-03-31") from None


def parse_name(text: str, at: Location) -> str:  # noqa: ARG001
    """A name that becomes part of a path: of a recipe, a tag, a source."""
    if len(text) > 100 or not _NAME.fullmatch(text):
        fix = "write letters, digits, “-”, “_” and “.”, a letter or digit first, at most 100"
        raise Refused(f"{quoted(text)} cannot be a name", fix=fix)
    return text


def parse_regex(text: str, at: Location) -> str:  # noqa: ARG001
    """A regular expression that runs in linear time: no look-around, no back references."""
    bad = next((found for found in _TOKEN.finditer(text) if found["bad"]), None)
    if bad is not None:
        fix = "write it without look-around, back references and possessive quantifiers: they do not run in linear time"
        raise Refused("this expression cannot be used", fix=fix, start=bad.start(), width=len(bad[0]))
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        position = getattr(error, "pos", None)
        reason = getattr(error, "msg", "too large")
        start, width = (position, 1) if isinstance(position, int) else (0, 0)
        raise Refused(f"not a regular expression: {reason}", start=start, width=width) from None
    return text


def parse_baseline(text: str, at: Location) -> str:  # noqa: ARG001
    """``previous``, ``source``, ``tag:golden``, or a snapshot's id."""
    if not _BASELINE.fullmatch(text):
        raise Refused(f"{quoted(text)} is not a baseline", fix="write previous, source, tag:NAME or a snapshot's id")
    return text


TABLE = Parsed("the name of a table", parse_table, code="PRV115", listing="tables")
COLUMN = Parsed("the name of a column", parse_column, r"\.", code="PRV115", listing="columns")
BARE_COLUMN = Parsed("the name of a column", parse_bare_column, code="PRV115")
REFERENCE = Parsed("the name of a column", parse_reference, code="PRV115")
PATTERN = Parsed("a pattern of columns", parse_pattern, r"\.", code="PRV115")
TABLES = Parsed("the name of a table", parse_tables, code="PRV115", listing="tables")
ANYWHERE = Parsed("a table or column", parse_anywhere, code="PRV115")
ARROW = Parsed("an arrow, child.column -> parent.column", parse_arrow, r"->", code="PRV116")
SIDE = Parsed("table.column", parse_side, r"\.", code="PRV116")
WHEN = Parsed("a condition, column = 'text'", parse_when, "=", code="PRV116")
DURATION = Parsed("a duration such as 3d", parse_duration, f"^{_DURATION.pattern}$", code="PRV117")
BUDGET = Parsed("a share such as 1%, or a number of rows", parse_budget, r"^[0-9.]+\s?%?$", "PRV117", numbers=True)
RANGE = Parsed("a range such as 1..8", parse_range, r"^[0-9]+(\.\.[0-9]+)?$", code="PRV117", numbers=True)
DATE = Parsed("a date such as 2027-03-31", parse_date, f"^{_DATE.pattern}$", code="PRV117")
NAME = Parsed("a name", parse_name, r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", code="PRV115")
REGEX = Parsed("a regular expression", parse_regex, code="PRV118")
BASELINE = Parsed("a baseline: previous, source or tag:NAME", parse_baseline, f"^(?:{_BASELINE.pattern})$")
