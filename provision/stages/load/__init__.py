"""Load a snapshot into a target: the order of the work over `ports.Target`; SQL is the target's own affair.

`order` says what waits for what, `lanes` keeps several connections busy. Whether the schema may be trusted is decided
by the caller, who knows keys and stores.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provision.errors import IntegrityError
from provision.model.load import LoadReport, Touched
from provision.stages.load.lanes import Feed, run_steps
from provision.stages.load.order import order_of_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.model.batch import SafeBatch
    from provision.model.load import TargetStatus
    from provision.model.names import TableName
    from provision.model.report import Finding
    from provision.ports import Building, SnapshotReader, Target
    from provision.stages.load.order import Step


def load(
    snapshot: SnapshotReader,
    target: Target,
    *,
    trusted: bool,
    trust_schema: bool = False,
    force: bool = False,
    progress: Callable[[str, TableName | None, int], None] = lambda _phase, _table, _rows: None,
    clock: Callable[[], float] = time.monotonic,
) -> LoadReport:
    """Make the snapshot the state of the target, all of it or nothing.

    Args:
        snapshot: verified as it is read.
        target: replaced as a whole or refreshed in place, as its ``mode`` says.
        trusted: the snapshot's statement is signed by a trusted key, or was made by this store's own run.
        trust_schema: run the schema's statements although nobody vouches for them.
        force: load even where the target already holds this content untouched.
        progress: told (phase, table, rows) as the work goes on; called from the lanes' threads.
        clock: seconds, for the report.

    Returns: what was done; ``unchanged`` where the target held this content untouched and nothing was done.

    Raises:
        IntegrityError: PRV607 (schema not trusted), PRV613 (rows or constraints of the target differ).
        ProvisionError: what the target refuses or fails with; it is then what it was before.
    """
    began = clock()
    if target.mode == "replace" and not (trusted or trust_schema):
        raise IntegrityError(
            "PRV607",
            f"the schema of snapshot {snapshot.id[:12]} is not vouched for: it would run on {target.name} as code",
            fix="have the snapshot signed by a key under trust:, or look at its schema and give --trust-schema",
        )
    healed = target.heal()
    status = target.status()
    if not force and holds(status, snapshot):
        return _report(snapshot, target, unchanged=True, seconds={"compare": clock() - began}, findings=healed)
    work = _replace if target.mode == "replace" else _refresh
    rows, seconds, findings = work(snapshot, target, progress, clock)
    return _report(snapshot, target, rows=rows, seconds=seconds, findings=healed + findings)


def holds(status: TargetStatus, snapshot: SnapshotReader) -> bool:
    """Whether the target has exactly the snapshot's content and nobody touched it; in doubt it has not."""
    return status.exists and status.content == snapshot.content and status.touched is Touched.NO


_Done = tuple["dict[TableName, int]", "dict[str, float]", "tuple[Finding, ...]"]


def _replace(
    snapshot: SnapshotReader,
    target: Target,
    progress: Callable[[str, TableName | None, int], None],
    clock: Callable[[], float],
) -> _Done:
    """Build a database aside, verify it, let it take the target's place."""
    times = [clock()]
    expected = {table: snapshot.rows(table) for table in snapshot.tables()}
    order = order_of_work(snapshot.ddl(), expected)
    with target.build(snapshot) as building:
        times.append(clock())
        progress("schema", None, 0)
        for entry in order.schema:
            building.define(entry, lane=0)
        times.append(clock())
        site = _Site(snapshot, building, order.steps, progress)
        run_steps(order.steps, lanes=building.lanes, work=site.work, may_join=site.may_join, cancel=building.cancel)
        times.append(clock())
        progress("publish", None, 0)
        for name, last in sorted(snapshot.sequences().items()):
            building.set_sequence(name, last, lane=0)
        _verify(target.name, expected=expected, found=site.rows, unvalidated=building.unvalidated())
        published = building.publish()
        times.append(clock())
    phases = ("create", "schema", "rows", "publish")
    seconds = {phase: end - start for phase, start, end in zip(phases, times, times[1:], strict=False)}
    return site.rows, seconds, (*site.findings, *published)


def _refresh(
    snapshot: SnapshotReader,
    target: Target,
    progress: Callable[[str, TableName | None, int], None],
    clock: Callable[[], float],
) -> _Done:
    """Replace the rows in one transaction, on one lane."""
    times = [clock()]
    rows: dict[TableName, int] = {}
    expected = {table: snapshot.rows(table) for table in snapshot.tables()}
    with target.refresh(snapshot) as loading:
        times.append(clock())
        for table in snapshot.tables():
            rows[table] = loading.write(table, snapshot.batches(table), lane=0) if expected[table] else 0
            progress("rows", table, rows[table])
        for name, last in sorted(snapshot.sequences().items()):
            loading.set_sequence(name, last, lane=0)
        times.append(clock())
        _verify(target.name, expected=expected, found=rows, unvalidated=())
        progress("publish", None, 0)
        findings = loading.publish()
        times.append(clock())
    phases = ("prepare", "rows", "publish")
    return rows, {p: end - start for p, start, end in zip(phases, times, times[1:], strict=False)}, findings


class _Site:
    """The building site: what each step means, shared by the lanes."""

    def __init__(
        self,
        snapshot: SnapshotReader,
        building: Building,
        steps: tuple[Step, ...],
        progress: Callable[[str, TableName | None, int], None],
    ) -> None:
        self.building = building
        self.steps = steps
        self.progress = progress
        self.rows: dict[TableName, int] = {}
        self.findings: list[Finding] = []
        self.feeds: dict[int, Feed[SafeBatch]] = {
            place: Feed(iter(snapshot.batches(step.table)))
            for place, step in enumerate(steps)
            if step.kind == "rows" and step.table is not None
        }

    def may_join(self, step: int) -> bool:
        return not self.feeds[step].finished

    def work(self, step: int, lane: int) -> None:
        what = self.steps[step]
        if what.entry is not None:
            self.progress("define", what.table, 0)
            self.building.define(what.entry, lane=lane)
        elif what.table is None:
            raise AssertionError("a step without an entry has a table")
        elif what.kind == "rows":
            self.progress("rows", what.table, self.building.write(what.table, self.feeds[step], lane=lane))
        elif what.kind == "finish":
            self.rows[what.table] = self.building.finish_table(what.table, lane=lane)
            self.progress("finish", what.table, self.rows[what.table])
        elif (finding := self.building.refresh_view(what.table, lane=lane)) is not None:
            self.findings.append(finding)


def _verify(
    target: str, *, expected: dict[TableName, int], found: dict[TableName, int], unvalidated: tuple[str, ...]
) -> None:
    wrong = [
        f"{table} has {found.get(table, 0)} of {rows} rows"
        for table, rows in sorted(expected.items())
        if found.get(table, 0) != rows
    ]
    wrong += [f"{constraint} is not validated" for constraint in unvalidated]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise IntegrityError(
            "PRV613",
            f"{target} does not hold what the snapshot says: {'; '.join(wrong[:5])}{more}",
            fix="the target was left as it was; run `provision snapshot verify`, then load again",
        )


def _report(
    snapshot: SnapshotReader,
    target: Target,
    *,
    unchanged: bool = False,
    rows: dict[TableName, int] | None = None,
    seconds: dict[str, float],
    findings: tuple[Finding, ...],
) -> LoadReport:
    return LoadReport(
        target=target.name,
        mode=target.mode,
        snapshot=snapshot.id,
        content=snapshot.content,
        unchanged=unchanged,
        rows=rows or {},
        seconds=seconds,
        findings=findings,
    )
