"""The tree that a YAML file is read into: values with their places, and the list of what is wrong with them.

A message may name keys, words and names that the user wrote, escaped and cut; it never quotes the value of a field
that may be secret, and excerpts hide passwords and keys.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from provision.model.report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provision.model.location import Location

QUOTED_CHARS = 60  # of a user's word in a message; more is cut
LISTED_WORDS = 12  # names listed after "one of"; more are counted
EXCERPT_CHARS = 200  # of a line under an error
MAX_FINDINGS = 1_000  # a file with more is not a recipe
YAML_CODES = frozenset({"PRV102", "PRV103", "PRV104", "PRV105", "PRV106", "PRV107", "PRV108"})

# Bounded, so that no line of any length takes more than linear time.
_PASSWORD = re.compile(
    r"(?P<head>(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/@:\"']{0,128}:)(?P<secret>[^\s@]{1,512})(?=@)"
)
_KEY = re.compile(r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+/_-]*[0-9+/A-Z])[A-Za-z0-9+/_-]{40,}={0,2}")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. ``value`` is what YAML 1.2 makes of it; ``text`` is its text; ``plain`` says it was not quoted."""

    value: str | int | float | bool | None
    text: str
    at: Location
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    at: Location


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in the order written; keys are distinct texts."""

    entries: tuple[tuple[Scalar, Node], ...]
    at: Location

    def get(self, key: str) -> Node | None:
        """The value of the key; None where it is not there."""
        return next((node for name, node in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key itself, for its place."""
        return next((name for name, _ in self.entries if name.text == key), None)


Node = Scalar | Items | Entries


class Invalid(Exception):  # noqa: N818  # never leaves this room: the finding is on the list already
    """A value could not be read; its finding is on the list."""


@dataclass(slots=True)
class Problems:
    """All that is wrong with the files of one command, and where each file lies."""

    findings: list[Finding] = field(default_factory=list)
    known: set[tuple[str, str, Location | None]] = field(default_factory=set)  # code, message and place of each
    broken: set[Location] = field(default_factory=set)  # places where YAML itself is wrong
    folders: dict[str, Path] = field(default_factory=dict)  # shown name of a file -> folder it lies in

    def add(
        self,
        code: str,
        message: str,
        *,
        at: Location | None,
        fix: str = "",
        severity: Severity = Severity.ERROR,
        where: str = "",
    ) -> Invalid:
        """Put a finding on the list; returns the exception to raise where the value is of no use.

        What follows from a mistake of YAML in the same place is left out.
        """
        key = (code, message, at)
        if key not in self.known and at not in self.broken and not self.full:
            self.known.add(key)
            self.findings.append(Finding(code=code, message=message, at=at, fix=fix, severity=severity, where=where))
            if code in YAML_CODES and at is not None:
                self.broken.add(at)
        return Invalid()

    @property
    def full(self) -> bool:
        """Whether the list is so long that nobody reads further."""
        return len(self.findings) >= MAX_FINDINGS

    def sorted(self) -> tuple[Finding, ...]:
        """All findings by file, line and column; those without a place first."""
        return tuple(sorted(self.findings, key=_order))


def _order(finding: Finding) -> tuple[str, int, int, str]:
    at = finding.at
    return ("", 0, 0, finding.code) if at is None else (at.file, at.line, at.column, finding.code)


def quoted(text: str) -> str:
    """A user's word for a message: in double quotes, one line, control characters escaped, passwords hidden, cut."""
    text = hide(text)
    cut = text if len(text) <= QUOTED_CHARS else text[: QUOTED_CHARS - 1] + "…"
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(cut, ensure_ascii=False))


def hide(text: str) -> str:
    """The text with passwords of URLs and everything that looks like a key starred out, in the same length."""
    text = _PASSWORD.sub(lambda match: match["head"] + _stars(match["secret"]), text)
    return _KEY.sub(lambda match: "*" * len(match[0]), text)


def _stars(secret: str) -> str:
    return secret if re.fullmatch(r"\$\{[^}]*\}", secret) else "*" * len(secret)


def shown(line: str) -> str:
    """A line for an excerpt: secrets hidden, unprintable characters replaced by ``�`` one for one."""
    return _UNSEEN.sub("�", hide(line))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word, as the start of a fix; '' where none is near."""
    if len(word) > QUOTED_CHARS:
        return ""
    names = list(known)
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return f"did you mean {quoted(lower[near[0]])}? " if near else ""


def one_of(words: Iterable[str]) -> str:
    """``a, b and c``, cut after a dozen."""
    names = list(words)
    more = len(names) - LISTED_WORDS
    if more > 0:
        return f"{', '.join(names[:LISTED_WORDS])} and {more} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def what_is(node: Node) -> str:
    """The kind of a value, for "expected …, found …"."""
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Entries):
        return "a mapping"
    match node.value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case _:
            return "text"


def where_in(at: Location, start: int, width: int) -> Location:
    """A piece of a value's place: ``start`` characters on, ``width`` wide; the place itself if it would not fit."""
    if start + width > at.width:
        return at
    return replace(at, column=at.column + start, width=width)
