"""Parts follow from the rows alone."""

from __future__ import annotations

import hashlib
import random
from itertools import pairwise

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provision import keyed
from provision.errors import IntegrityError
from provision.model.manifest import PartEntry
from provision.stages.snapshot import merge_table
from provision.stages.snapshot import parts as module
from provision.stages.snapshot import runs as run_module
from provision.stages.snapshot.parts import PartWriter, read_part
from provision.stages.snapshot.shape import Shape, key_text, ordered, to_arrow, to_frame
from support.snapshots import frame, stage, table_plan

COLUMNS = {"id": "bigint", "name": "text", "on": "boolean", "mood": "mood", "big": "bigint"}


def rows_of(count, seed=1):
    source = random.Random(seed)
    moods = ["glad", "sad", None]
    return [
        (
            number,
            None if source.random() < 0.2 else "é" * source.randrange(9),
            source.choice([True, False, None]),
            source.choice(moods),
            source.choice([None, -(2**63), 2**63 - 1, number]),
        )
        for number in range(count)
    ]


@pytest.fixture
def short(monkeypatch):
    """Cut every 16 rows or so, with small groups, so that little data shows what much data would."""
    monkeypatch.setattr(module, "CUT_MASK", 15)
    monkeypatch.setattr(module, "ROW_GROUP_ROWS", 7)
    monkeypatch.setattr(module, "MAX_PART_ROWS", 40)


@pytest.mark.parametrize("key", [("id",), ("name", "id"), ()])
@pytest.mark.parametrize("seed", range(6))
def test_lanes_units_and_order_of_rows_do_not_show(short, tmp_path, monkeypatch, key, seed):
    plan = table_plan(COLUMNS, key=key)
    rows = rows_of(400)
    (tmp_path / "one").mkdir()
    whole = merge_table(tmp_path / "one", plan, stage(tmp_path / "one", plan, frame(plan, rows)))
    source = random.Random(seed)
    source.shuffle(rows)
    units = source.randrange(1, 12)
    monkeypatch.setattr(run_module, "_block_rows", lambda _: source.randrange(1, 50))
    (tmp_path / "two").mkdir()
    runs = stage(tmp_path / "two", plan, *(frame(plan, rows[unit::units]) for unit in range(units)))
    assert merge_table(tmp_path / "two", plan, runs) == whole
    assert len(whole.parts) > 5


def test_a_part_ends_after_each_row_whose_key_says_so(short, tmp_path):
    plan = table_plan({"id": "bigint"}, key=("id",))
    entry = merge_table(tmp_path, plan, stage(tmp_path, plan, frame(plan, [(n,) for n in range(300)])))
    hashes = keyed.part_hash(pl.Series([str(n) for n in range(300)])).to_list()
    ends = []
    rows = 0
    for n, value in enumerate(hashes):
        rows += 1
        if value % 16 == 0 or rows == 40 or n == 299:
            ends.append(rows)
            rows = 0
    assert [part.rows for part in entry.parts] == ends


def test_most_parts_survive_a_row_that_is_added_and_one_that_is_gone(short, tmp_path):
    plan = table_plan({"id": "bigint", "name": "text"}, key=("id",))
    rows = [(number * 10, f"n{number}") for number in range(1000)]
    before = merge_table(tmp_path, plan, stage(tmp_path, plan, frame(plan, rows)))
    after = merge_table(tmp_path, plan, stage(tmp_path, plan, frame(plan, [*rows[:500], (5001, "new"), *rows[502:]])))
    changed = {part.hash for part in after.parts} - {part.hash for part in before.parts}
    assert 1 <= len(changed) <= 3


def test_keys_that_never_cut_still_make_parts_and_groups_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_cuts", lambda block, shape: __import__("numpy").empty(0, "int64"))
    monkeypatch.setattr(module, "ROW_GROUP_BYTES", 1000)
    monkeypatch.setattr(module, "MAX_PART_BYTES", 5000)
    plan = table_plan({"id": "bigint", "name": "text"}, key=("id",))
    rows = [(number, "x" * (number % 97)) for number in range(500)]
    entries = []
    for step in (500, 33, 1):
        folder = tmp_path / str(step)
        folder.mkdir()
        runs = stage(folder, plan, *(frame(plan, rows[at : at + step]) for at in range(0, 500, step)))
        entries.append(merge_table(folder, plan, runs))
    assert entries[0] == entries[1] == entries[2]
    for part in entries[0].parts:
        file = pq.ParquetFile(tmp_path / "1" / f"{part.hash}.parquet")
        sizes = [
            sum(8 + len(name) for name in file.read_row_group(group).column("name").to_pylist())
            for group in range(file.num_row_groups)
        ]
        assert all(size < 1000 + 8 + 97 for size in sizes)
        assert sum(sizes) < 5000 + 8 + 97


def test_a_validity_bitmap_without_nulls_and_text_under_a_null_do_not_show(tmp_path):
    shape = Shape.of_plan(table_plan({"name": "text"}))
    plain = pa.array(["a", None, "c"], pa.string())
    under = pa.StringArray.from_buffers(
        3, pa.array([0, 1, 9, 10], pa.int32()).buffers()[1], pa.py_buffer(b"asecret!?c"), pa.py_buffer(b"\x05"), 1
    )
    assert under.to_pylist() == plain.to_pylist()
    sliced = pa.array(["z", "a", None, "c", "z"], pa.string()).slice(1, 3)
    found = set()
    for number, values in enumerate((plain, under, sliced)):
        folder = tmp_path / str(number)
        folder.mkdir()
        writer = PartWriter(folder, shape)
        writer.add(pa.table([values], schema=shape.schema))
        found.add(writer.finish())
    assert len(found) == 1
    full = [
        pa.array(["a", "b"]),
        pa.StringArray.from_buffers(
            2, pa.array([0, 1, 2], pa.int32()).buffers()[1], pa.py_buffer(b"ab"), pa.py_buffer(b"\x03"), 0
        ),
    ]
    found = set()
    for number, values in enumerate(full):
        folder = tmp_path / f"full{number}"
        folder.mkdir()
        writer = PartWriter(folder, shape)
        writer.add(pa.table([values], schema=shape.schema))
        found.add(writer.finish())
    assert len(found) == 1


def test_a_part_reads_back_what_was_written(short, tmp_path):
    plan = table_plan(COLUMNS, key=("id",))
    rows = frame(plan, rows_of(200))
    entry = merge_table(tmp_path, plan, stage(tmp_path, plan, rows))
    shape = Shape.of_entry(entry)
    back = pl.concat(
        to_frame(block)
        for part in entry.parts
        for block in read_part((tmp_path / f"{part.hash}.parquet").read_bytes(), part, shape)
    )
    assert back.equals(ordered(rows, shape))
    assert back.schema == rows.schema


def test_some_columns_of_a_part_are_read_alone_in_the_order_asked(tmp_path):
    plan = table_plan(COLUMNS, key=("id",))
    entry = merge_table(tmp_path, plan, stage(tmp_path, plan, frame(plan, rows_of(20))))
    (part,) = entry.parts
    data = (tmp_path / f"{part.hash}.parquet").read_bytes()
    (block,) = read_part(data, part, Shape.of_entry(entry), columns=["mood", "id"])
    assert block.column_names == ["mood", "id"]


def test_the_type_of_the_database_is_in_the_field_metadata(tmp_path):
    plan = table_plan({"a.b": "mood", "id": "bigint"}, key=("id",))
    entry = merge_table(tmp_path, plan, stage(tmp_path, plan, frame(plan, [("glad", 1)])))
    file = pq.ParquetFile(tmp_path / f"{entry.parts[0].hash}.parquet")
    assert file.schema_arrow.field("a.b").metadata == {b"provision:type": b"mood"}
    encodings = [file.metadata.row_group(0).column(number).encodings for number in range(2)]
    assert "RLE_DICTIONARY" in encodings[0]
    assert "DELTA_BINARY_PACKED" in encodings[1]


@pytest.mark.parametrize("wrong", ["rows", "schema", "bytes", "metadata"])
def test_parquet_that_is_not_the_manifests_is_refused(tmp_path, wrong):
    plan = table_plan({"id": "bigint", "name": "text"}, key=("id",))
    shape = Shape.of_plan(plan)
    table = to_arrow(frame(plan, [(1, "secret")]), shape)
    rows = 2 if wrong == "rows" else 1
    if wrong == "schema":
        table = table.set_column(0, "id", table.column(0).cast(pa.int32()))
    if wrong == "metadata":
        table = table.replace_schema_metadata({"x": "y"})
    pq.write_table(table, tmp_path / "x")
    data = (tmp_path / "x").read_bytes()
    if wrong == "bytes":
        data = data[:100]
    part = PartEntry(hash=hashlib.sha256(data).hexdigest(), rows=rows, bytes=len(data))
    with pytest.raises(IntegrityError) as caught:
        list(read_part(data, part, shape))
    assert caught.value.code == "PRV512"
    assert "secret" not in str(caught.value)


def test_a_part_that_unpacks_to_more_than_a_part_may_is_refused(tmp_path, monkeypatch):
    plan = table_plan({"name": "text"})
    shape = Shape.of_plan(plan)
    pq.write_table(
        to_arrow(frame(plan, [("x" * 1_000_000,)]), shape), tmp_path / "x", compression="zstd", use_dictionary=False
    )
    data = (tmp_path / "x").read_bytes()
    assert len(data) < 10_000
    monkeypatch.setattr(module, "MAX_ROW_GROUP_BYTES", 500_000)
    with pytest.raises(IntegrityError):
        list(read_part(data, PartEntry(hash="0" * 64, rows=1, bytes=len(data)), shape))


def test_texts_of_several_columns_are_told_apart():
    values = [None, "", "-", "1:a", "a", "0:", "a-"]
    rows = [(a, b) for a in values for b in values]
    texts = key_text(pl.DataFrame(rows, schema=["a", "b"], orient="row"), ["a", "b"])
    assert texts.n_unique() == len(rows)
    assert texts.null_count() == 0


def test_parts_of_many_rows_are_of_about_32k_rows(tmp_path):
    plan = table_plan({"id": "bigint"}, key=("id",))
    entry = merge_table(tmp_path, plan, stage(tmp_path, plan, pl.DataFrame({"id": pl.int_range(600_000, eager=True)})))
    assert 8 <= len(entry.parts) <= 40
    assert sum(part.rows for part in entry.parts) == entry.rows == 600_000
    assert all(a.hash != b.hash for a, b in pairwise(entry.parts))


def test_chunks_of_pages_do_not_show(tmp_path):
    plan = table_plan({"id": "bigint", "name": "text", "mood": "mood"}, key=("id",))
    shape = Shape.of_plan(plan)
    source = random.Random(3)
    rows = [(n, source.randbytes(60).hex(), source.choice(["glad", "sad", None])) for n in range(30_000)]
    table = to_arrow(frame(plan, rows), shape)
    found = set()
    for step in (30_000, 777):
        folder = tmp_path / str(step)
        folder.mkdir()
        writer = PartWriter(folder, shape)
        for start in range(0, 30_000, step):
            writer.add(table.slice(start, step))
        found.add(writer.finish())
    assert len(found) == 1


def test_text_under_a_null_has_no_length():
    under = pa.StringArray.from_buffers(
        2, pa.array([0, 6, 7], pa.int32()).buffers()[1], pa.py_buffer(b"secretc"), pa.py_buffer(b"\x02"), 1
    )
    assert module.text_lengths(under).tolist() == [0, 1]
