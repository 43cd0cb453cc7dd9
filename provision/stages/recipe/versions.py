"""The version of the language that a file is written in: ``version: 1``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.stages.recipe.fields import Field
from provision.stages.recipe.nodes import Node, Problems, Scalar

if TYPE_CHECKING:
    from provision.stages.recipe.shapes import Json, Live

CURRENT = 1


class Version:
    """The one version there is."""

    what = f"version: {CURRENT}"

    def read(self, node: Node, problems: Problems) -> int:
        """The version."""
        if isinstance(node, Scalar) and node.value is not True and node.value == CURRENT:
            return CURRENT
        fix = f"write version: {CURRENT}"
        if isinstance(node, Scalar) and isinstance(node.value, int) and node.value > CURRENT:
            fix = "this file needs a newer provision"
        raise problems.add(
            "PRV109", f"this version of provision reads version {CURRENT} of the language", at=node.at, fix=fix
        )

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A constant."""
        return {"const": CURRENT}


VERSION = Field(Version(), "Version of the language.", required=True)
