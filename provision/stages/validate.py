"""What must hold before a snapshot is published: no leak, every reference met, no root empty, and the recipe's checks.

Leak-class failures contaminate: nothing is published and the run's staged parts are deleted at once. Results name
tables, columns and counts, never values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.errors import CheckError, SafetyError
from provision.model.plan import Dangling, Strength
from provision.model.report import CheckResult, Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provision.model.evidence import ColumnEvidence
    from provision.model.names import ColumnName, TableName
    from provision.model.plan import Plan
    from provision.model.recipe import CheckRule
    from provision.registry import MaskSpec

# A random permutation has one fixed point on average, and more than 12 with a probability of 10^-10 (Poisson).
FIXED_POINTS = 12


def leak_checks(
    evidence: Mapping[ColumnName, ColumnEvidence], masks: Mapping[str, MaskSpec]
) -> tuple[CheckResult, ...]:
    """One result for each masked column: nothing may come out as it went in.

    A row whose value is the same before and after fails, except for masks that may meet a value by chance, and for
    the few fixed points of a permutation. For injective masks, whose outputs are keyed hashes, no output at all may
    equal a source value of the column.
    """
    return tuple(_leak(column, seen, masks[seen.mask]) for column, seen in sorted(evidence.items()))


def _leak(column: ColumnName, seen: ColumnEvidence, spec: MaskSpec) -> CheckResult:
    strays = seen.before.common(seen.after) if spec.strength is Strength.INJECTIVE else 0
    survivors = 0 if spec.chance else seen.survivors
    if spec.strength is Strength.BIJECTIVE and seen.before.hashes.size <= FIXED_POINTS:
        survivors = 0
    name = f"leak {column}"
    if not survivors and not strays:
        return CheckResult(check=name, status=Status.PASS, observed=0, limit=0, reason=f"{seen.rows} values masked")
    words = []
    if survivors:
        words.append(f"{survivors} of {seen.rows} values came out of mask {seen.mask} as they went in")
    if strays:
        words.append(f"{strays} masked values equal source values of the column")
    finding = Finding(
        code="PRV701",
        message=f"{column}: {' and '.join(words)}",
        where=str(column),
        count=max(survivors, strays),
        fix="nothing was published; repair the mask, or choose another one for the column",
    )
    return CheckResult(
        check=name,
        status=Status.FAIL,
        observed=max(survivors, strays),
        limit=0,
        reason="; ".join(words),
        contaminates=True,
        findings=(finding,),
    )


def root_checks(plan: Plan, rows: Mapping[TableName, int]) -> tuple[CheckResult, ...]:
    """One result for each root table: a subset that starts from nothing is a mistake in its `where`."""
    results = []
    for table in sorted({root.table for root in plan.closure.roots}):
        taken = rows.get(table, 0)
        place = next(root.at for root in plan.closure.roots if root.table == table)
        finding = Finding(
            code="PRV702",
            message=f"root {table} has no rows",
            where=str(table),
            at=place,
            count=0,
            fix="look at the root's `where`: it selects nothing",
        )
        results.append(
            CheckResult(
                check=f"root {table}",
                status=Status.PASS if taken else Status.FAIL,
                observed=taken,
                limit=1,
                findings=() if taken else (finding,),
            )
        )
    return tuple(results)


def reference_checks(plan: Plan, dangling: Mapping[str, int]) -> tuple[CheckResult, ...]:
    """One result for each relation that holds in the snapshot.

    The closure has verified them all by an anti join over the chosen keys, and raises where one is violated; what is
    left to tell are references that pointed at no row in the source already. ``dangling`` counts them by arrow.
    """
    kept = {edge.relation.arrow for edge in plan.closure.edges if edge.dangling is Dangling.KEEP}
    results = []
    for relation in plan.relations:
        count = dangling.get(relation.arrow, 0)
        stay = count > 0 and relation.arrow in kept
        what = "were kept" if stay else "were cut or dropped"
        results.append(
            CheckResult(
                check=f"fk {relation.name}",
                status=Status.WARN if stay else Status.PASS,
                severity=Severity.WARN if stay else Severity.ERROR,
                observed=count,
                reason=f"{count} references that point at no row {what}" if count else "",
            )
        )
    return tuple(results)


def row_count_checks(rules: Iterable[CheckRule], rows: Mapping[TableName, int]) -> tuple[CheckResult, ...]:
    """One result for each table that a `row_count` of the recipe looks at; ``rows`` counts rows by table."""
    results = []
    for rule in rules:
        if rule.kind != "row_count":
            continue
        tables = sorted(name for name in rows if any(pattern.covers(name) for pattern in rule.on))
        results += [_row_count(rule, table, rows[table]) for table in tables]
    return tuple(results)


def _row_count(rule: CheckRule, table: TableName, count: int) -> CheckResult:
    least, most = rule.parameter("min"), rule.parameter("max")
    wrong = ""
    if isinstance(least, int) and count < least:
        wrong = f"{table} has {count} rows, fewer than {least}"
    elif isinstance(most, int) and count > most:
        wrong = f"{table} has {count} rows, more than {most}"
    status = Status.PASS
    if wrong:
        status = Status.WARN if rule.severity is Severity.WARN else Status.FAIL
    finding = Finding(
        code="PRV705",
        severity=rule.severity,
        message=wrong,
        where=str(table),
        at=rule.at,
        count=count,
        fix="look at the subset's roots and limits, or at the check's own bounds",
    )
    return CheckResult(
        check=rule.name or f"row_count {table}",
        status=status,
        severity=rule.severity,
        observed=count,
        limit=next((bound for bound in (least, most) if isinstance(bound, int)), None),
        reason=wrong or f"{count} rows",
        findings=(finding,) if wrong else (),
    )


def contaminated(results: Iterable[CheckResult]) -> SafetyError | None:
    """The error of a run whose rows must not be published; None if all is well."""
    failed = [result for result in results if result.contaminates and result.status is Status.FAIL]
    if not failed:
        return None
    findings = [finding for result in failed for finding in result.findings]
    return SafetyError(
        "PRV700",
        f"unmasked values survived in {len(failed)} columns: nothing was published, the staged parts are deleted",
        fix="repair the masks named below, then run again",
        findings=findings,
    )


def failed(results: Sequence[CheckResult]) -> CheckError | None:
    """The error of a run whose snapshot is kept untagged and not loaded; None if all gates passed."""
    gates = [r for r in results if r.status is Status.FAIL and r.severity is Severity.ERROR and not r.contaminates]
    if not gates:
        return None
    names = ", ".join(result.check for result in gates)
    return CheckError(
        "PRV704",
        f"{len(gates)} of {len(results)} checks failed: {names}",
        fix="the snapshot is kept untagged and was not loaded; look at it with `provision snapshot show`",
    )
