"""Writes what follows from the code: docs/errors.md, docs/reference/cli.md, docs/reference/*.schema.json, masks.json.

``python docs/generate.py`` writes them, ``python docs/generate.py --check`` says which are out of date (exit 1).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer.main

from provision.cli.app import app
from provision.errors.codes import CODES
from provision.stages.recipe.index import INDEX, index_text
from provision.wiring import schema
from provision.wiring.rooms import mask_specs

DOCS = Path(__file__).parent
RANGES = {
    "1": "Files that users write",
    "2": "Planning",
    "3": "Databases",
    "4": "Masks and keys",
    "5": "Snapshots and stores",
    "6": "Loading",
    "7": "Checks and leaks",
    "8": "Servers, demo and command line",
}


def errors() -> str:
    """The page of all error codes."""
    lines = ["# Errors", "", "Generated from `provision/errors/codes/` by `make docs`.", ""]
    heading = ""
    for code in sorted(CODES.values(), key=lambda entry: entry.code):
        if (wanted := RANGES[code.code[3]]) != heading:
            heading = wanted
            lines += [f"## {heading}", ""]
        lines += [f"### {code.code}", "", f"**{code.title}**", "", code.why, "", f"*Fix:* {code.fix}", ""]
    return "\n".join(lines)


def commands() -> str:
    """The reference of the command line, as its own help prints it."""
    group = typer.main.get_command(app)
    lines = ["# Command line", "", "Generated from the commands' own help by `make docs`.", ""]
    for name in sorted(group.commands):
        lines += _command(group.commands[name], f"provision {name}")
    return "\n".join(lines)


def _command(command: object, path: str) -> list[str]:
    nested = getattr(command, "commands", None)
    if nested:
        return [line for name in sorted(nested) for line in _command(nested[name], f"{path} {name}")]
    lines = [f"## {path}", "", (command.help or "").strip(), ""]
    rows = []
    for parameter in command.params:
        if getattr(parameter, "hidden", False) or parameter.name == "help":
            continue
        names = ", ".join(f"`{option}`" for option in parameter.opts) if parameter.param_type_name == "option" else ""
        names = names or f"`{(parameter.metavar or parameter.name).upper()}`"
        rows.append(f"| {names} | {(getattr(parameter, 'help', '') or '').strip()} |")
    return [*lines, "| argument or option | meaning |", "|---|---|", *rows, ""]


def pages() -> dict[Path, str]:
    """All generated pages with their texts."""
    made = {DOCS / "errors.md": errors(), DOCS / "reference/cli.md": commands()}
    for kind in ("recipe", "policy", "project"):
        made[DOCS / f"reference/{kind}.schema.json"] = json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"
    made[INDEX] = index_text(mask_specs())  # so that `check` knows the masks without importing them
    return made


def main() -> int:
    """Write the pages, or say which differ."""
    check = "--check" in sys.argv[1:]
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    if check:
        for path in stale:
            print(f"out of date: {path.relative_to(DOCS.parent)}; run `make docs`")
        return 1 if stale else 0
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
