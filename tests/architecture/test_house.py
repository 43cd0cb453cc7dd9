"""The house keeps its rules: what is imported when, who makes masked rows, how big rooms are."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "provision"
HEAVY = {"polars", "pyarrow", "numpy", "sqlalchemy", "psycopg", "faker", "cryptography", "obstore", "sdv"}

# Rooms that may make a SafeBatch: the mask stage makes them, the snapshot stage reads back what was published.
MAKERS = {"provision/stages/mask.py", "provision/stages/snapshot"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    program = (
        "import sys\n"
        f"sys.argv = ['provision', *{arguments!r}]\n"
        "from provision.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sorted(name for name in sys.modules if '.' not in name))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.rpartition("LOADED ")[2].split())
    assert loaded & HEAVY == set()


def test_only_masking_makes_safe_batches():
    makers = set()
    for module in modules():
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SafeBatch":
                makers.add(module.relative_to(ROOT).as_posix())

    assert all(any(maker.startswith(room) for room in MAKERS) for maker in makers), makers


@pytest.mark.slow
def test_unmasked_rows_cannot_be_handed_to_what_takes_masked_ones(tmp_path):
    program = tmp_path / "leak.py"
    program.write_text(
        "from provision.model.batch import RawBatch, SafeBatch\n"
        "def store(part: SafeBatch) -> None: ...\n"
        "def leak(raw: RawBatch) -> None:\n    store(raw)\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(program)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )

    assert 'has incompatible type "RawBatch"; expected "SafeBatch"' in done.stdout


def test_every_module_says_what_lives_there():
    silent = [module for module in modules() if not ast.get_docstring(ast.parse(module.read_text()))]

    assert [module.relative_to(ROOT).as_posix() for module in silent] == []


def test_no_room_is_crowded():
    crowded = {
        module.relative_to(ROOT).as_posix(): lines
        for module in modules()
        if (lines := len(module.read_text().splitlines())) > 400
    }

    assert crowded == {}


def test_there_is_no_room_without_a_name():
    banned = {"utils", "helpers", "common", "core", "manager", "misc"}

    assert [module for module in modules() if module.stem in banned or module.parent.name in banned] == []
