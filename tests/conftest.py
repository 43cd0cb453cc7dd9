"""Fixtures live in named plug-ins under ``tests/support``; this file lists them, and says which rooms are slow."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # so that `support` is importable by name

pytest_plugins: list[str] = ["support.postgres", "support.roles"]

# Whole rooms that start servers, build databases, or draw hundreds of examples: `make quick` leaves them out.
SLOW_ROOMS = (
    "contracts/test_masks.py",
    "demo",
    "dialects/postgresql/target",
    "dialects/postgresql/test_dump.py",
    "dialects/postgresql/test_source.py",
    "servers",
    "stages/plan/closure/test_oracle.py",
    "stages/plan/closure/test_why.py",
    "stages/recipe/test_schema.py",
    "stages/snapshot/test_draft.py",
    "stages/snapshot/test_verification.py",
)

# Wall times are never asserted: a busy machine must not fail a property.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("house"), max_examples=10)
settings.load_profile(os.environ.get("PROVISION_TEST_PROFILE", "house"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow rooms."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if place.startswith(SLOW_ROOMS):
            item.add_marker(pytest.mark.slow)
