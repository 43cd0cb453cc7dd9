"""The shapes of ``checks:`` and ``sanitize:``: each kind with what it looks at and the parameters it takes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from provision.model.recipe import Action, CheckRule
from provision.model.report import Severity
from provision.stages.recipe.fields import Field, Fields, ListOf, OfKind
from provision.stages.recipe.masking import Either
from provision.stages.recipe.shapes import Anything, Flag, Number, Text, Whole, Word
from provision.stages.recipe.sql import SQL
from provision.stages.recipe.words import (
    ANYWHERE,
    BARE_COLUMN,
    BASELINE,
    BUDGET,
    COLUMN,
    DURATION,
    NAME,
    PATTERN,
    REGEX,
    TABLES,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.location import Location
    from provision.model.policy import ColumnPattern
    from provision.stages.recipe.fields import Got
    from provision.stages.recipe.nodes import Problems
    from provision.stages.recipe.shapes import Parsed

SHARE = Number(least=0, most=1)
BOUND = Either((Number(), Text("a number, or a date or time as text")))
COLUMNS = ListOf(BARE_COLUMN, least=1)
MEASURE = Number(least=0)

# Kind -> what `on` names, and the kind's own parameters.
KINDS: Mapping[str, tuple[Parsed[ColumnPattern], Mapping[str, Field]]] = {
    "row_count": (TABLES, {
        "min": Field(Whole(), "At least so many rows."),
        "max": Field(Whole(), "At most so many rows."),
    }),
    "not_null": (PATTERN, {}),
    "unique": (ANYWHERE, {"columns": Field(COLUMNS, "Columns of the table that are unique together.")}),
    "in_set": (PATTERN, {
        "values": Field(ListOf(Anything(), least=1), "The values that may occur; null may always."),
        "reference": Field(COLUMN, "A column that holds the values that may occur."),
    }),
    "range": (PATTERN, {
        "min": Field(BOUND, "The smallest value."),
        "max": Field(BOUND, "The largest value."),
        "exclusive": Field(Flag(), "The bounds themselves may not occur."),
    }),
    "length": (PATTERN, {
        "min": Field(Whole(), "At least so many characters."),
        "max": Field(Whole(), "At most so many characters."),
    }),
    "regex": (PATTERN, {"pattern": Field(REGEX, "What each value matches, from start to end.", required=True)}),
    "expression": (TABLES, {"sql": Field(SQL, "A condition that holds in every row.", required=True)}),
    "freshness": (PATTERN, {"max_age": Field(DURATION, "The newest value is at most so old.", required=True)}),
    "drift": (ANYWHERE, {
        "baseline": Field(BASELINE, "What is compared with: previous, source or tag:NAME.", required=True),
        "psi": Field(MEASURE, "Largest population stability index."),
        "ks": Field(SHARE, "Largest Kolmogorov-Smirnov distance."),
        "js": Field(SHARE, "Largest Jensen-Shannon distance."),
        "wasserstein": Field(MEASURE, "Largest Wasserstein distance, in standard deviations of the baseline."),
        "rows": Field(SHARE, "Largest relative change of the number of rows."),
    }),
    "correlation": (TABLES, {
        "baseline": Field(BASELINE, "What is compared with.", required=True),
        "max_delta": Field(Number(least=0, most=2), "Largest change of a correlation."),
    }),
    "k_anonymity": (TABLES, {
        "quasi": Field(COLUMNS, "Columns that together may tell a person.", required=True),
        "k": Field(Whole(least=2), "Each combination is shared by at least so many rows.", required=True),
    }),
    "l_diversity": (TABLES, {
        "quasi": Field(COLUMNS, "Columns that together may tell a person.", required=True),
        "sensitive": Field(BARE_COLUMN, "The column whose values must differ.", required=True),
        "l": Field(Whole(least=2), "Distinct values within each combination.", required=True),
    }),
    "leak": (PATTERN, {}),
    "outliers": (TABLES, {
        "baseline": Field(BASELINE, "A clean version to learn from."),
        "columns": Field(COLUMNS, "Columns that are looked at; all numbers unless said otherwise."),
    }),
    "duplicates": (TABLES, {"columns": Field(COLUMNS, "Columns that make two rows alike; all but keys unless said otherwise.")}),
    "triggers": (TABLES, {
        "baseline": Field(BASELINE, "A clean version to compare with."),
        "columns": Field(COLUMNS, "Columns that are looked at."),
    }),
    "label_noise": (TABLES, {"label": Field(BARE_COLUMN, "The column that holds the label.", required=True)}),
}  # fmt: skip

NEEDS_ONE = {
    "row_count": ("min", "max"),
    "range": ("min", "max"),
    "length": ("min", "max"),
    "drift": ("psi", "ks", "js", "wasserstein", "rows"),
}
NEEDS_EXACTLY_ONE = {"in_set": ("values", "reference")}

# Kinds that find single rows, and so may take them out before anything is published.
SANITIZE = (
    "not_null", "unique", "in_set", "range", "length", "regex", "expression",
    "outliers", "duplicates", "triggers", "label_noise",
)  # fmt: skip

SEVERITY = Word({severity.value: severity for severity in (Severity.ERROR, Severity.WARN)})
COMMON = {
    "where": Field(SQL, "Condition in SQL: rows that are looked at."),
    "severity": Field(SEVERITY, "error stops the snapshot from being tagged and loaded; warn reports."),
    "name": Field(NAME, "What reports call it."),
    "reason": Field(Text(), "Why it must hold; shown when it does not."),
}


def _make(kind: str, own: Mapping[str, Field], budget: str, got: Got, problems: Problems) -> CheckRule:
    parameters = {key: value for key, value in got.values.items() if key in own}
    low, high = parameters.get("min"), parameters.get("max")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
        problems.add("PRV117", "min is larger than max", at=got.place("min"), fix="swap them")
    action = got.get("action", Action.FAIL)
    column = next((pattern for pattern in got["on"] if kind == "unique" and pattern.column != "*"), None)
    if column is not None and "columns" in own and got.has("columns"):
        problems.add("PRV114", "columns names columns of a table", at=column.at, fix="name the table alone under on")
    if kind == "unique" and column is None and not got.has("columns"):
        problems.add("PRV111", "unique needs a column, or columns", at=got.place("on"), fix="add columns: [a, b]")
    if action is Action.NULLIFY and any(pattern.column == "*" for pattern in got["on"]):
        problems.add("PRV114", "nullify needs columns under on", at=got.place("action"), fix="use quarantine for rows")
    return CheckRule(
        kind=kind,
        on=got["on"],
        parameters=tuple(sorted(parameters.items())),
        where=got.get("where"),
        budget=got.get(budget),
        severity=got.get("severity", Severity.ERROR),
        action=action,
        name=got.get("name", ""),
        reason=got.get("reason", ""),
        at=got.at,
        places=tuple(got.places.items()),
    )


def _kind(kind: str, *, sanitize: bool) -> Fields[CheckRule]:
    on, own = KINDS[kind]
    budget = "max" if sanitize else "tolerance"
    if sanitize and "max" in own:  # range and length have a bound of that name
        budget = "tolerance"
    extra = {budget: Field(BUDGET, "How much may be found: a share of the rows, or a number of rows.")}
    if sanitize:
        extra["action"] = Field(
            Word({action.value: action for action in Action}), "What becomes of rows that are found."
        )
    fields = {"on": Field(ListOf(on, least=1, lone=True), "What it looks at.", required=True), **own, **extra, **COMMON}
    return Fields(
        kind,
        partial(_make, kind, own, budget),
        fields,
        exactly_one=NEEDS_EXACTLY_ONE.get(kind, ()),
        at_least_one=NEEDS_ONE.get(kind, ()),
    )


def _placed(rule: CheckRule, at: Location) -> CheckRule:
    return replace(rule, at=at)


CHECKS = ListOf(OfKind("a check", {kind: _kind(kind, sanitize=False) for kind in KINDS}, "kind of check", _placed))
SANITIZERS = ListOf(
    OfKind("a check", {kind: _kind(kind, sanitize=True) for kind in SANITIZE}, "kind of check", _placed)
)
