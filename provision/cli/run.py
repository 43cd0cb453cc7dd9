"""``provision run``: the whole job, from recipe to loaded databases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provision.cli.command import Outcome, Session

CHANGED = 4


def run(
    session: Session,
    recipe: Annotated[Path, typer.Argument(help="The recipe to carry out.", show_default=False)],
    lanes: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 2,
    unit_rows: Annotated[int, typer.Option(min=1, help="Rows that a worker takes at a time.")] = 250_000,
    load: Annotated[bool, typer.Option("--load/--no-load", help="Load the recipe's targets at the end.")] = True,
    as_of: Annotated[str, typer.Option(help="The time that `:as_of` means, instead of the snapshot's.")] = "",
    detailed_exitcode: Annotated[bool, typer.Option(help="Leave with 4 where the content changed.")] = False,
) -> Outcome:
    """Take a subset, mask it, check it, publish a snapshot, and load it."""
    from provision import wiring
    from provision.reports import json, terminal
    from provision.reports.progress import Progress

    progress = Progress(redraw=session.interactive, quiet=session.quiet)
    try:
        report = wiring.run(
            session.path(recipe),
            folder=session.directory,
            listener=progress,
            lanes=lanes,
            unit_rows=unit_rows,
            load=load,
            as_of=as_of,
        )
    finally:
        progress.done()
    changed = detailed_exitcode and not report.unchanged
    return Outcome(data=json.run(report), text=terminal.run(report), exit_code=CHANGED if changed else 0)
