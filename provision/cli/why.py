"""``provision why``: the chain of rows that brings a row in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provision.cli.command import Outcome, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.stages.plan.closure import Step


def why(
    session: Session,
    recipe: Annotated[Path, typer.Argument(help="The recipe.", show_default=False)],
    table: Annotated[str, typer.Argument(help="The row's table.", show_default=False)],
    key: Annotated[list[str], typer.Argument(help="The row's key in the source, a value for each column.")],
) -> Outcome:
    """Say which chain of rows, from a root, brings a row of the source in.

    It shows keys of the source, to the one who gave one and may read them there.
    """
    from provision import wiring

    steps = wiring.why(session.path(recipe), table=table, key=tuple(key), folder=session.directory)
    chain = [
        {
            "table": str(step.table),
            "key": list(step.key),
            "way": step.way,
            "arrow": step.arrow or None,
            "at": str(step.at) if step.at else None,
        }
        for step in steps
    ]
    return Outcome(data={"steps": chain}, text=_text(steps))


def _text(steps: Sequence[Step]) -> str:
    from provision.reports.terminal import table

    rows = []
    for step in steps:
        where = f" at {step.at}" if step.at else ""
        how = {"root": f"is a row of the root{where}", "all": "is in a table that is taken whole"}.get(
            step.way, f"is {step.way} the next row, along {step.arrow}"
        )
        rows.append((f"{step.table} ({', '.join(step.key)})", how))
    return table(rows)
