"""JSON documents of a store: RFC 8785 canonical bytes, and dataclasses to and from them. Reading trusts nothing.

A document that is read must be byte for byte what we would write of it: whitespace, other orders, duplicate keys,
unknown fields and fields that spell out their default are refused. Whole numbers beyond 2^53 - 1, which JSON readers
may round, are written as text.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, NoReturn, TypeVar

import rfc8785

from provision.errors import IntegrityError

Document = TypeVar("Document")

EXACT = 2**53 - 1  # the largest whole number that every JSON reader holds exactly
_OBJECT_INTEGER = "$integer"


def digest(data: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of what `encode` returns."""
    return bytes(rfc8785.dumps(value))  # type: ignore[arg-type]  # checked by the library itself


def encode(value: object) -> Any:  # noqa: ANN401  # JSON
    """A dataclass, or what its fields may hold, as plain JSON; fields at their default are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(item)
            for field in dataclasses.fields(value)
            if (item := getattr(value, field.name)) != _default(field)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): encode(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, int) and abs(value) > EXACT:
        return {_OBJECT_INTEGER: str(value)}
    return value


def parse(data: bytes, what: str) -> Any:  # noqa: ANN401  # JSON
    """Canonical JSON; raises IntegrityError PRV508 for anything else."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refuse)
        exact = canonical(value) == data
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        malformed(what)
    if not exact:
        malformed(what)
    return value


def decode(cls: type[Document], value: object, what: str) -> Document:
    """The dataclass that `encode` made the value of; raises IntegrityError PRV508 for anything else."""
    try:
        decoded = _decode(cls, value)
    except (TypeError, ValueError, KeyError, RecursionError):
        malformed(what)
    if encode(decoded) != value:
        malformed(what)
    return typing.cast("Document", decoded)


def malformed(what: str) -> NoReturn:
    """Refuse a document."""
    raise IntegrityError(
        "PRV508",
        f"{what} of the store is malformed",
        fix="restore the file from a copy of the store; a store of a newer format needs a newer provision",
    ) from None


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return dataclasses.MISSING


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _decode(kind: Any, value: object) -> object:  # noqa: ANN401, C901, PLR0911, PLR0912  # one case for each kind
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if kind is object:
        return _free(value)
    if origin in {typing.Union, types.UnionType}:
        if value is None and type(None) in arguments:
            return None
        for choice in arguments:
            try:
                return _decode(choice, value)
            except (TypeError, ValueError, KeyError):
                continue
        raise TypeError
    if origin is typing.Literal:
        if not isinstance(value, str) or value not in arguments:
            raise ValueError
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError
        return tuple(_decode(arguments[0], item) for item in value)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise TypeError
        return {name: _decode(arguments[1], item) for name, item in value.items()}
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise TypeError
        made: Any = kind
        hints = _hints(made)
        return made(**{name: _decode(hints[name], item) for name, item in value.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is int and isinstance(value, dict):
        return _integer(value)
    if kind is float and type(value) is int:
        return value
    if type(value) is not kind:
        raise TypeError
    return value


def _free(value: object) -> object:
    if isinstance(value, list):
        return tuple(_free(item) for item in value)
    if isinstance(value, dict):
        return _integer(value) if _OBJECT_INTEGER in value else {name: _free(item) for name, item in value.items()}
    return value


def _integer(value: dict[str, object]) -> int:
    text = value[_OBJECT_INTEGER]
    if len(value) != 1 or not isinstance(text, str) or len(text) > 40:
        raise ValueError
    return int(text)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key occurs twice")
    return document


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a number")
