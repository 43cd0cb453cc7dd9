"""The mask ``name``: another person's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from provision import keyed
from provision.generators import person, words
from provision.generators.chance import Chance
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

Part = Literal["full", "first", "last"]
Locale = Literal["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "match"]

FEWEST = 2  # so that a name never has to become itself


def _refuses(facts: ColumnFacts, *, part: Part = "full", locale: Locale = "en") -> str | None:
    if (why := _fits.unique(facts)) is not None:
        return why
    room = _fits.room(facts)
    if any(person.count(part, used, room) < FEWEST for used in _locales(locale)):
        return f"fewer than {FEWEST} names of the list fit into {room} characters"
    return None


@mask(
    name="name",
    words=True,
    strength=Strength.LOSSY,
    accepts={Family.TEXT},
    keeps={"nulls", "equality"},
    refuses=_refuses,
)
def name(
    values: pl.Series, *, key: DomainKey, facts: ColumnFacts, part: Part = "full", locale: Locale = "en"
) -> pl.Series:
    """Replace each name by one from a list, the same for the same name in any case and spacing.

    ``part`` says what the column holds: first name, last name, or both. ``locale: match`` picks the list by the name itself (known
    names first, then letters such as ß or ñ, else English). No name becomes itself, and none outgrows the column.
    Lists have hundreds of names, so different people share names.
    """
    tagged = keyed.canonical(values, "folded")
    folded = keyed.plain(tagged)
    chance, room = Chance(key, tagged), _fits.room(facts)
    if locale != "match":
        return person.make(part, locale, chance, room=room, avoid=folded).alias(values.name)
    guessed = person.locale_of(folded)
    made = values.clear().extend_constant(None, len(values))
    for used in words.LOCALES:
        rows = ((guessed == used) & values.is_not_null()).arg_true()
        if len(rows):
            made = made.scatter(rows, person.make(part, used, chance.at(rows), room=room, avoid=folded.gather(rows)))
    return made.alias(values.name)


def _locales(locale: Locale) -> tuple[words.Locale, ...]:
    return words.LOCALES if locale == "match" else (locale,)
