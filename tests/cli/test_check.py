from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provision.cli.check import check
from provision.cli.command import Session, perform
from provision.stages.recipe import index
from provision.stages.recipe.load import load_policy
from support.recipe_files import HEAD, write_files

GOOD = Path(__file__).parents[1] / "stages/recipe/good"


def run(folder, *recipes, **given):
    session = Session(directory=folder, as_json=given.pop("as_json", False), verbose=given.pop("verbose", False))
    return perform(check, session, recipes=[Path(recipe) for recipe in recipes], **given)


def test_a_recipe_that_is_right_is_ok(capsys):
    assert run(GOOD, "recipes/dev.yaml") == 0

    out = capsys.readouterr().out
    assert "ok recipes/dev.yaml (a run refuses" in out
    assert "PRV150" not in out
    assert "PRV122" not in out


def test_more_is_said_when_asked(capsys):
    assert run(GOOD, "recipes/dev.yaml", verbose=True) == 0

    out = capsys.readouterr().out
    assert "PRV150" in out
    assert "PRV122 info" in out


def test_mistakes_are_shown_with_their_line_and_the_exit_code_is_2(tmp_path, capsys):
    write_files(tmp_path, good=HEAD, bad=HEAD + "sed: 1\n")

    assert run(tmp_path, "good.yaml", "bad.yaml") == 2

    out = capsys.readouterr().out
    assert "ok good.yaml" in out
    assert "bad.yaml:4:1: PRV110" in out
    assert "4 | sed: 1" in out
    assert "bad.yaml: 1 mistake" in out


def test_a_weakened_policy_is_refused_with_6(tmp_path, capsys):
    write_files(
        tmp_path,
        recipe=HEAD + "policies: [a.yaml]\nmask: { users.mail: { use: keep, reason: x } }\n",
        wrong=HEAD + "sed: 1\n",
        a="version: 1\nname: a\nclassify: [{ name: mail, as: m }]\ntreat: { m: nullify }\n",
    )

    assert run(tmp_path, "wrong.yaml", "recipe.yaml") == 6
    assert "PRV126" in capsys.readouterr().out


def test_a_finding_of_a_shared_policy_is_shown_once(tmp_path, capsys):
    write_files(
        tmp_path,
        one=HEAD + "policies: [a.yaml]\n",
        two=HEAD + "policies: [a.yaml]\n",
        a="version: 1\nname: a\nclassify: [{ name: mail, as: m }]\n",
    )

    assert run(tmp_path, "one.yaml", "two.yaml") == 0
    assert capsys.readouterr().out.count("PRV122") == 1


def test_programs_get_one_object(tmp_path, capsys):
    write_files(tmp_path, good=HEAD, bad=HEAD + "sed: 1\n")

    assert run(tmp_path, "good.yaml", "bad.yaml", as_json=True) == 2

    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    assert [(line["file"], line["ok"]) for line in found["recipes"]] == [("good.yaml", True), ("bad.yaml", False)]
    (finding,) = found["recipes"][1]["findings"]
    assert (finding["code"], finding["at"]) == ("PRV110", {"file": "bad.yaml", "line": 4, "column": 1})
    assert found["error"]["exit_code"] == 2


def test_the_effective_form_is_yaml_that_reads_back(tmp_path, capsys):
    shutil.copytree(GOOD, tmp_path / "good")

    assert run(tmp_path / "good", "recipes/dev.yaml", print_effective=True) == 0

    recipe, policy = capsys.readouterr().out.split("---\n")
    assert recipe.startswith("# recipe recipes/dev.yaml, sha256 of what changes data: ")
    (tmp_path / "policy.yaml").write_text(policy)
    assert load_policy(tmp_path / "policy.yaml") == load_policy(GOOD / "recipes/policies/pii.yaml")


def test_the_effective_form_hides_passwords(tmp_path, capsys):
    write_files(tmp_path, recipe="version: 1\nname: a\nsource: { url: 'postgresql://u:s3cr3t@h/d' }\n")

    run(tmp_path, "recipe.yaml", print_effective=True)

    assert "s3cr3t" not in "".join(capsys.readouterr())


def test_masks_that_the_file_of_masks_does_not_know_are_looked_up_among_the_masks(tmp_path, capsys, monkeypatch):
    known = {name: spec for name, spec in index.built_in().items() if name != "email"}
    monkeypatch.setattr(index, "built_in", lambda: known)
    write_files(tmp_path, recipe=HEAD + "mask: { a.b: email }\n", wrong=HEAD + "mask: { a.b: emial }\n")

    assert run(tmp_path, "recipe.yaml") == 0
    assert run(tmp_path, "wrong.yaml") == 2


@pytest.mark.parametrize("recipe", ["gone.yaml", "."])
def test_a_file_that_is_not_there_is_a_mistake(tmp_path, capsys, recipe):
    assert run(tmp_path, recipe) == 2
    assert "PRV101" in capsys.readouterr().out


def test_checking_a_recipe_imports_no_polars(tmp_path):
    script = (
        "import sys; from pathlib import Path; from provision.cli.check import check; from provision.cli.command import "
        "Session; o = check(Session(directory=Path(sys.argv[1])), [Path('recipes/dev.yaml')]); "
        "print(o.exit_code, 'polars' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(GOOD)], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["0", "False"]
