"""What can be said about a recipe and its policies without a database, beyond their form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.model.plan import Strength
from provision.model.report import Severity
from provision.stages.recipe.masking import LATER_MASKS
from provision.stages.recipe.nodes import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from provision.model.location import Location
    from provision.model.names import ColumnName
    from provision.model.policy import MaskEntry, Policy
    from provision.model.recipe import Recipe
    from provision.registry import MaskSpec
    from provision.stages.recipe.nodes import Problems

# Masks whose strength does not depend on a spec, so that they can be judged where none are at hand.
KNOWN_STRENGTH = {
    "keep": Strength.KEEP,
    "nullify": Strength.NULLIFY,
    "constant": Strength.CONSTANT,
    "redact": Strength.REDACT,
}

# Python's engine may take for ever on a repeated group; polars' engine, which decides in a run, never does.
_REPEATED_GROUP = re.compile(r"\)[*+{]")


def lint(
    recipe: Recipe, policies: Sequence[Policy], *, masks: Mapping[str, MaskSpec], today: date, problems: Problems
) -> None:
    """Put on the list what is wrong or odd about the files together."""
    for policy in policies:
        _classes(policy, policies, problems)
        _expired(policy, today, problems)
    for where, entry in _entries(recipe, policies):
        if masks and entry.mask not in masks and entry.mask in LATER_MASKS:
            message = f"the mask {entry.mask} is not built yet: a run refuses columns that need it"
            problems.add("PRV151", message, at=entry.place("use"), severity=Severity.WARN, where=where)
    _weaker(recipe, policies, masks, today, problems)


def _entries(recipe: Recipe, policies: Sequence[Policy]) -> Iterator[tuple[str, MaskEntry]]:
    """All masks of the recipe and of policy files, with what they are for; built-in packs are known to be right."""
    yield from ((str(line.column), line.entry) for line in recipe.mask)
    for policy in policies:
        if policy.file:
            yield from ((f"class {line.class_}", line.entry) for line in policy.treat)
            yield from ((str(line.column), line.entry) for line in policy.columns)


def _classes(policy: Policy, policies: Sequence[Policy], problems: Problems) -> None:
    """Classes without a treatment leave columns undecided; treatments without a class are never used."""
    treated = {line.class_ for each in policies for line in each.treat}
    given = {rule.class_ for each in policies for rule in each.classify}
    for rule in policy.classify:
        if rule.class_ not in treated:
            fix = f"add it under treat, for example {rule.class_}: nullify"
            message = f"the class {quoted(rule.class_)} is given and no policy treats it: its columns stay undecided"
            problems.add("PRV122", message, at=rule.at, fix=fix, severity=Severity.WARN)
    for line in policy.treat:
        if policy.file and line.class_ not in given:
            message = f"the class {quoted(line.class_)} is treated and no rule gives it"
            problems.add("PRV122", message, at=line.at, fix="add a rule under classify", severity=Severity.INFO)


def _expired(policy: Policy, today: date, problems: Problems) -> None:
    for exception in policy.exceptions:
        if exception.expires < today:
            fix = "remove it, or have it renewed by the policy's owner"
            message = f"this exception expired on {exception.expires}"
            problems.add("PRV124", message, at=exception.at, fix=fix, severity=Severity.WARN)


def _weaker(
    recipe: Recipe, policies: Sequence[Policy], masks: Mapping[str, MaskSpec], today: date, problems: Problems
) -> None:
    """A recipe that is weaker than a policy, as far as that can be told without a catalog."""
    for line in recipe.mask:
        asked = _strength(line.entry, masks)
        for policy in policies:
            said, at = _said(policy, line.column)
            theirs = _strength(said, masks) if said is not None else None
            if asked is None or theirs is None or asked.rank >= theirs.rank:
                continue
            if any(
                asked.rank >= exception.allow.rank and today <= exception.expires
                for exception in policy.exceptions
                if any(pattern.matches(line.column) for pattern in exception.columns)
            ):
                continue
            fix = f"choose a stronger mask, or ask the owner of policy {policy.name} for an exception"
            place = f" (at {at})" if at else ""
            message = f"{asked.value} is weaker than {theirs.value}, which policy {policy.name} decided{place}"
            problems.add("PRV126", message, at=line.entry.place("use"), fix=fix, where=str(line.column))


def _strength(entry: MaskEntry, masks: Mapping[str, MaskSpec]) -> Strength | None:
    spec = masks.get(entry.mask)
    return spec.strength if spec is not None else KNOWN_STRENGTH.get(entry.mask)


def _said(policy: Policy, column: ColumnName) -> tuple[MaskEntry | None, Location | None]:
    """What the policy says about the column by its name alone; nothing where a type or a key would have to be known."""
    if (named := policy.decision(column)) is not None:
        return named.entry, named.at
    for rule in policy.classify:
        if rule.columns and not any(pattern.matches(column) for pattern in rule.columns):
            continue
        repeated = rule.name is not None and _REPEATED_GROUP.search(rule.name) is not None
        if rule.name is not None and not repeated and re.search(rule.name, column.column) is None:
            continue
        if rule.types or rule.keys or repeated:
            return None, None
        treatment = policy.treatment(rule.class_)
        return (treatment.entry, rule.at) if treatment is not None else (None, None)
    return None, None
