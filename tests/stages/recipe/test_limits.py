"""Files that are made to hurt end in findings, in linear time and without recursion."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.errors import RecipeError
from provision.stages.recipe.index import built_in
from provision.stages.recipe.load import load_recipe
from provision.stages.recipe.nodes import MAX_FINDINGS
from support.recipe_files import HEAD, TODAY

MANY = 200_000
ROOT = HEAD + 'subset: { roots: [{ table: a, where: "%s" }] }\n'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEAD + "x: " + "[" * MANY, "PRV102"),
        (HEAD + "seed: " + "a://b:c" * (MANY // 7) + "\n", "PRV112"),
        (HEAD + "seed: " + "aB3" * (MANY // 3) + "\n", "PRV112"),
        (ROOT % ("$a$b$c$" * (MANY // 7)), "PRV119"),
        (ROOT % ("(" * MANY), "PRV119"),
        (ROOT % ("'" * (MANY - 1)), "PRV119"),
        (HEAD + f'subset: {{ default: all, expand: ["{"->" * (MANY // 2)}"] }}\n', "PRV116"),
        (HEAD + f"mask: {{ {'a' * MANY}: email }}\n", "PRV102"),
        (HEAD + f'? "{"a" * MANY}"\n: 1\n', "PRV110"),
        (HEAD + "policies: [" + "x" * MANY + ".yaml]\n", "PRV101"),
        (HEAD + "".join(f"k{number}: 1\n" for number in range(2 * MAX_FINDINGS)), "PRV110"),
    ],
    ids=lambda value: value[-12:].strip() if isinstance(value, str) else None,
)
def test_a_file_that_is_made_to_hurt_ends_in_findings(tmp_path, text, code):
    (tmp_path / "recipe.yaml").write_text(text)

    with pytest.raises(RecipeError) as caught:
        load_recipe(Path("recipe.yaml"), folder=tmp_path, masks=built_in(), today=TODAY)

    assert caught.value.code == code
    assert len(caught.value.findings) <= MAX_FINDINGS
    assert len(str(caught.value.findings[0])) < 1_500


@pytest.mark.parametrize("name", ["(a+)+$", "(a|a)*$", "(a*){9}$"])
def test_an_expression_that_would_run_for_ever_is_left_to_the_run(tmp_path, name):
    (tmp_path / "recipe.yaml").write_text(HEAD + f"policies: [p.yaml]\nmask: {{ t.{'a' * 60}b: email }}\n")
    (tmp_path / "p.yaml").write_text(
        f"version: 1\nname: p\nclassify: [{{ name: '{name}', as: x }}]\ntreat: {{ x: nullify }}\n"
    )

    assert load_recipe(Path("recipe.yaml"), folder=tmp_path, masks=built_in(), today=TODAY).findings == ()
