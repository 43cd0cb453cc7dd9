"""The mask ``address``: another place, or a part of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from provision import keyed
from provision.generators import address as makers
from provision.generators import words
from provision.generators.chance import Chance
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.generators.address import Codes
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

Part = Literal["full", "line", "street", "city", "postcode", "region", "country"]
Locale = Literal["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv"]

FEWEST = 2  # so that a place never has to become itself
_CODES: tuple[tuple[int, Codes], ...] = ((2, "alpha2"), (3, "alpha3"))
_COUNTRY_CHARS = 6  # columns below it have room for codes only
_REGION_CODE_CHARS = 3


def _refuses(facts: ColumnFacts, *, part: Part = "full", locale: Locale = "en") -> str | None:
    if (why := _fits.unique(facts)) is not None:
        return why
    room = _fits.room(facts)
    if part == "country":
        return f"no country fits into {room} characters" if room is not None and room < _CODES[0][0] else None
    short = part == "region" and room is not None and room <= _REGION_CODE_CHARS
    if makers.count("region_code" if short else part, locale, room) < FEWEST:
        return f"fewer than {FEWEST} entries fit into {room} characters"
    return None


@mask(
    name="address",
    words=True,
    strength=Strength.LOSSY,
    accepts={Family.TEXT},
    keeps={"nulls", "equality"},
    refuses=_refuses,
)
def address(
    values: pl.Series, *, key: DomainKey, facts: ColumnFacts, part: Part = "full", locale: Locale = "en"
) -> pl.Series:
    """Replace addresses, or the part of them that the column holds, by those of existing towns.

    ``part`` is full (line, town and postcode in one text), line (street and number), street, city, postcode, region or
    country. Countries and regions written as codes of two or three letters stay codes. Each column is drawn by its
    own value: city and postcode of a row fit together only if both columns held the same text. Nothing becomes
    itself or outgrows the column. Lists are short, so many addresses share one.
    """
    tagged = keyed.canonical(values, "folded")
    folded = keyed.plain(tagged)
    chance, room = Chance(key, tagged), _fits.room(facts)
    if part == "country":
        return _countries(folded, chance, room).alias(values.name)
    if part == "region":
        return _regions(folded, locale, chance, room).alias(values.name)
    return makers.make(part, locale, chance, room=room, avoid=folded).alias(values.name)


def _countries(folded: pl.Series, chance: Chance, room: int | None) -> pl.Series:
    """Codes for codes, names for names, and codes for everybody where there is no room for names."""
    length = folded.str.len_chars()
    made = folded.clear().extend_constant(None, len(folded))
    narrow = room is not None and room < _COUNTRY_CHARS
    three = narrow and room is not None and room >= _CODES[1][0]
    shapes: list[tuple[Codes, pl.Series]] = [
        ("alpha2", (length == _CODES[0][0]) | (narrow and not three)),
        ("alpha3", (length == _CODES[1][0]) | (three and length != _CODES[0][0])),
    ]
    rest = folded.is_not_null()
    for codes, wanted in shapes:
        rows = (wanted & rest).arg_true()
        if len(rows):
            made = made.scatter(rows, makers.country(codes, chance.at(rows), avoid=folded.gather(rows)))
        rest &= ~wanted
    rows = rest.arg_true()
    if not len(rows):
        return made
    return made.scatter(rows, makers.country("name", chance.at(rows), room=room, avoid=folded.gather(rows)))


def _regions(folded: pl.Series, locale: words.Locale, chance: Chance, room: int | None) -> pl.Series:
    """Codes for codes and names for names."""
    coded = (folded.str.len_chars() <= _REGION_CODE_CHARS) | (room is not None and room <= _REGION_CODE_CHARS)
    made = folded.clear().extend_constant(None, len(folded))
    shapes: list[tuple[makers.Part, pl.Series]] = [("region_code", coded), ("region", ~coded)]
    for part, wanted in shapes:
        rows = wanted.fill_null(value=False).arg_true()
        if len(rows):
            new = makers.make(part, locale, chance.at(rows), room=room, avoid=folded.gather(rows))
            made = made.scatter(rows, new)
    return made
