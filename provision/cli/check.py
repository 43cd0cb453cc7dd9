"""``provision check``: are recipes, policies and project file right, as far as that can be said without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # typer reads it off the signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provision.cli.command import Outcome, Session, error_object, finding_object
from provision.errors import RecipeError, SafetyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.errors import ProvisionError
    from provision.model.report import Finding
    from provision.registry import MaskSpec
    from provision.stages.recipe.load import Loaded

ABOUT_MASKS = frozenset({"PRV120", "PRV121"})


def check(
    session: Session,
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="Recipes to check.", show_default=False)],
    *,
    print_effective: Annotated[
        bool, typer.Option("--print-effective", help="Print recipe and policies with everything written out.")
    ] = False,
) -> Outcome:
    """Check recipes with their policies and the project file; open no database."""
    checked = [_check(session, path) for path in recipes]
    errors = [found for found in checked if not isinstance(found, tuple)]
    good = [found for found in checked if isinstance(found, tuple)]
    data: dict[str, Any] = {"recipes": [_data(path, found) for path, found in zip(recipes, checked, strict=True)]}
    if errors:
        data["error"] = error_object(max(errors, key=lambda error: error.exit_code))
    if print_effective and not errors:
        text = "---\n".join(_effective(loaded) for loaded, _ in good)
        data["effective"] = text
        return Outcome(data=data, text=text.rstrip("\n"))
    seen: set[Finding] = set()
    text = "\n".join(
        _text(path, found, seen, verbose=session.verbose) for path, found in zip(recipes, checked, strict=True)
    )
    return Outcome(data=data, text=text, exit_code=max((error.exit_code for error in errors), default=0))


def _check(session: Session, path: Path) -> tuple[Loaded, tuple[Finding, ...]] | RecipeError | SafetyError:
    """What is in the recipe, and the parts that a run of this version refuses; or what is wrong."""
    from provision.stages.recipe.index import built_in  # needs YAML
    from provision.stages.recipe.load import load_recipe, plugins_of
    from provision.stages.recipe.supported import requires

    def load(masks: Mapping[str, MaskSpec]) -> tuple[Loaded, tuple[Finding, ...]]:
        loaded = load_recipe(session.path(path), folder=session.directory, masks=masks, today=datetime.now(UTC).date())
        return loaded, requires(loaded.recipe)

    plugins = plugins_of(session.path(path), folder=session.directory)
    try:
        return load(_masks(plugins) if plugins else built_in())
    except (RecipeError, SafetyError) as error:
        if plugins or not any(finding.code in ABOUT_MASKS for finding in error.findings):
            return error
    # The file of built-in masks may be older than the masks: their own word counts.
    try:
        return load(_masks(()))
    except (RecipeError, SafetyError) as error:
        return error


def _masks(plugins: tuple[str, ...]) -> Mapping[str, MaskSpec]:
    from provision.wiring.rooms import mask_specs

    return mask_specs(plugins)


def _data(path: Path, found: tuple[Loaded, tuple[Finding, ...]] | ProvisionError) -> dict[str, Any]:
    if isinstance(found, tuple):
        loaded, refused = found
        findings = [*loaded.findings, *refused]
        return {
            "file": str(path),
            "ok": True,
            "name": loaded.recipe.name,
            "findings": list(map(finding_object, findings)),
        }
    return {"file": str(path), "ok": False, "findings": error_object(found)["findings"]}


def _text(
    path: Path,
    found: tuple[Loaded, tuple[Finding, ...]] | RecipeError | SafetyError,
    seen: set[Finding],
    *,
    verbose: bool,
) -> str:
    """Findings that were not shown yet, then one line for the recipe."""
    from provision.model.report import Severity  # model is imported when it is needed

    if not isinstance(found, tuple):
        findings, verdict = list(found.findings), f"{path}: {len(found.findings)} mistakes"
        verdict = verdict.replace(": 1 mistakes", ": 1 mistake")
    else:
        loaded, refused = found
        findings = [*loaded.findings, *(refused if verbose else ())]
        findings = [finding for finding in findings if verbose or finding.severity is not Severity.INFO]
        verdict = f"ok {path}"
        if refused:
            verdict += (
                f" (a run refuses {len(refused)} parts that are not built yet{'' if verbose else '; -v lists them'})"
            )
    new = [finding for finding in findings if finding not in seen]
    seen.update(new)
    return "\n".join([*map(str, new), verdict])


def _effective(loaded: Loaded) -> str:
    from provision.stages.recipe.effective import effective_hash
    from provision.stages.recipe.nodes import hide
    from provision.stages.recipe.write import write, write_policy

    digest = effective_hash(loaded.recipe, loaded.policies)
    head = f"# recipe {loaded.recipe.file}, sha256 of what changes data: {digest}\n"
    policies = (
        f"---\n# policy {policy.file or policy.name + ' (built in)'}\n{write_policy(policy)}"
        for policy in loaded.policies
    )
    return head + hide(write(loaded.recipe) + "".join(policies))
