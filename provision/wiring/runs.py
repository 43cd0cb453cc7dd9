"""From a recipe's path to a plan, a run, a load or a reason: reads the files, opens the rooms, calls the pipeline."""

from __future__ import annotations

import os
import platform
import secrets
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from provision import __version__, pipeline
from provision.errors import RecipeError, UsageError
from provision.executors.local import Lanes, without_core_dumps
from provision.generators import words
from provision.model.load import Touched
from provision.model.names import TableName
from provision.model.project import LoadMode, SecretRef, SourceEntry, TargetEntry
from provision.model.statement import FileEntry, Statement
from provision.stages.extract import UNIT_ROWS
from provision.stages.plan import closure
from provision.stages.recipe.effective import effective_hash, policy_hash
from provision.stages.recipe.load import load_project, load_recipe
from provision.stages.recipe.supported import requires
from provision.stages.snapshot import open_snapshot
from provision.wiring import rooms
from provision.wiring.lanes import ENTRY, Setup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from provision.dialects.postgresql.source import PostgresSource
    from provision.model.catalog import Catalog
    from provision.model.load import LoadReport, TargetStatus
    from provision.model.plan import Plan
    from provision.model.run import RunReport
    from provision.model.secret import Secret
    from provision.ports import Listener, Store, Target
    from provision.registry import MaskSpec
    from provision.stages.plan.closure import Step
    from provision.stages.recipe.load import Loaded

EVIDENCE_KEY_BYTES = 32
GIT_S = 5.0  # a repository on a slow disk must not hold up a run


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a target holds, beside the version that its recipe or tag stands for now."""

    status: TargetStatus
    newest: str | None  # id of the newest snapshot of the recipe that the target was loaded from

    @property
    def current(self) -> bool:
        """Whether the target holds the newest snapshot, untouched."""
        return self.status.snapshot == self.newest and self.status.touched is Touched.NO


class Silence:
    """A listener that says nothing."""

    def stage(self, name: str, detail: str = "") -> None:
        """A stage begins."""

    def advance(self, what: str, rows: int, total: int | None = None) -> None:
        """Rows are done."""

    def note(self, message: str) -> None:
        """Something to know."""


def plan(path: Path, *, folder: Path) -> Plan:
    """What a run of the recipe would do; reads the catalog and no row."""
    opened = _Opened.of(path, folder=folder)
    return opened.plan(opened.source.reflect())


def run(
    path: Path,
    *,
    folder: Path,
    listener: Listener | None = None,
    lanes: int = 2,
    unit_rows: int = UNIT_ROWS,
    load: bool = True,
    as_of: str = "",
) -> RunReport:
    """Carry a recipe out, from its files to loaded targets.

    Args: lanes: worker processes. unit_rows: rows of a work unit. load: also load the recipe's targets. as_of: what ``:as_of`` means, instead of the
    snapshot's own time.
    """
    without_core_dumps()
    opened = _Opened.of(path, folder=folder, as_of=as_of)
    if missing := requires(opened.loaded.recipe):
        raise RecipeError(missing)
    project = opened.loaded.project
    keyring = rooms.keyring(project, opened.environ)
    signer = rooms.signing_key(project, opened.environ)
    evidence = secrets.token_bytes(EVIDENCE_KEY_BYTES)

    with Lanes(ENTRY, count=lanes) as team:

        def begin(plan: Plan, token: str, staging: Path) -> pipeline.Executor:
            setup = Setup(
                plan=plan,
                token=token,
                staging=str(staging),
                plugins=project.plugins,
                word_lists={spec.name: words.digest() for spec in opened.masks.values() if spec.words},
            )
            hidden = {"url": opened.url.reveal(), "keyring": keyring.to_wire(), "evidence": evidence}
            team.begin(setup=setup, secrets=hidden)
            return team

        tools = pipeline.Tools(
            masks=opened.masks,
            source=opened.source,
            store=rooms.open_project_store(project, opened.environ),
            kid=project.keys.current,
            key_check=keyring.check(project.keys.current),
            lanes=begin,
            signer=signer,
            trusted=rooms.trusted_keys(project, opened.environ),
            today=opened.today,
            listener=listener or Silence(),
            targets=[partial(opened.target, entry) for entry in opened.targets()] if load else (),
            unit_rows=unit_rows,
        )
        return pipeline.run(opened.loaded.recipe, opened.loaded.policies, _statement(opened), tools)


def why(path: Path, *, table: str, key: tuple[str, ...], folder: Path) -> tuple[Step, ...]:
    """The chain of rows that brings a row of the source in."""
    opened = _Opened.of(path, folder=folder)
    try:
        name = TableName.parse(table)
    except ValueError:
        raise UsageError("PRV807", f"{table} is no name of a table", fix="write `table` or `schema.table`") from None
    catalog = opened.source.reflect()
    planned = opened.plan(catalog)
    with opened.source.session() as session:
        return closure.explain(planned.closure, catalog=catalog, reader=session, table=name, key=key)


def load(
    name: str,
    to: str,
    *,
    folder: Path,
    listener: Listener | None = None,
    accept_failed: bool = False,
    trust_schema: bool = False,
    force: bool = False,
) -> LoadReport:
    """Load a published version into a target of the project, or into a database by its URL."""
    environ = dict(os.environ)
    project = load_project(folder)
    entry = next((entry for entry in project.targets if entry.name == to), None)
    if entry is None:
        if "://" not in to:
            known = ", ".join(target.name for target in project.targets) or "none"
            raise UsageError(
                "PRV808", f"there is no target {to}", fix=f"targets of the project: {known}; or give a URL"
            )
        entry = TargetEntry(name="url", url=SecretRef(text=to.replace("$", "$$"), folder=folder), load=LoadMode.REPLACE)
    tools = pipeline.LoadTools(
        store=rooms.open_project_store(project, environ, create=False),
        trusted=rooms.trusted_keys(project, environ),
        listener=listener or Silence(),
    )
    tools.listener.stage("load", f"{name} into {to if '://' not in to else 'the database'}")
    target = rooms.open_target(entry, environ, source=None, source_name="")
    for source in project.sources:
        rooms.refuse_source(source, entry, environ)
    return pipeline.load_snapshot(
        name, target, tools, accept_failed=accept_failed, trust_schema=trust_schema, force=force
    )


def statuses(*, folder: Path) -> tuple[Held, ...]:
    """What each target of the project holds, in the order of the project file."""
    environ = dict(os.environ)
    project = load_project(folder)
    held = []
    for entry in project.targets:
        status = rooms.open_target(entry, environ, source=None, source_name="").status()
        newest = None
        if status.snapshot is not None:
            newest = _newest(rooms.open_project_store(project, environ, create=False), status.snapshot)
        held.append(Held(status=status, newest=newest))
    return tuple(held)


def _newest(store: Store, held: str) -> str | None:
    """The newest snapshot of the recipe that a held one came from; None where this store does not know it."""
    try:
        told = open_snapshot(store, held).statement
        return open_snapshot(store, f"recipe:{told.recipe.name}").id if told is not None else None
    except UsageError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A recipe with its files read and its source at hand."""

    loaded: Loaded
    environ: dict[str, str]
    entry: SourceEntry
    url: Secret
    source: PostgresSource
    masks: Mapping[str, MaskSpec]
    today: date

    @classmethod
    def of(cls, path: Path, *, folder: Path, as_of: str = "") -> _Opened:
        """Read a recipe with all that belongs to it, and open its source."""
        environ = dict(os.environ)
        today = datetime.now(UTC).date()
        project = load_project(path.parent if path.is_absolute() else folder / path.parent)
        masks = rooms.mask_specs(project.plugins, folder=project.folder)
        loaded = load_recipe(path, folder=folder, masks=masks, today=today)
        ref = loaded.recipe.source
        entry = ref.inline if ref.inline is not None else loaded.project.source(ref.name)
        url = rooms.source_url(entry, environ)
        source = rooms.open_source_url(entry.name or "source", url, connections=entry.connections, as_of=as_of)
        return cls(loaded=loaded, environ=environ, entry=entry, url=url, source=source, masks=masks, today=today)

    def plan(self, catalog: Catalog) -> Plan:
        """The plan of the recipe over a catalog."""
        return pipeline.make_plan(
            self.loaded.recipe,
            self.loaded.policies,
            catalog=catalog,
            masks=self.masks,
            kid=self.loaded.project.keys.current,
            today=self.today,
        )

    def targets(self) -> tuple[TargetEntry, ...]:
        """The targets that the recipe loads, in its order."""
        return tuple(
            ref.inline if ref.inline is not None else self.loaded.project.target(ref.name)
            for ref in self.loaded.recipe.load
        )

    def target(self, entry: TargetEntry) -> Target:
        """One of them, opened and proven not to be the source."""
        return rooms.open_target(entry, self.environ, source=self.url, source_name=self.entry.name)


def _statement(opened: _Opened) -> Statement:
    """What is known of a run before it begins."""
    recipe = opened.loaded.recipe
    return Statement(
        recipe=FileEntry(name=recipe.name, file=recipe.file, sha256=effective_hash(recipe, opened.loaded.policies)),
        policies=tuple(
            FileEntry(name=policy.name, file=policy.file, sha256=policy_hash(policy))
            for policy in opened.loaded.policies
        ),
        git=_git_revision(opened.loaded.project.folder),
        tools={
            "provision": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("polars", "pyarrow", "psycopg")},
        },
    )


def _git_revision(folder: Path) -> str:
    """The revision of the folder's repository, with ``+dirty`` where files were changed; '' outside of one."""
    try:
        revision, changed = (
            subprocess.run(  # noqa: S603  # fixed words, and a folder of the user
                ["git", "-C", str(folder), *words],  # noqa: S607  # the user's own git
                capture_output=True,
                text=True,
                check=True,
                timeout=GIT_S,
                stdin=subprocess.DEVNULL,
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return revision + ("+dirty" if changed else "")
