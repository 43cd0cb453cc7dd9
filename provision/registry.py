"""Decorators that turn a function into a frozen spec, and `collect`, which finds the specs of a room.

A plug-in is one file with one decorated function plus one test file. Nothing is registered at import: the decorator
returns the spec, and ``wiring`` collects the specs of a package into a mapping that is handed to whoever needs it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    import polars as pl

    from provision.model.plan import Family, Strength

Promise = Literal["nulls", "equality", "uniqueness", "format", "length", "checksum", "order"]

Spec = typing.TypeVar("Spec")

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter that users may set: its name, Python annotation (``int``, ``Literal["a"]``, …) and default."""

    name: str
    annotation: object
    default: object = REQUIRED  # REQUIRED where there is none

    @property
    def required(self) -> bool:
        """Whether the user must give it."""
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskSpec:
    """What a mask is: its name, its strength, the families it accepts and the promises it is held to.

    The function is ``f(values, *, key, facts, **parameters) -> Series``: pure, vectorised, same length and order,
    null where the input is null. ``key`` is a `keyed.DomainKey`; masks that are not keyed take no ``key``; ``facts``
    is a `model.plan.ColumnFacts`, and only masks that ask for it get it. Masks with ``by`` take one more positional
    Series for the column named there; one that can do without has a default for it.
    """

    name: str
    summary: str
    doc: str
    strength: Strength
    accepts: frozenset[Family]
    keeps: frozenset[Promise] = frozenset()
    scope: Literal["row", "table"] = "row"
    chance: bool = False  # may give a value its own by chance: picks from a short list
    words: bool = False  # draws from our word lists, so their hash is part of what it does
    fixed: str = ""  # pattern of values that stay as they are, because they tell nothing: infinity, NaN, zero
    keyed: bool = True
    wants_facts: bool = False
    by: bool = False
    by_required: bool = False  # it reads another column and cannot do without
    parameters: tuple[Parameter, ...] = ()
    function: Callable[..., pl.Series] = field(repr=False)
    # Why this mask cannot serve a column, as a sentence without values, or None: checked while planning.
    refuses: Callable[..., str | None] | None = field(default=None, repr=False)


def mask(
    *,
    name: str,
    strength: Strength,
    accepts: set[Family],
    keeps: set[Promise] | frozenset[Promise] = frozenset(),
    scope: Literal["row", "table"] = "row",
    chance: bool = False,
    words: bool = False,
    fixed: str = "",
    refuses: Callable[..., str | None] | None = None,
) -> Callable[[Callable[..., pl.Series]], MaskSpec]:
    """Describe a mask; parameters that users may set are read off the function's keyword-only arguments.

    ``refuses(facts, **parameters)`` says why a column cannot be served, before a row moves.
    """

    def describe(function: Callable[..., pl.Series]) -> MaskSpec:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function, include_extras=True, localns=_late_names())
        given = [p for p in signature.parameters.values() if p.kind is inspect.Parameter.KEYWORD_ONLY]
        positional = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
        doc = inspect.cleandoc(function.__doc__ or "")
        return MaskSpec(
            name=name,
            summary=doc.split("\n", 1)[0],
            doc=doc,
            strength=strength,
            accepts=frozenset(accepts),
            keeps=frozenset(keeps),
            scope=scope,
            chance=chance,
            words=words,
            fixed=fixed,
            keyed=any(p.name == "key" for p in given),
            wants_facts=any(p.name == "facts" for p in given),
            by=len(positional) > 1,
            by_required=any(p.default is inspect.Parameter.empty for p in positional[1:]),
            parameters=tuple(
                Parameter(name=p.name, annotation=hints.get(p.name, object), default=p.default)
                for p in given
                if p.name not in {"key", "facts"}
            ),
            function=function,
            refuses=refuses,
        )

    return describe


def collect(package: ModuleType, kind: type[Spec]) -> Mapping[str, Spec]:
    """All specs of one kind in a package's modules, by name, in name order.

    Raises: ValueError if two specs share a name.
    """
    found: dict[str, Spec] = {}
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if module.name.rsplit(".", 1)[-1].startswith("_"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, kind):
                name: str = value.name  # type: ignore[attr-defined]  # every spec has a name
                if found.setdefault(name, value) is not value:
                    raise ValueError(f"two plug-ins are called {name}")
    return dict(sorted(found.items()))


def _late_names() -> dict[str, object]:
    """Names that plug-in files import for type checking only."""
    import polars  # noqa: PLC0415, ICN001  # heavy, needed when specs are made

    return {"pl": polars, "DomainKey": object, "ColumnFacts": object}
