from __future__ import annotations

import pytest

from provision.model.location import Location
from provision.model.names import ColumnName, TableName
from provision.model.policy import ColumnPattern, MaskEntry, Pairs


def column(text):
    *table, name = text.split(".")
    return ColumnName(TableName(*table) if len(table) == 2 else TableName("public", table[0]), name)


@pytest.mark.parametrize(
    ("pattern", "meant", "not_meant"),
    [
        ("users.email", ["users.email"], ["shop.users.email", "users.Email", "users.email2"]),
        ("*.contact_email", ["users.contact_email", "shop.x.contact_email"], ["users.email"]),
        ("countries.*", ["countries.name"], ["shop.countries.name", "countries2.name"]),
        ("shop.*.*_email", ["shop.a.work_email"], ["a.work_email", "shop.a.email_work"]),
        ("public.*.x", ["a.x"], ["shop.a.x"]),
        ("*.*.*", ["a.b", "shop.a.b"], []),
        ("audit_*.ip", ["audit_log.ip", "audit_.ip"], ["shop.audit_log.ip", "audit.ip"]),
        ("a.x[yz]", ["a.x[yz]"], ["a.xy"]),
    ],
)
def test_patterns_mean_columns(pattern, meant, not_meant):
    parsed = ColumnPattern.parse(pattern)

    assert [name for name in meant if not parsed.matches(column(name))] == []
    assert [name for name in not_meant if parsed.matches(column(name))] == []


def test_a_quoted_star_means_itself():
    pattern = ColumnPattern.parse('"a*".*')

    assert pattern.matches(ColumnName(TableName("public", "a*"), "x"))
    assert not pattern.matches(ColumnName(TableName("public", "ab"), "x"))


@pytest.mark.parametrize("text", ["email", "a.b.c.d", "", "a..b", "a b.c"])
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(ValueError):
        ColumnPattern.parse(text)


def test_a_pattern_without_a_wildcard_names_one_column():
    assert ColumnPattern.parse("users.email").exact == column("users.email")
    assert ColumnPattern.parse('users."e*"').exact == ColumnName(TableName("public", "users"), "e*")
    assert ColumnPattern.parse("users.*").exact is None
    assert ColumnPattern.parse("*.email").exact is None


@pytest.mark.parametrize("text", ["users.email", "*.email", "shop.a.b", "public.*.x", '"a*".c', 'a."x y"', "*.*"])
def test_a_pattern_prints_so_that_it_reads_back(text):
    pattern = ColumnPattern.parse(text)
    bare = ColumnPattern(schema=pattern.schema, table=pattern.table, column=pattern.column)

    assert ColumnPattern.parse(str(bare)) == pattern


def test_places_do_not_take_part_in_comparisons():
    at = Location(file="a", line=1, column=1)

    assert MaskEntry(mask="email", at=at, places=(("use", at),)) == MaskEntry(mask="email")
    assert hash(MaskEntry(mask="email", at=at)) == hash(MaskEntry(mask="email"))


def test_pairs_are_not_a_list():
    assert Pairs([("a", 1)]) == Pairs([("a", 1)])
    assert "Pairs" in repr(Pairs([("a", 1)]))
