from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from provision.errors import RecipeError, SafetyError
from provision.model.graph import Condition
from provision.model.location import Location
from provision.model.names import ColumnName, TableName
from provision.model.plan import Rows, Strength
from provision.model.project import LoadMode
from provision.model.recipe import Budget
from provision.stages.recipe.index import built_in
from provision.stages.recipe.load import load_pack, load_policy, load_project, load_recipe, packs, plugins_of
from provision.stages.recipe.secrets import resolve
from provision.stages.recipe.supported import requires
from support.recipe_files import HEAD, TODAY, write_files

GOOD = Path(__file__).parent / "good"


def public(table):
    return TableName("public", table)


def test_the_example_is_read_with_everything_in_it():
    loaded = load_recipe(Path("recipes/dev.yaml"), folder=GOOD, masks=built_in(), today=TODAY)
    recipe = loaded.recipe

    assert (recipe.name, recipe.source.name, recipe.seed) == ("dev", "prod", 42)
    (root,) = recipe.subset.roots
    assert (root.table, root.limit, root.include) == (public("customers"), 2000, (("17",), ("4242",)))
    assert (root.where_at.line, root.where_at.column) == (12, 14)
    assert {rule.table.name: rule.rows for rule in recipe.subset.tables} == {
        "countries": Rows.ALL,
        "audit_log": Rows.EMPTY,
        "orders": Rows.RELATED,
    }
    first, second, _, last = recipe.subset.relations
    assert str(first.arrow) == "events.customer_ref -> customers.external_id"
    assert second.when == (Condition(column="subject_type", value="Post"),)
    assert last.ignore
    assert recipe.subset.max_rows == 2_000_000
    assert recipe.masked(ColumnName(public("customers"), "loyalty_no")).entry.parameters == (("keep_prefix", 3),)
    assert recipe.sanitize[0].budget == Budget(share=0.01)
    assert [rule.kind for rule in recipe.checks][:2] == ["row_count", "in_set"]
    assert recipe.checks[3].parameter("max_age") == timedelta(days=3)
    assert [(line.least, line.most) for line in recipe.fabricate[1].per_parent] == [(1, 8)]
    assert (recipe.snapshot.tags, recipe.snapshot.keep.last) == (("dev-latest",), 10)
    assert [target.name for target in recipe.load] == ["dev", "ci"]

    (policy,) = loaded.policies
    assert policy.exceptions[0].allow is Strength.KEEP
    assert policy.classify[0].at.line == 9
    assert loaded.project.source("prod").connections == 4
    assert loaded.project.target("ci").template
    assert loaded.project.keys.current == "k-2026-01"


def test_what_this_version_does_not_carry_out_is_named_with_its_place():
    recipe = load_recipe(Path("recipes/dev.yaml"), folder=GOOD, today=TODAY).recipe

    findings = requires(recipe)

    assert {finding.code for finding in findings} == {"PRV150"}
    messages = [finding.message for finding in findings]
    assert "this version does not carry out sanitize: duplicates" in messages
    assert "this version does not carry out fabricate: leads" in messages
    assert "this version does not carry out the check in_set" in messages
    assert all("row_count" not in message for message in messages)
    assert all(finding.at is not None for finding in findings)


def test_one_file_is_enough_to_start(tmp_path):
    write_files(
        tmp_path,
        recipe="version: 1\nname: dev\nsource: { url: '${PROD}' }\nload: [{ url: '${DEV}', load: refresh }]\n"
        "snapshot: { store: s3://bucket }\n",
    )

    loaded = load_recipe(Path("recipe.yaml"), folder=tmp_path, today=TODAY)

    assert loaded.recipe.subset is None
    assert resolve(loaded.recipe.source.inline.url, {"PROD": "postgresql://h/p"}).text() == "postgresql://h/p"
    assert loaded.recipe.load[0].inline.load is LoadMode.REFRESH
    assert loaded.project.store.url.text == "s3://bucket"
    assert loaded.project.keys.current == "default"
    assert "PROVISION_KEY" in loaded.project.keys.reference("default").text
    assert [policy.name for policy in loaded.policies] == ["strict"]


def test_the_nearest_project_file_above_the_recipe_is_taken(tmp_path):
    write_files(
        tmp_path,
        **{
            "provision": "version: 1\nsources: { far: { embedded: a } }\n",
            "team/provision": "version: 1\nsources: { near: { embedded: a } }\nplugins: [team.masks]\n",
            "team/recipes/dev": HEAD,
        },
    )

    loaded = load_recipe(tmp_path / "team/recipes/dev.yaml", folder=tmp_path, today=TODAY)

    assert [entry.name for entry in loaded.project.sources] == ["near"]
    assert loaded.project.file == tmp_path / "team/provision.yaml"
    assert plugins_of(tmp_path / "team/recipes/dev.yaml", folder=tmp_path) == ("team.masks",)
    assert load_project(tmp_path).source("far")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("source: prdo\n", "PRV128", "recipe.yaml:3:9"),
        ("source: prod\nload: [dve]\n", "PRV128", "recipe.yaml:4:8"),
        ("source: { url: '${PROD}' }\n", "PRV131", "recipe.yaml:3:16"),
        ("source: prod\nload: [{ embedded: '${file:x}' }]\n", "PRV131", "recipe.yaml:4:20"),
        ("source: prod\nsnapshot: { store: elsewhere }\n", "PRV131", "recipe.yaml:4:20"),
    ],
)
def test_a_recipe_beside_a_project_file_takes_from_it_only(tmp_path, text, code, place):
    write_files(
        tmp_path,
        provision="version: 1\nsources: { prod: { embedded: a } }\ntargets: { dev: { embedded: b } }\n",
        recipe="version: 1\nname: dev\n" + text,
    )

    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY)

    assert [(f.code, str(f.at)) for f in caught.value.findings] == [(code, place)]


def test_an_inline_source_without_references_may_stand_beside_a_project_file(tmp_path):
    write_files(tmp_path, provision="version: 1\n", recipe=HEAD)

    assert load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY).recipe.source.inline is not None


def test_mistakes_of_all_files_are_raised_at_once_in_file_order(tmp_path):
    write_files(
        tmp_path,
        provision="version: 1\nsuorces: {}\n",
        recipe=HEAD + "policies: [b.yaml, a.yaml]\nmask: { a.b: { uses: email } }\nseed: x\n",
        a="version: 1\nname: a\nunclassified: never\n",
        b="version: 1\nname: b\n\tx\n",
    )

    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY)

    places = [str(finding.at) for finding in caught.value.findings]
    assert places == ["provision.yaml:2:1", "recipe.yaml:5:14", "recipe.yaml:6:7"]


def test_policies_are_read_even_where_the_recipe_is_right_and_another_policy_is_not(tmp_path):
    write_files(
        tmp_path,
        recipe=HEAD + "policies: [a.yaml, b.yaml]\n",
        a="version: 1\nname: a\nunclassified: never\n",
        b="version: 1\nname: b\ntreat: { x: keep }\n",
    )

    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY)

    assert [str(finding.at) for finding in caught.value.findings] == ["a.yaml:3:15", "b.yaml:3:13"]


def test_a_recipe_that_weakens_a_policy_is_refused_for_safety(tmp_path):
    write_files(
        tmp_path,
        recipe=HEAD + "policies: [a.yaml]\nmask: { users.email: { use: keep, reason: x } }\n",
        a="version: 1\nname: a\nclassify: [{ name: mail, as: m }]\ntreat: { m: nullify }\n",
    )

    with pytest.raises(SafetyError) as caught:
        load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY)

    assert caught.value.code == "PRV126"
    assert caught.value.exit_code == 6


def test_packs_are_right_with_the_masks_that_there_are():
    for name in packs():
        pack = load_pack(name, masks=built_in())
        assert (pack.name, pack.file) == (name, "")


def test_the_pack_strict_decides_nothing_about_ordinary_columns():
    strict = load_pack("strict")

    assert strict.unclassified.action == "fail"
    assert {line.entry.mask for line in strict.treat if line.class_ != "surrogate_key"}.isdisjoint({"keep"})


def test_an_unknown_pack_is_a_key_error():
    with pytest.raises(KeyError):
        load_pack("../strict")


def test_a_word_where_a_mapping_is_expected_and_the_short_forms(tmp_path):
    write_files(
        tmp_path,
        recipe=HEAD
        + "subset:\n  roots:\n    - { table: a, include: [[1, x], 7] }\n  follow: { children: 2 }\n"
        + "  expand: [b.(x, y) -> a.(p, q)]\n  relations:\n    - { from: c.a_id, to: a.id, when: { kind: A, n: 1 }, dangling: drop }\n",
    )
    text = (tmp_path / "recipe.yaml").read_text().replace("[b.(x, y) -> a.(p, q)]", '["b.(x, y) -> a.(p, q)"]')
    (tmp_path / "recipe.yaml").write_text(text)

    subset = load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY).recipe.subset

    assert subset.roots[0].include == (("1", "x"), ("7",))
    assert subset.depth == 2
    assert subset.expand[0].child_columns == ("x", "y")
    assert subset.relations[0].when == (Condition(column="kind", value="A"), Condition(column="n", value="1"))


def test_a_mask_knows_the_place_of_each_of_its_parts(tmp_path):
    write_files(tmp_path, recipe=HEAD + "mask:\n  a.b: { use: date_shift, by: id, max: 30d }\n")

    (line,) = load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, masks=built_in(), today=TODAY).recipe.mask

    assert line.at == Location(file="recipe.yaml", line=5, column=3)
    assert line.entry.at == Location(file="recipe.yaml", line=5, column=8)
    assert line.entry.place("max") == Location(file="recipe.yaml", line=5, column=40)
    assert line.entry.place("nothing") == line.entry.at


def test_names_of_files_are_shown_relative_to_the_folder_of_work(tmp_path):
    write_files(tmp_path, **{"a/recipe": "version: 1\n"})

    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "a/recipe.yaml", folder=tmp_path, today=TODAY)
    assert caught.value.at.file == "a/recipe.yaml"

    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "a/recipe.yaml", folder=tmp_path / "b", today=TODAY)
    assert caught.value.at.file == (tmp_path / "a/recipe.yaml").as_posix()


def test_a_device_is_no_file():
    with pytest.raises(RecipeError) as caught:
        load_policy(Path("/dev/zero"))

    assert caught.value.code == "PRV101"
