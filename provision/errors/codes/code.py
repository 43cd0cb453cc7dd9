"""What is known of an error code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code: a title as a sentence, why it happens, and what to do."""

    code: str
    title: str
    why: str
    fix: str
