"""The shape of a mask: ``email``, or a mapping with ``use:`` and what the mask's own spec allows."""

from __future__ import annotations

import collections.abc
import types
import typing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from provision.model.policy import MaskEntry, Pairs
from provision.stages.recipe.fields import Field, ListOf, MapOf
from provision.stages.recipe.nodes import Entries, Invalid, Node, Problems, Scalar, did_you_mean, one_of, quoted
from provision.stages.recipe.shapes import Anything, Flag, Json, Live, Number, Shape, Text, Whole, Word, expected
from provision.stages.recipe.words import DATE, DURATION, NAME, REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provision.model.location import Location
    from provision.registry import MaskSpec, Parameter

KEEP = "keep"
# Masks of the language that later versions bring: a file that names one is right, a run that needs one refuses.
LATER_MASKS = frozenset({"json", "ip", "national_id", "shuffle", "text", "k_anonymity", "xml", "hstore"})

COMMON = {
    "domain": Field(NAME, "The mapping it shares: equal values of one domain are masked alike everywhere."),
    "by": Field(
        ListOf(REFERENCE, lone=True, least=1), "Columns whose values the mask reads, such as the person's key."
    ),
    "reason": Field(Text(), "Why. Needed for keep."),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Either:
    """The first of several shapes that reads the value, for parameters that take more than one kind."""

    shapes: tuple[Shape[object], ...]

    @property
    def what(self) -> str:
        """In words."""
        return " or ".join(shape.what for shape in self.shapes)

    def read(self, node: Node, problems: Problems) -> object:
        """What the first fitting shape makes of it."""
        for shape in self.shapes:
            try:
                return shape.read(node, Problems())
            except Invalid:
                continue
        raise expected(self.what, node, problems)

    def schema(self, live: Live) -> Json:
        """Any of them."""
        return {"anyOf": [shape.schema(live) for shape in self.shapes]}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reshaped:
    """A shape whose value is turned into what a mask takes."""

    shape: Shape[Any]
    turn: Callable[[Any], object]

    @property
    def what(self) -> str:
        """In words."""
        return self.shape.what

    def read(self, node: Node, problems: Problems) -> object:
        """The turned value."""
        return self.turn(self.shape.read(node, problems))

    def schema(self, live: Live) -> Json:
        """Of the shape itself."""
        return self.shape.schema(live)


_SIMPLE: dict[object, Shape[object]] = {
    int: Whole(least=-(2**63)),
    float: Number(),
    bool: Flag(),
    str: Text(empty=True),
    timedelta: DURATION,
    date: DATE,
}


def shape_of(annotation: object) -> Shape[object]:
    """The shape for a Python annotation of a parameter; `Anything` where there is no closer one."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return shape_of(arguments[0])
    if origin is typing.Literal:
        if all(isinstance(word, str) for word in arguments):
            return Word({word: word for word in arguments})
        return Anything()
    if origin in {typing.Union, types.UnionType}:
        kinds = tuple(shape_of(argument) for argument in arguments if argument is not types.NoneType)
        return kinds[0] if len(kinds) == 1 else Either(kinds)
    if origin in {tuple, list, set, frozenset, collections.abc.Sequence, collections.abc.Collection}:
        return ListOf(shape_of(arguments[0]) if arguments else Anything())
    if origin in {dict, collections.abc.Mapping}:
        values = shape_of(arguments[1]) if arguments else Anything()
        return Reshaped(MapOf(Text(empty=True), values), lambda pairs: Pairs((key, value) for key, value, _ in pairs))
    return Anything()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mask:
    """A mask by name or as a mapping. With ``specs`` empty every name and every parameter is taken.

    ``reasoned`` asks for a reason whatever the mask is.
    """

    specs: Mapping[str, MaskSpec]
    reasoned: bool = False
    what: str = "a mask"

    def read(self, node: Node, problems: Problems) -> MaskEntry:
        """The entry as written, checked against the mask's spec."""
        if isinstance(node, Scalar):
            name = Text("the name of a mask").read(node, problems)
            entry = MaskEntry(mask=name, at=node.at, places=(("use", node.at),))
            return self._checked(entry, self._known(name, node, problems), problems)
        if not isinstance(node, Entries):
            raise expected("the name of a mask, or a mapping with use", node, problems)
        use = node.get("use")
        if use is None:
            fix = "add use: MASK"
            if node.entries:
                fix = f"{did_you_mean(node.entries[0][0].text, ['use', *self.specs])}{fix}"
            raise problems.add("PRV111", "a mask needs use", at=node.at, fix=fix)
        name = Text("the name of a mask").read(use, problems)
        spec = self._known(name, use, problems)
        return self._checked(self._mapping(node, name, spec, problems), spec, problems)

    def _known(self, name: str, node: Node, problems: Problems) -> MaskSpec | None:
        """The spec; None where any name is taken or a later version brings the mask."""
        if not self.specs or name in LATER_MASKS - set(self.specs):
            return None
        if name not in self.specs:
            fix = f"{did_you_mean(name, self.specs)}`provision list masks` shows all {len(self.specs)}"
            raise problems.add("PRV120", f"unknown mask {quoted(name)}", at=node.at, fix=fix)
        return self.specs[name]

    def _mapping(self, node: Entries, name: str, spec: MaskSpec | None, problems: Problems) -> MaskEntry:
        values: dict[str, Any] = {}
        places: dict[str, Location] = {}
        parameters = {parameter.name: parameter for parameter in spec.parameters} if spec else {}
        good = True
        for key, value in node.entries:
            places[key.text] = value.at
            if key.text == "use":
                continue
            try:
                values[key.text] = self._shape(key, name, spec, parameters, problems).read(value, problems)
            except Invalid:
                good = False
        if not good:
            raise Invalid
        own = {key: value for key, value in values.items() if key not in COMMON or key in parameters}
        return MaskEntry(
            mask=name,
            parameters=tuple(sorted(own.items())),
            domain=values.get("domain", "") if "domain" not in own else "",
            by=values.get("by", ()),
            reason=values.get("reason", ""),
            at=node.at,
            places=tuple(places.items()),
        )

    def _shape(
        self, key: Scalar, name: str, spec: MaskSpec | None, parameters: Mapping[str, Parameter], problems: Problems
    ) -> Shape[object]:
        """The shape of a key's value; a key that the mask does not have is on the list."""
        if key.text in parameters:
            return shape_of(parameters[key.text].annotation)
        if key.text == "by" and spec is not None and not spec.by:
            raise problems.add("PRV121", f"the mask {name} reads no other column", at=key.at, fix="remove by")
        if key.text == "domain" and spec is not None and not spec.keyed:
            raise problems.add(
                "PRV121", f"the mask {name} uses no key and has no domain", at=key.at, fix="remove domain"
            )
        if key.text in COMMON:
            return COMMON[key.text].shape
        if spec is None:
            return Anything()
        known = _keys(spec)
        raise problems.add(
            "PRV121",
            f"the mask {name} has no parameter {quoted(key.text)}",
            at=key.at,
            fix=f"{did_you_mean(key.text, known)}it takes {one_of(known)}",
        )

    def _checked(self, entry: MaskEntry, spec: MaskSpec | None, problems: Problems) -> MaskEntry:
        """The entry, if it says all that it must."""
        missing = (
            [p.name for p in spec.parameters if p.required and p.name not in dict(entry.parameters)] if spec else []
        )
        if spec is not None and spec.by_required and not entry.by:
            missing.append("by")
        if missing:
            fix = f"write {{ use: {entry.mask}, {missing[0]}: … }}"
            raise problems.add("PRV121", f"the mask {entry.mask} needs {one_of(missing)}", at=entry.at, fix=fix)
        if entry.mask == KEEP and not entry.reason:
            fix = 'write { use: keep, reason: "…" }'
            raise problems.add("PRV123", "keep needs a reason", at=entry.place("use"), fix=fix)
        if self.reasoned and not entry.reason:
            fix = 'add reason: "…" so that a reader of the policy knows why'
            raise problems.add("PRV123", "a named decision needs a reason", at=entry.at, fix=fix)
        return entry

    def schema(self, live: Live) -> Json:
        """A name, or a mapping for each mask."""
        return live.shared("reasoned_mask" if self.reasoned else "mask", lambda: self._schema(live))

    def _schema(self, live: Live) -> Json:
        if not self.specs:
            return {"anyOf": [{"type": "string", "minLength": 1}, _open_mapping({"type": "string"})]}
        short = [spec.name for spec in self.specs.values() if _short(spec)]
        later = sorted(LATER_MASKS - set(self.specs))
        words: list[Json] = [] if self.reasoned else [{"enum": [*(n for n in short if n != KEEP), *later]}]
        mappings = [self._one(spec, live) for spec in self.specs.values()]
        return {"anyOf": [*words, *mappings, _open_mapping({"enum": later})]}

    def _one(self, spec: MaskSpec, live: Live) -> Json:
        properties: Json = {"use": {"const": spec.name, "description": spec.summary}}
        for parameter in spec.parameters:
            properties[parameter.name] = shape_of(parameter.annotation).schema(live)
            if not parameter.required and isinstance(parameter.default, (str, int, float, bool)):
                properties[parameter.name] = {**properties[parameter.name], "default": parameter.default}
        for name in _keys(spec):
            if name in COMMON:
                properties.setdefault(name, {"description": COMMON[name].doc, **COMMON[name].shape.schema(live)})
        required = ["use", *(p.name for p in spec.parameters if p.required), *(["by"] if spec.by_required else [])]
        if spec.name == KEEP or self.reasoned:
            required.append("reason")
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _keys(spec: MaskSpec) -> list[str]:
    """All keys that a mapping for the mask may have besides ``use``."""
    common = ["reason", *(["domain"] if spec.keyed else []), *(["by"] if spec.by else [])]
    return [*(parameter.name for parameter in spec.parameters), *common]


def _short(spec: MaskSpec) -> bool:
    """Whether the bare name is enough."""
    return not spec.by_required and not any(parameter.required for parameter in spec.parameters)


def _open_mapping(use: Json) -> Json:
    return {"type": "object", "properties": {"use": use}, "required": ["use"]}
