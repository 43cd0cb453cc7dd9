"""The mask ``uuid``: one valid UUID for another, one to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.errors import RunError
from provision.keyed import texts_of_bytes
from provision.model.plan import Family, Strength
from provision.registry import mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provision.keyed import DomainKey
    from provision.model.plan import ColumnFacts

_SPELLINGS = (
    r"^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}"
    r"|[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}|[0-9A-F]{32})$"
)
_HALF = np.uint64(2**61)  # the 122 free bits in two halves


@mask(
    name="uuid",
    strength=Strength.BIJECTIVE,
    accepts={Family.UUID, Family.TEXT},
    keeps={"nulls", "equality", "uniqueness", "format", "length"},
)
def uuid(values: pl.Series, *, key: DomainKey, facts: ColumnFacts) -> pl.Series:
    """Permute the 122 free bits of each UUID; its version and variant stay, so a valid one stays valid.

    In text columns the spelling stays as well: with or without dashes, in upper or in lower case.

    Raises: RunError PRV422 for texts that are no UUID in one case.
    """
    present = values.drop_nulls()
    text = present.str.strip_chars_end(" ")  # char(n) is padded
    wrong = len(text) - int(text.str.contains(_SPELLINGS).sum())
    if wrong:
        raise RunError(
            "PRV422",
            f"{wrong} values of {facts.column} are no UUIDs",
            fix="choose the mask hash or fpe for the column",
        )
    high, low = _words(text)
    # High: 48 bits, version (4), 12 bits. Low: variant (2), 62 bits.
    version, variant = high & np.uint64(0xF000), low & np.uint64(0b11 << 62)
    left = ((high >> np.uint64(16)) << np.uint64(12)) | (high & np.uint64(0xFFF))  # 60 bits
    right = low & np.uint64(2**62 - 1)
    left, right = (left << np.uint64(1)) | (right >> np.uint64(61)), right & (_HALF - np.uint64(1))
    left, right = key.feistel(purpose="uuid").forward(left, right, (_HALF, _HALF))
    left, right = left >> np.uint64(1), ((left & np.uint64(1)) << np.uint64(61)) | right
    high = ((left >> np.uint64(12)) << np.uint64(16)) | version | (left & np.uint64(0xFFF))
    masked = pl.DataFrame([text.alias("before"), _spelled(high, variant | right).alias("after")])
    after, before = pl.col("after"), pl.col("before")
    after = pl.when(before.str.len_bytes() == 32).then(after.str.replace_all("-", "", literal=True)).otherwise(after)
    after = pl.when(before.str.contains("[A-F]")).then(after.str.to_uppercase()).otherwise(after)
    result = masked.select(after).to_series()
    if not values.null_count():
        return result.alias(values.name)
    whole = values.clear().extend_constant(None, len(values))
    return whole.scatter(values.is_not_null().arg_true(), result)


def _words(text: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    digits = text.str.replace_all("-", "", literal=True)
    halves = (digits.str.slice(start, 16).str.decode("hex") for start in (0, 16))
    high, low = (half.bin.reinterpret(dtype=pl.UInt64, endianness="big").to_numpy() for half in halves)
    return high, low


def _spelled(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> pl.Series:
    words = np.stack((high, low), axis=1).astype(">u8")
    digits = np.frombuffer(words.tobytes().hex().encode(), dtype=np.uint8).reshape(-1, 32)
    letters = np.full((len(digits), 36), ord("-"), dtype=np.uint8)
    for start, end, dashes in ((0, 8, 0), (8, 12, 1), (12, 16, 2), (16, 20, 3), (20, 32, 4)):
        letters[:, start + dashes : end + dashes] = digits[:, start:end]
    return texts_of_bytes(letters.ravel(), np.arange(len(letters) + 1, dtype=np.int64) * 36)
