from __future__ import annotations

from datetime import date

import pytest

from provision.errors import SafetyError
from provision.stages.recipe.index import built_in
from provision.stages.recipe.load import load_recipe
from support.recipe_files import HEAD, TODAY, write_files

POLICY = "version: 1\nname: house\n"


def findings(folder, recipe="", policy="", today=TODAY, masks=None):
    write_files(folder, recipe=HEAD + "policies: [house.yaml]\n" + recipe, house=POLICY + policy)
    masks = built_in() if masks is None else masks
    try:
        found = load_recipe(folder / "recipe.yaml", folder=folder, masks=masks, today=today).findings
    except SafetyError as error:
        found = error.findings
    return [(f.code, f.severity.value, f.at.line) for f in found]


def test_a_class_that_nobody_treats_is_a_warning(tmp_path):
    assert findings(tmp_path, policy="classify: [{ name: mail, as: email }]\n") == [("PRV122", "warn", 3)]


def test_a_class_that_no_rule_gives_is_worth_a_word(tmp_path):
    assert findings(tmp_path, policy="treat: { secret: nullify }\n") == [("PRV122", "info", 3)]


def test_a_class_may_be_given_by_one_policy_and_treated_by_another(tmp_path):
    write_files(
        tmp_path,
        recipe=HEAD + "policies: [a.yaml, b.yaml]\n",
        a="version: 1\nname: a\nclassify: [{ name: mail, as: email }]\n",
        b="version: 1\nname: b\ntreat: { email: nullify }\n",
    )

    assert load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY).findings == ()


def test_an_exception_holds_through_its_last_day(tmp_path):
    policy = "exceptions: [{ columns: [a.b], allow: keep, reason: x, expires: 2026-11-25 }]\n"

    assert findings(tmp_path, policy=policy, today=date(2026, 11, 25)) == []
    assert findings(tmp_path, policy=policy, today=date(2026, 11, 26)) == [("PRV124", "warn", 3)]


@pytest.mark.parametrize(
    ("where", "fix"),
    [
        ("placed_at > now() - interval '1 day'", ":as_of"),
        ("placed_at > CURRENT_DATE", ":as_of"),
        ("random() < 0.1", "stable sample"),
    ],
)
def test_a_condition_that_is_never_the_same_twice_is_a_warning(tmp_path, where, fix):
    write_files(tmp_path, recipe=HEAD + f'subset: {{ roots: [{{ table: a, where: "{where}" }}] }}\n')

    (finding,) = load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY).findings

    assert (finding.code, finding.severity.value) == ("PRV125", "warn")
    assert fix in finding.fix


@pytest.mark.parametrize("where", ["note = 'now()'", '"current_date" = 1', "t > :as_of", "knowing(x)", "a::date = b"])
def test_words_that_only_look_like_a_clock_are_none(tmp_path, where):
    text = where.replace("'", "''")
    write_files(tmp_path, recipe=HEAD + f"subset: {{ roots: [{{ table: a, where: '{text}' }}] }}\n")

    assert load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY).findings == ()


def test_a_mask_that_a_later_version_brings_is_a_warning(tmp_path):
    assert findings(tmp_path, recipe="mask: { a.b: { use: json, otherwise: redact } }\n") == [("PRV151", "warn", 5)]


STRONG = "classify: [{ columns: [users.mail], as: m }]\ntreat: { m: %s }\n"


@pytest.mark.parametrize(
    ("theirs", "ours", "refused"),
    [
        ("nullify", "{ use: keep, reason: x }", True),
        ("redact", "email", True),
        ("email", "{ use: fpe }", True),
        ("email", "nullify", False),
        ("fpe", "email", False),
        ("nullify", "{ use: constant, value: x }", False),
        ("{ use: keep, reason: x }", "{ use: keep, reason: y }", False),
    ],
)
def test_a_recipe_may_be_stronger_than_a_policy_and_never_weaker(tmp_path, theirs, ours, refused):
    found = findings(tmp_path, recipe=f"mask: {{ users.mail: {ours} }}\n", policy=STRONG % theirs)

    assert found == ([("PRV126", "error", 5)] if refused else [])


def test_a_named_decision_of_the_policy_goes_before_its_classes(tmp_path):
    policy = STRONG % "nullify" + "columns: { users.mail: { use: keep, reason: x } }\n"

    assert findings(tmp_path, recipe="mask: { users.mail: email }\n", policy=policy) == []


@pytest.mark.parametrize("condition", ["type: text", "keys: true"])
def test_nothing_is_said_where_a_type_or_key_would_have_to_be_known(tmp_path, condition):
    policy = f"classify: [{{ name: mail, {condition}, as: m }}]\ntreat: {{ m: nullify }}\n"

    assert findings(tmp_path, recipe="mask: { users.mail: email }\n", policy=policy) == []


@pytest.mark.parametrize(
    ("exception", "refused"),
    [
        ("{ columns: [users.mail], allow: injective, reason: x, expires: 2027-01-01 }", False),
        ("{ columns: ['*.mail'], allow: keep, reason: x, expires: 2027-01-01 }", False),
        ("{ columns: [users.mail], allow: lossy, reason: x, expires: 2027-01-01 }", True),
        ("{ columns: [users.name], allow: keep, reason: x, expires: 2027-01-01 }", True),
        ("{ columns: [users.mail], allow: keep, reason: x, expires: 2026-01-01 }", True),
    ],
)
def test_an_exception_of_the_policy_lets_a_recipe_be_weaker(tmp_path, exception, refused):
    policy = STRONG % "nullify" + f"exceptions: [{exception}]\n"

    found = findings(tmp_path, recipe="mask: { users.mail: email }\n", policy=policy)

    assert ("PRV126" in [code for code, _, _ in found]) is refused
