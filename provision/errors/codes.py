"""Every error code with its title and its fix; ``docs/errors.md`` is generated from here.

Ranges: 1xx files that users write · 2xx planning · 3xx databases · 4xx masks and keys · 5xx snapshots and stores ·
6xx loading · 7xx checks and leaks · 8xx servers, demo and command line.
A test holds the two sides together: every code raised is listed, every code listed is raised and tested.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code: a title as a sentence, why it happens, and what to do."""

    code: str
    title: str
    why: str
    fix: str


# 1xx files that users write
LANGUAGE: tuple[ErrorCode, ...] = ()

# 2xx planning
PLANNING: tuple[ErrorCode, ...] = ()

# 3xx databases
DATABASES: tuple[ErrorCode, ...] = ()

# 4xx masks and keys
MASKING: tuple[ErrorCode, ...] = ()

# 5xx snapshots and stores
SNAPSHOTS: tuple[ErrorCode, ...] = ()

# 6xx loading
LOADING: tuple[ErrorCode, ...] = ()

# 7xx checks and leaks
CHECKING: tuple[ErrorCode, ...] = ()

# 8xx servers, demo and command line
COMMANDS: tuple[ErrorCode, ...] = ()

CODES: dict[str, ErrorCode] = {
    entry.code: entry
    for group in (LANGUAGE, PLANNING, DATABASES, MASKING, SNAPSHOTS, LOADING, CHECKING, COMMANDS)
    for entry in group
}
