"""``provision snapshot``: list, show, verify, tag and log the versions of the project's store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from provision.cli.command import Outcome, Session, finding_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.stages.snapshot import LogEntry, Snapshot, SnapshotInfo
    from provision.stages.snapshot.refs import RefEntry

Name = Annotated[str, typer.Argument(help="A recipe, tag:NAME, NAME@-1, or 8 digits of an id.", show_default=False)]
SHORT = 12  # digits of an id that people see


def list_(session: Session) -> Outcome:
    """List all versions, newest first."""
    from provision import wiring
    from provision.reports.terminal import table

    found = wiring.snapshots(folder=session.directory)
    rows = [
        (info.id[:SHORT], info.finished[:19], info.recipe, info.rows, ", ".join(info.names), _state(info))
        for info in found
    ]
    text = table(rows, header=("snapshot", "finished", "recipe", "rows", "names", "state"))
    return Outcome(
        data={"snapshots": [_info(info) for info in found]}, text=text or "no snapshots yet: run a recipe first"
    )


def show(session: Session, snapshot: Name) -> Outcome:
    """Show one version: what it holds, how it came to be, what was checked."""
    from provision import wiring

    found = wiring.show(snapshot, folder=session.directory)
    return Outcome(data=_snapshot(found), text=_text(found))


def verify(
    session: Session,
    snapshot: Annotated[str | None, typer.Argument(help="One version; the whole store without it.")] = None,
) -> Outcome:
    """Read every byte of a version, or of the store, and hold it to its hashes and signatures."""
    from provision import wiring
    from provision.errors import IntegrityError
    from provision.model.report import Severity

    found = wiring.verify(snapshot, folder=session.directory)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    lines = [f"{finding}" for finding in found]
    what = snapshot or "the store"
    lines.append(f"{what} is damaged: {len(errors)} findings" if errors else f"{what} is what it says it is")
    return Outcome(
        data={"ok": not errors, "findings": [finding_object(finding) for finding in found]},
        text="\n".join(lines),
        exit_code=IntegrityError.exit_code if errors else 0,
    )


def tag(
    session: Session,
    snapshot: Name,
    name: Annotated[str, typer.Argument(help="The tag.", show_default=False)],
) -> Outcome:
    """Let a tag stand for a version; where it stood before stays in its log."""
    from provision import wiring

    number = wiring.tag(snapshot, name, folder=session.directory)
    return Outcome(data={"tag": name, "move": number}, text=f"tag:{name} stands for {snapshot} (move {number})")


def log(
    session: Session,
    name: Annotated[str | None, typer.Argument(help="A recipe or tag:NAME; all runs without it.")] = None,
) -> Outcome:
    """Show the moves of a name, or all runs of the store, newest first."""
    from provision import wiring
    from provision.reports.terminal import table

    runs, moves = wiring.log(name, folder=session.directory)
    if name is not None:
        rows = [(f"#{move.seq}", move.at[:19], move.snapshot[:SHORT]) for move in moves]
        return Outcome(
            data={"moves": [_move(move) for move in moves]}, text=table(rows, header=("move", "at", "snapshot"))
        )
    shown = [(run.started[:19], run.recipe, run.outcome, run.snapshot[:SHORT] or run.code or "-") for run in runs]
    return Outcome(
        data={"runs": [_run(run) for run in runs]},
        text=table(shown, header=("started", "recipe", "outcome", "snapshot or code")) or "no runs yet",
    )


def _state(info: SnapshotInfo) -> str:
    signed = "signed" if info.signed_by else "not signed by a trusted key"
    return signed if info.passed else f"checks failed, {signed}"


def _info(info: SnapshotInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "content": info.content,
        "names": list(info.names),
        "recipe": info.recipe,
        "finished": info.finished,
        "tables": info.tables,
        "rows": info.rows,
        "passed": info.passed,
        "signed_by": list(info.signed_by),
    }


def _move(move: RefEntry) -> dict[str, Any]:
    return {"move": move.seq, "at": move.at, "snapshot": move.snapshot, "statement": move.statement}


def _run(run: LogEntry) -> dict[str, Any]:
    return {
        "run": run.run,
        "recipe": run.recipe,
        "started": run.started,
        "finished": run.finished,
        "outcome": run.outcome,
        "snapshot": run.snapshot or None,
        "code": run.code or None,
    }


def _snapshot(found: Snapshot) -> dict[str, Any]:
    told = found.statement
    return {
        "snapshot": found.id,
        "content": found.content,
        "rows": found.manifest.rows,
        "passed": found.passed,
        "signed_by": sorted(found.signed_by),
        "recipe": told.recipe.name if told else None,
        "as_of": told.as_of if told else None,
        "finished": told.finished if told else None,
        "git": told.git if told else None,
        "tables": {
            str(entry.name): {
                "rows": entry.rows,
                "parts": len(entry.parts),
                "masks": {column.name: column.mask.mask for column in entry.columns if column.mask},
            }
            for entry in found.manifest.tables
        },
        "checks": [{"check": check.check, "status": check.status.value} for check in (told.checks if told else ())],
    }


def _text(found: Snapshot) -> str:
    from provision.reports.escape import shown
    from provision.reports.terminal import table

    told = found.statement
    lines = [f"snapshot   {found.id}", f"content    {found.content}"]
    if told is not None:
        policies = ", ".join(f"{shown(policy.name)} {policy.sha256[:SHORT]}" for policy in told.policies)
        lines += [
            f"recipe     {shown(told.recipe.name)} {told.recipe.sha256[:SHORT]}  {shown(told.recipe.file)}",
            f"policies   {policies or 'none'}",
            f"as of      {told.as_of or '-'}",
            f"finished   {told.finished}",
            f"git        {told.git or '-'}",
        ]
    lines += [f"signed by  {', '.join(sorted(found.signed_by)) or 'no trusted key'}", ""]
    rows = [
        (entry.name, entry.rows, len(entry.parts), _masks(entry.columns))
        for entry in found.manifest.tables
        if entry.rows
    ]
    lines.append(table(rows, header=("table", "rows", "parts", "masks")))
    lines += ["", *_checks(told.checks)] if told is not None else []
    return "\n".join(lines)


def _masks(columns: Sequence[Any]) -> str:
    return ", ".join(f"{column.name}: {column.mask.mask}" for column in columns if column.mask)


def _checks(checks: Sequence[Any]) -> list[str]:
    from provision.reports.escape import shown

    wrong = [check for check in checks if check.status.value != "pass"]
    lines = [f"checks     {len(checks) - len(wrong)} pass, {len(wrong)} do not"]
    return lines + [f"  {check.status.value:<7} {shown(check.check)}: {shown(check.reason)}" for check in wrong]
