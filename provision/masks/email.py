"""The mask ``email``: a keyed address that reaches nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from provision import keyed
from provision.masks import _fits
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

CORE_DIGITS = 24  # 96 bits: 10^9 addresses meet with a chance of 10^-11
VARIANT_DIGITS = 10
MIN_DIGITS = 8  # of a column that is too short for 24 and whose values may be equal
MAX_DOMAIN = 190  # the local part is at most 64, and a path is at most 254 characters (RFC 5321)

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"{_HOST}(?:\.{_HOST})+"
_KEPT = rf"^[^@\s]+@({_DOMAIN})$"


def _digits(facts: ColumnFacts, domain_name: str) -> int:
    """Digits of the core that the column has room for; less than `MIN_DIGITS` means that it cannot serve."""
    room = _fits.room(facts)
    if room is None:
        return CORE_DIGITS
    left = room - len("u@") - len(domain_name) - (VARIANT_DIGITS if facts.unique else 0)
    return min(CORE_DIGITS, left)


def _refuses(facts: ColumnFacts, *, domain_name: str = "example.test", keep_domain: bool = False) -> str | None:
    _ = keep_domain  # an address that does not fit with its own domain gets domain_name
    if not re.fullmatch(_DOMAIN, domain_name) or len(domain_name) > MAX_DOMAIN:
        return "domain_name is no domain such as example.test"
    digits = _digits(facts, domain_name)
    if facts.unique and digits < CORE_DIGITS:
        needed = len("u@") + CORE_DIGITS + VARIANT_DIGITS + len(domain_name)
        return (
            f"addresses that stay different take {needed} characters, and the column holds {_fits.room(facts)}: "
            "a shorter domain_name, such as x.test, saves some"
        )
    if digits < MIN_DIGITS:
        needed = len("u@") + MIN_DIGITS + len(domain_name)
        return f"an address takes at least {needed} characters, and the column holds {_fits.room(facts)}"
    return None


@mask(
    name="email",
    strength=Strength.INJECTIVE,
    accepts={Family.TEXT},
    keeps={"nulls", "equality", "uniqueness"},
    refuses=_refuses,
)
def email(
    values: pl.Series,
    *,
    key: DomainKey,
    facts: ColumnFacts,
    domain_name: str = "example.test",
    keep_domain: bool = False,
) -> pl.Series:
    """Replace each address by ``u<24 hexadecimal digits>@example.test``, which reaches nobody (RFC 2606).

    Upper and lower case and spaces around make no difference, except in unique columns, where such spellings end in
    ten more digits that keep them apart. ``keep_domain`` keeps what stands behind the @ of a well-formed address (and
    with it, who the provider or the employer is). What is no address gets one as well.
    """
    compared = keyed.as_compared(values, facts.type)
    tagged = keyed.canonical(compared, "email")
    parts: list[pl.Series] = [key.hex(tagged, digits=max(_digits(facts, domain_name), 1), purpose="email")]
    if facts.unique:
        parts.append(key.variant(compared, tagged, digits=VARIANT_DIGITS))
    local = pl.select(pl.concat_str(pl.lit("u"), *parts)).to_series()
    domain: pl.Expr = pl.lit(domain_name)
    if keep_domain:
        own = keyed.plain(tagged).str.extract(_KEPT)
        most = MAX_DOMAIN if (room := _fits.room(facts)) is None else room - len("u@") - CORE_DIGITS - VARIANT_DIGITS
        own = pl.select(pl.when(own.str.len_chars() <= min(most, MAX_DOMAIN)).then(own)).to_series()
        domain = pl.lit(own).fill_null(domain_name)
    return pl.select(pl.concat_str(pl.lit(local), pl.lit("@"), domain)).to_series().alias(values.name)
