"""What all commands share: the common options, one JSON object on stdout, errors as one message, exit codes.

A command is a function of a `Session` and its own options that returns an `Outcome`; `expose` turns it into a typer
command. Progress and messages go to stderr, so stdout holds the outcome alone.
"""

from __future__ import annotations

import inspect
import json
import os
import platform
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provision import __version__
from provision.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.model.location import Location
    from provision.model.report import Finding

INTERRUPTED = 130
OUR_MISTAKE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """How a command was called: where it works and how it speaks."""

    directory: Path = field(default_factory=Path.cwd)  # -C
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    interactive: bool = False  # may ask, and may redraw lines

    def path(self, path: Path) -> Path:
        """A path as the user meant it, below ``-C``."""
        return path if path.is_absolute() else self.directory / path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command has to say: an object for programs, text for people, and the exit code."""

    data: dict[str, Any]
    text: str = ""
    exit_code: int = 0


COMMON = {
    "as_json": (bool, typer.Option("--json", help="Print one JSON object on stdout."), False),
    "directory": (
        Path,
        typer.Option("-C", "--directory", metavar="DIR", help="Work in this folder.", show_default=False),
        Path(),
    ),
    "quiet": (bool, typer.Option("-q", "--quiet", help="Only errors."), False),
    "verbose": (bool, typer.Option("-v", "--verbose", help="More of what happens."), False),
    "no_input": (bool, typer.Option("--no-input", help="Never ask, never redraw."), False),
}


def expose(app: typer.Typer, function: Callable[..., Outcome], *, name: str | None = None) -> None:
    """Register a command: its first parameter is the `Session`, the rest are its own arguments and options."""
    signature = inspect.signature(function, eval_str=True)
    own = list(signature.parameters.values())[1:]
    common = [
        inspect.Parameter(
            option, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[annotation, declared], default=default
        )
        for option, (annotation, declared, default) in COMMON.items()
    ]
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]

    def command(**given: Any) -> None:  # noqa: ANN401  # typer calls it with what the signature below says
        session = Session(
            directory=Path.cwd() / given.pop("directory"),
            as_json=given.pop("as_json"),
            quiet=given.pop("quiet"),
            verbose=given.pop("verbose"),
            interactive=not given.pop("no_input") and sys.stderr.isatty() and "CI" not in os.environ,
        )
        sys.exit(perform(function, session, **given))

    command.__doc__ = function.__doc__
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]  # typer reads the options off it
        parameters=[*own, *common], return_annotation=None
    )
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *common]}
    app.command(name or function.__name__.rstrip("_").replace("_", "-"))(command)


def perform(function: Callable[..., Outcome], session: Session, **given: object) -> int:
    """Call the command and print what it says; returns the exit code."""
    try:
        outcome = function(session, **given)
    except ProvisionError as error:
        _fail(error, session)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: nothing was published, and the target is as it was", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  # so that the interpreter's own flush stays silent
        return OUR_MISTAKE
    except Exception as error:  # noqa: BLE001  # whatever it is, its own words may quote a value: they are not shown
        _fail(crashed(error), session)
        return OUR_MISTAKE
    if session.as_json:
        print(json.dumps({"version": 1, **outcome.data}, ensure_ascii=False, default=str))  # noqa: T201
    elif outcome.text and not (session.quiet and outcome.exit_code == 0):
        print(outcome.text)  # noqa: T201
    return outcome.exit_code


def crashed(error: Exception) -> ProvisionError:
    """A mistake of ours as an error: class, places and versions, ready to paste into a report; no values."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames][-6:]
    versions = f"provision {__version__}, Python {platform.python_version()}, {platform.system()}"
    return ProvisionError(
        "PRV809",
        f"something went wrong that should not: {type(error).__name__}\n  at {' < '.join(reversed(ours))}\n  {versions}",
        fix="this is a mistake of ours: please report it with these lines; they hold no data",
    )


def error_object(error: ProvisionError) -> dict[str, Any]:
    """An error as programs read it: code, message, fix, place and findings."""
    findings: tuple[Finding, ...] = getattr(error, "findings", ())
    return {
        "code": error.code,
        "message": error.message,
        "fix": error.fix or None,
        "at": place(error.at),
        "exit_code": error.exit_code,
        "findings": [finding_object(finding) for finding in findings],
    }


def finding_object(finding: Finding) -> dict[str, Any]:
    """A finding as programs read it."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "where": finding.where or None,
        "at": place(finding.at),
        "count": finding.count,
        "fix": finding.fix or None,
    }


def place(at: Location | None) -> dict[str, Any] | None:
    """A place as programs read it."""
    return None if at is None else {"file": at.file, "line": at.line, "column": at.column}


def _fail(error: ProvisionError, session: Session) -> None:
    if session.as_json:
        print(json.dumps({"version": 1, "error": error_object(error)}, ensure_ascii=False))  # noqa: T201
    print(f"{error}", file=sys.stderr)  # noqa: T201
