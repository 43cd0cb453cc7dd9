from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from provision.errors import RecipeError, SafetyError
from provision.model.location import Location
from provision.model.names import ColumnName, TableName
from provision.model.plan import Family, Strength
from provision.model.policy import (
    ClassifyRule,
    ClassTreatment,
    ColumnMask,
    ColumnPattern,
    MaskEntry,
    Policy,
    PolicyException,
    Unclassified,
    UnclassifiedAction,
)
from provision.model.recipe import Recipe, SourceRef
from provision.registry import MaskSpec, mask
from provision.stages.policy import Resolution, fragment, resolve
from support.catalogs import a_catalog

TODAY = date(2026, 11, 25)
CATALOG = a_catalog("customers(id int4 pk, email text, city text null, size int4)", "logs(line text)")
EMAIL = ColumnName(TableName("public", "customers"), "email")
RECIPE_AT = Location(file="recipes/dev.yaml", line=9, column=3)
POLICY_AT = Location(file="recipes/policies/pii.yaml", line=4, column=5)


def a_mask(strength: Strength, name: str = "") -> MaskSpec:
    @mask(name=name or strength.value, strength=strength, accepts=set(Family))
    def same(values: pl.Series) -> pl.Series:
        """Whatever."""
        return values

    return same


MASKS = {spec.name: spec for spec in [a_mask(strength) for strength in Strength] + [a_mask(Strength.LOSSY, "name")]}
STRENGTHS = list(Strength)


def said(mask_name: str, at: Location | None = POLICY_AT, **more) -> MaskEntry:
    return MaskEntry(mask=mask_name, reason="because", at=at, **more)


def a_policy(**given) -> Policy:
    return Policy(**{"name": "pii", **given})


def by_name(mask_name: str, column: ColumnName = EMAIL) -> ColumnMask:
    return ColumnMask(column=column, entry=said(mask_name), at=POLICY_AT)


def a_recipe(*masks: tuple[ColumnName, str]) -> Recipe:
    entries = tuple(ColumnMask(column=c, entry=said(m, RECIPE_AT), at=RECIPE_AT) for c, m in masks)
    return Recipe(name="dev", source=SourceRef(name="prod"), mask=entries)


def decided(recipe: Recipe, *policies: Policy, today: date = TODAY, tables: str = "customers") -> Resolution:
    needed = {t.name: t.columns for t in CATALOG.tables if t.name.name in tables.split()}
    return resolve(recipe, policies, catalog=CATALOG, needed=needed, masks=MASKS, today=today)


@pytest.mark.parametrize("asked", STRENGTHS)
@pytest.mark.parametrize("policy", STRENGTHS)
def test_a_recipe_may_be_as_strong_or_stronger_and_never_weaker(policy, asked):
    outcome = decided(a_recipe((EMAIL, asked.value)), a_policy(columns=(by_name(policy.value),)))

    if asked.rank >= policy.rank:
        assert outcome.weakened == ()
        assert outcome.treatments[EMAIL].strength is asked
    else:
        (finding,) = outcome.weakened
        assert finding.code == "PRV221"
        assert finding.at == RECIPE_AT
        assert str(POLICY_AT) in finding.message
        assert outcome.treatments[EMAIL].strength is policy


@pytest.mark.parametrize("allow", STRENGTHS)
@pytest.mark.parametrize("asked", STRENGTHS)
def test_an_exception_allows_down_to_its_strength_and_no_further(allow, asked):
    exception = PolicyException(
        columns=(ColumnPattern.parse("customers.*"),), allow=allow, reason="tests", expires=date(2026, 12, 31)
    )
    policy = a_policy(columns=(by_name("nullify"),), exceptions=(exception,))

    outcome = decided(a_recipe((EMAIL, asked.value)), policy)

    assert (outcome.weakened == ()) == (asked.rank >= allow.rank or asked.rank >= Strength.NULLIFY.rank)


def test_an_exception_holds_until_the_end_of_its_last_day_and_says_when_it_has_expired():
    exception = PolicyException(
        columns=(ColumnPattern.parse("customers.email"),), allow=Strength.KEEP, reason="tests", expires=TODAY
    )
    policy = a_policy(columns=(by_name("lossy"),), exceptions=(exception,))
    recipe = a_recipe((EMAIL, "keep"))

    assert decided(recipe, policy, today=TODAY).weakened == ()
    (finding,) = decided(recipe, policy, today=date(2026, 11, 26)).weakened
    assert "expired" in finding.message


@pytest.mark.parametrize("other", STRENGTHS)
@pytest.mark.parametrize("one", STRENGTHS)
def test_of_two_policies_the_stronger_wins(one, other):
    policies = [a_policy(name=s.value, columns=(by_name(s.value),)) for s in (one, other)]

    outcome = decided(a_recipe(), *policies)

    assert outcome.treatments[EMAIL].strength.rank == max(one.rank, other.rank)


def test_an_exception_of_one_policy_does_not_excuse_another():
    exception = PolicyException(
        columns=(ColumnPattern.parse("customers.email"),), allow=Strength.KEEP, reason="tests", expires=TODAY
    )
    generous = a_policy(name="generous", columns=(by_name("lossy"),), exceptions=(exception,))
    strict = a_policy(name="firm", columns=(by_name("lossy"),))

    (finding,) = decided(a_recipe((EMAIL, "keep")), generous, strict).weakened

    assert "firm" in finding.message


def test_a_class_is_the_first_rule_that_matches_and_its_columns_share_a_domain():
    policy = a_policy(
        classify=(
            ClassifyRule(class_="contact", name="(?i)mail|line", types=(Family.TEXT,)),
            ClassifyRule(class_="place", columns=(ColumnPattern.parse("*.*"),)),
        ),
        treat=(
            ClassTreatment(class_="contact", entry=said("injective")),
            ClassTreatment(class_="place", entry=said("lossy", domain="place.city")),
        ),
    )

    treatments = decided(a_recipe(), policy, tables="customers logs").treatments

    assert (treatments[EMAIL].class_, treatments[EMAIL].use.domain) == ("contact", "contact")
    assert treatments[ColumnName(TableName("public", "logs"), "line")].use.domain == "contact"
    assert treatments[ColumnName(EMAIL.table, "city")].use.domain == "place.city"


def test_a_named_decision_goes_before_the_class_in_the_same_policy():
    policy = a_policy(
        classify=(ClassifyRule(class_="all", columns=(ColumnPattern.parse("*.*"),)),),
        treat=(ClassTreatment(class_="all", entry=said("nullify")),),
        columns=(by_name("lossy"),),
    )

    assert decided(a_recipe(), policy).treatments[EMAIL].strength is Strength.LOSSY


def test_integer_and_uuid_primary_keys_are_meant_by_keys():
    policy = a_policy(
        classify=(ClassifyRule(class_="surrogate_key", keys=True),),
        treat=(ClassTreatment(class_="surrogate_key", entry=said("keep")),),
    )

    treatments = decided(a_recipe(), policy).treatments

    assert [str(name) for name in treatments] == ["customers.id"]


def test_undecided_columns_stop_the_run_with_a_fragment_to_paste():
    outcome = decided(a_recipe((EMAIL, "lossy")), a_policy())

    with pytest.raises(SafetyError) as caught:
        outcome.demand(CATALOG)

    assert caught.value.code == "PRV220"
    assert caught.value.exit_code == 6
    assert "3 columns" in caught.value.message
    assert "  customers.city: { use: nullify" in caught.value.fix
    assert "customers.email" not in caught.value.fix


def test_columns_of_tables_that_yield_no_rows_need_no_decision():
    assert decided(a_recipe(), a_policy(), tables="").undecided == ()


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["keep"], Strength.KEEP),
        (["keep", "mask"], Strength.NULLIFY),
        (["mask", "fail"], None),
        (["keep", "fail"], None),
    ],
)
def test_the_strictest_word_on_unclassified_columns_holds(actions, expected):
    policies = [
        a_policy(name=action, unclassified=Unclassified(action=UnclassifiedAction(action), reason="known"))
        for action in actions
    ]

    outcome = decided(a_recipe(), *policies)

    city = ColumnName(EMAIL.table, "city")
    assert (city in outcome.undecided) == (expected is None)
    if expected is not None:
        assert outcome.treatments[city].strength is expected
        not_null = outcome.treatments[EMAIL].strength
        assert not_null is (Strength.KEEP if expected is Strength.KEEP else Strength.REDACT)


def test_without_any_policy_nothing_is_kept_by_silence():
    assert EMAIL in decided(a_recipe()).undecided


def test_unknown_columns_are_mistakes_with_a_hint_in_the_recipe_and_in_policies_about_known_tables():
    typo = ColumnName(EMAIL.table, "e_mail")
    elsewhere = ColumnName(TableName("public", "invoices"), "iban")
    policy = a_policy(columns=(by_name("lossy", typo), by_name("lossy", elsewhere)))

    outcome = decided(a_recipe((typo, "lossy")), policy, tables="")

    assert [(f.code, f.at.file, f.fix) for f in outcome.findings] == [
        ("PRV202", "recipes/dev.yaml", "did you mean customers.email?"),
        ("PRV202", "recipes/policies/pii.yaml", "did you mean customers.email?"),
    ]
    with pytest.raises(RecipeError):
        outcome.demand(CATALOG)


def test_a_refusal_for_safety_goes_before_mistakes_and_lists_them_too():
    typo = ColumnName(EMAIL.table, "e_mail")

    with pytest.raises(SafetyError) as caught:
        decided(a_recipe((typo, "lossy")), a_policy()).demand(CATALOG)

    assert caught.value.code == "PRV220"
    assert [finding.code for finding in caught.value.findings] == ["PRV202"]


def test_a_subject_column_that_does_not_exist_is_a_mistake():
    entry = MaskEntry(mask="lossy", by=("customers.idd",), at=POLICY_AT)
    policy = a_policy(columns=(ColumnMask(column=EMAIL, entry=entry),))

    (finding,) = decided(a_recipe(), policy).findings

    assert (finding.code, finding.fix) == ("PRV216", "did you mean id?")


def test_a_fragment_proposes_what_the_type_takes():
    text = fragment([EMAIL, ColumnName(EMAIL.table, "size"), ColumnName(EMAIL.table, "city")], CATALOG)

    assert "customers.email: { use: redact" in text
    assert "customers.size: { use: noise" in text
    assert "customers.city: { use: nullify" in text
    assert "# text, may be null" in text
