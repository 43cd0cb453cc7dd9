"""The README says what is so: its recipe is read, its commands exist, its exit codes are those of the error tree."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import typer.main

from provision import errors
from provision.cli.app import app
from provision.stages.recipe.load import load_recipe
from provision.wiring.rooms import mask_specs

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_recipe_of_the_readme_is_read_without_a_mistake(tmp_path):
    (recipe,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    shutil.copy(ROOT / "provision.yaml", tmp_path)
    (tmp_path / "recipes/dev.yaml").write_text(recipe)

    loaded = load_recipe(Path("recipes/dev.yaml"), folder=tmp_path, masks=mask_specs(), today=datetime.now(UTC).date())

    assert loaded.recipe.name == "dev"
    assert loaded.findings == ()


def test_every_command_of_the_readme_exists_and_every_command_is_in_it():
    group = typer.main.get_command(app)
    named = set(re.findall(r"`provision ([a-z]+)", README))

    assert named == set(group.commands)


def test_the_commands_under_snapshot_are_those_that_there_are():
    group = typer.main.get_command(app).commands["snapshot"]
    (listed,) = re.findall(r"`provision snapshot ([a-z|\\]+)`", README)

    assert set(listed.replace("\\", "").split("|")) == set(group.commands)


def test_the_exit_codes_are_those_of_the_error_tree():
    (line,) = re.findall(r"Exit codes: (.*?)\n\n", README, re.DOTALL)
    told = set(re.findall(r"`(\d+)`", line))

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert told == {str(kind.exit_code) for kind in kinds} | {"0", "4", "130"}


def test_both_commands_of_the_readme_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text()

    for target in ("demo", "test", "contracts"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
