"""JSON Schemas (draft 2020-12) of the three files, from the shapes that read them: completion and checks in editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from provision.model.names import ColumnName
from provision.stages.recipe.policies import policy_shape
from provision.stages.recipe.projects import PROJECT
from provision.stages.recipe.recipes import recipe_shape
from provision.stages.recipe.shapes import Json, Live

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.catalog import Catalog
    from provision.registry import MaskSpec

Kind = Literal["recipe", "policy", "project"]
KINDS: tuple[Kind, ...] = ("recipe", "policy", "project")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
TITLES = {
    "recipe": "A recipe of provision: what to take, how to mask it, what must hold, where it goes",
    "policy": "A policy of provision: what columns are, and what becomes of them",
    "project": "provision.yaml: connections, store, keys and trust",
}


def json_schema(kind: Kind, *, masks: Mapping[str, MaskSpec] | None = None, catalog: Catalog | None = None) -> Json:
    """The schema of one kind of file.

    Args: masks: those that may be named; any name is taken where there are none. catalog: lists its tables and
    columns, so that editors complete them.
    """
    live = Live() if catalog is None else _live(catalog)
    match kind:
        case "recipe":
            schema = recipe_shape(masks or {}).schema(live)
        case "policy":
            schema = policy_shape(masks or {}).schema(live)
        case "project":
            schema = PROJECT.schema(live)
    schema["properties"] = {
        "extends": {"description": "A file that this one is laid on: mappings merge, the rest is replaced.", "type": "string"},
        **schema["properties"],
    }  # fmt: skip
    # What a file that extends another leaves out may stand there.
    required = [name for name in schema["required"] if name != "version"]
    schema["required"] = ["version"]
    if required:
        schema["anyOf"] = [{"required": ["extends"]}, {"required": required}]
    return {"$schema": DRAFT, "title": TITLES[kind], **schema, "$defs": live.definitions}


def _live(catalog: Catalog) -> Live:
    tables = [table.name for table in catalog.tables]
    columns = [ColumnName(table.name, column.name) for table in catalog.tables for column in table.columns]
    return Live(tables=tuple(map(str, tables)), columns=tuple(map(str, columns)))
