"""Shapes of values: each reads a node into a typed value and describes itself as JSON Schema, from one definition.

Simple shapes are here; lists, mappings and choices are in ``fields``. A shape that cannot read a node puts a finding
on the list and raises `Invalid`; whoever holds several parts goes on with the next one, so all mistakes are found.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from provision.model.policy import Pairs
from provision.stages.recipe.nodes import (
    Entries,
    Items,
    Node,
    Problems,
    Scalar,
    did_you_mean,
    one_of,
    quoted,
    what_is,
    where_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provision.model.location import Location

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Json = dict[str, Any]
MAX_WHOLE = 2**63 - 1
MAX_FORM_CHARS = 2_000  # of a name, an arrow, an expression: parsers need not think of longer ones


@dataclass(slots=True)
class Live:
    """What a JSON Schema may list besides the language: the names of a catalog; and the definitions made so far."""

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    definitions: dict[str, Json] = field(default_factory=dict)

    def shared(self, name: str, make: Callable[[], Json]) -> Json:
        """A reference to a definition that is used in several places."""
        if name not in self.definitions:
            self.definitions[name] = {}  # so that a shape that holds itself ends here
            self.definitions[name] = make()
        return {"$ref": f"#/$defs/{name}"}


class Shape(Protocol[T_co]):
    """What every shape does."""

    @property
    def what(self) -> str:
        """What is expected, for messages: "a whole number"."""

    def read(self, node: Node, problems: Problems) -> T_co:
        """The value; raises `Invalid` with the finding on the list."""

    def schema(self, live: Live) -> Json:
        """JSON Schema, draft 2020-12."""


def expected(what: str, node: Node, problems: Problems, *, fix: str = "") -> Exception:
    """The finding for a value of the wrong kind."""
    return problems.add("PRV112", f"expected {what}, found {what_is(node)}", at=node.at, fix=fix)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Text:
    """Text. Numbers and booleans are not taken for text: they would lose zeros and signs."""

    what: str = "text"
    empty: bool = False

    def read(self, node: Node, problems: Problems) -> str:
        """The text."""
        if not isinstance(node, Scalar):
            raise expected(self.what, node, problems)
        if not isinstance(node.value, str):
            raise expected(self.what, node, problems, fix="" if node.value is None else "put it in quotes")
        if not node.value.strip() and not self.empty:
            raise problems.add("PRV114", f"expected {self.what}, found an empty text", at=node.at)
        if "\0" in node.value:
            raise problems.add("PRV114", "a NUL character cannot be part of a text", at=node.at)
        return node.value

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A string."""
        return {"type": "string"} if self.empty else {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Whole:
    """A whole number within bounds."""

    least: int = 0
    most: int = MAX_WHOLE

    @property
    def what(self) -> str:
        """In words."""
        if self.most == MAX_WHOLE:
            return "a whole number" if self.least < 0 else f"a whole number of at least {self.least}"
        return f"a whole number from {self.least} to {self.most}"

    def read(self, node: Node, problems: Problems) -> int:
        """The number."""
        if not isinstance(node, Scalar) or isinstance(node.value, bool) or not isinstance(node.value, int):
            underscored = isinstance(node, Scalar) and re.fullmatch(r"[0-9]+([_,][0-9]{3})+", node.text)
            raise expected(self.what, node, problems, fix="write it with digits alone" if underscored else "")
        if not self.least <= node.value <= self.most:
            raise problems.add("PRV114", f"expected {self.what}", at=node.at)
        return node.value

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """An integer with its bounds."""
        bounds = {"minimum": self.least} if self.least > -MAX_WHOLE else {}
        return {"type": "integer", **bounds} | ({"maximum": self.most} if self.most < MAX_WHOLE else {})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number:
    """A finite number within bounds."""

    least: float = -math.inf
    most: float = math.inf

    @property
    def what(self) -> str:
        """In words."""
        if math.isinf(self.most):
            return "a number" if math.isinf(self.least) else f"a number of at least {self.least:g}"
        return f"a number from {self.least:g} to {self.most:g}"

    def read(self, node: Node, problems: Problems) -> int | float:
        """The number."""
        if not isinstance(node, Scalar) or isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise expected(self.what, node, problems)
        finite = isinstance(node.value, int) or math.isfinite(node.value)
        if not finite or not self.least <= node.value <= self.most:
            raise problems.add("PRV114", f"expected {self.what}", at=node.at)
        return node.value

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A number with its bounds."""
        bounds = {} if math.isinf(self.least) else {"minimum": self.least}
        return {"type": "number", **bounds} | ({} if math.isinf(self.most) else {"maximum": self.most})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Flag:
    """``true`` or ``false``."""

    what: str = "true or false"

    def read(self, node: Node, problems: Problems) -> bool:
        """The flag."""
        if not isinstance(node, Scalar) or not isinstance(node.value, bool):
            raise expected(self.what, node, problems)
        return node.value

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Word(Generic[T]):
    """One of a few words, each with its meaning."""

    words: Mapping[str, T]
    kind: str = "word"  # "mask", "class": what the words are
    code: str = "PRV113"

    @property
    def what(self) -> str:
        """In words."""
        return one_of(self.words).replace(" and ", " or ")

    def read(self, node: Node, problems: Problems) -> T:
        """The meaning of the word."""
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            raise expected(self.what, node, problems)
        if node.value not in self.words:
            raise problems.add(
                self.code,
                f"unknown {self.kind} {quoted(node.value)}",
                at=node.at,
                fix=f"{did_you_mean(node.value, self.words)}known {'is' if len(self.words) == 1 else 'are'} {one_of(self.words)}",
            )
        return self.words[node.value]

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """An enumeration."""
        return {"enum": list(self.words)}


def words_of(*words: str) -> Word[str]:
    """Words that stand for themselves."""
    return Word({word: word for word in words})


class Refused(ValueError):  # noqa: N818  # an answer of a parser, not an error of the program
    """A parser's answer: what is wrong with the text, how to fix it, and which piece of the text is meant."""

    def __init__(self, message: str, *, fix: str = "", start: int = 0, width: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.start = start
        self.width = width
        self.code = code


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Parsed(Generic[T]):
    """A small form written as text: a name, an arrow, a duration. The parser raises `Refused`."""

    what: str
    parse: Callable[[str, Location], T]
    pattern: str = ""  # for JSON Schema; '' where a pattern says nothing
    code: str = "PRV114"
    numbers: bool = False  # a number is taken for its text
    listing: str = ""  # "tables" or "columns": what a live schema lists

    def read(self, node: Node, problems: Problems) -> T:
        """The parsed value."""
        if not isinstance(node, Scalar) or isinstance(node.value, bool) or node.value is None:
            raise expected(self.what, node, problems)
        if not isinstance(node.value, str) and not self.numbers:
            raise expected(self.what, node, problems, fix="put it in quotes")
        if len(node.text) > MAX_FORM_CHARS:
            raise problems.add(
                self.code, f"expected {self.what}, found a text of {len(node.text):,} characters", at=node.at
            )
        try:
            return self.parse(node.text, node.at)
        except Refused as refused:
            at = node.at
            if refused.width:
                # Inside quotes the text begins one character on; with escapes the piece cannot be told.
                shift = 0 if node.plain else 1
                exact = node.at.width == len(node.text) + 2 * shift
                at = where_in(node.at, refused.start + shift, refused.width) if exact else node.at
            raise problems.add(refused.code or self.code, refused.message, at=at, fix=refused.fix) from None

    def schema(self, live: Live) -> Json:
        """A string, with a pattern or the live names where there are any."""
        names = live.tables if self.listing == "tables" else live.columns if self.listing == "columns" else ()
        if names:
            return live.shared(self.listing.removesuffix("s"), lambda: {"enum": list(names)})
        text: Json = {"type": "string", "minLength": 1} | ({"pattern": self.pattern} if self.pattern else {})
        return {"anyOf": [text, {"type": "number"}]} if self.numbers else text


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Anything:
    """Any value: for parameters whose form the plug-in alone knows. Lists become tuples, mappings `Pairs`."""

    what: str = "a value"

    def read(self, node: Node, problems: Problems) -> object:
        """The value, hashable."""
        if isinstance(node, Items):
            return tuple(self.read(item, problems) for item in node.items)
        if isinstance(node, Entries):
            return Pairs((key.text, self.read(value, problems)) for key, value in node.entries)
        return node.value

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """No limits."""
        return {}
