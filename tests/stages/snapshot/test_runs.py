"""Run files and their merge."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.errors import RunError
from provision.model.batch import SafeBatch
from provision.stages.snapshot import runs as module
from provision.stages.snapshot import write_run
from provision.stages.snapshot.runs import merged
from provision.stages.snapshot.shape import Shape, to_frame
from support.snapshots import PEOPLE, frame, people, stage, table_plan

TYPES = {
    "bigint": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
    "boolean": st.booleans(),
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
    | st.sampled_from(["", "a", "Z", "é", "\U0001f600", "\uffff"]),
}


def published(rows, order):
    """The order as documented, in plain Python."""

    def rank(value):
        return (value is None, value.encode() if isinstance(value, str) else (0 if value is None else value))

    return sorted(rows, key=lambda row: tuple(rank(row[column]) for column in order))


@st.composite
def tables(draw):
    types = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=4))
    rows = draw(st.lists(st.tuples(*(st.none() | TYPES[type_] for type_ in types)), max_size=60))
    plan_columns = {f"c{number}": type_ for number, type_ in enumerate(types)}
    key = draw(st.lists(st.sampled_from(sorted(plan_columns)), unique=True, max_size=2))
    pieces = draw(st.lists(st.integers(0, 5), min_size=len(rows), max_size=len(rows)))
    return table_plan(plan_columns, key=tuple(key)), rows, pieces


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), block=st.integers(1, 7), fan_in=st.integers(2, 4))
def test_however_rows_are_split_the_merge_is_the_published_order(table, block, fan_in, tmp_path_factory):
    plan, rows, pieces = table
    folder = tmp_path_factory.mktemp("runs")
    frames = [
        frame(plan, [row for row, at in zip(rows, pieces, strict=True) if at == piece]) for piece in sorted(set(pieces))
    ]
    shape = Shape.of_plan(plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FAN_IN", fan_in)
        patch.setattr(module, "_block_rows", lambda _: block)
        runs = stage(folder, plan, *frames)
        got = [row for batch in merged(runs, shape, folder=folder) for row in to_frame(batch).rows()]
    order = [shape.names.index(name) for name in shape.order]
    assert got == published(rows, order)


def test_a_merge_of_many_passes_leaves_only_the_given_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FAN_IN", 2)
    plan = table_plan({"id": "bigint"}, key=("id",))
    rows = list(range(90))
    random.Random(7).shuffle(rows)
    runs = stage(tmp_path, plan, *(frame(plan, [(row,) for row in rows[start::9]]) for start in range(9)))
    got = pl.concat([to_frame(block) for block in merged(runs, Shape.of_plan(plan), folder=tmp_path)])
    assert got["id"].to_list() == list(range(90))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(Path(run.path).name for run in runs)


def test_ranges_are_opened_one_after_another(tmp_path, monkeypatch):
    plan = table_plan({"id": "bigint"}, key=("id",))
    runs = stage(tmp_path, plan, *(frame(plan, [(start + n,) for n in range(10)]) for start in range(0, 100, 10)))
    opened = []
    cursor = module._Cursor
    monkeypatch.setattr(module, "_Cursor", lambda run, shape: opened.append(run) or cursor(run, shape))
    blocks = merged(list(reversed(runs)), Shape.of_plan(plan), folder=tmp_path)
    next(blocks)
    assert len(opened) == 1
    assert sum(block.num_rows for block in blocks) == 90


def test_a_batch_without_rows_makes_no_run(tmp_path):
    plan = table_plan({"id": "bigint"}, key=("id",))
    assert write_run(tmp_path, plan, SafeBatch(table=PEOPLE, frame=frame(plan, [])), unit="u") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "rows",
    [
        pl.DataFrame({"id": ["7"], "name": ["secret"]}),
        pl.DataFrame({"id": [7]}),
        pl.DataFrame({"name": ["secret"], "id": [7]}),
        pl.DataFrame({"id": [7], "name": ["secret"], "more": [1]}),
    ],
)
def test_rows_of_another_shape_are_refused_without_a_value(tmp_path, rows):
    plan = table_plan({"id": "bigint", "name": "text"}, key=("id",))
    with pytest.raises(RunError) as caught:
        write_run(tmp_path, plan, SafeBatch(table=PEOPLE, frame=rows), unit="u")
    assert caught.value.code == "PRV515"
    assert "secret" not in str(caught.value)


def test_run_files_are_the_owners_alone_and_tell_no_value(tmp_path):
    plan = table_plan({"id": "bigint", "email": "text", "active": "boolean", "mood": "mood"}, key=("email",))
    (run,) = stage(tmp_path, plan, people(3))
    assert Path(run.path).stat().st_mode & 0o777 == 0o600
    assert repr(run) == "RunFile(people, 3 rows)"


def test_wide_rows_make_short_blocks(tmp_path):
    plan = table_plan({"id": "bigint", "text": "text"}, key=("id",))
    rows = frame(plan, [(number, "x" * 100_000) for number in range(200)])
    runs = stage(tmp_path, plan, rows)
    blocks = [block.num_rows for block in merged(runs, Shape.of_plan(plan), folder=tmp_path)]
    assert sum(blocks) == 200
    assert max(blocks) <= module.BLOCK_BYTES // 100_000
