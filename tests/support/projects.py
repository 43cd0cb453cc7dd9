"""Whole projects in a folder, run through the command line as a user would."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.model.secret import Secret

KEY = base64.b64encode(bytes(range(32))).decode()


@dataclass(slots=True)
class Project:
    """A folder with provision.yaml, recipes/ and recipes/policies/, and a way to call the command in it."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        """Write a file below the folder."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text))
        return target

    def call(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run ``provision`` with these arguments; neither a terminal nor the caller's keys are there."""
        return subprocess.run(
            [sys.executable, "-m", "provision", *arguments],
            cwd=self.folder,
            env=self._environ() | environ,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def begin(self, *arguments: str) -> Begun:
        """Begin to run ``provision``, and go on meanwhile."""
        process = subprocess.Popen(
            [sys.executable, "-m", "provision", *arguments],
            cwd=self.folder,
            env=self._environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        return Begun(process)

    def _environ(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PROVISION_", "PG"))}
        return clean | self.environ

    def run(self, recipe: str = "recipes/dev.yaml", *arguments: str, **environ: str) -> dict[str, Any]:
        """``provision run --json``, which must succeed; returns its object."""
        done = self.call("run", recipe, "--json", *arguments, **environ)
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout)

    def files(self) -> Iterator[Path]:
        """Every file that the project wrote."""
        return (path for path in (self.folder / ".provision").rglob("*") if path.is_file())


@dataclass(slots=True)
class Begun:
    """A command that is at work."""

    process: subprocess.Popen[str]

    def wait_for(self, stage: str) -> None:
        """Read what it says until it says that a stage begins."""
        assert self.process.stderr is not None
        assert any(line.startswith(stage) for line in self.process.stderr), f"it ended before {stage}"

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def ended(self) -> int:
        """Its exit code."""
        self.process.communicate(timeout=300)
        return self.process.returncode


def a_project(folder: Path, *, source: Secret, target: Secret, recipe: str, policy: str) -> Project:
    """A project whose source is ``prod`` and whose target is ``dev``; URLs and key come from the environment."""
    project = Project(folder, {"PROD_URL": source.text(), "DEV_URL": target.text(), "PROVISION_KEY": KEY, "CI": "true"})
    project.write(
        "provision.yaml",
        """\
        version: 1
        sources:
          prod: { url: "${PROD_URL}" }
        targets:
          dev: { url: "${DEV_URL}", load: replace, sessions: terminate }
        store: { url: .provision/store }
        keys: { current: k1, ring: { k1: "${PROVISION_KEY}" } }
        """,
    )
    project.write("recipes/dev.yaml", recipe)
    project.write("recipes/policies/pii.yaml", policy)
    return project


def values_found(project: Project, values: set[str]) -> set[str]:
    """Which of the values occur in any byte that the project wrote: as it lies there, and in decoded parts."""
    found: set[str] = set()
    for path in project.files():
        data = path.read_bytes()
        found |= {value for value in values if value.encode() in data}
        if path.suffix == ".parquet":
            frame = pl.read_parquet(data)
            text = "\n".join(
                frame.select(
                    pl.concat_str(pl.all().cast(pl.String), separator="\t", ignore_nulls=True).alias("all")
                ).to_series()
            )
            found |= {value for value in values if value in text}
    return found
