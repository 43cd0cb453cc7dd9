"""The mask ``company``: the name of a company that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from provision import keyed
from provision.generators import company as makers
from provision.generators.chance import Chance
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

Locale = Literal["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv"]

FEWEST = 2  # so that a name never has to become itself


def _refuses(facts: ColumnFacts, *, locale: Locale = "en") -> str | None:
    if (why := _fits.unique(facts)) is not None:
        return why
    room = _fits.room(facts)
    return f"fewer than {FEWEST} names fit into {room} characters" if makers.count(locale, room) < FEWEST else None


@mask(
    name="company",
    words=True,
    strength=Strength.LOSSY,
    accepts={Family.TEXT},
    keeps={"nulls", "equality"},
    refuses=_refuses,
)
def company(values: pl.Series, *, key: DomainKey, facts: ColumnFacts, locale: Locale = "en") -> pl.Series:
    """Replace each company by a made-up one such as ``Larkspur Logistics Ltd``, the same for the same name.

    Case and spacing make no difference, no name becomes itself, and none outgrows the column. There are some
    tens of thousands of names, so different companies may share one.
    """
    tagged = keyed.canonical(values, "folded")
    made = makers.make(locale, Chance(key, tagged), room=_fits.room(facts), avoid=keyed.plain(tagged))
    return made.alias(values.name)
