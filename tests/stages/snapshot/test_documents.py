"""Documents: one canonical form, read without trust."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import IntegrityError
from provision.model.manifest import Manifest, MaskIdentity, SequenceEntry
from provision.model.names import TableName
from provision.model.statement import CheckEntry, FileEntry, LineageEntry, Statement
from provision.stages.snapshot.documents import canonical, decode, encode, parse

WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PARAMETERS = st.dictionaries(
    WORD.filter(lambda word: word != "$integer"),
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | WORD,
)


# Its parameters may hold anything that JSON has; all other fields say what they are.
st.register_type_strategy(MaskIdentity, st.builds(MaskIdentity, mask=WORD, parameters=PARAMETERS))


@pytest.mark.parametrize("cls", [Manifest, Statement])
@given(data=st.data())
def test_every_document_reads_back_as_it_was(cls, data):
    made = data.draw(st.builds(cls, **({"keys": st.dictionaries(WORD, WORD)} if cls is Manifest else {})))
    written = canonical(encode(made))
    assert decode(cls, parse(written, "x"), "x") == made
    assert canonical(encode(decode(cls, parse(written, "x"), "x"))) == written


def test_fields_at_their_default_are_not_written():
    assert encode(LineageEntry(table="a", rows=0)) == {"table": "a", "rows": 0}


def test_numbers_that_json_readers_round_are_written_as_text():
    entry = SequenceEntry(name=TableName("public", "s"), last=2**63 - 1)
    assert b'"$integer":"9223372036854775807"' in canonical(encode(entry))


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a":1, "b":2}',
        b'{"a":1,"a":1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b'{"a":NaN}',
        b'{"a":9007199254740993}',
        b"\xff",
        b'{"a":',
        b"[" * 100_000,
        b'{"a":"\\u0041"}',
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_other_spellings_of_json_are_refused(data):
    with pytest.raises(IntegrityError) as caught:
        parse(data, "the manifest")
    assert caught.value.code == "PRV508"


@pytest.mark.parametrize(
    "value",
    [
        {"name": "dev", "sha256": "0", "more": 1},
        {"name": "dev"},
        {"name": "dev", "sha256": 7},
        {"name": "dev", "sha256": "0", "file": ""},
        {"name": True, "sha256": "0"},
        [],
        None,
        "x",
    ],
)
def test_other_fields_are_refused(value):
    with pytest.raises(IntegrityError) as caught:
        decode(FileEntry, value, "the statement")
    assert caught.value.code == "PRV508"


@pytest.mark.parametrize(
    "value", [{"check": "a", "status": "great"}, {"check": "a", "status": "pass", "observed": "1"}]
)
def test_other_words_are_refused(value):
    with pytest.raises(IntegrityError):
        decode(CheckEntry, value, "the statement")
