"""Logical hashes follow from the rows and their types alone."""

from __future__ import annotations

import hashlib
import json
import struct
from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.stages.snapshot.logical import TableHash
from provision.stages.snapshot.shape import Shape, to_arrow
from support.snapshots import frame, table_plan

COLUMNS = {"id": "bigint", "name": "text", "on": "boolean"}
GOLDEN = "0d759d3165a3fef07b1d5c3bf0daa117da8a3641f2bcf72fd72460b3acc4be4a"
ROWS = [(1, "é", True), (None, None, None), (-(2**63), "", False), (2**63 - 1, "x", None)]


def hashed(rows, columns=COLUMNS, cuts=()):
    plan = table_plan(columns)
    shape = Shape.of_plan(plan)
    table = TableHash(shape)
    bounds = [0, *sorted(cuts), len(rows)]
    for start, stop in pairwise(bounds):
        table.add(to_arrow(frame(plan, rows[start:stop]), shape))
    return table


def by_the_book(rows):
    """The definition of ``docs/reference/format.md``, value by value."""
    columns = []
    for number, (name, type_) in enumerate(COLUMNS.items()):
        marks, values = b"", b""
        for row in rows:
            value = row[number]
            if type_ == "text":
                data = None if value is None else value.encode()
                marks += struct.pack("<i", -1 if data is None else len(data))
                values += data or b""
            else:
                marks += bytes([value is not None])
                if value is not None:
                    values += struct.pack("<q", value) if type_ == "bigint" else bytes([value])
        digest = hashlib.sha256(hashlib.sha256(marks).digest() + hashlib.sha256(values).digest()).hexdigest()
        storage = {"bigint": "integer", "text": "text", "boolean": "boolean"}[type_]
        columns.append({"hash": digest, "name": name, "storage": storage, "type": type_})
    text = json.dumps({"columns": columns, "rows": len(rows)}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


VALUES = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.none() | st.booleans(),
)


@settings(deadline=None)
@given(rows=st.lists(VALUES, max_size=30), cuts=st.sets(st.integers(0, 30), max_size=5))
def test_the_hash_is_the_documented_one_whatever_the_batches(rows, cuts):
    cuts = [min(cut, len(rows)) for cut in cuts]
    assert hashed(rows, cuts=cuts).hexdigest() == by_the_book(rows)


def test_the_hash_of_fixed_rows_never_changes():
    assert hashed(ROWS).hexdigest() == by_the_book(ROWS) == GOLDEN


def test_everything_that_a_reader_could_see_shows():
    different = [
        hashed(ROWS),
        hashed(ROWS[:3]),
        hashed([ROWS[1], ROWS[0], *ROWS[2:]]),
        hashed([(1, "é", True), (0, None, None), *ROWS[2:]]),
        hashed([(1, "é", True), (None, "", None), *ROWS[2:]]),
        hashed([(1, "é", True), (None, None, False), *ROWS[2:]]),
        hashed(ROWS, {"id": "bigint", "other": "text", "on": "boolean"}),
        hashed(ROWS, {"id": "bigint", "name": "mood", "on": "boolean"}),
    ]
    assert len({table.hexdigest() for table in different}) == len(different)


def test_text_moved_between_rows_shows():
    assert hashed([(1, "ab", True), (1, "c", True)]).columns() != hashed([(1, "a", True), (1, "bc", True)]).columns()


def test_a_column_hash_shows_which_column_changed():
    before, after = hashed(ROWS).columns(), hashed([(1, "e", True), *ROWS[1:]]).columns()
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_text_under_a_null_does_not_show():
    shape = Shape.of_plan(table_plan({"name": "text"}))
    under = pa.StringArray.from_buffers(
        2, pa.array([0, 6, 7], pa.int32()).buffers()[1], pa.py_buffer(b"secretc"), pa.py_buffer(b"\x02"), 1
    )
    one, two = TableHash(shape), TableHash(shape)
    one.add(pa.table([under], schema=shape.schema))
    two.add(pa.table([pa.array([None, "c"], pa.string())], schema=shape.schema))
    assert one.hexdigest() == two.hexdigest()
