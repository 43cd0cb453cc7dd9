from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field, replace

import polars as pl
import pytest

from provision.errors import IntegrityError
from provision.model.load import TargetStatus, Touched
from provision.model.manifest import DdlEntry
from provision.model.names import TableName
from provision.stages.load import holds, load
from support.loadable import FakeSnapshot

A = TableName("public", "a")
ENTRIES = (DdlEntry(kind="TABLE", schema="public", name="a", section="pre-data", sql="create table a (id int)"),)


def a_snapshot(rows: int = 5) -> FakeSnapshot:
    return FakeSnapshot(
        id="1" * 64,
        content="2" * 64,
        server_version=180000,
        entries=ENTRIES,
        types={A: (("id", "integer"),)},
        frames={A: pl.DataFrame({"id": range(rows)})},
        last_values={TableName("public", "s"): 7},
        part_rows=2,
    )


@dataclass
class Recorder:
    """A target that writes down what is asked of it."""

    name: str = "dev"
    mode: str = "replace"
    lanes: int = 1
    loses: int = 0
    held: TargetStatus = field(default_factory=lambda: TargetStatus(target="dev", exists=False))
    broken: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)
    count: int = 0

    def heal(self):
        self.calls.append("heal")
        return ()

    def status(self):
        return self.held

    @contextlib.contextmanager
    def build(self, _snapshot):
        self.calls.append("build")
        try:
            yield self
        finally:
            self.calls.append("close")

    refresh = build

    def define(self, entry, *, lane):
        self.calls.append(f"define {entry.name}")

    def write(self, table, batches, *, lane):
        self.count = sum(batch.frame.height for batch in batches) - self.loses
        self.calls.append(f"rows {table}")
        return self.count

    def finish_table(self, table, *, lane):
        return self.count

    def set_sequence(self, name, last, *, lane):
        self.calls.append(f"sequence {name} {last}")

    def unvalidated(self):
        return self.broken

    def cancel(self):
        self.calls.append("cancel")

    def publish(self):
        self.calls.append("publish")
        return ()


def test_a_replace_builds_fills_verifies_and_publishes() -> None:
    target = Recorder()

    report = load(a_snapshot(), target, trusted=True, clock=itertools.count().__next__)

    assert target.calls == ["heal", "build", "define a", "rows a", "sequence s 7", "publish", "close"]
    assert report.rows == {A: 5}
    assert not report.unchanged
    assert list(report.seconds) == ["create", "schema", "rows", "publish"]


def test_a_refresh_defines_nothing() -> None:
    target = Recorder(mode="refresh")

    report = load(a_snapshot(), target, trusted=False)

    assert target.calls == ["heal", "build", "rows a", "sequence s 7", "publish", "close"]
    assert report.rows == {A: 5}


def test_a_schema_that_nobody_vouches_for_is_refused_before_anything_is_done() -> None:
    target = Recorder()

    with pytest.raises(IntegrityError) as caught:
        load(a_snapshot(), target, trusted=False)

    assert (caught.value.code, caught.value.exit_code, target.calls) == ("PRV607", 5, [])


def test_a_schema_that_the_user_vouches_for_is_loaded() -> None:
    assert load(a_snapshot(), Recorder(), trusted=False, trust_schema=True).rows == {A: 5}


@pytest.mark.parametrize("mode", ["replace", "refresh"])
def test_lost_rows_keep_the_load_from_being_published(mode: str) -> None:
    target = Recorder(mode=mode, loses=1)

    with pytest.raises(IntegrityError, match="a has 4 of 5 rows") as caught:
        load(a_snapshot(), target, trusted=True)

    assert caught.value.code == "PRV613"
    assert "publish" not in target.calls
    assert target.calls[-1] == "close"


def test_a_constraint_that_is_not_validated_keeps_the_load_from_being_published() -> None:
    target = Recorder(broken=("public.a a_check",))

    with pytest.raises(IntegrityError, match="a_check is not validated"):
        load(a_snapshot(), target, trusted=True)

    assert "publish" not in target.calls


HELD = TargetStatus(target="dev", exists=True, snapshot="9" * 64, content="2" * 64, touched=Touched.NO)


def test_the_same_content_untouched_is_not_loaded_again() -> None:
    target = Recorder(held=HELD)

    report = load(a_snapshot(), target, trusted=True)

    assert report.unchanged
    assert target.calls == ["heal"]


@pytest.mark.parametrize("change", [{"touched": Touched.YES}, {"touched": Touched.UNKNOWN}, {"content": "3" * 64}])
def test_in_doubt_a_target_does_not_hold_the_content(change: dict) -> None:
    assert not holds(replace(HELD, **change), a_snapshot())


def test_force_loads_what_is_there_already() -> None:
    assert not load(a_snapshot(), Recorder(held=HELD), trusted=True, force=True).unchanged
