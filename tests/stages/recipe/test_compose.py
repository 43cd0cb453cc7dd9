from __future__ import annotations

import math

import pytest

from provision.stages.recipe.compose import MAX_BYTES, compose
from provision.stages.recipe.nodes import Entries, Items, Problems, Scalar


def read(text, problems=None):
    problems = problems or Problems()
    data = text if isinstance(text, bytes) else text.encode()
    node = compose(data, file="r.yaml", problems=problems)
    assert not problems.findings
    return node


def plain(node):
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("+7", 7),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("2027-03-31", "2027-03-31"),
        ("12:30", "12:30"),
        ("y", "y"),
        ("'yes'", "yes"),
        ('"1"', "1"),
        ("nUll", "nUll"),
        ("tRue", "tRue"),
    ],
)
def test_scalars_are_read_by_the_core_schema_of_yaml_1_2(text, value):
    node = read(f"a: {text}\n")

    assert plain(node) == {"a": value}
    assert type(plain(node)["a"]) is type(value)


def test_not_a_number_is_a_float():
    assert math.isnan(plain(read("a: .NaN"))["a"])


def test_keys_are_always_text():
    assert plain(read("on: 1\n1: 2\nnull: 3\nyes: 4\n")) == {"on": 1, "1": 2, "null": 3, "yes": 4}


def test_places_count_characters_whatever_their_bytes():
    node = read('# ключ\n"ключ": [é, "𝄞x", b]\n')

    (key, items), *_ = node.entries
    assert (key.at.line, key.at.column, key.at.width) == (2, 1, 6)
    assert [(item.at.column, item.at.width) for item in items.items] == [(10, 1), (13, 4), (19, 1)]
    assert items.items[1].at.excerpt().splitlines()[1].endswith("^^^^")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_hold_for_every_kind_of_line_end(end):
    node = read(f"a: 1{end}b: 2{end}")

    assert [(key.at.line, key.at.text) for key, _ in node.entries] == [(1, "a: 1"), (2, "b: 2")]


def test_a_text_over_several_lines_points_at_its_first():
    node = read("a: |\n  one\n  two\nb: 1\n")

    value = node.get("a")
    assert value.value == "one\ntwo\n"
    assert (value.at.line, value.at.column) == (1, 4)


def test_a_byte_order_mark_is_no_part_of_the_first_line():
    node = read(b"\xef\xbb\xbfa: 1\n")

    assert node.entries[0][0].text == "a"
    assert node.entries[0][0].at.text == "a: 1"


def test_a_file_larger_than_a_megabyte_is_refused():
    problems = Problems()

    assert compose(b"a: " + b"x" * MAX_BYTES, file="r.yaml", problems=problems) is None
    assert [finding.code for finding in problems.findings] == ["PRV101"]


def test_passwords_and_keys_are_hidden_in_excerpts_and_the_carets_stay():
    key = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
    problems = Problems()
    node = compose(f'url: "postgresql://ann:s3cr3t-pw@h/d"  # {key}\n'.encode(), file="r.yaml", problems=problems)
    (_, value), *_ = node.entries

    assert "s3cr3t" not in value.at.text
    assert key[:20] not in value.at.text
    assert len(value.at.text) == len(f'url: "postgresql://ann:s3cr3t-pw@h/d"  # {key}')
    assert "postgresql://ann:*********@h/d" in value.at.text


def test_a_reference_in_a_url_is_no_secret():
    node = read('url: "postgresql://ann:${PW}@h/d"\n')

    assert "${PW}" in node.get("url").at.text


def test_terminal_escapes_do_not_reach_an_excerpt():
    problems = Problems()
    compose(b"a: \x1b[31mred\n", file="r.yaml", problems=problems)

    assert "\x1b" not in str(problems.findings[0])


def test_words_of_older_yaml_are_reported_once_and_not_again_by_what_expects_another_kind():
    problems = Problems()
    node = compose(b"a: yes\n", file="r.yaml", problems=problems)
    problems.add("PRV112", "expected true or false, found text", at=node.get("a").at)

    assert [finding.code for finding in problems.findings] == ["PRV106"]


def test_a_mapping_keeps_the_order_of_its_keys():
    node = read("b: 1\na: 2\nc: 3\n")

    assert isinstance(node, Entries)
    assert [key.text for key, _ in node.entries] == ["b", "a", "c"]
