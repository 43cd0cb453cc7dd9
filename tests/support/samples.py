"""The public sample databases beside the repository; tests that want them say so when they are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[3] / "shared" / "data"


def sample(name: str) -> Path:
    """A file of the samples; skips the test where the folder is absent."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"the sample databases are not beside the repository: no {name} in ../shared/data")
    return path
