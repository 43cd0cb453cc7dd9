"""YAML text to nodes with places: the YAML 1.2 core schema, without anchors, aliases, tags and duplicate keys.

PyYAML's events are read rather than its nodes, so that depth is bounded before any recursion, and everything that is
refused is refused with its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from provision.model.location import Location
from provision.stages.recipe.nodes import EXCERPT_CHARS, Entries, Invalid, Items, Node, Problems, Scalar, quoted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1_000_000
MAX_DEPTH = 64

# libyaml is 30x faster than PyYAML's own parser; both report the same events and places.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BREAKS = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")

# YAML 1.2, section 10.3.2, core schema. Everything else is text, dates included.
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_YAML_1_1 = re.compile(r"(?:yes|Yes|YES|on|On|ON)|(?:no|No|NO|off|Off|OFF)")
MAX_DIGITS = 400  # of a whole number; Python refuses to read above 4300, and nothing here is that large

# What libyaml says, what the user should read, and what mostly helps.
_SYNTAX = (
    ("nesting depth", "nested too deeply", "flatten it"),
    ("tab character", "a tab where blanks are expected", "indent with blanks"),
    ("mapping values are not allowed", "a second “:” in one line", "quote the text that holds “: ”, or indent the line like its neighbours"),
    ("cannot start any token", "a value cannot begin like this", "put it in quotes"),
    ("alphabetic or numeric", "a name that begins with “*” or “&”", 'put it in quotes: "*.email"'),
    ("unexpected end of stream", "a quote that is opened here is never closed", "close the quote"),
    ("could not find expected ':'", "a line without “:” before it", "write “key: value”, or indent the text it belongs to"),
    ("expected ',' or ']'", "the list that “[” opens is not closed", "check commas and quotes, and close it with “]”"),
    ("expected ',' or '}'", "the mapping that “{” opens is not closed", "check commas and quotes, and close it with “}”"),
    ("expected '-' indicator", "a list is followed by something else", "start each item with “- ”, in one column"),
    ("did not find expected key", "something other than a key", "check indentation and quotes; a quote inside '…' is doubled"),
    ("unknown escape character", "an unknown escape inside double quotes", "use '…' for text with backslashes"),
    ("expected node content", "a bracket without a partner", "remove it, or put it in quotes"),
)  # fmt: skip


def compose(data: bytes, *, file: str, problems: Problems) -> Node | None:
    """The tree of one file; None where it cannot be read, with the reasons on the list.

    Args: data: the file's bytes. file: its name as messages show it.
    """
    if len(data) > MAX_BYTES:
        at = Location(file=file, line=1, column=1)
        problems.add("PRV101", f"the file is larger than {MAX_BYTES:,} bytes", at=at, fix="split it; use extends")
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(errors="replace")
        lines = _BREAKS.split(before)
        at = Location(file=file, line=len(lines), column=len(lines[-1]) + 1, text=shown(lines[-1]))
        problems.add("PRV101", "the file is not UTF-8", at=at, fix="save it as UTF-8")
        return None
    reader = _Reader(file=file, lines=_BREAKS.split(text.removeprefix("\ufeff")), problems=problems)
    try:
        return reader.document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        reader.syntax(error)
    except yaml.reader.ReaderError as error:
        reader.unprintable(error, text)
    except Invalid:
        pass
    return None


def decode_scalar(text: str) -> str | int | float | bool | None:
    """What the YAML 1.2 core schema makes of a plain scalar."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _INTEGER.fullmatch(text) and len(text) < MAX_DIGITS:
        return int(text)
    if _BASED.fullmatch(text) and len(text) < MAX_DIGITS:
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if special := _SPECIAL.fullmatch(text):
        return float(f"{special[1] or ''}{text.lstrip('+-')[1:].lower()}")
    return text


def is_yaml_1_1(text: str) -> bool:
    """Whether older YAML reads the word as true or false."""
    return _YAML_1_1.fullmatch(text) is not None


@dataclass(slots=True)
class _Reader:
    file: str
    lines: list[str]
    problems: Problems
    depth: int = field(default=0)

    def place(self, line: int, column: int, width: int = 1) -> Location:
        """A place, both numbers from 0; the width is kept inside the line."""
        text = self.lines[line] if line < len(self.lines) else ""
        width = max(1, min(width, len(text) - column, EXCERPT_CHARS))
        # A line that is too long for an excerpt is shown without one, rather than cut at the wrong side.
        near = len(text) <= EXCERPT_CHARS or column + width <= EXCERPT_CHARS
        text = shown(text[: 4 * EXCERPT_CHARS]) if near else ""
        return Location(file=self.file, line=line + 1, column=column + 1, text=text[:EXCERPT_CHARS], width=width)

    def at(self, event: Any) -> Location:  # noqa: ANN401  # PyYAML's events carry no common type
        """The place of an event: the scalar itself, or the first character of a list or mapping."""
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else len(self.lines[start.line]) - start.column
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            width = 1
        return self.place(start.line, start.column, width)

    def document(self, events: Iterator[Any]) -> Node | None:
        """The one document of the stream; reads to its end, so that a syntax error further down is found."""
        root: Node | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.problems.add(
                        "PRV108", "a second document begins here", at=self.at(event), fix="one file holds one document"
                    )
                if event.tags:
                    self.problems.add(
                        "PRV105", "tags are not part of the language", at=self.at(event), fix="remove the %TAG line"
                    )
            elif not isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent)):
                root = self.node(event, events)
        if root is None:
            self.problems.add(
                "PRV108",
                "the file is empty",
                at=Location(file=self.file, line=1, column=1),
                fix="begin with version: 1",
            )
        return root

    def node(self, event: Any, events: Iterator[Any]) -> Node:  # noqa: ANN401
        """One value and all inside it."""
        self.refuse(event)
        if isinstance(event, yaml.AliasEvent):
            return Scalar(None, "", self.at(event))
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        at = self.at(event)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.problems.add("PRV107", f"nested deeper than {MAX_DEPTH} levels", at=at, fix="flatten it")
        mapping = isinstance(event, yaml.MappingStartEvent)
        node: Node = self.mapping(at, events) if mapping else self.items(at, events)
        self.depth -= 1
        return node

    def items(self, at: Location, events: Iterator[Any]) -> Items:
        """A list, up to its end."""
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, events))
        return Items(tuple(items), at)

    def mapping(self, at: Location, events: Iterator[Any]) -> Entries:
        """A mapping, up to its end; a key that is there twice is on the list and the first one counts."""
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Location] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.node(event, events) if not isinstance(event, yaml.ScalarEvent) else self.key(event)
            value = self.node(next(events), events)
            if not isinstance(key, Scalar):
                self.problems.add("PRV112", "a key must be text", at=key.at, fix="write “key: value”")
            elif key.text in seen:
                self.problems.add(
                    "PRV103",
                    f"the key {quoted(key.text)} is there twice",
                    at=key.at,
                    fix=f"remove one; the other is in line {seen[key.text].line}",
                )
            else:
                seen[key.text] = key.at
                entries.append((key, value))
        return Entries(tuple(entries), at)

    def key(self, event: Any) -> Scalar:  # noqa: ANN401
        """A key: always text, so that ``on:`` and ``1:`` are what they look like."""
        self.refuse(event)
        return Scalar(event.value, event.value, self.at(event), plain=event.implicit[0])

    def scalar(self, event: Any) -> Scalar:  # noqa: ANN401
        """A value by the core schema; words that older YAML reads as booleans are refused."""
        at, text = self.at(event), event.value
        if not event.implicit[0]:
            return Scalar(text, text, at, plain=False)
        if is_yaml_1_1(text):
            meant = "true" if text.lower() in {"yes", "on"} else "false"
            self.problems.add(
                "PRV106",
                f"{text} is text in YAML 1.2 and {meant} in YAML 1.1",
                at=at,
                fix=f'write "{text}" in quotes for the text, or {meant}',
            )
        return Scalar(decode_scalar(text), text, at)

    def refuse(self, event: Any) -> None:  # noqa: ANN401
        """Anchors, aliases and tags are refused."""
        if isinstance(event, yaml.AliasEvent):
            fix = f'for a name with a star write "*{event.anchor}" in quotes; otherwise write the value out'
            self.problems.add("PRV104", "aliases are not part of the language", at=self.at(event), fix=fix)
            return
        if event.anchor is not None:
            fix = "write the value out where it is used; extends shares whole files"
            self.problems.add("PRV104", "anchors are not part of the language", at=self.at(event), fix=fix)
        if event.tag is not None:
            fix = "remove it; a text that begins with “!” needs quotes"
            self.problems.add("PRV105", "tags are not part of the language", at=self.at(event), fix=fix)

    def syntax(self, error: yaml.MarkedYAMLError) -> None:
        """Put libyaml's complaint on the list, in words that help."""
        problem = error.problem or ""
        mark = error.problem_mark or error.context_mark
        opened = "[" in problem or "]" in problem or "}" in problem or "end of stream" in problem
        if "could not find expected ':'" in problem or opened or "alphabetic" in problem:
            mark = error.context_mark or mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        at = self.place(line, column)
        known = ((message, fix) for needle, message, fix in _SYNTAX if needle in problem)
        message, fix = next(known, ("this is not YAML", "check indentation, quotes and brackets around here"))
        before = self.lines[line][: column + 1] if line < len(self.lines) else ""
        if "cannot start" in problem and before.endswith("\t"):
            message, fix = "a tab where blanks are expected", "indent with blanks"
        self.problems.add("PRV102", message, at=at, fix=fix)

    def unprintable(self, error: yaml.reader.ReaderError, text: str) -> None:
        """Put a control character on the list; the position counts characters."""
        position = error.position if isinstance(error.position, int) else 0
        lines = _BREAKS.split(text[:position])
        at = self.place(len(lines) - 1, len(lines[-1]))
        self.problems.add(
            "PRV102", "an unprintable character", at=at, fix='remove it, or write "\\x…" in double quotes'
        )
