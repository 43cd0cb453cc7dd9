"""What of a recipe and its policies changes the data, as canonical bytes: two runs with equal bytes may be compared.

Left out is what changes nothing about rows: names, reasons, comments, connections, tags, retention, checks that only
report or gate, exceptions. Kept are row choice, treatments, seed, and rows that are taken out or made up.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from provision.stages.recipe.plain import plain_policy, plain_recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.model.policy import Policy
    from provision.model.recipe import Recipe

OF_RECIPE = ("version", "seed", "subset", "mask", "sanitize", "fabricate")
OF_POLICY = ("version", "unclassified", "classify", "treat", "columns", "text")


def effective(recipe: Recipe, policies: Sequence[Policy]) -> bytes:
    """Canonical JSON (sorted keys, no blanks, UTF-8) of what changes the data."""
    given = plain_recipe(recipe)
    form = {
        "recipe": _without_reasons({name: given[name] for name in OF_RECIPE if name in given}),
        "policies": [_of_policy(policy) for policy in policies],
    }
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def effective_hash(recipe: Recipe, policies: Sequence[Policy]) -> str:
    """SHA-256 (hex) of the effective form."""
    return hashlib.sha256(effective(recipe, policies)).hexdigest()


def _of_policy(policy: Policy) -> Any:  # noqa: ANN401  # plain data
    given = plain_policy(policy)
    if isinstance(given["unclassified"], dict):
        given["unclassified"] = "keep"
    return _without_reasons({name: given[name] for name in OF_POLICY if name in given})


def _without_reasons(value: Any) -> Any:  # noqa: ANN401
    """The value without the reasons of masks and checks."""
    if isinstance(value, dict):
        marked = "use" in value or "on" in value
        return {key: _without_reasons(item) for key, item in value.items() if not (marked and key == "reason")}
    return [_without_reasons(item) for item in value] if isinstance(value, list) else value


def policy_hash(policy: Policy) -> str:
    """SHA-256 (hex) of what one policy says about the data."""
    form = json.dumps(_of_policy(policy), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(form.encode()).hexdigest()
