from __future__ import annotations

import json

import pytest

from provision.stages.recipe.effective import effective, effective_hash
from provision.stages.recipe.load import load_recipe
from support.recipe_files import TODAY, write_files

RECIPE = """version: 1
name: dev
source: { embedded: db }
policies: [house.yaml]
subset: { roots: [{ table: a, limit: 5 }] }
mask: { a.b: email }
"""
POLICY = """version: 1
name: house
classify: [{ columns: [a.c], as: m }]
treat: { m: { use: redact, reason: why } }
"""


def form(folder, recipe=RECIPE, policy=POLICY):
    write_files(folder, recipe=recipe, house=policy)
    loaded = load_recipe(folder / "recipe.yaml", folder=folder, today=TODAY)
    return effective(loaded.recipe, loaded.policies)


@pytest.mark.parametrize(
    ("recipe", "policy"),
    [
        (RECIPE + "# a comment\n", POLICY.replace("classify", "# another\nclassify")),
        (RECIPE.replace("name: dev", "name: other"), POLICY.replace("name: house", "name: other")),
        (RECIPE.replace("embedded: db", "embedded: elsewhere"), POLICY),
        (RECIPE + "load: [{ embedded: x }]\nsnapshot: { tags: [t] }\n", POLICY),
        (RECIPE + "checks: [{ row_count: { on: a, min: 1 } }]\n", POLICY),
        (RECIPE.replace("email }", "{ use: email, reason: because } }"), POLICY.replace("why", "another reason")),
        (RECIPE.replace("table: a", "table: public.a"), POLICY.replace("[a.c]", "public.a.c") + "owner: me\n"),
        (RECIPE + "seed: 0\n", POLICY + "unclassified: fail\n"),
        (RECIPE, POLICY + "exceptions: [{ columns: [a.z], allow: keep, reason: x, expires: 2027-01-01 }]\n"),
    ],
)
def test_what_changes_no_row_changes_nothing(tmp_path, recipe, policy):
    assert form(tmp_path, recipe, policy) == form(tmp_path)


@pytest.mark.parametrize(
    ("recipe", "policy"),
    [
        (RECIPE.replace("limit: 5", "limit: 6"), POLICY),
        (RECIPE + "seed: 1\n", POLICY),
        (RECIPE.replace("email", "redact"), POLICY),
        (RECIPE.replace("email }", "{ use: email, domain: d } }"), POLICY),
        (RECIPE, POLICY.replace("redact", "nullify")),
        (RECIPE, POLICY.replace("a.c", "a.d")),
        (RECIPE, POLICY + "unclassified: mask\n"),
        (RECIPE + "sanitize: [{ duplicates: { on: a, action: quarantine } }]\n", POLICY),
        (RECIPE + "fabricate: [{ table: z, rows: 3 }]\n", POLICY),
    ],
)
def test_what_changes_rows_changes_the_bytes(tmp_path, recipe, policy):
    assert form(tmp_path, recipe, policy) != form(tmp_path)


def test_the_form_is_canonical_json_and_its_hash_is_sha_256(tmp_path):
    text = form(tmp_path)

    parsed = json.loads(text)
    assert json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == text
    loaded = load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY)
    assert len(effective_hash(loaded.recipe, loaded.policies)) == 64
