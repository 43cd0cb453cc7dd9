"""What is written reads back as it was."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from provision.stages.recipe.load import load_policy, load_recipe
from provision.stages.recipe.write import write, write_policy
from support.recipe_files import POLICIES, RECIPES, TODAY

SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SLOW
@given(recipe=RECIPES)
def test_a_recipe_that_is_written_reads_back_as_it_was(recipe):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "recipe.yaml")
        path.write_text(write(recipe))

        loaded = load_recipe(path, folder=Path(folder), today=TODAY)

    assert replace(loaded.recipe, file="") == replace(recipe, file="")
    assert write(loaded.recipe) == write(recipe)


@SLOW
@given(policy=POLICIES)
def test_a_policy_that_is_written_reads_back_as_it_was(policy):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "policy.yaml")
        path.write_text(write_policy(policy))

        assert load_policy(path) == policy
        assert write_policy(load_policy(path)) == write_policy(policy)
