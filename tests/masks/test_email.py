from __future__ import annotations

import pytest

from provision.masks.email import email
from support.masked import masked, why_not


def test_an_address_becomes_24_digits_at_a_reserved_domain() -> None:
    (made,) = masked(email, ["jane@x.com"])

    local, domain = made.split("@")
    assert (local[0], len(local), domain) == ("u", 25, "example.test")
    assert set(local[1:]) <= set("0123456789abcdef")


def test_spellings_share_the_address_in_a_column_that_is_not_unique() -> None:
    assert len(set(masked(email, ["jane@x.com", "JANE@X.COM", " jane@x.com"]))) == 1


def test_spellings_of_a_unique_column_share_the_core_and_stay_apart() -> None:
    plain, upper = masked(email, ["jane@x.com", "JANE@X.COM"], unique=True)

    assert plain != upper
    assert plain.split("@")[0] == upper[:25]
    assert plain == masked(email, ["jane@x.com"])[0]


def test_a_column_without_case_keeps_equal_what_it_calls_equal() -> None:
    assert len(set(masked(email, ["jane@x.com", "JANE@X.COM"], type_="citext", unique=True))) == 1
    assert len(set(masked(email, ["jane@x.com", "jane@x.com   "], type_="bpchar", unique=True))) == 1


def test_the_domain_may_be_kept_or_chosen() -> None:
    assert masked(email, ["Jane@Acme.example"], keep_domain=True)[0].endswith("@acme.example")
    assert masked(email, ["jane@acme.example"], domain_name="x.test")[0].endswith("@x.test")


@pytest.mark.parametrize(
    "text", ["", "nobody", "a@b@c.com", "jane@localhost", "jane@x..com", "j@-x.com", "jane@" + "x" * 70 + ".com"]
)
def test_what_is_no_address_gets_one_as_well(text) -> None:
    assert masked(email, [text], keep_domain=True)[0].endswith("@example.test")


def test_a_kept_domain_that_does_not_fit_gives_way() -> None:
    made = masked(email, ["jane@a-rather-long-domain-name.example", "jane@x.io"], keep_domain=True, max_chars=45)

    assert made[0].endswith("@example.test")
    assert made[1].endswith("@x.io")


def test_short_columns_get_fewer_digits_and_shorter_ones_are_refused() -> None:
    assert [len(masked(email, ["jane@x.com"], max_chars=size)[0]) for size in (60, 38, 30, 22)] == [38, 38, 30, 22]
    assert "at least 22 characters" in why_not(email, max_chars=21)


def test_unique_columns_need_96_bits() -> None:
    assert why_not(email, max_chars=48, unique=True) is None
    assert "take 48 characters" in why_not(email, max_chars=47, unique=True)
    assert why_not(email, max_chars=42, unique=True, domain_name="x.test") is None


@pytest.mark.parametrize("name", ["", "test", "x y.test", "ä.test", "-x.test", "x.test@", "x." + "y" * 64])
def test_a_domain_name_must_be_one(name) -> None:
    assert "domain_name" in why_not(email, domain_name=name)
