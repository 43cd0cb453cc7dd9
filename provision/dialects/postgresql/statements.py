"""What a statement that the server itself has printed is about: its table, its options.

No SQL parser: only the heads of statements as pg_dump and ``pg_get_…def`` print them (names qualified, quoted where
needed, search_path empty) are read, word by word, so that a quoted name is never taken for a keyword.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.model.names import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator

# A quoted name, a string, a plain word, or one other character that is no blank.
_WORD = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^\W\d][\w$]*|\S)""")

# After which word the table stands, by kind of entry (pg_dump's words).
_BEFORE_TABLE = {
    "CONSTRAINT": ("TABLE", "ONLY"),
    "CHECK CONSTRAINT": ("TABLE", "ONLY"),
    "FK CONSTRAINT": ("TABLE", "ONLY"),
    "DEFAULT": ("TABLE", "ONLY"),
    "ROW SECURITY": ("TABLE", "ONLY"),
    "TABLE ATTACH": ("TABLE", "ONLY"),
    "INDEX": ("ON", "ONLY"),
    "TRIGGER": ("ON", ""),
    "POLICY": ("ON", ""),
    "RULE": ("TO", ""),
    "STATISTICS": ("FROM", ""),
    "SEQUENCE OWNED BY": ("BY", ""),
}


def table_of(kind: str, sql: str) -> TableName | None:
    """The table that an entry belongs to, None for entries that stand by themselves.

    For TABLE ATTACH it is the parent; see `attached`.
    """
    if kind not in _BEFORE_TABLE:
        return None
    if kind == "CHECK CONSTRAINT" and sql.lstrip().startswith("ALTER DOMAIN"):
        return None
    before, skip = _BEFORE_TABLE[kind]
    return _name_after(words(sql), before, skip=skip)


def attached(sql: str) -> TableName | None:
    """The partition of an ``ALTER TABLE … ATTACH PARTITION …``."""
    return _name_after(words(sql), "PARTITION", skip="")


def words(sql: str) -> Iterator[str]:
    """Names, strings, words and single characters, in order; comments are not expected."""
    position = 0
    while match := _WORD.match(sql, position):
        yield match[1]
        position = match.end()


def database_options(sql: str) -> dict[str, str]:
    """Encoding and locale of pg_dump's ``CREATE DATABASE … WITH TEMPLATE = template0 ENCODING = 'UTF8' …``, by name."""
    said = list(words(sql))
    return {
        said[at - 1].upper(): said[at + 1][1:-1].replace("''", "'") if said[at + 1].startswith("'") else said[at + 1]
        for at in range(1, len(said) - 1)
        if said[at] == "="
    }


def _name_after(said: Iterator[str], before: str, *, skip: str) -> TableName | None:
    for word in said:
        if word == before:
            break
    parts: list[str] = []
    for word in said:
        if not parts and word == skip:
            continue
        if word == ".":
            continue
        parts.append(_plain(word))
        if len(parts) == 2:
            return TableName(parts[0], parts[1])
    return None


def _plain(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word
