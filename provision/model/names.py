"""Names of tables and columns, as users write them and as catalogs hold them.

``orders``, ``shop.orders``, ``orders.total``, ``"Order Items".id``: a part that holds a dot, a blank or a quote is
written in double quotes, a quote inside doubled, as in SQL. Names are case-sensitive, exactly as in the catalog.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_SCHEMA = "public"

_PART = re.compile(r'"((?:[^"]|"")+)"|([^."\s]+)')


def split_name(text: str) -> tuple[str, ...]:
    """Split a dotted, perhaps quoted name into its parts.

    Raises: ValueError if the text is no such name.
    """
    return tuple(part for part, _ in split_quoted(text))


def split_quoted(text: str) -> tuple[tuple[str, bool], ...]:
    """Split a name as `split_name` does, and say of each part whether it was quoted.

    Raises: ValueError if the text is no such name.
    """
    parts: list[tuple[str, bool]] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"not a name: {text!r}")
        quoted, plain = match.groups()
        parts.append((quoted.replace('""', '"'), True) if quoted is not None else (plain, False))
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            raise ValueError(f"not a name: {text!r}")
        position += 1


def quote_part(part: str) -> str:
    """Write one part of a name so that `split_name` reads it back."""
    # Quoted as well is what means something in an arrow or a pattern: commas, brackets, stars, ">".
    return part if re.fullmatch(r'[^."\s,()*>]+', part) else '"' + part.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table's schema and name, unquoted; prints without the schema where that is ``public``."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str, *, default_schema: str = DEFAULT_SCHEMA) -> TableName:
        """Read ``table`` or ``schema.table``; raises ValueError for anything else."""
        parts = split_name(text)
        if len(parts) == 1:
            return cls(default_schema, parts[0])
        if len(parts) == 2:
            return cls(parts[0], parts[1])
        raise ValueError(f"not a table name: {text!r}")

    def __str__(self) -> str:
        if self.schema == DEFAULT_SCHEMA:
            return quote_part(self.name)
        return f"{quote_part(self.schema)}.{quote_part(self.name)}"


@dataclass(frozen=True, slots=True, order=True)
class ColumnName:
    """A column of a table, unquoted; prints as ``table.column``."""

    table: TableName
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{quote_part(self.column)}"
