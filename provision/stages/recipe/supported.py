"""What a run of this version can carry out: files may say more, so that they need not change when it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.model.project import LoadMode
from provision.model.report import Finding
from provision.stages.recipe.nodes import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.model.location import Location
    from provision.model.recipe import Recipe

SUPPORTED_CHECKS = frozenset({"row_count"})
SUPPORTED_LOADS = frozenset({LoadMode.REPLACE, LoadMode.REFRESH})


def requires(recipe: Recipe) -> tuple[Finding, ...]:
    """Parts of the recipe that a run of this version cannot carry out, each with its place; empty where there are none."""
    return tuple(_missing(recipe))


def _missing(recipe: Recipe) -> Iterator[Finding]:
    for rule in recipe.sanitize:
        yield _finding(f"sanitize: {rule.kind}", rule.at)
    for made in recipe.fabricate:
        yield _finding(f"fabricate: {made.table}", made.at)
    for rule in recipe.checks:
        if rule.kind not in SUPPORTED_CHECKS:
            yield _finding(f"the check {rule.kind}", rule.at, f"checks that run are {one_of(sorted(SUPPORTED_CHECKS))}")
        elif rule.where is not None or rule.budget is not None:
            yield _finding(f"where and tolerance of the check {rule.kind}", rule.at)
    for target in recipe.load:
        if target.inline is not None and target.inline.load not in SUPPORTED_LOADS:
            yield _finding(f"load: {target.inline.load.value}", target.at)


def _finding(what: str, at: Location | None, known: str = "") -> Finding:
    fix = f"take it out for now{'; ' + known if known else ''}"
    return Finding(code="PRV150", message=f"this version does not carry out {what}", at=at, fix=fix)
