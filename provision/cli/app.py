"""The command ``provision``: a table of contents. Heavy imports happen inside the commands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from provision import __version__
from provision.cli import key, snapshot
from provision.cli.check import check
from provision.cli.command import expose
from provision.cli.demo import demo
from provision.cli.list import list_
from provision.cli.load import load
from provision.cli.plan import plan
from provision.cli.run import run
from provision.cli.schema import schema
from provision.cli.status import status
from provision.cli.why import why

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.cli.command import Outcome

HELP = "Safe, small, realistic copies of production databases for development and test, described as code."

app = typer.Typer(
    name="provision",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich costs 100 ms at every start
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def version(
    *,
    version: bool = typer.Option(False, "--version", help="Print the version and leave."),
) -> None:
    """Safe, small, realistic copies of production databases for development and test, described as code."""
    if version:
        print(f"provision {__version__}")  # noqa: T201
        sys.exit(0)


COMMANDS: tuple[Callable[..., Outcome], ...] = (run, check, plan, load, status, why, list_, schema, demo)
VERSIONS: tuple[Callable[..., Outcome], ...] = (
    snapshot.list_,
    snapshot.show,
    snapshot.verify,
    snapshot.tag,
    snapshot.log,
)
versions = typer.Typer(help="List, show, verify, tag and log versions.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(versions, name="snapshot")
keys = typer.Typer(help="Make masking keys.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys, name="key")
expose(keys, key.new)
for command in COMMANDS:
    expose(app, command)
for command in VERSIONS:
    expose(versions, command)


def main() -> None:
    """Entry point of the command."""
    app()
