"""The masks that come with provision, as a file: names, strengths and parameters without importing polars.

Importing the masks takes 0.4 s, and ``check`` must answer in less. The file is written from the specs by ``make docs``,
and a test holds it to them. The functions of these specs cannot be called.
"""

from __future__ import annotations

import collections.abc
import json
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from provision.model.plan import Family, Strength
from provision.registry import REQUIRED, MaskSpec, Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

INDEX = Path(__file__).with_name("masks.json")

_NAMES: dict[str, object] = {"str": str, "int": int, "float": float, "bool": bool, "None": types.NoneType}
_GENERIC: dict[str, Any] = {"list": list, "tuple": tuple, "dict": dict}
_FORMS: dict[object, str] = {
    list: "list",
    set: "list",
    frozenset: "list",
    tuple: "tuple",
    collections.abc.Sequence: "list",
    collections.abc.Collection: "list",
    dict: "dict",
    collections.abc.Mapping: "dict",
}


def built_in() -> Mapping[str, MaskSpec]:
    """The masks of the file by name."""
    return {spec["name"]: _spec(spec) for spec in json.loads(INDEX.read_text())}


def index_text(specs: Mapping[str, MaskSpec]) -> str:
    """The text of the file for these specs."""
    return json.dumps([_plain(spec) for spec in specs.values()], indent=1, ensure_ascii=False) + "\n"


def _plain(spec: MaskSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "summary": spec.summary,
        "strength": spec.strength.value,
        "accepts": sorted(family.value for family in spec.accepts),
        "keyed": spec.keyed,
        "by": spec.by,
        "by_required": spec.by_required,
        "parameters": [
            {"name": parameter.name, "form": _form(parameter.annotation)}
            | ({} if parameter.required else {"default": parameter.default})
            for parameter in spec.parameters
        ],
    }


def _spec(plain: dict[str, Any]) -> MaskSpec:
    return MaskSpec(
        name=plain["name"],
        summary=plain["summary"],
        doc=plain["summary"],
        strength=Strength(plain["strength"]),
        accepts=frozenset(Family(family) for family in plain["accepts"]),
        keyed=plain["keyed"],
        by=plain["by"],
        by_required=plain["by_required"],
        parameters=tuple(
            Parameter(name=each["name"], annotation=_annotation(each["form"]), default=each.get("default", REQUIRED))
            for each in plain["parameters"]
        ),
        function=_not_here,
    )


def _not_here(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("a spec of the index describes a mask and cannot be called")


def _form(annotation: object) -> Any:  # noqa: ANN401  # plain data
    """An annotation as plain data: a name, or what it is made of; "any" where it has no form of its own."""
    for name, known in _NAMES.items():
        if annotation is known:
            return name
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _form(arguments[0])
    if origin is typing.Literal:
        return {"literal": list(arguments)}
    if origin in {typing.Union, types.UnionType}:
        return {"union": [_form(argument) for argument in arguments]}
    if origin in _FORMS:
        return {_FORMS[origin]: [_form(argument) for argument in arguments if argument is not Ellipsis]}
    return "any"


def _annotation(form: Any) -> object:  # noqa: ANN401
    """The annotation of a form."""
    if isinstance(form, str):
        return _NAMES.get(form, object)
    ((kind, parts),) = form.items()
    if kind == "literal":
        return typing.Literal[tuple(parts)]
    inner = tuple(_annotation(part) for part in parts)
    if kind == "union":
        return typing.Union[inner]  # noqa: UP007  # from a list of members
    if kind == "tuple" and len(inner) == 1:
        inner = (*inner, ...)  # tuple[int, ...]
    return _GENERIC[kind][inner]
