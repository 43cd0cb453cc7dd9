"""The pseudorandom function over text: HMAC-SHA256 by polars-hash, and what is made of its 256 bits.

polars-hash takes the key as *text*: the 64 hexadecimal characters of a subkey are the HMAC key, not the bytes they
stand for. Polars serialises the key with an expression, so expressions are built and run here, and never returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import polars_hash as plh

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_HEX_DIGITS = 64


def hmac_hex(values: pl.Series, key: bytes) -> pl.Series:
    """HMAC-SHA256 of each text as 64 lower hexadecimal digits; null stays null."""
    frame = pl.DataFrame([values.cast(pl.String).alias("text")])
    return frame.select(plh.col("text").chash.hmac_sha256(key=key.hex())).to_series().alias(values.name)


def hmac_words(values: pl.Series, key: bytes) -> tuple[pl.Series, pl.Series]:
    """The first 128 bits of the HMAC of each text as two UInt64, high and low; null stays null."""
    digests = hmac_hex(values, key)
    high = digests.str.slice(0, 16).str.decode("hex").bin.reinterpret(dtype=pl.UInt64, endianness="big")
    low = digests.str.slice(16, 16).str.decode("hex").bin.reinterpret(dtype=pl.UInt64, endianness="big")
    return high, low


def scale(high: NDArray[np.uint64], low: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """``floor(h * n / 2^128)`` of the 128-bit numbers h, exactly; 1 <= n < 2^64."""
    factor = np.uint64(n)
    carried = multiply_high(low, factor)
    product_low = high * factor  # wraps
    overflow = (product_low + carried) < carried
    return multiply_high(high, factor) + overflow.astype(np.uint64)


def multiply_high(left: NDArray[np.uint64], right: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """The upper 64 bits of the 128-bit products; by 32-bit limbs, because numpy has no wider integers."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    left_high, left_low = left >> half, left & mask
    high: NDArray[np.uint64]
    if isinstance(right, np.uint64) and right <= mask:
        high = (left_high * right + ((left_low * right) >> half)) >> half
        return high
    right_high, right_low = right >> half, right & mask
    middle = left_high * right_low + ((left_low * right_low) >> half)
    other = left_low * right_high + (middle & mask)
    high = left_high * right_high + (middle >> half) + (other >> half)
    return high
