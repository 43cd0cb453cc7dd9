"""Shapes made of shapes: lists, mappings with known keys, mappings with free keys, choices by form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from provision.stages.recipe.nodes import Entries, Invalid, Items, Node, Problems, Scalar, did_you_mean, one_of, quoted
from provision.stages.recipe.shapes import Json, Live, Shape, expected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provision.model.location import Location

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ListOf(Generic[T]):
    """A list of one shape. With ``lone`` a single value may stand for a list of one."""

    item: Shape[T]
    least: int = 0
    lone: bool = False

    @property
    def what(self) -> str:
        """In words."""
        return f"{self.item.what}, or a list" if self.lone else "a list"

    def read(self, node: Node, problems: Problems) -> tuple[T, ...]:
        """The items, in order."""
        if self.lone and not isinstance(node, Items):
            return (self.item.read(node, problems),)
        if not isinstance(node, Items):
            fix = "write “- ” before each item, or […]" if not _is_null(node) else ""
            raise expected(self.what, node, problems, fix=fix)
        if len(node.items) < self.least:
            raise problems.add("PRV114", f"expected at least {self.least} in this list", at=node.at)
        good: list[T] = []
        for item in node.items:
            try:
                good.append(self.item.read(item, problems))
            except Invalid:  # the finding is on the list; go on with the next
                continue
        if len(good) < len(node.items):
            raise Invalid
        return tuple(good)

    def schema(self, live: Live) -> Json:
        """An array, or an item alone."""
        item = self.item.schema(live)
        array: Json = {"type": "array", "items": item} | ({"minItems": self.least} if self.least else {})
        return {"anyOf": [item, array]} if self.lone else array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MapOf(Generic[K, T]):
    """A mapping with free keys of one shape and values of another; ``make`` gets each pair with the key's place."""

    key: Shape[K]
    value: Shape[T]
    what: str = "a mapping"
    least: int = 0

    def read(self, node: Node, problems: Problems) -> tuple[tuple[K, T, Location], ...]:
        """Keys, values and the places of the keys, in order."""
        if not isinstance(node, Entries):
            raise expected(self.what, node, problems)
        if len(node.entries) < self.least:
            raise problems.add("PRV114", f"expected at least {self.least} entry in this mapping", at=node.at)
        good: list[tuple[K, T, Location]] = []
        seen: dict[Any, Location] = {}
        for key, value in node.entries:
            try:
                pair = _both(self.key, key, self.value, value, problems)
            except Invalid:
                continue
            if pair[0] in seen:
                fix = f"remove one; the other is in line {seen[pair[0]].line}"
                problems.add("PRV103", f"{quoted(key.text)} is there twice, written differently", at=key.at, fix=fix)
                continue
            seen[pair[0]] = key.at
            good.append((*pair, key.at))
        if len(good) < len(node.entries):
            raise Invalid
        return tuple(good)

    def schema(self, live: Live) -> Json:
        """An object whose keys are described by ``propertyNames``."""
        names = self.key.schema(live)
        schema: Json = {"type": "object", "additionalProperties": self.value.schema(live)}
        if names not in ({"type": "string"}, {"type": "string", "minLength": 1}):
            schema["propertyNames"] = names
        return schema | ({"minProperties": self.least} if self.least else {})


def _both(key_shape: Shape[K], key: Scalar, value_shape: Shape[T], value: Node, problems: Problems) -> tuple[K, T]:
    """Read key and value, so that mistakes of both are found."""
    try:
        made = key_shape.read(key, problems)
    except Invalid:
        value_shape.read(value, problems)
        raise
    return made, value_shape.read(value, problems)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Field:
    """One key of a mapping. ``null`` says that an empty value counts as not given."""

    shape: Shape[Any]
    doc: str
    required: bool = False
    null: bool = True
    secret: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Got:
    """What a mapping held: values by key, places by key, and its own place."""

    values: Mapping[str, Any]
    places: Mapping[str, Location]
    at: Location

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401  # the field's shape knows the type
        return self.values[key]

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401
        """The value of the key, or the default where it is not given."""
        return self.values.get(key, default)

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self.values

    def place(self, key: str) -> Location:
        """Where the value of the key stands; the mapping's own place where it is not given."""
        return self.places.get(key, self.at)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fields(Generic[T]):
    """A mapping with known keys. ``make`` turns what was found into the value and may put findings on the list.

    ``exactly_one`` and ``at_least_one`` name keys of which so many must be given.
    """

    what: str
    make: Callable[[Got, Problems], T]
    fields: Mapping[str, Field]
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()
    shared: str = ""  # name of its definition in JSON Schema; '' writes it in place

    def read(self, node: Node, problems: Problems) -> T:
        """The value made of all fields."""
        if not isinstance(node, Entries):
            fix = "leave the key out, or write what belongs under it" if _is_null(node) else ""
            raise expected(f"{self.what} as a mapping", node, problems, fix=fix)
        values: dict[str, Any] = {}
        places: dict[str, Location] = {}
        good = True
        for key, value in node.entries:
            known = self.fields.get(key.text)
            if known is None:
                good = False
                self._unknown(key, problems)
                continue
            places[key.text] = value.at
            if _is_null(value) and known.null and not known.required:
                continue
            try:
                values[key.text] = known.shape.read(value, problems)
            except Invalid:
                good = False
        good = self._counted(node, problems) and good
        if not good:
            raise Invalid
        return self.make(Got(values, places, node.at), problems)

    def _unknown(self, key: Scalar, problems: Problems) -> None:
        if problems.full:
            return
        fix = f"{did_you_mean(key.text, self.fields)}{self.what} has {one_of(self.fields)}"
        if key.text.startswith("+") and key.text[1:] in self.fields:
            fix = f"write {key.text[1:]}; “+” appends to a list of the file named by extends"
        problems.add("PRV110", f"unknown key {quoted(key.text)} in {self.what}", at=key.at, fix=fix)

    def _counted(self, node: Entries, problems: Problems) -> bool:
        """Whether all keys that must be there are there."""
        given = {key.text for key, value in node.entries if not _is_null(value)}
        missing = [name for name, known in self.fields.items() if known.required and node.get(name) is None]
        if missing:
            problems.add("PRV111", f"{self.what} needs {one_of(missing)}", at=node.at, fix=f"add {missing[0]}: …")
        one = [name for name in self.exactly_one if name in given]
        if self.exactly_one and len(one) != 1:
            choice = one_of(self.exactly_one).replace(" and ", " or ")
            at = cast("Scalar", node.key(one[1])).at if one else node.at
            fix = "add one of them" if not one else f"remove {one[-1]}"
            found = "both are" if len(one) == 2 else "none is" if not one else "several are"
            problems.add("PRV111", f"{self.what} needs exactly one of {choice}; {found} given", at=at, fix=fix)
            return False
        if self.at_least_one and not given.intersection(self.at_least_one):
            choice = one_of(self.at_least_one).replace(" and ", " or ")
            problems.add("PRV111", f"{self.what} needs {choice}", at=node.at, fix="add one of them")
            return False
        return not missing

    def schema(self, live: Live) -> Json:
        """An object with these properties and no others."""
        return live.shared(self.shared, lambda: self._schema(live)) if self.shared else self._schema(live)

    def _schema(self, live: Live) -> Json:
        properties = {name: _described(known, live) for name, known in self.fields.items()}
        required = [name for name, known in self.fields.items() if known.required]
        schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        lists = [name for name, known in self.fields.items() if isinstance(known.shape, ListOf)]
        if lists:  # what `extends` appends
            schema["patternProperties"] = {f"^\\+(?:{'|'.join(lists)})$": {"type": "array"}}
        if required:
            schema["required"] = required
        if self.exactly_one:
            schema["oneOf"] = [{"required": [name]} for name in self.exactly_one]
        if self.at_least_one:
            schema["anyOf"] = [{"required": [name]} for name in self.at_least_one]
        return schema


def _described(known: Field, live: Live) -> Json:
    schema = known.shape.schema(live)
    if known.null and not known.required:
        schema = (
            {"anyOf": [schema, {"type": "null"}]} if "type" not in schema or schema.get("enum") else _nullable(schema)
        )
    return {"description": known.doc, **schema}


def _nullable(schema: Json) -> Json:
    kind = schema["type"]
    return {**schema, "type": [*kind, "null"] if isinstance(kind, list) else [kind, "null"]}


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByForm(Generic[T]):
    """A value that may be written as a scalar, a list or a mapping; which one it is decides, so messages stay short."""

    what: str
    scalar: Shape[T] | None = None
    items: Shape[T] | None = None
    entries: Shape[T] | None = None
    shared: str = ""

    def read(self, node: Node, problems: Problems) -> T:
        """What the shape for this form makes of it."""
        shape = self.scalar if isinstance(node, Scalar) else self.items if isinstance(node, Items) else self.entries
        if shape is None or (_is_null(node) and not isinstance(shape, ByForm)):
            raise expected(self.what, node, problems)
        return shape.read(node, problems)

    def schema(self, live: Live) -> Json:
        """Any of the forms."""

        def make() -> Json:
            return {"anyOf": [shape.schema(live) for shape in (self.scalar, self.items, self.entries) if shape]}

        return live.shared(self.shared, make) if self.shared else make()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByKey(Generic[T]):
    """A mapping whose first telling key says which shape it has: ``{ignore: …}`` or ``{from: …, to: …}``."""

    what: str
    keys: Mapping[str, Shape[T]]  # a telling key -> the shape of the whole mapping

    def read(self, node: Node, problems: Problems) -> T:
        """What the shape chosen by the key makes of it."""
        if not isinstance(node, Entries):
            raise expected(self.what, node, problems)
        for key, _ in node.entries:
            if key.text in self.keys:
                return self.keys[key.text].read(node, problems)
        return next(iter(self.keys.values())).read(node, problems)

    def schema(self, live: Live) -> Json:
        """Any of the shapes."""
        shapes = {id(shape): shape for shape in self.keys.values()}
        return {"anyOf": [shape.schema(live) for shape in shapes.values()]}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OfKind(Generic[T]):
    """A mapping with exactly one key, which names the kind: ``{row_count: {on: customers, min: 1500}}``."""

    what: str  # "a check"
    kinds: Mapping[str, Shape[T]]
    one: str = "kind"  # "kind of check"
    placed: Callable[[T, Location], T] | None = None  # gives the value the place of its kind

    def read(self, node: Node, problems: Problems) -> T:
        """What the kind's shape makes of the value."""
        if not isinstance(node, Entries):
            raise expected(f"{self.what} as a mapping", node, problems, fix=f"write {next(iter(self.kinds))}: {{…}}")
        if len(node.entries) != 1:
            at = node.entries[1][0].at if node.entries else node.at
            raise problems.add(
                "PRV111",
                f"{self.what} is a mapping with one key, its kind",
                at=at,
                fix="begin each with “- ” of its own",
            )
        key, value = node.entries[0]
        shape = self.kinds.get(key.text)
        if shape is None:
            fix = f"{did_you_mean(key.text, self.kinds)}known are {one_of(self.kinds)}"
            raise problems.add("PRV113", f"unknown {self.one} {quoted(key.text)}", at=key.at, fix=fix)
        made = shape.read(value, problems)
        return made if self.placed is None else self.placed(made, key.at)

    def schema(self, live: Live) -> Json:
        """An object with exactly one of the kinds."""
        properties = {name: shape.schema(live) for name, shape in self.kinds.items()}
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
