"""The mask ``template``: texts put together from words, digits and the user's own characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from provision import keyed
from provision.generators import text as makers
from provision.generators.chance import Chance
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

Locale = Literal["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv"]

_REDRAWS = 64  # of {digits:1}, one value in 10^64 would stay itself


def _refuses(facts: ColumnFacts, *, template: str, locale: Locale = "en") -> str | None:
    if (why := _fits.unique(facts)) is not None:
        return why
    try:
        pieces = makers.parse(template)
    except ValueError as error:
        return str(error)
    if not any(piece.field for piece in pieces):
        return "the template has no field, so every value would be the same: use constant"
    if "\0" in template:
        return "the template holds a NUL character, which no column takes"
    longest, room = makers.longest(template, locale), _fits.room(facts)
    if room is not None and longest > room:
        return f"the template makes up to {longest} characters, and the column holds {room}"
    return None


@mask(
    name="template",
    words=True,
    strength=Strength.LOSSY,
    accepts={Family.TEXT},
    keeps={"nulls", "equality"},
    refuses=_refuses,
)
def template(values: pl.Series, *, key: DomainKey, template: str, locale: Locale = "en") -> pl.Series:
    """Fill a template such as ``{first:ascii}.{last:ascii}@x.test`` or ``CU-{digits:8}`` for each value.

    Fields are first, last, company, street, city, postcode, region (``:ascii`` for lower-case letters and digits alone),
    and ``hex:N``, ``digits:N``, ``letters:N``. All fields follow from the value, and no value becomes itself.
    ``{{`` and ``}}`` are braces.
    """
    chance = Chance(key, keyed.canonical(values, "text"))
    made = makers.make(template, locale, chance)
    for number in range(_REDRAWS):
        rows = (made == values).fill_null(value=False).arg_true()
        if not len(rows):
            break
        made = made.scatter(rows, makers.make(template, locale, chance.at(rows), purpose=f"template/again/{number}"))
    return made.alias(values.name)
