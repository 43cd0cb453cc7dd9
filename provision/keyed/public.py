"""Hashes without a masking key: for stable samples, for cuts of parts, and for the leak check of one run."""

from __future__ import annotations

import numpy as np
import polars as pl
import polars_hash as plh

from provision.keyed.derive import block_cipher


def public_hash(values: pl.Series, *, salt: str) -> pl.Series:
    """SHA-256 of salt and text as 64 hexadecimal digits: public, for orders that anybody can repeat; null stays null."""
    text = pl.DataFrame([values.cast(pl.String).alias("text")])
    salted = text.select(pl.concat_str(pl.lit(salt), pl.col("text")))
    return salted.select(plh.col(salted.columns[0]).chash.sha2_256()).to_series().alias(values.name)


def part_hash(values: pl.Series) -> pl.Series:
    """xxh3_64 (seed 0) of each text as UInt64: decides where parts are cut; null stays null. Not a secret, not a PRF."""
    text = pl.DataFrame([values.cast(pl.String).alias("text")])
    return text.select(plh.col("text").nchash.xxh3_64()).to_series().cast(pl.UInt64).alias(values.name)


def ephemeral(values: pl.Series, key: bytes) -> pl.Series:
    """A 64-bit keyed hash of each text under a key of this run alone, for comparing two sets that are never stored.

    AES of xxh3_64: equality survives and nothing else, at 20 times the speed of HMAC. Whoever writes rows could make
    two values meet on purpose, and would cause a false alarm. ``key`` is 32 random bytes.

    Returns: UInt64 (n,), null where the input is null.
    """
    hashed = part_hash(values)
    present = hashed.is_not_null()
    blocks = np.zeros((len(hashed), 2), dtype="<u8")
    blocks[:, 0] = hashed.fill_null(0).to_numpy()
    sealed = np.frombuffer(block_cipher(key).update(blocks.tobytes()), dtype="<u8").reshape(-1, 2)[:, 0]
    result = pl.Series(values.name, np.ascontiguousarray(sealed), dtype=pl.UInt64)
    return (
        result
        if present.all()
        else result.zip_with(present, pl.Series([None], dtype=pl.UInt64).new_from_index(0, len(result)))
    )
