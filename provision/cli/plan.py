"""``provision plan``: what a run would do; no row is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provision.cli.command import Outcome, Session


def plan(
    session: Session,
    recipe: Annotated[Path, typer.Argument(help="The recipe to plan.", show_default=False)],
    columns: Annotated[bool, typer.Option("--columns/--tables", help="Show every column, or tables alone.")] = True,
) -> Outcome:
    """Show which rows a recipe takes and why, how each column is treated and who decided; read no row."""
    from provision import wiring
    from provision.reports import json, terminal

    made = wiring.plan(session.path(recipe), folder=session.directory)
    return Outcome(data=json.plan(made), text=terminal.plan(made, columns=columns))
