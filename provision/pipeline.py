"""The stages in order, once. Everything that touches the world is handed in as `Tools`; detail is one level down."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from provision.errors import CheckError
from provision.model.evidence import merge_evidence
from provision.model.plan import Rows
from provision.model.run import RunReport, TableOutcome
from provision.model.statement import CheckEntry, LineageEntry, RuleEntry, SourceEntry
from provision.stages import load, validate
from provision.stages import policy as policies_stage
from provision.stages.extract import UNIT_ROWS, units
from provision.stages.plan import closure
from provision.stages.plan.build import build_plan, columns_to_decide
from provision.stages.plan.rows import plan_rows
from provision.stages.plan.sequences import last_values
from provision.stages.snapshot import begin, open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from provision.model.catalog import Catalog
    from provision.model.evidence import ColumnEvidence
    from provision.model.load import LoadReport
    from provision.model.manifest import DdlEntry, TableEntry
    from provision.model.names import ColumnName, TableName
    from provision.model.plan import Plan
    from provision.model.policy import Policy
    from provision.model.recipe import Recipe
    from provision.model.report import CheckResult
    from provision.model.selection import Selection
    from provision.model.statement import Statement
    from provision.ports import Listener, Source, Store, Target
    from provision.registry import MaskSpec
    from provision.stages.extract import Unit
    from provision.stages.snapshot import Draft, PublicKey, Published, RunFile, SigningKey


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UnitDone:
    """What a lane did with a unit: sorted runs in the staging folder, evidence, and the largest integers by column."""

    table: TableName
    rows: int
    runs: tuple[RunFile, ...]
    evidence: tuple[ColumnEvidence, ...]
    largest: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Merge:
    """A unit of another kind: merge a table's runs into parts."""

    table: TableName
    runs: tuple[RunFile, ...]


class Executor(Protocol):
    """Carries out units on lanes."""

    def add(self, unit: Unit | Merge) -> None:
        """Give the lanes one more unit."""

    def map(self, units: Iterable[Unit]) -> Iterator[UnitDone | TableEntry]:
        """Results of these units, and of those added meanwhile, as they become ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a run works with.

    ``lanes`` tells the lanes about (plan, snapshot token, staging folder). ``targets`` open those that the recipe
    loads; each proves that it is not the source.
    """

    masks: Mapping[str, MaskSpec]
    source: Source
    store: Store
    kid: str
    key_check: str  # public check value of the masking key
    lanes: Callable[[Plan, str, Path], Executor]
    signer: SigningKey
    trusted: tuple[PublicKey, ...]
    today: date
    listener: Listener
    targets: Sequence[Callable[[], Target]] = ()
    unit_rows: int = UNIT_ROWS
    clock: Callable[[], float] = time.monotonic

    def loading(self) -> LoadTools:
        """What of it a load needs."""
        return LoadTools(store=self.store, trusted=self.trusted, listener=self.listener)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTools:
    """What a load works with. ``trusted`` are the keys whose snapshots may bring their schema."""

    store: Store
    trusted: tuple[PublicKey, ...]
    listener: Listener


def make_plan(
    recipe: Recipe,
    policies: Sequence[Policy],
    *,
    catalog: Catalog,
    masks: Mapping[str, MaskSpec],
    kid: str,
    today: date,
) -> Plan:
    """Decide everything that can be decided before a row moves.

    Raises: SafetyError for undecided columns and weakened policies; RecipeError for all other mistakes at once.
    """
    rows = plan_rows(recipe, catalog)
    decided = policies_stage.resolve(
        recipe,
        policies,
        catalog=catalog,
        needed=columns_to_decide(catalog, rows),
        masks=masks,
        today=today,
    )
    decided.demand(catalog, rows.findings)
    return build_plan(recipe, catalog, rows, treatments=decided.treatments, masks=masks, kid=kid)


def run(recipe: Recipe, policies: Sequence[Policy], statement: Statement, tools: Tools) -> RunReport:
    """The whole job: plan, choose, extract and mask, snapshot, validate, publish, load.

    Args: statement: what is known of the run before it begins: recipe and policy hashes, git revision, tools.
    Raises: what the stages raise; until ``publish`` nothing is in the store but staged files, which are deleted.
    """
    watch = _Watch(tools)
    targets = [open_target() for open_target in tools.targets]  # one that is the source is refused before a row is read
    with begin(tools.store, recipe=recipe.name) as draft:
        with watch.stage("plan", f"recipe {recipe.name}"):
            catalog = tools.source.reflect()
            plan = make_plan(recipe, policies, catalog=catalog, masks=tools.masks, kid=tools.kid, today=tools.today)
        with tools.source.session() as session:
            with watch.stage("subset", f"{len(plan.tables)} tables, {len(plan.relations)} relations"):
                plan = replace(plan, as_of=session.as_of)
                selection = closure.close(plan.closure, catalog=catalog, reader=session)
                skipped = tuple(table.name for table in plan.tables if table.rows is Rows.SKIP)
                schema = tools.source.schema(token=session.token, skip=skipped)
            with watch.stage("extract", _amount(selection)):
                harvest = _extract(plan, selection, draft, tools, token=session.token)
        with watch.stage("validate", "leaks, references, roots, checks of the recipe"):
            rows = {name: entry.rows for name, entry in harvest.tables.items()}
            results = _validate(recipe, plan, harvest, rows, selection.dangling, tools)
        with watch.stage("publish"):
            published = _publish(
                draft,
                plan,
                harvest,
                selection=selection,
                ddl=schema.entries,
                results=results,
                statement=statement,
                tags=recipe.snapshot.tags,
                tools=tools,
            )
    if (error := validate.failed(results)) is not None:
        raise error
    loads = []
    for target in targets:
        with watch.stage("load", target.name):
            loads.append(load_snapshot(published.id, target, tools.loading()))
    notes = (*plan.notes, *(f"not in the copy: {what}" for what in schema.left_out))
    report = _report(replace(plan, notes=notes), selection, harvest, published, results)
    return replace(report, loads=tuple(loads), seconds=dict(watch.seconds))


@dataclass(slots=True, kw_only=True)
class _Harvest:
    """What the lanes brought in."""

    tables: dict[TableName, TableEntry] = field(default_factory=dict)
    evidence: dict[ColumnName, ColumnEvidence] = field(default_factory=dict)
    largest: dict[TableName, dict[str, int]] = field(default_factory=dict)


def _extract(plan: Plan, selection: Selection, draft: Draft, tools: Tools, *, token: str) -> _Harvest:
    """Extract and mask every unit on the lanes; merge a table as soon as its last unit is in."""
    work = units(plan, selection, rows=tools.unit_rows)
    open_units = Counter(unit.table for unit in work)
    runs: dict[TableName, list[RunFile]] = {name: [] for name in open_units}
    harvest = _Harvest()
    total = sum(chosen.rows or 0 for chosen in selection.tables.values())
    if work:
        lanes = tools.lanes(plan, token, draft.folder)
        for done in lanes.map(work):
            if not isinstance(done, UnitDone):
                harvest.tables[done.name] = done
                continue
            # Merged as it comes: sketches of thousands of units would not fit into memory.
            harvest.evidence = merge_evidence([*harvest.evidence.values(), *done.evidence])
            largest = harvest.largest.setdefault(done.table, {})
            for column, value in done.largest.items():
                largest[column] = max(value, largest.get(column, value))
            runs[done.table].extend(done.runs)
            tools.listener.advance(str(done.table), done.rows, total)
            open_units[done.table] -= 1
            if not open_units[done.table]:
                lanes.add(Merge(table=done.table, runs=tuple(runs.pop(done.table))))
    for table in plan.tables:
        if table.rows is not Rows.SKIP and table.name not in harvest.tables:
            harvest.tables[table.name] = draft.finish_table(table, ())
    return harvest


def _validate(
    recipe: Recipe,
    plan: Plan,
    harvest: _Harvest,
    rows: Mapping[TableName, int],
    dangling: Mapping[str, int],
    tools: Tools,
) -> tuple[CheckResult, ...]:
    """All checks; a leak raises, so that the draft deletes what was staged."""
    results = (
        *validate.leak_checks(harvest.evidence, tools.masks),
        *validate.reference_checks(plan, dangling),
        *validate.root_checks(plan, rows),
        *validate.row_count_checks(recipe.checks, rows),
    )
    if (error := validate.contaminated(results)) is not None:
        raise error
    return results


def _publish(
    draft: Draft,
    plan: Plan,
    harvest: _Harvest,
    *,
    selection: Selection,
    ddl: tuple[DdlEntry, ...],
    results: Sequence[CheckResult],
    statement: Statement,
    tags: Sequence[str],
    tools: Tools,
) -> Published:
    """Put the manifest together, say how it came to be, and publish; a failed check keeps it untagged."""
    manifest = draft.assemble(
        plan,
        tables=harvest.tables.values(),
        ddl=ddl,
        sequences=last_values(plan, harvest.largest),
        keys={tools.kid: tools.key_check} if any(c.mask for t in plan.tables for c in t.columns) else {},
    )
    told = replace(
        statement,
        rules=tuple(_rules(plan)),
        source=SourceEntry(
            name=tools.source.name,
            dialect=plan.catalog.dialect,
            server_version=plan.catalog.server_version,
            fingerprint=plan.catalog.fingerprint(),
        ),
        seed=plan.seed,
        as_of=plan.as_of,
        checks=tuple(CheckEntry.of(result) for result in results),
        lineage=tuple(
            LineageEntry(table=str(name), rows=entry.rows, via=selection.via.get(name, {}))
            for name, entry in sorted(harvest.tables.items())
            if entry.rows
        ),
    )
    passed = validate.failed(results) is None
    return draft.publish(manifest, told, signer=tools.signer, advance=passed, tags=tags)


def _rules(plan: Plan) -> Iterator[RuleEntry]:
    for table in plan.tables:
        for column in table.columns if table.rows in {Rows.ALL, Rows.RELATED} else ():
            decision = column.decision
            yield RuleEntry(
                column=f"{table.name}.{column.column.name}",
                rule=decision.rule,
                reason=decision.reason,
                at=str(decision.at) if decision.at else "",
                class_=column.class_,
            )


def load_snapshot(
    name: str,
    target: Target,
    tools: LoadTools,
    *,
    accept_failed: bool = False,
    trust_schema: bool = False,
    force: bool = False,
) -> LoadReport:
    """Load a published version, by any of its names, into a target.

    Raises: CheckError PRV706 for a snapshot whose checks failed. IntegrityError PRV607 where nobody vouches for its
    schema; and what opening and loading raise.
    """
    snapshot = open_snapshot(tools.store, name, trusted=tools.trusted)
    if not snapshot.passed and not accept_failed:
        raise CheckError(
            "PRV706",
            f"checks of snapshot {snapshot.id[:12]} failed, so it is not loaded",
            fix=f"see them with `provision snapshot show {name}`; --accept-failed loads it all the same",
        )
    moved: dict[str, int] = {}

    def progress(phase: str, table: TableName | None, rows: int) -> None:
        if phase == "rows" and table is not None:
            moved[str(table)] = moved.get(str(table), 0) + rows
            tools.listener.advance(f"{target.name}: {table}", rows, snapshot.manifest.rows)

    return load.load(
        snapshot,
        target,
        trusted=bool(snapshot.signed_by),
        trust_schema=trust_schema,
        force=force,
        progress=progress,
    )


def _report(
    plan: Plan,
    selection: Selection,
    harvest: _Harvest,
    published: Published,
    results: tuple[CheckResult, ...],
) -> RunReport:
    return RunReport(
        recipe=plan.recipe,
        snapshot=published.id,
        content=published.content,
        unchanged=published.unchanged,
        tables=tuple(
            TableOutcome(
                table=table.name,
                rows_rule=table.rows,
                rows=harvest.tables[table.name].rows,
                reason=table.reason,
                masked={c.column.name: c.mask.mask for c in table.columns if c.mask is not None},
                via=selection.via.get(table.name, {}),
            )
            for table in plan.tables
            if table.rows is not Rows.SKIP
        ),
        checks=results,
        dangling=selection.dangling,
        notes=plan.notes,
    )


def _amount(selection: Selection) -> str:
    rows = sum(chosen.rows or 0 for chosen in selection.tables.values())
    whole = sum(chosen.whole for chosen in selection.tables.values())
    return f"{rows:,} rows of {len(selection.tables) - whole} tables" + (f", {whole} whole tables" if whole else "")


class _Watch:
    """Tells the listener of stages and keeps their times."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, detail: str = "") -> Iterator[None]:
        self._tools.listener.stage(name, detail)
        began = self._tools.clock()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + self._tools.clock() - began
