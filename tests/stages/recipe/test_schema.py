from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from provision.model.catalog import Catalog, Column, ColumnType, Table
from provision.model.names import TableName
from provision.stages.recipe.compose import compose
from provision.stages.recipe.index import built_in
from provision.stages.recipe.nodes import Items, Problems, Scalar
from provision.stages.recipe.schema import KINDS, json_schema

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]

# What is wrong with these is beyond the reach of a schema: YAML itself, references between files or keys, and texts
# whose grammar a pattern cannot say.
BEYOND = {
    "recipe_alias_and_anchor",
    "recipe_control_character",
    "recipe_duplicate_keys",
    "recipe_empty",
    "recipe_empty_subset",
    "recipe_extends_gone",
    "recipe_extends_itself",
    "recipe_missing_policy",
    "recipe_not_utf8",
    "recipe_nothing_taken",
    "recipe_plus_without_extends",
    "recipe_same_column_written_differently",
    "recipe_sql",
    "recipe_tag",
    "recipe_too_deep",
    "recipe_two_documents",
    "recipe_weaker",
    "recipe_without_project",
    "project_keys",
    "project_references",
}


def data_of(path):
    def plain(node):
        if isinstance(node, Scalar):
            return node.value
        if isinstance(node, Items):
            return [plain(item) for item in node.items]
        return {key.text: plain(value) for key, value in node.entries}

    problems = Problems()
    node = compose(path.read_bytes(), file=path.name, problems=problems)
    return None if node is None else plain(node)


def validator(kind, **given):
    schema = json_schema(kind, masks=built_in(), **given)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("folder", [HERE / "good", REPOSITORY], ids=["design", "repository"])
@pytest.mark.parametrize(
    ("kind", "file"),
    [("project", "provision.yaml"), ("recipe", "recipes/dev.yaml"), ("policy", "recipes/policies/pii.yaml")],
)
def test_the_examples_are_valid(folder, kind, file):
    assert [error.message for error in validator(kind).iter_errors(data_of(folder / file))] == []


@pytest.mark.parametrize("path", sorted((HERE / "broken").glob("*.yaml")), ids=lambda path: path.stem)
def test_files_that_are_broken_in_their_structure_are_rejected(path):
    data = data_of(path)
    if path.stem in BEYOND or "syntax" in path.stem or "star" in path.stem:
        return

    assert list(validator(path.stem.split("_")[0]).iter_errors(data))


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_described(kind):
    schema = json_schema(kind, masks=built_in())

    def keys(node, path=""):
        if isinstance(node, dict):
            for name, inner in node.get("properties", {}).items():
                yield f"{path}/{name}", inner
                yield from keys(inner, f"{path}/{name}")
            for word in ("items", "additionalProperties"):
                yield from keys(node.get(word), path)
            for word in ("anyOf", "oneOf"):
                for inner in node.get(word, ()):
                    yield from keys(inner, path)

    described = [path for path, inner in keys(schema) if "description" in inner]
    assert len(described) > 10
    assert all("description" in inner for path, inner in keys(schema) if path.count("/") == 1)


def test_masks_are_listed_with_their_parameters():
    recipe = validator("recipe")
    head = {"version": 1, "name": "a", "source": "b"}

    assert recipe.is_valid(head | {"mask": {"a.b": {"use": "fpe", "keep_prefix": 3}}})
    assert not recipe.is_valid(head | {"mask": {"a.b": {"use": "fpe", "keep_prefx": 3}}})
    assert not recipe.is_valid(head | {"mask": {"a.b": "emial"}})
    assert not recipe.is_valid(head | {"mask": {"a.b": "keep"}})
    assert recipe.is_valid(head | {"mask": {"a.b": {"use": "keep", "reason": "why"}}})


def test_a_catalog_lists_its_tables_and_columns():
    text = ColumnType(sql="text", name="text")
    table = Table(name=TableName("shop", "orders"), columns=(Column(name="total", position=1, type=text),))
    catalog = Catalog(dialect="postgresql", server_version=180000, database="d", tables=(table,))
    recipe = validator("recipe", catalog=catalog)
    head = {"version": 1, "name": "a", "source": "b"}

    assert recipe.is_valid(
        head | {"subset": {"tables": {"shop.orders": "all"}}, "mask": {"shop.orders.total": "nullify"}}
    )
    assert not recipe.is_valid(head | {"subset": {"tables": {"shop.order": "all"}}})
    assert not recipe.is_valid(head | {"mask": {"shop.orders.totl": "nullify"}})


def test_a_file_that_extends_another_may_leave_things_out():
    assert validator("recipe").is_valid({"version": 1, "extends": "base.yaml", "+load": ["ci"]})
    assert not validator("recipe").is_valid({"version": 1})
