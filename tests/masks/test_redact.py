from __future__ import annotations

import pytest

from provision.masks.redact import redact
from provision.model.plan import Family
from support.masked import masked, why_not


@pytest.mark.parametrize(
    ("family", "type_", "given", "out"),
    [
        (Family.TEXT, "text", "Jane", "redacted"),
        (Family.INTEGER, "int4", 42, 0),
        (Family.BOOLEAN, "bool", True, False),
        (Family.NUMERIC, "numeric", "1.5", "0"),
        (Family.FLOAT, "float8", "1.5", "0"),
        (Family.DATE, "date", "1980-05-05", "1970-01-01"),
        (Family.TIMESTAMP, "timestamp", "1980-05-05 01:02:03", "1970-01-01 00:00:00"),
        (Family.TIMESTAMP, "timestamptz", "1980-05-05 01:02:03+00", "1970-01-01 00:00:00+00"),
        (Family.TIME, "timetz", "01:02:03+05", "00:00:00+00"),
        (Family.INTERVAL, "interval", "3 days", "00:00:00"),
        (Family.UUID, "uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "00000000-0000-0000-0000-000000000000"),
        (Family.BYTES, "bytea", "\\xdead", "\\x"),
        (Family.ARRAY, "_text", "{a,b}", "{}"),
        (Family.NETWORK, "inet", "10.1.2.3", "0.0.0.0"),
        (Family.NETWORK, "macaddr", "08:00:2b:01:02:03", "00:00:00:00:00:00"),
        (Family.OTHER, "int4range", "[1,5)", "empty"),
        (Family.OTHER, "tstzmultirange", "{[a,b)}", "{}"),
        (Family.OTHER, "tsvector", "'a':1", ""),
    ],
)
def test_every_type_gets_a_value_that_says_nothing(family, type_, given, out) -> None:
    assert masked(redact, [given, None], family, type_) == [out, None]


def test_json_keeps_the_kind_of_its_value_and_nothing_else() -> None:
    given = ['{"jane": 1}', ' [1, "x"]', '"x"', "-1.5", "true", "false", "null", None]

    assert masked(redact, given, Family.JSON, "jsonb") == ["{}", "[]", '""', "0", "false", "false", "null", None]


def test_a_mark_is_cut_to_the_column_and_can_be_chosen() -> None:
    assert masked(redact, ["Jane"], max_chars=3) == ["red"]
    assert masked(redact, ["Jane"], mark="***") == ["***"]
    assert "empty" in why_not(redact, mark="")


def test_shape_leaves_lengths_and_separators_and_no_letter_of_any_script() -> None:
    given = ["Jane Doe, 12!", "ÄÖß-жЖ", "שלום 日本 ٣", "👍 a\u0301", "ǅ", ""]

    made = masked(redact, given, style="shape")

    assert made == ["Xxxx Xxx, 00!", "XXx-xX", "xxxx xx 0", "x xx", "X", ""]
    assert [len(text) for text in made] == [len(text) for text in given]


def test_enums_get_their_first_label_and_unknown_types_are_refused() -> None:
    assert masked(redact, ["sad"], Family.ENUM, "mood", labels=("happy", "sad")) == ["happy"]
    assert "constant" in why_not(redact, Family.OTHER, "polygon")
    assert "different" in why_not(redact, unique=True)
