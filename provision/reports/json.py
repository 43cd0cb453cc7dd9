"""Plans, runs and lists as objects for programs: the versioned shape that ``--json`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.model.load import LoadReport, TargetStatus
    from provision.model.plan import ColumnPlan, Decision, Plan
    from provision.model.report import CheckResult, Finding
    from provision.model.run import RunReport


def run(report: RunReport) -> dict[str, Any]:
    """A run: snapshot, content, tables, checks, loads."""
    return {
        "recipe": report.recipe,
        "snapshot": report.snapshot,
        "content": report.content,
        "unchanged": report.unchanged,
        "rows": report.rows,
        "tables": {
            str(entry.table): {
                "rows": entry.rows,
                "rule": entry.rows_rule.value,
                "why": entry.reason,
                "masked": dict(entry.masked),
                "via": dict(entry.via),
            }
            for entry in report.tables
        },
        "dangling": dict(report.dangling),
        "checks": [check(result) for result in report.checks],
        "loads": [load(entry) for entry in report.loads],
        "notes": list(report.notes),
        "seconds": {stage: round(seconds, 3) for stage, seconds in report.seconds.items()},
    }


def plan(plan: Plan) -> dict[str, Any]:
    """A plan: tables with rows and columns, relations, what is not followed."""
    return {
        "recipe": plan.recipe,
        "fingerprint": plan.catalog.fingerprint(),
        "tables": {
            str(table.name): {
                "rows": table.rows.value,
                "why": table.reason,
                "key": list(table.key),
                "columns": {column.column.name: _column(column) for column in table.columns},
            }
            for table in plan.tables
        },
        "relations": [relation.arrow for relation in plan.relations],
        "ignored": [relation.arrow for relation in plan.ignored],
        "dropped": list(plan.dropped),
        "scans": list(plan.scans),
        "notes": list(plan.notes),
    }


def _column(column: ColumnPlan) -> dict[str, Any]:
    use = column.mask
    return {
        "type": column.column.type.sql,
        "origin": column.origin.value,
        "mask": use.mask if use else None,
        "domain": use.domain if use else None,
        "class": column.class_ or None,
        "decision": _decision(column.decision),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "rule": decision.rule,
        "reason": decision.reason or None,
        "at": str(decision.at) if decision.at else None,
    }


def check(result: CheckResult) -> dict[str, Any]:
    """A check and its verdict."""
    return {
        "check": result.check,
        "status": result.status.value,
        "severity": result.severity.value,
        "observed": result.observed,
        "limit": result.limit,
        "reason": result.reason or None,
        "findings": findings(result.findings),
    }


def load(report: LoadReport) -> dict[str, Any]:
    """A load."""
    return {
        "target": report.target,
        "mode": report.mode,
        "snapshot": report.snapshot,
        "content": report.content,
        "unchanged": report.unchanged,
        "rows": {str(table): count for table, count in report.rows.items()},
        "seconds": {phase: round(seconds, 3) for phase, seconds in report.seconds.items()},
        "findings": findings(report.findings),
    }


def status(held: TargetStatus) -> dict[str, Any]:
    """What a target holds."""
    return {
        "target": held.target,
        "exists": held.exists,
        "snapshot": held.snapshot,
        "content": held.content,
        "loaded_at": held.loaded_at,
        "touched": held.touched.value,
        "changed": list(held.changed),
        "reason": held.reason or None,
    }


def findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as data."""
    return [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "message": finding.message,
            "where": finding.where or None,
            "count": finding.count,
            "fix": finding.fix or None,
        }
        for finding in found
    ]
