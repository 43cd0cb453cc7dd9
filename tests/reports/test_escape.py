from __future__ import annotations

import pytest

from provision.reports.escape import shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders", "orders"),
        ("Größe 表", "Größe 表"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc", "a\\x0ab\\x09c"),
        ("user\u202egpj.exe", "user\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
    ],
)
def test_names_cannot_steer_the_terminal(name, expected):
    assert shown(name) == expected
