"""``provision load``: a published snapshot into a target."""

from __future__ import annotations

from typing import Annotated

import typer

from provision.cli.command import Outcome, Session


def load(
    session: Session,
    snapshot: Annotated[str, typer.Argument(help="A recipe, tag, id, or NAME@-1.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="A target of provision.yaml, or a database URL.")],
    accept_failed: Annotated[bool, typer.Option(help="Load even a snapshot whose checks failed.")] = False,
    trust_schema: Annotated[bool, typer.Option(help="Run the schema of a snapshot that nobody vouches for.")] = False,
    force: Annotated[bool, typer.Option(help="Load even where the target holds this content untouched.")] = False,
) -> Outcome:
    """Load a version into a target: all of it or nothing."""
    from provision import wiring
    from provision.reports import json, terminal
    from provision.reports.progress import Progress

    progress = Progress(redraw=session.interactive, quiet=session.quiet)
    try:
        report = wiring.load(
            snapshot,
            to,
            folder=session.directory,
            listener=progress,
            accept_failed=accept_failed,
            trust_schema=trust_schema,
            force=force,
        )
    finally:
        progress.done()
    return Outcome(data={"loads": [json.load(report)]}, text=terminal.load(report))
