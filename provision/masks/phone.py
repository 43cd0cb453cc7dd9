"""The mask ``phone``: other digits in the same format, one to one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision import keyed
from provision.errors import RunError
from provision.generators import phone as makers
from provision.generators.chance import Chance
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    import polars as pl

    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts


def _refuses(facts: ColumnFacts, *, country: str = "", keep_prefix: int = 0) -> str | None:
    _ = facts
    if country and not re.fullmatch(makers.CALLING_CODE, country):
        return "country is a calling code such as 1, 44 or 351"
    return "keep_prefix counts digits and cannot be negative" if keep_prefix < 0 else None


@mask(
    name="phone",
    strength=Strength.BIJECTIVE,
    accepts={Family.TEXT},
    keeps={"nulls", "equality", "uniqueness", "format", "length"},
    refuses=_refuses,
)
def phone(
    values: pl.Series, *, key: DomainKey, facts: ColumnFacts, country: str = "", keep_prefix: int = 0
) -> pl.Series:
    """Replace the digits of each phone and keep its format, its calling code and its leading zero.

    Different numbers stay different, and none stays itself. ``+49 30 1234`` and ``0049 301234`` get the same digits;
    with ``country: 49`` so does ``030 1234``. ``keep_prefix`` keeps digits behind the calling code, at most half of
    them. The new number may be somebody's: no message should be sent from a test system. What is no phone becomes
    digits of the same length; in unique columns it stops the run.

    Raises: RunError PRV430 for values of a unique column that are no phones.
    """
    shaped = makers.is_phone(values)
    valid = shaped.fill_null(value=False).arg_true()
    invalid = (~shaped).fill_null(value=False).arg_true()
    if facts.unique and len(invalid):
        raise RunError(
            "PRV430",
            f"{len(invalid)} values of {facts.column} are no phone numbers, and the column must stay unique",
            fix="choose the mask hash or fpe for the column",
        )
    made = values.clear().extend_constant(None, len(values))
    if len(valid):
        made = made.scatter(valid, makers.permuted(values.gather(valid), key, country=country, keep_prefix=keep_prefix))
    if len(invalid):
        others = values.gather(invalid)
        fresh = makers.made(Chance(key, keyed.canonical(others, "text")), others.str.len_chars())
        made = made.scatter(invalid, fresh.str.slice(0, _fits.room(facts)))
    return made.alias(values.name)
