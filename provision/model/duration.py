"""Durations as users write them: ``365d``, ``12h``, ``2w``; ``1d12h`` adds up."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_PART = re.compile(r"([0-9]{1,9})([wdhms])")
_WHOLE = re.compile(r"(?:[0-9]{1,9}[wdhms])+")


def parse_duration(text: str) -> timedelta:
    """The length of time that a text such as ``90d`` or ``1d12h`` names; m are minutes.

    Raises: ValueError, with a sentence for the user, if it is no duration or longer than timedelta holds.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError("a duration is a number and one of w, d, h, m, s, such as 365d")
    try:
        return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in _PART.findall(text)), timedelta())
    except OverflowError:
        raise ValueError("a duration is at most 999999999 days") from None
