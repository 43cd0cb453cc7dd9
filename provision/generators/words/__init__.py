"""Word lists, one file each, one entry a line: names, streets, places, parts of company names, by locale.

Lists are ours: first and last names were gathered from Faker's providers (MIT) and by hand, all else by hand; company
names are made up of parts. A list never changes without a new hash, because every pick depends on all of its entries.
A line of ``place`` is ``city|postcode|region|region code|country|country code``: places hang together.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Literal, get_args

import polars as pl

Locale = Literal["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv"]
LOCALES: tuple[Locale, ...] = get_args(Locale)

PLACE_FIELDS = ("city", "postcode", "region", "region_code", "country", "country_code")
COUNTRY_FIELDS = ("alpha2", "alpha3", "name")
KINDS = ("branch", "first", "form", "last", "place", "stem", "street")


def names() -> tuple[str, ...]:
    """The lists there are, in name order, such as ``country`` and ``de/first``."""
    return tuple(sorted(("country", *(f"{locale}/{kind}" for locale in LOCALES for kind in KINDS))))


@cache
def load(name: str) -> pl.Series:
    """The entries of a list in their fixed order; String, without nulls or repeats. Raises ValueError if unknown."""
    return pl.Series(name, _bytes(name).decode().splitlines(), dtype=pl.String)


@cache
def hash(name: str) -> str:  # noqa: A001  # read as words.hash
    """SHA-256 (hex) of a list's file, for manifests. Raises ValueError if there is no such list."""
    return hashlib.sha256(_bytes(name)).hexdigest()


@cache
def digest() -> str:
    """One SHA-256 (hex) over names and hashes of all lists: equal digests pick equal words."""
    return hashlib.sha256("".join(f"{name} {hash(name)}\n" for name in names()).encode()).hexdigest()


@cache
def places(locale: Locale) -> pl.DataFrame:
    """The places of a locale, String columns as in `PLACE_FIELDS`."""
    return _split(load(f"{locale}/place"), PLACE_FIELDS)


@cache
def countries() -> pl.DataFrame:
    """Countries by their two- and three-letter codes and English names, as in `COUNTRY_FIELDS`."""
    return _split(load("country"), COUNTRY_FIELDS)


def _split(lines: pl.Series, fields: tuple[str, ...]) -> pl.DataFrame:
    parts = lines.str.split_exact("|", len(fields) - 1).struct.unnest()
    return parts.rename(dict(zip(parts.columns, fields, strict=True)))


@cache
def _bytes(name: str) -> bytes:
    if name not in names():
        raise ValueError(f"there is no word list {name!r}")
    return resources.files(__package__).joinpath(f"{name}.txt").read_bytes()
