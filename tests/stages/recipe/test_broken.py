"""Each file in ``broken/`` says at its end what must be reported: ``#: CODE line:column fix``, all and nothing else."""

from __future__ import annotations

import re
import shutil
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from provision.errors import RecipeError, SafetyError
from provision.stages.recipe.index import built_in
from provision.stages.recipe.load import load_policy, load_project, load_recipe

BROKEN = Path(__file__).parent / "broken"
EXPECTED = re.compile(r"^#: (?P<code>PRV\d{3}) (?P<place>\d+:\d+|-)(?: (?P<fix>.*))?$", re.MULTILINE)
TODAY = date(2026, 11, 25)


def findings_of(path, tmp_path):
    # Beside a copy: the repository's own project file is above this folder.
    shutil.copytree(path.parent.parent / "good", tmp_path / "good")
    folder = tmp_path / "broken"
    folder.mkdir()
    path = Path(shutil.copy(path, folder))
    read = {
        "recipe": partial(load_recipe, today=TODAY),
        "policy": load_policy,
        "project": lambda path, folder, masks: load_project(folder, file=path),
    }[path.name.split("_")[0]]
    with pytest.raises((RecipeError, SafetyError)) as caught:
        read(path, folder=folder, masks=built_in())
    return caught.value.findings


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_mistake_of_a_broken_file_is_reported_with_its_place_and_its_fix(path, tmp_path):
    text = path.read_bytes().decode(errors="replace")
    expected = [match.groupdict() for match in EXPECTED.finditer(text)]

    found = findings_of(path, tmp_path)

    places = [f"{f.at.line}:{f.at.column}" if f.at else "-" for f in found]
    assert [(f.code, place) for f, place in zip(found, places, strict=True)] == [
        (line["code"], line["place"]) for line in expected
    ]
    for finding, line in zip(found, expected, strict=True):
        assert (line["fix"] or "") in finding.fix, finding
    assert all(f.at is not None and f.at.file == path.name for f in found)


def test_there_are_at_least_twenty_broken_recipes_and_policies():
    assert len(list(BROKEN.glob("*.yaml"))) >= 20


def test_a_report_shows_the_line_with_a_caret_and_the_fix(tmp_path):
    (first, *_) = findings_of(BROKEN / "recipe_unknown_keys.yaml", tmp_path)

    assert str(first).splitlines() == [
        'recipe_unknown_keys.yaml:7:7: PRV110 unknown key "wehre" in a root',
        "  7 |       wehre: region = 'EU'",
        "    |       ^^^^^",
        '  fix: did you mean "where"? a root has table, where, limit, order_by, include and sample',
    ]
