"""The mask ``dictionary``: values from the user's own list, or by the user's own mapping."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from provision import keyed
from provision.errors import RunError
from provision.generators import choice as makers
from provision.generators.chance import Chance
from provision.masks import _fits, _shape
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

Scalar = str | int | float | bool

FEWEST = 2  # so that a value never has to become itself
MAX_BYTES = 64 * 2**20


def _refuses(
    facts: ColumnFacts,
    *,
    values: list[Scalar] | None = None,
    file: str | None = None,
    sha256: str | None = None,
    map: dict[str, str] | None = None,  # noqa: A002  # the recipe's word
    otherwise: str | None = None,
) -> str | None:
    if (why := _fits.unique(facts) or _incoherent(values, file, map, otherwise)) is not None:
        return why
    if file is not None and (why := _unreadable(file, sha256)) is not None:
        return why
    if map is not None and (why := _fits.misfits(facts, [new for _, new in _fits.pairs_of(map)])) is not None:
        return f"map: {why}"
    if otherwise is not None:
        why = _fits.misfit(facts, otherwise)
        return None if why is None else f"otherwise: {why}"
    entries = [_fits.text_of(value) for value in values] if values is not None else _lines(file or "", sha256 or "")
    if len(set(entries)) < max(FEWEST, len(entries)):
        return "the list must have at least two values, all different"
    return _fits.misfits(facts, entries)


def _incoherent(
    values: list[Scalar] | None,
    file: str | None,
    map: dict[str, str] | None,  # noqa: A002  # the recipe's word
    otherwise: str | None,
) -> str | None:
    """Why these parameters do not go together."""
    lists = (values is not None) + (file is not None)
    if map is None:
        if otherwise is not None:
            return "otherwise belongs to a map"
        return None if lists == 1 else "give values, file, or a map"
    if lists + (otherwise is not None) != 1:
        return "a map needs one of values, file and otherwise, for what it does not name"
    if any(old == _fits.text_of(new) for old, new in _fits.pairs_of(map)):
        return "the map has a value that becomes itself"
    return None


@mask(name="dictionary", strength=Strength.LOSSY, accepts=set(Family), keeps={"nulls", "equality"}, refuses=_refuses)
def dictionary(
    column: pl.Series,
    *,
    key: DomainKey,
    values: list[Scalar] | None = None,
    file: str | None = None,
    sha256: str | None = None,
    map: dict[str, str] | None = None,  # noqa: A002  # the recipe's word
    otherwise: str | None = None,
) -> pl.Series:
    """Replace each value by an entry of a list of yours, or by what a map of yours says.

    The list is ``values``, or ``file``: UTF-8, one entry a line, with the ``sha256`` that pins its content. ``map`` names old and new values;
    what it does not name becomes ``otherwise``, or an entry of the list. Picks are keyed and never the value itself;
    a value that equals ``otherwise`` stays so.

    Raises: RunError PRV431 if the file is gone or is another one than planned.
    """
    if otherwise is not None:
        made = _shape.filled(_shape.literals([otherwise], column), column)
    else:
        entries = list(values) if values is not None else _lines(file or "", sha256 or "")
        chance = Chance(key, keyed.canonical(column, "raw"))
        made = makers.pick(_shape.literals(entries, column), chance, avoid=column, purpose="dictionary")
    if map is None:
        return made.alias(column.name)
    pairs = _fits.pairs_of(map)
    old = _shape.literals([old for old, _ in pairs], column)
    new = _shape.literals([new for _, new in pairs], column)
    named = column.replace_strict(old, new, default=None, return_dtype=column.dtype)
    return pl.select(pl.coalesce(named, made)).to_series().alias(column.name)


def _unreadable(file: str, sha256: str | None) -> str | None:
    try:
        found = hashlib.sha256(_content(file)).hexdigest()
    except OSError:
        return f"the file {file} cannot be read"
    except ValueError as error:
        return str(error)
    if sha256 is None:
        return f"the file needs its hash beside it, so that a change shows: sha256: {found}"
    return None if sha256.lower() == found else f"the file {file} has another content: its sha256 is {found}"


def _content(file: str) -> bytes:
    with Path(file).open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"the file {file} is larger than {MAX_BYTES // 2**20} MB")
    try:
        content.decode()
    except UnicodeDecodeError:
        raise ValueError(f"the file {file} is not UTF-8") from None
    return content


@lru_cache(maxsize=8)
def _lines(file: str, sha256: str) -> list[str]:
    """The entries of a file, read once; what is cached is pinned by its hash."""
    if _unreadable(file, sha256) is not None:
        raise RunError(
            "PRV431",
            f"the word list {file} is gone or has another content than when the run was planned",
            fix="restore the file, or plan again with its new sha256",
        )
    return _content(file).decode().splitlines()
