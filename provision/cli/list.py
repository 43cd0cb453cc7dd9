"""``provision list``: what there is to choose from, as the plug-ins describe themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from provision.cli.command import Outcome, Session


class Kind(StrEnum):
    """What can be listed."""

    MASKS = "masks"
    DIALECTS = "dialects"
    CHECKS = "checks"


def list_(
    session: Session,  # noqa: ARG001  # every command has one
    kind: Annotated[Kind, typer.Argument(help="What to list.", show_default=False)],
) -> Outcome:
    """List masks, dialects or checks with what they take and promise."""
    from provision import wiring
    from provision.reports import terminal

    rows = wiring.listing(kind.value)
    header = tuple(rows[0]) if rows else ()
    return Outcome(data={kind.value: rows}, text=terminal.table([tuple(row.values()) for row in rows], header=header))
