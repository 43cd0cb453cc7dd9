"""How a snapshot came to be: one statement for each run, signed, about a manifest that says what the data are.

It holds what a manifest must not: times, versions, rules with their places, verdicts. ``stages/snapshot`` writes it as
an in-toto Statement. Names, counts and hashes only; values and secrets are never in it.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # the codec reads the annotations
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provision.model.report import Severity, Status

if TYPE_CHECKING:
    from provision.model.report import CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A recipe or policy: its name, its file ('' for a built-in pack) and the hash of its effective form."""

    name: str
    file: str = ""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """Who decided about a column: the rule's words, its reason and its place (``file:line:column``)."""

    column: str  # "orders.total"
    rule: str
    reason: str = ""
    at: str = ""
    class_: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """Where the rows came from. ``fingerprint`` is of the catalog; no address and no role is told."""

    name: str
    dialect: str
    server_version: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEntry:
    """A finding of a check: code, words, where and how many."""

    code: str
    message: str
    severity: Severity = Severity.ERROR
    where: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEntry:
    """The verdict of a check."""

    check: str
    status: Status
    severity: Severity = Severity.ERROR
    observed: float | int | None = None
    limit: float | int | None = None
    reason: str = ""
    findings: tuple[FindingEntry, ...] = ()

    @classmethod
    def of(cls, result: CheckResult) -> CheckEntry:
        """The entry of a check's result; places in users' files are left out."""
        findings = tuple(
            FindingEntry(
                code=finding.code,
                message=finding.message,
                severity=finding.severity,
                where=finding.where,
                count=finding.count,
            )
            for finding in result.findings
        )
        return cls(
            check=result.check,
            status=result.status,
            severity=result.severity,
            observed=result.observed,
            limit=result.limit,
            reason=result.reason,
            findings=findings,
        )

    @property
    def gates(self) -> bool:
        """Whether this verdict keeps a snapshot from being tagged and loaded."""
        return self.severity is Severity.ERROR and self.status in {Status.FAIL, Status.ERROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageEntry:
    """A table's rows, and what brought them: "root", "all" or an arrow -> rows that came that way first."""

    table: str
    rows: int
    via: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One run. ``run``, ``content``, ``parent`` and ``finished`` are filled in when it is published.

    Times are ISO 8601 instants in UTC. ``as_of`` is the source's own time of the shared snapshot.
    ``git`` is the recipe's revision, with ``+dirty`` where files were changed since, '' outside a repository.
    """

    recipe: FileEntry
    policies: tuple[FileEntry, ...] = ()
    rules: tuple[RuleEntry, ...] = ()
    git: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)  # "provision", "polars", "pyarrow", "python" -> version
    source: SourceEntry | None = None
    seed: int = 0
    as_of: str | None = None
    checks: tuple[CheckEntry, ...] = ()
    lineage: tuple[LineageEntry, ...] = ()
    rows: int = 0
    started: str = ""
    finished: str = ""
    run: str = ""
    content: str = ""
    parent: str | None = None  # id that the recipe's ref had before

    @property
    def passed(self) -> bool:
        """Whether no check gates."""
        return not any(check.gates for check in self.checks)
