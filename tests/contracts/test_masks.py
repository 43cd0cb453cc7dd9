"""What every mask promises, held for all of them at once on columns of every type with nasty values."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.errors import ProvisionError
from provision.keyed import as_compared
from provision.model.plan import Family, Strength
from support.mask_cases import KINDS, MASKS, Kind, apply, cases, is_valid, parameters, refused

CASES = cases()
KEYED = [case for case in CASES if case[0].keyed]
APART = [case for case in CASES if "uniqueness" in case[0].keeps]
IDS = [f"{spec.name}-{kind}" for spec, kind in CASES]
SOME = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

# These put the same in for every value, so that nothing of the value is left in what comes out.
BLIND = (Strength.NULLIFY, Strength.CONSTANT, Strength.REDACT)
# Keyed permutations, in which a value may meet itself by chance; and empty texts, which have no character to change.
BY_CHANCE = {"fpe", "integer"}
PHONES = st.from_regex(
    r"(\+|00)?[1-9][0-9]{0,2}[ -]?(\([0-9]{2}\) ?)?[0-9]{3}[- ]?[0-9]{2,6}( ext [0-9]{2})?", fullmatch=True
)
UUIDS = st.uuids().map(str)
CODES = st.from_regex(r"[A-Z]{2}-[0-9]{2,9}[a-z]?", fullmatch=True)


def series_of(kind: Kind, most: int = 16) -> st.SearchStrategy[pl.Series]:
    return st.lists(st.one_of(st.none(), kind.values), min_size=1, max_size=most).map(kind.series)


def served(spec, values: pl.Series, kind: Kind, facts, /, **chosen) -> tuple[pl.Series, pl.Series]:
    """The values that the mask takes, and what they become: masks of keys may refuse a batch, and must say so safely."""
    try:
        return values, apply(spec, values, facts, **chosen)
    except ProvisionError as error:
        assert_tells_nothing(error, values)
    taken = [value for value in values.to_list() if serves(spec, kind.series([value]), facts, **chosen)]
    fitting = kind.series(taken)
    return fitting, apply(spec, fitting, facts, **chosen)


def serves(spec, values: pl.Series, facts, /, **chosen) -> bool:
    try:
        apply(spec, values, facts, **chosen)
    except ProvisionError:
        return False
    return True


def assert_tells_nothing(error: Exception, values: pl.Series) -> None:
    told = f"{error} {error!r} {getattr(error, 'fix', '')}"
    for value in values.drop_nulls().cast(pl.String).to_list():
        assert len(value) < 4 or value not in told
    assert error.__cause__ is None


@pytest.mark.parametrize(("spec", "kind"), CASES, ids=IDS)
@SOME
@given(data=st.data())
def test_a_mask_gives_valid_values_of_the_type_and_never_the_value_itself(spec, kind, data) -> None:
    facts, chosen = kind.facts(), parameters(spec, kind.family)

    before, after = served(spec, data.draw(series_of(kind)), kind, facts, **chosen)

    assert after.dtype == before.dtype
    assert after.name == before.name
    assert len(after) == len(before)
    if spec.strength is Strength.NULLIFY:
        assert after.null_count() == len(after)
        return
    assert after.is_null().to_list() == before.is_null().to_list()
    for old, new in zip(before.to_list(), after.to_list(), strict=True):
        if old is None:
            continue
        assert is_valid(kind, new)
        if spec.strength in (*BLIND, Strength.KEEP) or spec.chance or spec.name in BY_CHANCE:
            continue
        assert new != old or re.search(spec.fixed or "$^", str(old)), "a value came out as it went in"


@pytest.mark.parametrize(("spec", "kind"), KEYED, ids=[f"{spec.name}-{kind}" for spec, kind in KEYED])
@SOME
@given(data=st.data())
def test_what_a_value_becomes_depends_on_the_value_alone(spec, kind, data) -> None:
    facts, chosen = kind.facts(), parameters(spec, kind.family)
    before, whole = served(spec, data.draw(series_of(kind)), kind, facts, **chosen)
    cut = data.draw(st.integers(0, len(before)))
    order = data.draw(st.permutations(range(len(before))))

    given = before.to_list()

    again = apply(spec, before, facts, **chosen)
    parts = pl.concat([apply(spec, part, facts, **chosen) for part in (before.head(cut), before.slice(cut))])
    shuffled = apply(spec, before.gather(order), facts, **chosen)

    assert before.to_list() == given  # polars can write into a series; a mask must not
    assert again.to_list() == whole.to_list()
    assert parts.to_list() == whole.to_list()
    assert shuffled.to_list() == whole.gather(order).to_list()
    for place in range(min(2, len(before))):
        assert apply(spec, before.slice(place, 1), facts, **chosen).item() == whole[place]


@pytest.mark.parametrize(("spec", "kind"), APART, ids=[f"{spec.name}-{kind}" for spec, kind in APART])
@SOME
@given(data=st.data())
def test_masks_that_keep_uniqueness_keep_different_values_apart(spec, kind, data) -> None:
    facts, chosen = kind.facts(unique=True, max_chars=None), parameters(spec, kind.family)
    if refused(spec, facts, **chosen):
        return

    before, after = served(spec, data.draw(series_of(kind, 40)), kind, facts, **chosen)

    told_apart = as_compared(before, kind.type) if kind.family is Family.TEXT else before
    assert after.drop_nulls().n_unique() == told_apart.drop_nulls().n_unique()


@pytest.mark.parametrize(
    "spec", [spec for spec in MASKS.values() if {"format", "length"} & spec.keeps], ids=lambda s: s.name
)
@SOME
@given(data=st.data())
def test_masks_that_keep_format_or_length_do(spec, data) -> None:
    kind = KINDS[0]
    suited = {"phone": PHONES, "uuid": UUIDS}.get(spec.name, CODES)
    values = data.draw(st.lists(suited, min_size=1, max_size=8).map(kind.series))

    after = apply(spec, values, kind.facts(), **parameters(spec, kind.family))

    for old, new in zip(values.to_list(), after.to_list(), strict=True):
        if "length" in spec.keeps:
            assert len(new) == len(old)
        if "format" in spec.keeps:
            assert skeleton(new, hexadecimal=spec.name == "uuid") == skeleton(old, hexadecimal=spec.name == "uuid")


def skeleton(text: str, *, hexadecimal: bool) -> str:
    if hexadecimal:
        return re.sub("[0-9a-f]", "0", text)
    return re.sub(r"\d", "0", re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"(?i)ext", "#", text))))


@pytest.mark.parametrize("spec", [spec for spec in MASKS.values() if Family.TEXT in spec.accepts], ids=lambda s: s.name)
@pytest.mark.parametrize("room", [1, 2, 3, 5, 8, 13, 21, 34, 47, 48])
@pytest.mark.parametrize("unique", [False, True])
def test_no_mask_outgrows_a_column_that_it_did_not_refuse(spec, room, unique) -> None:
    kind = KINDS[0]
    facts, chosen = kind.facts(max_chars=room, unique=unique), parameters(spec, Family.TEXT)
    values = kind.series([text[:room] for text in ("jane@x.test", "Jane Doe", "+49 30 123456", "x", "", "ß", "Łódź")])
    if refused(spec, facts, **chosen):
        return

    _, after = served(spec, values, kind, facts, **chosen)

    assert all(len(text) <= room for text in after.drop_nulls().to_list())


REALISTIC: dict[Family, list] = {
    Family.TEXT: [f"user{number}@mail.test" for number in range(3000)],
    Family.INTEGER: [1_000_000 + 37 * number for number in range(3000)],
    Family.NUMERIC: [f"{10_000 + 31 * number}.75" for number in range(3000)],
    Family.FLOAT: [f"{10_000 + 31 * number}.75" for number in range(3000)],
    Family.UUID: [f"00000000-0000-4000-8000-{number:012x}" for number in range(3000)],
    Family.BYTES: [f"\\x{number:08x}" for number in range(3000)],
    Family.DATE: [f"{1900 + number // 300}-{number % 12 + 1:02}-{number % 28 + 1:02}" for number in range(3000)],
}
SHORT_LISTS = {"choice", "dictionary"}


@pytest.mark.parametrize(
    ("spec", "family"),
    [(spec, family) for spec in MASKS.values() for family in REALISTIC if spec.keyed and family in spec.accepts],
    ids=lambda value: str(getattr(value, "value", None) or value.name),
)
def test_another_key_changes_at_least_99_in_100_values(spec, family) -> None:
    kind = next(
        kind
        for kind in reversed(KINDS)
        if kind.family is family
        and "precision" not in kind.more
        and kind.type != "name"
        and "max_chars" not in kind.more
    )
    chosen = parameters(spec, family)
    if spec.name in SHORT_LISTS:
        words = REALISTIC[family][:1000]
        chosen = {"values": tuple(words)}
    values = kind.series([f"+49 30 {1000000 + n}" for n in range(3000)] if spec.name == "phone" else REALISTIC[family])
    if spec.name == "integer" and family is Family.TEXT:
        values = kind.series([str(number) for number in REALISTIC[Family.INTEGER]])
    if spec.name == "integer" and family is Family.NUMERIC:
        values = kind.series([f"{number}.00" for number in REALISTIC[Family.INTEGER]])

    if spec.name == "uuid" and family is Family.TEXT:
        values = kind.series(REALISTIC[Family.UUID])

    one = apply(spec, values, kind.facts(), **chosen)
    other = apply(spec, values, kind.facts(), key="another", **chosen)

    assert (one == other).mean() <= 0.01
    assert one.n_unique() > 100  # not one value for all


@pytest.mark.parametrize("spec", MASKS.values(), ids=lambda spec: spec.name)
def test_a_spec_describes_itself(spec) -> None:
    assert spec.function.__name__ == spec.name
    assert spec.function.__module__.endswith(f"masks.{spec.name}")
    assert len(spec.summary) >= 20
    assert spec.accepts
    if spec.strength is Strength.KEEP:
        assert not spec.refuses
    if spec.refuses:
        asked = [parameter for parameter in inspect.signature(spec.refuses).parameters if parameter != "facts"]
        assert asked == [parameter.name for parameter in spec.parameters]


@pytest.mark.parametrize("spec", MASKS.values(), ids=lambda spec: spec.name)
def test_masks_that_may_give_equal_values_refuse_unique_columns(spec) -> None:
    if spec.strength in (Strength.INJECTIVE, Strength.BIJECTIVE, Strength.KEEP, Strength.NULLIFY):
        return
    for kind in KINDS:
        if kind.family in spec.accepts:
            assert refused(spec, kind.facts(unique=True), **parameters(spec, kind.family))


def test_the_guide_lists_every_mask_with_its_strength_parameters_and_promises() -> None:
    page = (Path(__file__).parents[2] / "docs/guide/mask.md").read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| `[a-z_]+` \|", line)]

    assert rows == [guide_row(spec) for spec in MASKS.values()]


def guide_row(spec) -> str:
    """The line of a mask in docs/guide/mask.md."""
    taken = "all" if spec.accepts == set(Family) else " ".join(sorted(spec.accepts))
    given = []
    for parameter in spec.parameters:
        default = "" if parameter.required or parameter.default in (None, "") else f": {shown(parameter.default)}"
        given.append(f"`{parameter.name}{default}`{' (required)' if parameter.required else ''}")
    if spec.by:
        given.append("`by`")
    promises = "all" if len(spec.keeps) == 7 else " ".join(sorted(spec.keeps)) or "none"
    return f"| `{spec.name}` | {spec.strength} | {taken} | {', '.join(given) or 'none'} | {promises} |"


def shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
