"""Fixtures live in named plug-ins under ``tests/support``; this file only lists them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # so that `support` is importable by name

pytest_plugins: list[str] = ["support.postgres", "support.roles"]
