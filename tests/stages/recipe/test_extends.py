from __future__ import annotations

import pytest

from provision.errors import RecipeError
from provision.model.names import ColumnName, TableName
from provision.model.plan import Rows
from provision.stages.recipe.load import load_policy, load_recipe
from support.recipe_files import TODAY, write_files

BASE = """version: 1
name: base
source: { embedded: db }
policies: [pii.yaml]
subset:
  roots: [{ table: customers, limit: 10 }]
  tables: { a: all, b: empty }
mask:
  users.email: { use: fpe, keep_prefix: 3 }
snapshot: { tags: [one], keep: { last: 3 } }
"""
POLICY = "version: 1\nname: pii\n"


def load(folder, name="recipe"):
    return load_recipe(folder / f"{name}.yaml", folder=folder, today=TODAY).recipe


def test_mappings_merge_and_lists_are_replaced(tmp_path):
    write_files(
        tmp_path,
        base=BASE,
        pii=POLICY,
        recipe="version: 1\nextends: base.yaml\nname: mine\nsubset:\n  roots: [{ table: orders }]\n  tables: { b: all }\n"
        "snapshot: { tags: [two] }\n",
    )

    recipe = load(tmp_path)

    assert recipe.name == "mine"
    assert [root.table.name for root in recipe.subset.roots] == ["orders"]
    assert {rule.table.name: rule.rows for rule in recipe.subset.tables} == {"a": Rows.ALL, "b": Rows.ALL}
    assert recipe.snapshot.tags == ("two",)
    assert recipe.snapshot.keep.last == 3


def test_a_key_with_plus_appends(tmp_path):
    write_files(
        tmp_path,
        base=BASE,
        pii=POLICY,
        more=POLICY.replace("pii", "more"),
        recipe="version: 1\nextends: base.yaml\n+policies: [more.yaml]\nsubset: { +roots: [{ table: orders }] }\n+load: [{ embedded: x }]\n",
    )

    recipe = load(tmp_path)

    assert [ref.name for ref in recipe.policies] == ["pii.yaml", "more.yaml"]
    assert [root.table.name for root in recipe.subset.roots] == ["customers", "orders"]
    assert len(recipe.load) == 1


def test_a_mask_replaces_the_mask_it_extends_as_a_whole(tmp_path):
    write_files(
        tmp_path,
        base=BASE,
        pii=POLICY,
        recipe="version: 1\nextends: base.yaml\nmask: { users.email: { use: email } }\n",
    )

    line = load(tmp_path).masked(ColumnName(TableName("public", "users"), "email"))

    assert line.entry.mask == "email"
    assert line.entry.parameters == ()


def test_values_keep_their_place_and_paths_their_folder(tmp_path):
    write_files(
        tmp_path,
        **{
            "shared/base": BASE.replace("limit: 10", "limit: ten"),
            "shared/pii": POLICY,
            "recipe": "version: 1\nextends: shared/base.yaml\nseed: two\n",
        },
    )

    with pytest.raises(RecipeError) as caught:
        load(tmp_path)

    assert [str(finding.at) for finding in caught.value.findings] == ["recipe.yaml:3:7", "shared/base.yaml:6:38"]


def test_a_policy_of_an_extended_recipe_is_found_beside_it_and_named_from_here(tmp_path):
    write_files(
        tmp_path,
        **{"shared/base": BASE, "shared/pii": POLICY, "recipe": "version: 1\nextends: shared/base.yaml\n"},
    )

    (ref,) = load(tmp_path).policies

    assert ref.path == tmp_path / "shared/pii.yaml"
    assert ref.name == "shared/pii.yaml"


def test_a_chain_of_files_is_followed(tmp_path):
    write_files(
        tmp_path,
        base=BASE,
        pii=POLICY,
        middle="version: 1\nextends: base.yaml\nseed: 5\n",
        recipe="version: 1\nextends: middle.yaml\nname: mine\n",
    )

    assert (load(tmp_path).seed, load(tmp_path).name) == (5, "mine")


def test_a_circle_is_refused_where_it_closes(tmp_path):
    write_files(tmp_path, one="version: 1\nextends: two.yaml\n", two="version: 1\nextends: one.yaml\n")

    with pytest.raises(RecipeError) as caught:
        load(tmp_path, "one")

    assert (caught.value.code, str(caught.value.at)) == ("PRV130", "two.yaml:2:10")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("+load: [a]\nload: [b]\n", "PRV103"),
        ("+seed: 3\n", "PRV112"),
        ("+mask: [x]\n", "PRV112"),
        ("+laod: [a]\n", "PRV110"),
    ],
)
def test_appending_wrongly_is_an_error(tmp_path, text, code):
    write_files(tmp_path, base=BASE, pii=POLICY, recipe="version: 1\nextends: base.yaml\n" + text)

    with pytest.raises(RecipeError) as caught:
        load(tmp_path)

    assert caught.value.code == code


@pytest.mark.parametrize("extends", ["[a.yaml]", "1", "{}"])
def test_extends_names_one_file(tmp_path, extends):
    write_files(tmp_path, recipe=f"version: 1\nextends: {extends}\n")

    with pytest.raises(RecipeError) as caught:
        load(tmp_path)

    assert caught.value.code == "PRV112"


@pytest.mark.parametrize(("head", "code"), [("", "PRV111"), ("version: 7\n", "PRV109")])
def test_a_file_that_is_extended_says_its_version(tmp_path, head, code):
    write_files(tmp_path, base=head + "name: a\nsource: { embedded: db }\n", recipe="version: 1\nextends: base.yaml\n")

    with pytest.raises(RecipeError) as caught:
        load(tmp_path)

    assert caught.value.code == code


def test_policies_extend_too(tmp_path):
    write_files(
        tmp_path,
        base="version: 1\nname: base\nclassify: [{ name: mail, as: email }]\ntreat: { email: nullify }\n",
        mine="version: 1\nextends: base.yaml\nname: mine\n+classify: [{ keys: true, as: key }]\ntreat: { key: nullify }\n",
    )

    policy = load_policy(tmp_path / "mine.yaml")

    assert [rule.class_ for rule in policy.classify] == ["email", "key"]
    assert [line.class_ for line in policy.treat] == ["email", "key"]
