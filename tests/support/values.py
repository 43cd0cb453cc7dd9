"""Values of the column types that keys are tested with: their server texts, and when two of them are equal.

This is the tests' own idea of a server's equality, written down apart from the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from provision.model.catalog import Column, ColumnType, TypeKind

if TYPE_CHECKING:
    from collections.abc import Callable

Value = int | str | None


@dataclass(frozen=True)
class Kind:
    """A column type: how it is declared, its texts (several for one value), and what they mean."""

    name: str
    sql: str
    type: ColumnType
    texts: tuple[int | str, ...]
    meaning: Callable[[int | str], object]
    collation: str | None = None
    deterministic: bool = True
    refers: tuple[str, ...] = ()  # kinds that a column which refers to this one may have

    def column(self, name: str, position: int, *, not_null: bool) -> Column:
        return Column(
            name=name,
            position=position,
            type=self.type,
            not_null=not_null,
            collation=self.collation,
            deterministic=self.deterministic,
        )


def _number(text: int | str) -> object:
    return Fraction(text)


def _text(text: int | str) -> object:
    return str(text)


def _folded(text: int | str) -> object:
    return str(text).lower()


_MINUTES = {"1 day": 1440, "24:00:00": 1440, "12:00:00": 720, "2 days": 2880, "1 day 24:00:00": 2880, "00:00:00": 0}

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "int4",
            "integer",
            ColumnType(sql="integer", name="int4"),
            tuple(range(12)),
            _number,
            refers=("int4", "int8"),
        ),
        Kind(
            "int8", "bigint", ColumnType(sql="bigint", name="int8"), tuple(range(12)), _number, refers=("int4", "int8")
        ),
        Kind(
            "numeric",
            "numeric",
            ColumnType(sql="numeric", name="numeric"),
            ("0", "0.0", "1", "1.0", "1.00", "2.5", "2.50", "3", "10", "10.0", "4.0", "100", "-1.0"),
            _number,
            refers=("numeric", "int4", "int8"),
        ),
        Kind(
            "float8",
            "double precision",
            ColumnType(sql="double precision", name="float8"),
            ("0", "-0", "1", "1.5", "-2", "3", "1e+100"),
            float,
            refers=("float8",),
        ),
        Kind(
            "text",
            "text",
            ColumnType(sql="text", name="text"),
            ("a", "A", "b", "a ", "", "ä", "x\ty\\N", "c'd{,}\""),
            _text,
            collation="default",
            refers=("text", "varchar"),
        ),
        Kind(
            "varchar",
            "character varying(20)",
            ColumnType(sql="character varying(20)", name="varchar", max_chars=20),
            ("a", "A", "b", "a ", "", "ä", "x\ty\\N", "c'd{,}\""),
            _text,
            collation="default",
            refers=("text", "varchar"),
        ),
        Kind(
            "char4",
            "character(4)",
            ColumnType(sql="character(4)", name="bpchar", max_chars=4),
            ("a   ", "A   ", "ab  ", "abcd", "    ", "b   "),
            lambda text: str(text).rstrip(" "),
            collation="default",
            refers=("char4", "char6"),
        ),
        Kind(
            "char6",
            "character(6)",
            ColumnType(sql="character(6)", name="bpchar", max_chars=6),
            ("a     ", "A     ", "ab    ", "abcd  ", "      ", "b     "),
            lambda text: str(text).rstrip(" "),
            collation="default",
            refers=("char4", "char6"),
        ),
        Kind(
            "folded",
            'text collate "{schema}".folded',
            ColumnType(sql="text", name="text"),
            ("a", "A", "b", "B", "c", "D", "e"),
            _folded,
            collation="folded",
            deterministic=False,
            refers=("folded",),
        ),
        Kind(
            "citext",
            "public.citext",
            ColumnType(sql="public.citext", name="citext", schema="public"),
            ("a", "A", "b", "B", "c", "D", "e"),
            _folded,
            collation="default",
            refers=("citext",),
        ),
        Kind(
            "interval",
            "interval",
            ColumnType(sql="interval", name="interval"),
            tuple(_MINUTES),
            lambda text: _MINUTES[str(text)],
            refers=("interval",),
        ),
        Kind(
            "uuid",
            "uuid",
            ColumnType(sql="uuid", name="uuid"),
            tuple(f"00000000-0000-4000-8000-00000000000{n:x}" for n in range(12)),
            _text,
            refers=("uuid",),
        ),
        Kind(
            "mood",
            '"{schema}".mood',
            ColumnType(sql="mood", name="mood", kind=TypeKind.ENUM, labels=("sad", "ok", "glad", "odd one", "so so")),
            ("sad", "ok", "glad", "odd one", "so so"),
            _text,
            refers=("mood",),
        ),
    )
}


def same(one: Kind, a: Value, other: Kind, b: Value) -> bool:
    """Whether the server finds the two values equal; nothing equals null."""
    return a is not None and b is not None and one.meaning(a) == other.meaning(b)


def spellings(kind: Kind, of: Kind, value: int | str) -> tuple[int | str, ...]:
    """The texts of a kind that equal a value of another."""
    return tuple(text for text in kind.texts if kind.meaning(text) == of.meaning(value))
