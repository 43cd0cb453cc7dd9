"""``provision status``: which snapshot each target holds."""

from __future__ import annotations

from typing import Annotated

import typer

from provision.cli.command import Outcome, Session

STALE = 4


def status(
    session: Session,
    check: Annotated[bool, typer.Option("--check", help="Leave with 4 where a target is touched or stale.")] = False,
) -> Outcome:
    """Show which snapshot each target of the project holds, and whether it was touched since."""
    from provision import wiring
    from provision.reports import json, terminal

    held = wiring.statuses(folder=session.directory)
    stale = check and any(not entry.current for entry in held)
    return Outcome(
        data={
            "targets": [
                {**json.status(entry.status), "newest": entry.newest, "current": entry.current} for entry in held
            ]
        },
        text=terminal.statuses([(entry.status, entry.newest) for entry in held]),
        exit_code=STALE if stale else 0,
    )
