"""Paths inside a store: a narrow alphabet, so that no path means something else to a file system or an object store."""

from __future__ import annotations

import re

MAX_PATH = 512

_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}"  # never begins with a dot or a dash
_PATH = re.compile(rf"{_NAME}(?:/{_NAME})*")


def checked(path: str) -> tuple[str, ...]:
    """The names that a path goes through.

    Raises: ValueError for a path outside the alphabet: our own mistake, for what comes from users is checked before.
    """
    if len(path) > MAX_PATH or not _PATH.fullmatch(path):
        raise ValueError(f"not a path of a store: {path[:80]!r}")
    return tuple(path.split("/"))


def allowed(name: str) -> bool:
    """Whether a file may have this name; files that others left in a store are passed over."""
    return "/" not in name and _PATH.fullmatch(name) is not None
