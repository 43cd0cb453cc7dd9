"""What a lane does: join the snapshot, read a unit's rows, mask them, stage them sorted.

`start` is called once in each lane with the secrets that came over its socket; it returns what is called with units.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from provision.keyed import Keyring
from provision.model.evidence import merge_evidence
from provision.model.plan import Family
from provision.model.secret import Secret
from provision.pipeline import Merge, UnitDone
from provision.stages.extract import extract
from provision.stages.mask import Masker
from provision.stages.snapshot import merge_table, write_run
from provision.wiring.rooms import mask_specs, open_source_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.batch import SafeBatch
    from provision.model.evidence import ColumnEvidence
    from provision.model.manifest import TableEntry
    from provision.model.plan import Plan, TablePlan
    from provision.ports import Source
    from provision.stages.extract import Unit
    from provision.stages.snapshot import RunFile

ENTRY = "provision.wiring.lanes:start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What all units of a run share: pure data, no secret."""

    plan: Plan
    token: str  # of the snapshot that all lanes join
    staging: str
    plugins: tuple[str, ...] = ()
    word_lists: Mapping[str, str] = field(default_factory=dict)  # mask -> hash of its word lists


def start(secrets: dict[str, bytes], setup: Setup) -> Lane:
    """Open what a lane works with. Secrets: ``url`` of the source, ``keyring``, ``evidence``."""
    masker = Masker(
        masks=mask_specs(setup.plugins),
        keyring=Keyring.from_wire(secrets["keyring"]),
        evidence_key=secrets["evidence"],
    )
    return Lane(open_source_url("source", Secret(secrets["url"])), masker, setup)


class Lane:
    """Works on units, one after another. Its connection stays open, inside the shared snapshot, as long as it lives."""

    def __init__(self, source: Source, masker: Masker, setup: Setup) -> None:
        self._masker = masker
        self._plan = setup.plan
        self._staging = Path(setup.staging)
        self._word_lists = setup.word_lists
        self._open = ExitStack()  # closed by the end of the process
        self._session = self._open.enter_context(source.session(setup.token))

    def __call__(self, unit: Unit | Merge) -> UnitDone | TableEntry:
        """Extract, mask and stage a unit, or merge a table's runs."""
        plan = self._plan.table(unit.table)
        if isinstance(unit, Merge):
            return merge_table(self._staging, plan, unit.runs, word_lists=self._word_lists)
        runs: list[RunFile] = []
        seen: list[ColumnEvidence] = []
        rows = 0
        largest: dict[str, int] = {}
        for raw in extract(unit, plan, self._session):
            safe, evidence = self._masker.mask(raw, plan)
            seen.extend(evidence)
            rows += safe.frame.height
            for column, value in _largest(safe, plan).items():
                largest[column] = max(value, largest.get(column, value))
            if (run := write_run(self._staging, plan, safe, unit=unit.number)) is not None:
                runs.append(run)
        return UnitDone(
            table=unit.table,
            rows=rows,
            runs=tuple(runs),
            evidence=tuple(merge_evidence(seen).values()),
            largest=largest,
        )


def _largest(batch: SafeBatch, plan: TablePlan) -> dict[str, int]:
    """The largest value of each integer column, for sequences that must go on after it."""
    found = {}
    for column in plan.stored:
        if column.family is Family.INTEGER:
            value = batch.frame.get_column(column.column.name).max()
            if isinstance(value, int):
                found[column.column.name] = value
    return found
