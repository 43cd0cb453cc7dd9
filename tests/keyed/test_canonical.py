from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.keyed import FORMS, as_compared, canonical, plain
from support import keyed_reference as reference

# Spellings that people and servers really produce; each line is one value.
ALIKE = [
    ("email", ["A@x.com", "a@x.com ", "a@X.COM", "\ta@x.com"]),
    ("text", ["José", "Jose\u0301", " José\u00a0"]),
    ("folded", ["John  Smith", "JOHN SMITH", "john\tsmith"]),
    ("phone", ["+44 (0)20 7946 0018", "0044 20 7946 0018", "+442079460018", "+44-20-7946-0018 x12"]),
    ("card", ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"]),
    ("iban", ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432"]),
    ("numeric", ["1", "1.0", "1.00", "+1", "01", "1e0", "10e-1", "0.1E1"]),
    ("numeric", ["0", "-0", "0.00", "-0.0", "0e7"]),
    ("integer", ["7", "007", "+7", "7.0", " 7"]),
    (
        "timestamp",
        ["2024-02-03 04:05:06", "2024-02-03 04:05:06+00", "2024-02-03T04:05:06.000Z", "2024-02-03 06:35:06+02:30"],
    ),
    (
        "uuid",
        [
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
        ],
    ),
    ("boolean", ["t", "true", "TRUE", "1", "yes"]),
    ("bytes", ["\\xDEAD", "\\xdead", "dead"]),
]


@pytest.mark.parametrize(("form", "spellings"), ALIKE)
def test_spellings_of_one_value_share_a_text(form: str, spellings: list[str]) -> None:
    assert canonical(pl.Series(spellings), form).n_unique() == 1


def test_kinds_are_apart() -> None:
    assert canonical(pl.Series([True]), "boolean").item() != canonical(pl.Series([1]), "integer").item()
    assert canonical(pl.Series(["1"]), "boolean").item() != canonical(pl.Series(["1"]), "integer").item()
    day = pl.Series(["2024-02-03"])
    assert canonical(day, "date").item() != canonical(day, "timestamp").item()


def test_integers_and_numerics_are_one_kind_because_keys_of_both_refer_to_each_other() -> None:
    assert canonical(pl.Series([7]), "integer").item() == canonical(pl.Series(["7.00"]), "numeric").item()


def test_typed_columns_and_their_texts_agree() -> None:
    assert (
        canonical(pl.Series([1, None]), "integer").to_list() == canonical(pl.Series(["1", None]), "integer").to_list()
    )
    assert canonical(pl.Series([True]), "boolean").item() == canonical(pl.Series(["t"]), "boolean").item()
    assert canonical(pl.Series([b"\xde\xad"]), "bytes").item() == canonical(pl.Series(["\\xdead"]), "bytes").item()
    assert canonical(pl.Series(["2024-02-03"]).str.to_date(), "date").item() == "date:2024-02-03"


def test_what_is_none_of_its_form_stays_apart_from_all_that_are() -> None:
    for form in ("phone", "card", "numeric", "integer", "date", "timestamp", "uuid", "boolean", "bytes"):
        body = canonical(pl.Series(["-"]), form).item().partition(":")[2]
        assert body == "?-"


@pytest.mark.parametrize("form", FORMS)
def test_null_stays_null_and_the_body_comes_back(form: str) -> None:
    values = pl.Series("v", [None, "x1", None])

    tagged = canonical(values, form)

    assert tagged.is_null().to_list() == [True, False, True]
    assert tagged.name == "v"
    assert plain(tagged)[1] == tagged[1].partition(":")[2]


# Rust and Python may know different Unicode versions, so letters are drawn from blocks that both have long had.
LETTERS = st.characters(min_codepoint=1, max_codepoint=0x24F, exclude_categories=["Cs", "Cn"])
ODD = st.sampled_from([*"0123456789+-.eE:TZ ()/_,;#x\u00a0\u0301\u0661\uff11\u2013", "ext", "inf", "BC", "\\x", "{}"])
TEXTS = st.lists(st.one_of(ODD, LETTERS), max_size=12).map("".join)
# Lower case of these is decided by context or needs more than one letter, where languages differ.
PLAIN = TEXTS.filter(lambda text: not set(text) & set("İΣ\x1c\x1d\x1e\x1f"))


@pytest.mark.parametrize("form", [form for form in FORMS if form != "timestamp"])
@settings(deadline=None)
@given(values=st.lists(PLAIN, min_size=1, max_size=8))
def test_the_column_way_equals_the_reference(form: str, values: list[str]) -> None:
    assert canonical(pl.Series(values), form).to_list() == [reference.canonical(value, form) for value in values]


@settings(deadline=None)
@given(st.datetimes(), st.integers(-15 * 60, 15 * 60))
def test_instants_with_offsets_equal_the_reference(moment: object, minutes: int) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{moment:%Y}".zfill(4) + f"{moment:-%m-%d %H:%M:%S.%f}{sign}{size // 60:02}:{size % 60:02}"
    try:
        expected = reference.canonical(text, "timestamp")
    except OverflowError:  # within a day of the first and the last year that Python knows
        return
    if expected.startswith("timestamp:1-") or moment.year < 1000:
        return  # strftime of years before 1000 differs between platforms
    assert canonical(pl.Series([text]), "timestamp").item() == expected


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers(0, 5))
def test_numerics_do_not_depend_on_zeros(number: object, zeros: int) -> None:
    text = f"{number:f}"
    spelled = canonical(pl.Series([text, text + "0" * zeros]), "numeric")

    assert spelled[0] == spelled[1]


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_written_without_exponent(number: float) -> None:
    body = plain(canonical(pl.Series([repr(number)]), "numeric")).item()

    assert "e" not in body
    assert float(body) == number


def test_a_form_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="email"):
        canonical(pl.Series(["x"]), "e-mail")


def test_equality_of_the_column_s_type_is_respected() -> None:
    assert as_compared(pl.Series(["Ab "]), "citext").item() == "ab "
    assert as_compared(pl.Series(["Ab  "]), "bpchar").item() == "Ab"
    assert as_compared(pl.Series(["Ab "]), "varchar").item() == "Ab "
