"""The mask ``hash``: a keyed digest in place of an identifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from provision.keyed import FORMS, as_compared, bytes_of, canonical, plain, texts_of_bytes
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

Encoding = Literal["hex", "base32"]

_BITS = {"hex": 4, "base32": 5}  # of one character
_UNIQUE_BITS = 96  # 10^9 values meet with a chance of 10^-11
_DEFAULT_BITS = 128
_DIGEST_BITS = 256
_VARIANT_BITS = 40
_NAME_BYTES = 63  # of the type name
_BASE32 = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)  # RFC 4648, in lower case


def _length(facts: ColumnFacts, digits: int | None, encoding: str) -> int:
    wanted = digits if digits is not None else -(-_DEFAULT_BITS // _BITS[encoding])
    room = _room(facts)
    return min(wanted, room) if digits is None and room is not None else wanted


def _room(facts: ColumnFacts) -> int | None:
    return _NAME_BYTES if facts.type == "name" else facts.max_chars


def _refuses(
    facts: ColumnFacts, *, digits: int | None = None, encoding: Encoding = "hex", form: str | None = None
) -> str | None:
    if form is not None and form not in FORMS:
        return f"there is no form {form}; there are {', '.join(FORMS)}"
    if facts.family is Family.UUID:
        return None
    if facts.family is Family.BYTES and encoding != "hex":
        return "bytes take the encoding hex"
    length = _length(facts, digits, encoding)
    most = _DIGEST_BITS // _BITS[encoding]
    if not 1 <= length <= most:
        return f"digits must be 1 to {most} in {encoding}"
    if facts.family is Family.BYTES and length % 2:
        return "digits must be even for bytes"
    room = _room(facts)
    if room is not None and length > room:
        return f"{length} digits do not fit into {room} characters"
    if facts.unique and length * _BITS[encoding] < _UNIQUE_BITS:
        return (
            f"values must stay different, which takes 24 digits (20 in base32), and there are {length}: "
            "use fpe, which keeps the length"
        )
    return None


@mask(
    name="hash",
    strength=Strength.INJECTIVE,
    accepts={Family.TEXT, Family.UUID, Family.BYTES},
    keeps={"nulls", "equality", "uniqueness"},
    refuses=_refuses,
)
def hash(  # noqa: A001  # the recipe's word
    values: pl.Series,
    *,
    key: DomainKey,
    facts: ColumnFacts,
    digits: int | None = None,
    encoding: Encoding = "hex",
    form: str | None = None,
) -> pl.Series:
    """Replace each value by a keyed digest: 32 hexadecimal digits, fewer where the column is shorter.

    Two spellings of one value (``AB 12`` and ``ab12`` under ``form: card``) share all but the last 40 bits, which keep
    them apart where the column does. ``form`` is a canonical form (text by default; email, phone, card, iban, …),
    ``encoding: base32`` puts 96 bits into 20 characters. UUID columns get a UUID of version 4.
    """
    compared = as_compared(values, facts.type)
    uuid, binary = facts.family is Family.UUID, facts.family is Family.BYTES
    tagged = canonical(compared, form or ("uuid" if uuid else "bytes" if binary else "text"))
    length = 32 if uuid else _length(facts, digits, encoding)
    digest = _encoded(key.hex(tagged, digits=64, purpose="hash"), length, encoding)
    # A value that is its own canonical form has the core alone; others end in their variant.
    own = plain(tagged) if not binary else pl.select(pl.concat_str(pl.lit("\\x"), plain(tagged))).to_series()
    other = (compared != own).fill_null(value=False)
    if other.any():
        rows = other.arg_true()
        tail = min(_VARIANT_BITS // _BITS[encoding], length)
        variant = _encoded(key.hex(compared.gather(rows), digits=64, purpose="variant"), tail, encoding)
        core = digest.gather(rows).str.slice(0, length - tail)
        digest = digest.scatter(rows, pl.select(pl.concat_str(core, variant)).to_series())
    if uuid:
        digest = _as_uuid(digest)
    elif binary:
        digest = pl.select(pl.concat_str(pl.lit("\\x"), digest)).to_series()
    return digest.alias(values.name)


def _encoded(digests: pl.Series, length: int, encoding: str) -> pl.Series:
    """The first characters of hexadecimal digests in the encoding."""
    if encoding == "hex":
        return digests.str.slice(0, length)
    present = digests.drop_nulls()
    quintets = -(-length // 4)  # five hexadecimal digits make four of base 32
    codes, _ = bytes_of(present.str.slice(0, 5 * quintets).str.pad_end(5 * quintets, "0"))
    nibbles = np.where(codes >= ord("a"), codes - (ord("a") - 10), codes - ord("0")).astype(np.uint32)
    groups = nibbles.reshape(-1, 5)
    numbers = groups @ np.array([65536, 4096, 256, 16, 1], dtype=np.uint32)
    letters = _BASE32[(numbers[:, None] >> np.array([15, 10, 5, 0], dtype=np.uint32)) & 31]
    letters = letters.reshape(-1, 4 * quintets)[:, :length]
    texts = texts_of_bytes(np.ascontiguousarray(letters).ravel(), np.arange(len(present) + 1, dtype=np.int64) * length)
    if not digests.null_count():
        return texts
    return digests.clear().extend_constant(None, len(digests)).scatter(digests.is_not_null().arg_true(), texts)


def _as_uuid(digests: pl.Series) -> pl.Series:
    """32 digits as a UUID of version 4 and the RFC's variant: 122 of the bits stay."""
    frame = pl.DataFrame([digests.alias("d")])
    digit = pl.col("d")
    variant = digit.str.slice(16, 1).replace_strict({f"{n:x}": "89ab"[n % 4] for n in range(16)}, default=None)
    parts = [
        digit.str.slice(0, 8),
        digit.str.slice(8, 4),
        pl.concat_str(pl.lit("4"), digit.str.slice(13, 3)),
        pl.concat_str(variant, digit.str.slice(17, 3)),
        digit.str.slice(20, 12),
    ]
    return frame.select(pl.concat_str(*parts, separator="-")).to_series()
