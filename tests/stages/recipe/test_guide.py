"""Every YAML block of the guide is read: blocks that begin with a file's name as that file, others as a part of one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provision.stages.recipe.index import built_in
from provision.stages.recipe.load import load_policy, load_recipe
from support.recipe_files import HEAD, TODAY

GUIDE = Path(__file__).parents[3] / "docs/guide/recipe.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
NAMED = {match[1]: block for block in BLOCKS if (match := re.match(r"# (\S+\.yaml)\n", block))}
PARTS = [block for block in BLOCKS if block not in NAMED.values()]


@pytest.fixture
def folder(tmp_path):
    for name, text in NAMED.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_guide_shows_files_and_parts():
    assert set(NAMED) == {"start.yaml", "provision.yaml", "policies/pii.yaml", "recipes/dev.yaml", "recipes/ci.yaml"}
    assert len(PARTS) == 2


@pytest.mark.parametrize("name", ["recipes/dev.yaml", "recipes/ci.yaml"])
def test_recipes_of_the_guide_are_right(folder, name):
    assert load_recipe(Path(name), folder=folder, masks=built_in(), today=TODAY).findings == ()


def test_the_recipe_to_start_with_is_right_by_itself(tmp_path):
    (tmp_path / "start.yaml").write_text(NAMED["start.yaml"])

    assert load_recipe(Path("start.yaml"), folder=tmp_path, masks=built_in(), today=TODAY).findings == ()


def test_the_policy_of_the_guide_is_right(folder):
    assert load_policy(Path("policies/pii.yaml"), folder=folder, masks=built_in()).exceptions


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.split(":")[0])
def test_parts_of_the_guide_are_right(tmp_path, part):
    (tmp_path / "recipe.yaml").write_text(HEAD + part)

    assert load_recipe(Path("recipe.yaml"), folder=tmp_path, masks=built_in(), today=TODAY).findings == ()


def test_a_recipe_that_extends_has_the_checks_of_both(folder):
    recipe = load_recipe(Path("recipes/ci.yaml"), folder=folder, masks=built_in(), today=TODAY).recipe

    assert [rule.parameter("min") for rule in recipe.checks] == [1500, 1]
    assert [target.name for target in recipe.load] == ["ci"]
