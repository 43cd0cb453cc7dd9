"""The command ``provision``: a table of contents. Heavy imports happen inside the commands."""

from __future__ import annotations

import sys

import typer

from provision import __version__

app = typer.Typer(
    name="provision",
    help="Safe, small, realistic copies of production databases for development and test, described as code.",
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


def main() -> None:
    """Entry point of the command."""
    app()
