from __future__ import annotations

from datetime import timedelta

import pytest

from provision.model.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("365d", timedelta(days=365)),
        ("2w", timedelta(days=14)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("90m30s", timedelta(minutes=90, seconds=30)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_numbers_with_units(text, length) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "5", "d", "-1d", "1.5d", "1 d", "1y", "1D", "1d\n", "999999999w"])
def test_all_else_is_refused(text) -> None:
    with pytest.raises(ValueError, match="a duration is"):
        parse_duration(text)
