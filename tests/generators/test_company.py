from __future__ import annotations

from provision.generators import company


def test_short_columns_have_stem_and_form_alone() -> None:
    assert company.count("en", 8) > 0
    assert company.count("en", 5) == 0
    assert company.count("en", None) > 20_000
