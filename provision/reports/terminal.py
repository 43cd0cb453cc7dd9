"""Plans, runs and lists as text for people: aligned columns, counts with separators, names escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.model.load import Touched
from provision.model.plan import Origin, Rows
from provision.model.report import Status
from provision.reports.escape import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provision.model.load import LoadReport, TargetStatus
    from provision.model.plan import ColumnPlan, Plan, TablePlan
    from provision.model.report import CheckResult
    from provision.model.run import RunReport

SHORT_ID = 12  # digits of a snapshot id that people see; more than enough to be unique in a store


def table(rows: Iterable[Sequence[object]], *, header: Sequence[str] = (), indent: str = "  ") -> str:
    """Align columns, numbers to the right with thousands separators, text to the left; '' without rows."""
    rows = list(rows)
    cells = [[f"{cell:,}" if isinstance(cell, int) else shown(str(cell)) for cell in row] for row in rows]
    numeric = [all(isinstance(row[i], int) for row in rows) for i in range(len(cells[0]))] if cells else []
    if not cells:
        return ""
    if header:
        cells.insert(0, [*header])
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = []
    for row in cells:
        parts = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numeric or [False] * len(row), strict=True)
        ]
        lines.append((indent + "  ".join(parts)).rstrip())
    return "\n".join(lines)


def plan(plan: Plan, *, columns: bool = True) -> str:
    """What a run would do: rows of each table and why, treatment of each column and who decided."""
    lines = [f"recipe {shown(plan.recipe)}: {len(plan.tables)} tables, {len(plan.relations)} relations", ""]
    lines.append(table([_table_row(entry) for entry in plan.tables], header=("table", "rows", "why", "masked columns")))
    if columns:
        for entry in plan.tables:
            if entry.rows in {Rows.ALL, Rows.RELATED}:
                lines += ["", shown(str(entry.name)), table([_column_row(column) for column in entry.columns])]
    if plan.dropped:
        lines += ["", f"foreign keys that leave with skipped tables: {', '.join(map(shown, plan.dropped))}"]
    if plan.ignored:
        lines += ["", "not followed: " + "; ".join(shown(relation.arrow) for relation in plan.ignored)]
    notes = [*(f"scan: {shown(scan)}" for scan in plan.scans), *(f"note: {shown(note)}" for note in plan.notes)]
    lines += ["", *notes] if notes else []
    return "\n".join(lines)


def _table_row(entry: TablePlan) -> tuple[str, str, str, str]:
    masked = [column.column.name for column in entry.columns if column.mask is not None]
    return str(entry.name), entry.rows.value, entry.reason, ", ".join(masked)


def _column_row(column: ColumnPlan) -> tuple[str, str, str, str]:
    use = column.mask
    what = column.origin.value if use is None else use.mask
    if column.origin is Origin.FOLLOWS:
        what = f"{what} (follows)" if use is not None else "kept (follows)"
    at = f"{column.decision.at}" if column.decision.at else ""
    return column.column.name, column.column.type.sql, what, " ".join(filter(None, (column.decision.rule, at)))


def run(report: RunReport) -> str:
    """What a run did, in the order of the stages."""
    taken = [entry for entry in report.tables if entry.rows]
    lines = [
        table(
            [(entry.table, entry.rows, entry.reason, _masks(entry.masked)) for entry in taken],
            header=("table", "rows", "why", "masked columns"),
        ),
        "",
    ]  # fmt: skip
    empty = [str(entry.table) for entry in report.tables if not entry.rows]
    if empty:
        lines += [f"without rows: {', '.join(map(shown, empty))}", ""]
    lines += [f"note: {shown(note)}" for note in report.notes]
    lines.append(checks(report.checks))
    same = ", unchanged" if report.unchanged else ""
    taken_words = f"{counted(report.rows, 'row')} in {counted(len(taken), 'table')}"
    lines.append(f"snapshot {report.snapshot[:SHORT_ID]}  {taken_words}{same}")
    lines += [load(entry) for entry in report.loads]
    return "\n".join(lines)


def counted(number: int, thing: str) -> str:
    """``1 row``, ``1,234 rows``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _masks(masked: Mapping[str, str]) -> str:
    """Columns by mask: ``email (email), name (first_name, last_name)``, masks that serve most columns first."""
    by_mask: dict[str, list[str]] = {}
    for column, mask in masked.items():
        by_mask.setdefault(mask, []).append(column)
    ordered = sorted(by_mask.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return ", ".join(mask if [mask] == columns else f"{mask} ({', '.join(columns)})" for mask, columns in ordered)


def checks(results: Sequence[CheckResult]) -> str:
    """One line that counts, and a line for every check that did not pass."""
    counts = {status: sum(result.status is status for result in results) for status in Status}
    words = ", ".join(f"{count} {status.value}" for status, count in counts.items() if count)
    lines = [f"checks   {words or 'none'}"]
    for result in results:
        if result.status is not Status.PASS:
            lines.append(f"  {result.status.value:<7} {shown(result.check)}: {shown(result.reason)}")
            lines += [f"  {finding}" for finding in result.findings]
    return "\n".join(lines)


def load(report: LoadReport) -> str:
    """One target of a run."""
    if report.unchanged:
        return f"load     {shown(report.target)}: unchanged, nothing was loaded"
    seconds = sum(report.seconds.values())
    lines = [f"load     {shown(report.target)}: {sum(report.rows.values()):,} rows, {report.mode}, {seconds:.1f} s"]
    lines += [f"  {finding}" for finding in report.findings]
    return "\n".join(lines)


def statuses(held: Sequence[tuple[TargetStatus, str | None]]) -> str:
    """What each target holds, beside the newest snapshot of the recipe that it was loaded from."""
    rows = []
    for status, newest in held:
        holds = status.snapshot[:SHORT_ID] if status.snapshot else "-"
        rows.append((status.target, holds, (status.loaded_at or "-")[:19], verdict(status, newest)))
    return table(rows, header=("target", "snapshot", "loaded at", "state")) or "the project has no targets"


def verdict(status: TargetStatus, newest: str | None) -> str:
    """A target's state in words."""
    if not status.exists:
        return "does not exist yet"
    if status.snapshot is None:
        return "never loaded"
    words = []
    if status.touched is Touched.YES:
        words.append(f"changed since: {', '.join(status.changed)}" if status.changed else "changed since")
    elif status.touched is Touched.UNKNOWN:
        words.append(f"may have changed: {status.reason}" if status.reason else "may have changed")
    if newest is not None and newest != status.snapshot:
        words.append(f"stale: the newest is {newest[:SHORT_ID]}")
    return "; ".join(words) or "up to date"
