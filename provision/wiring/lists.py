"""What there is to choose from, as the plug-ins describe themselves, and the JSON Schemas of the files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from provision.errors import UsageError
from provision.model.plan import Family
from provision.stages.recipe.load import load_project
from provision.stages.recipe.schema import json_schema
from provision.stages.recipe.supported import SUPPORTED_CHECKS
from provision.wiring.rooms import mask_specs, open_source_url, source_url

FEW = 3  # families that are named as exceptions

if TYPE_CHECKING:
    from pathlib import Path


def listing(kind: str) -> list[dict[str, str]]:
    """Rows of names and what they mean: of ``masks``, ``checks`` or ``dialects``."""
    if kind == "masks":
        return [
            {
                "name": spec.name,
                "strength": spec.strength.value,
                "takes": _families(spec.accepts),
                "keeps": ", ".join(sorted(spec.keeps)),
                "parameters": ", ".join(parameter.name for parameter in spec.parameters),
                "summary": spec.summary,
            }
            for spec in mask_specs().values()
        ]
    if kind == "checks":
        return [{"name": name} for name in sorted(SUPPORTED_CHECKS)]
    return [{"name": "postgresql", "versions": "15 to 18", "source": "yes", "target": "yes"}]


def _families(accepted: frozenset[Family]) -> str:
    """Names of families; ``any`` for all, ``any but x`` for nearly all."""
    missing = sorted(family.value for family in Family if family not in accepted)
    if len(missing) <= FEW:
        return f"any but {', '.join(missing)}" if missing else "any"
    return ", ".join(sorted(family.value for family in accepted))


def schema(
    kind: Literal["recipe", "policy", "project"], *, source: str | None = None, folder: Path | None = None
) -> dict[str, Any]:
    """The JSON Schema of a kind of file; with a source of the project it lists live tables and columns."""
    catalog = None
    if source is not None:
        project = load_project(folder)
        entry = next((entry for entry in project.sources if entry.name == source), None)
        if entry is None:
            known = ", ".join(entry.name for entry in project.sources) or "none"
            raise UsageError("PRV808", f"there is no source {source}", fix=f"sources of the project: {known}")
        catalog = open_source_url(source, source_url(entry, os.environ)).reflect()
    return json_schema(kind, masks=mask_specs(), catalog=catalog)
