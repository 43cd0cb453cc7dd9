"""``provision schema``: JSON Schemas of the files that users write, for editors."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provision.cli.command import Outcome, Session

if TYPE_CHECKING:
    from pathlib import Path


class File(StrEnum):
    """The files that users write."""

    RECIPE = "recipe"
    POLICY = "policy"
    PROJECT = "project"


def schema(
    session: Session,
    file: Annotated[File, typer.Argument(help="Which file.", show_default=False)],
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="List the tables and columns of this source.")
    ] = None,
) -> Outcome:
    """Print the JSON Schema of recipes, policies or the project file."""
    made = _live(file, source, session.directory) if source else _offline(file)
    return Outcome(data={"schema": made}, text=json.dumps(made, indent=2, ensure_ascii=False))


def _offline(file: File) -> dict[str, Any]:
    from provision.stages.recipe.index import built_in  # needs YAML
    from provision.stages.recipe.schema import json_schema

    return json_schema(file.value, masks=built_in())


def _live(file: File, source: str, folder: Path) -> dict[str, Any]:
    from provision import wiring  # heavy

    return wiring.schema(file.value, source=source, folder=folder)
