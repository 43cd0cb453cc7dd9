"""Looks at conditions that users write in SQL, without parsing SQL: closed quotes and brackets, one condition, no clock.

The server parses it; what is caught here would change the meaning of the statement around it, or make two runs differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.model.report import Severity
from provision.stages.recipe.nodes import Node, Problems, Scalar, did_you_mean, quoted, where_in
from provision.stages.recipe.shapes import Json, Live, Text

if TYPE_CHECKING:
    from provision.model.location import Location

PARAMETERS = ("as_of",)
MAX_CHARS = 20_000  # of a condition

# Literals and quoted names, dollar quotes included, are blanked out before anything is looked at.
_LITERAL = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$""",
    re.VERBOSE | re.DOTALL,
)
_VOLATILE = re.compile(
    r"""\b(?:now|random|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|gen_random_uuid|setseed
         )\s*\(\s*\)? | \b(?:current_date|current_time|current_timestamp|localtime|localtimestamp)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_CLOCK = re.compile(r"now|current_|local|timestamp|timeofday", re.IGNORECASE)
_PARAMETER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


class Sql(Text):
    """A condition in SQL over the columns of one table."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("a condition in SQL")

    def read(self, node: Node, problems: Problems) -> str:
        """The condition as written."""
        text = super().read(node, problems)
        look(text, node, problems)
        return text

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A string."""
        return {"type": "string", "minLength": 1}


def look(text: str, node: Node, problems: Problems) -> None:
    """Put on the list what is wrong with the condition; raises `Invalid` where it cannot be used."""
    if len(text) > MAX_CHARS:
        raise problems.add("PRV119", f"a condition of more than {MAX_CHARS:,} characters", at=node.at, fix="shorten it")
    bare = _LITERAL.sub(lambda match: " " * len(match[0]), text)
    for pattern, message, fix in (
        (
            r"['\"]|\$[A-Za-z_]*\$",
            "a quote in this condition is never closed",
            "close it; a quote inside '…' is doubled",
        ),
        (r";", "a condition cannot hold “;”", "write one condition; join several with and"),
        (r"--|/\*", "a condition cannot hold a comment", "write the comment behind “#” in YAML"),
    ):
        if found := re.search(pattern, bare):
            raise problems.add("PRV119", message, at=_piece(node, text, found), fix=fix)
    depth = 0
    for bracket in re.finditer(r"[()]", bare):
        depth += 1 if bracket[0] == "(" else -1
        if depth < 0:
            raise problems.add("PRV119", "a bracket without a partner", at=_piece(node, text, bracket))
    if depth:
        raise problems.add("PRV119", "a bracket in this condition is never closed", at=node.at, fix="close it with “)”")
    for found in _PARAMETER.finditer(bare):
        if found[1] not in PARAMETERS:
            fix = f"{did_you_mean(found[1], PARAMETERS)}:as_of is the time of the snapshot; there are no others"
            raise problems.add(
                "PRV119", f"unknown parameter {quoted(':' + found[1])}", at=_piece(node, text, found), fix=fix
            )
    for found in _VOLATILE.finditer(bare):
        clock = _CLOCK.search(found[0]) is not None
        fix = "write :as_of, the time of the snapshot" if clock else "a limit is already a stable sample"
        message = f"{found[0].strip()} makes every run different"
        problems.add("PRV125", message, at=_piece(node, text, found), fix=fix, severity=Severity.WARN)


def _piece(node: Node, text: str, found: re.Match[str]) -> Location:
    """The place of a piece of the text, where it can be told: plain or quoted in one line without escapes."""
    shift = 0 if isinstance(node, Scalar) and node.plain else 1
    if node.at.width != len(text) + 2 * shift:
        return node.at
    return where_in(node.at, found.start() + shift, len(found[0].rstrip()))


SQL = Sql()
