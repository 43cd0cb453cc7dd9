"""Fixtures live in named plug-ins under ``tests/support``; this file only lists them."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # so that `support` is importable by name

pytest_plugins: list[str] = ["support.postgres", "support.roles"]

# Wall times are never asserted: a busy machine must not fail a property.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
