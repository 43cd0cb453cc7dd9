"""The mask ``fpe``: another value of the same shape, one to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from provision.errors import RunError
from provision.keyed import alphabet_error, shaped
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

FF1_RADIX = 36
_DIGITS = "0123456789"
_MILLION_DIGITS = 6  # 10^6 strings are the least that FF1 may be used for


def _refuses(  # the parameters of the mask
    facts: ColumnFacts,
    *,
    keep_prefix: int = 0,
    keep_suffix: int = 0,
    alphabet: str | None = None,
    method: Literal["feistel", "ff1"] = "feistel",
    invalid: Literal["fail", "redact"] = "fail",
) -> str | None:
    if keep_prefix < 0 or keep_suffix < 0:
        return "keep_prefix and keep_suffix count characters and cannot be negative"
    wrong = alphabet_error(alphabet)
    if wrong:
        return wrong
    left = None if facts.max_chars is None else facts.max_chars - keep_prefix - keep_suffix
    if left is not None and left < 1:
        return f"keep_prefix and keep_suffix keep all {facts.max_chars} characters"
    if method == "ff1" and left is not None and len(alphabet or _DIGITS) ** left < 10**_MILLION_DIGITS:
        return "FF1 needs a domain of a million values (NIST SP 800-38G): use the method feistel"
    if method == "ff1" and len(alphabet or _DIGITS) > FF1_RADIX:
        return f"FF1 takes an alphabet of at most {FF1_RADIX} characters: use the method feistel"
    if invalid == "redact" and facts.unique:
        return "values must stay different, and redacted ones would be alike"
    return None


@mask(
    name="fpe",
    fixed=r"^[^\p{L}\p{N}]*$",  # nothing to encrypt: empty, or punctuation alone
    strength=Strength.BIJECTIVE,
    accepts={Family.TEXT},
    keeps={"nulls", "equality", "uniqueness", "format", "length"},
    refuses=_refuses,
)
def fpe(  # the parameters of the mask
    values: pl.Series,
    *,
    key: DomainKey,
    facts: ColumnFacts,
    keep_prefix: int = 0,
    keep_suffix: int = 0,
    alphabet: str | None = None,
    method: Literal["feistel", "ff1"] = "feistel",
    invalid: Literal["fail", "redact"] = "fail",
) -> pl.Series:
    """Format-preserving: digits become digits, letters letters of their script and case, everything else stays.

    The same digits with other separators get the same digits. ``keep_prefix`` and ``keep_suffix`` count characters that
    stay, ``alphabet`` names the only characters that change places, ``method: ff1`` is NIST SP 800-38G over digits (or
    the alphabet) with at least a million values for each length. Short values are a codebook: a single digit has ten.
    An empty text stays empty. A value with nothing to mask fails, or is starred out by ``invalid: redact``.

    Raises: RunError PRV423 for values that cannot be masked by their shape; UsageError PRV420 for what FF1 refuses.
    """
    present = values.drop_nulls()
    result = shaped(
        present,
        key,
        purpose="fpe",
        alphabet=_DIGITS if alphabet is None and method == "ff1" else alphabet,
        keep_prefix=keep_prefix,
        keep_suffix=keep_suffix,
        standard=method == "ff1",
    )
    masked = result.texts
    if result.nothing or result.foreign:
        if invalid == "fail":
            raise RunError(
                "PRV423",
                f"{facts.column} has {result.nothing} values without a character to mask and "
                f"{result.foreign} with letters of other scripts",
                fix="choose the mask hash or redact for the column, or set invalid: redact",
            )
        stars = present.str.replace_all(r"(?s).", "*")
        masked = pl.select(pl.coalesce(masked, stars)).to_series()
    if not values.null_count():
        return masked.alias(values.name)
    whole = values.clear().extend_constant(None, len(values))
    return whole.scatter(values.is_not_null().arg_true(), masked)
