"""What stages say about their work: findings and check results. They name and count; they never quote a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.model.location import Location


class Severity(StrEnum):
    """``error`` gates, ``warn`` reports, ``info`` explains."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"


class Status(StrEnum):
    """Outcome of a check. ``skipped`` is visible and carries its reason."""

    PASS = "pass"  # noqa: S105  # a verdict
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check, lint or detector reports: code, severity, where, count and fix; never a value."""

    code: str
    severity: Severity = Severity.ERROR
    message: str
    where: str = ""  # "orders.total", "fk orders_customer_id_fkey"
    at: Location | None = None
    count: int | None = None
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        severity = "" if self.severity is Severity.ERROR else f"{self.severity.value}: "
        excerpt = f"\n{self.at.excerpt()}" if self.at and self.at.text else ""
        fix = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{place}{self.code} {severity}{self.message}{excerpt}{fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check that ran, or says why it did not."""

    check: str  # "fk orders_customer_id_fkey", "leak customers.email"
    status: Status
    severity: Severity = Severity.ERROR
    observed: float | int | None = None
    limit: float | int | None = None
    reason: str = ""  # why skipped, or what was seen, in words and counts
    contaminates: bool = False  # a leak-class failure: nothing is published, staged data are deleted
    findings: tuple[Finding, ...] = field(default=())
