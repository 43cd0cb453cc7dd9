"""What masks are given: the key of one domain, and everything that is made with it, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.keyed import prf
from provision.keyed.canonical import plain
from provision.keyed.derive import subkey
from provision.keyed.ff1 import FF1
from provision.keyed.permutation import Feistel, Permutation

if TYPE_CHECKING:
    from numpy.typing import NDArray

VARIANT_DIGITS = 10  # 40 bits
_CACHED = 256  # permutations kept for one domain; tables of tiny ones take up to 1 MB each


class DomainKey:
    """The key of a domain, such as ``person.email``: columns that share it share one mapping.

    Every method takes a ``purpose``, and each purpose has a subkey of its own, so that outputs never share bits.
    Series in, Series out: same length and order, null where the input is null. Instances are kept by the `Keyring`,
    show no key in ``repr`` and are not pickled.
    """

    __slots__ = ("_key", "_made", "_subkeys", "domain", "kid")

    def __init__(self, key: bytes, *, kid: str, domain: str) -> None:
        self._key = key
        self._subkeys: dict[str, bytes] = {}
        self._made: dict[tuple[object, ...], object] = {}
        self.kid = kid
        self.domain = domain

    def __repr__(self) -> str:
        return f"DomainKey(kid={self.kid!r}, domain={self.domain!r})"

    def __reduce__(self) -> str:
        raise TypeError("a domain key is not pickled: hand the keyring over a pipe")

    def hex(self, canonical: pl.Series, *, digits: int, purpose: str) -> pl.Series:
        """The first hexadecimal digits of the HMAC-SHA256 of each canonical text; 4 bits a digit, 1..64 of them."""
        if not 1 <= digits <= prf.MAX_HEX_DIGITS:
            raise ValueError(f"a digest has 1 to 64 hexadecimal digits, not {digits}")
        return prf.hmac_hex(canonical, self._subkey(purpose)).str.slice(0, digits)

    def bits(self, canonical: pl.Series, *, purpose: str) -> tuple[pl.Series, pl.Series]:
        """128 bits of each canonical text as two UInt64 (n,), the high half first: hexadecimal digits 0-15 and 16-31."""
        return prf.hmac_words(canonical, self._subkey(purpose))

    def below(self, canonical: pl.Series, n: int, *, purpose: str) -> pl.Series:
        """A number in 0..n-1 for each canonical text, UInt64 (n,): ``floor(h * n / 2^128)``, exact, 1 <= n < 2^64.

        The bias is below n / 2^128, so it is the same for a list of names and for all of int8.
        """
        if not 1 <= n < 2**64:
            raise ValueError(f"a choice needs 1 to 2^64 - 1 possibilities, not {n}")
        high, low = self.bits(canonical, purpose=purpose)
        chosen = prf.scale(high.fill_null(0).to_numpy(), low.fill_null(0).to_numpy(), n)
        return with_nulls_of(pl.Series(canonical.name, chosen, dtype=pl.UInt64), high)

    def permutation(self, size: int, *, purpose: str) -> Permutation:
        """The keyed permutation of 0..size-1 for this purpose; sizes have independent permutations."""
        made = self._made.get(("permutation", size, purpose))
        if not isinstance(made, Permutation):
            made = Permutation(self._subkey(f"{purpose}/permutation/{size}"), size)
            self._keep(("permutation", size, purpose), made)
        return made

    def feistel(self, *, purpose: str) -> Feistel:
        """Feistel rounds over pairs of numbers, with a tweak for each row: for masks whose domain differs by row."""
        return Feistel(self._subkey(f"{purpose}/feistel"))

    def ff1(self, radix: int, *, purpose: str, tweak: bytes = b"") -> FF1:
        """FF1 of NIST SP 800-38G under AES-256 for digit strings of this radix (2..36)."""
        return FF1(self._subkey(f"{purpose}/ff1/{radix}"), radix=radix, tweak=tweak)

    def variant(self, raw: pl.Series, canonical: pl.Series, *, digits: int = VARIANT_DIGITS) -> pl.Series:
        """What keeps raw values apart that share one canonical form: "" where raw is that form itself, else hex.

        Append it to the masked core where the column's own equality tells the values apart. For a column that
        compares without case, hand in raw values in lower case. Two of k spellings of one value meet with a chance
        below k^2 / 2^41 at the default of 10 digits.
        """
        hexes = self.hex(raw, digits=digits, purpose="variant")
        frame = pl.DataFrame([raw.alias("raw"), plain(canonical).alias("plain"), hexes.alias("hex")])
        same = pl.col("raw") == pl.col("plain")
        return frame.select(pl.when(same).then(pl.lit("")).otherwise(pl.col("hex"))).to_series().alias(raw.name)

    def _subkey(self, purpose: str) -> bytes:
        known = self._subkeys.get(purpose)
        if known is None:
            known = self._subkeys[purpose] = subkey(self._key, domain=self.domain, purpose=purpose)
        return known

    def _keep(self, name: tuple[object, ...], made: object) -> None:
        if len(self._made) >= _CACHED:
            self._made.clear()
        self._made[name] = made


def with_nulls_of(values: pl.Series, model: pl.Series) -> pl.Series:
    """The values, null where the model is null."""
    if not model.null_count():
        return values
    frame = pl.DataFrame([values.alias("values"), model.is_not_null().alias("present")])
    return frame.select(pl.when(pl.col("present")).then(pl.col("values"))).to_series().alias(values.name)


def numbers_of(values: pl.Series) -> NDArray[np.uint64]:
    """The values as UInt64 numbers, 0 where null."""
    return np.ascontiguousarray(values.fill_null(0).cast(pl.UInt64, strict=False).to_numpy(), dtype=np.uint64)
