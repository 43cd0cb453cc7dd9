"""Texts as flat arrays and back, so that characters are worked on by numpy and not by loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


def bytes_of(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All UTF-8 bytes in a row, and where each text begins and ends (n + 1); there must be no null."""
    joined = texts.str.join("").item() if len(texts) else ""
    ends = texts.str.len_bytes().cast(pl.Int64).cum_sum().to_numpy()
    return np.frombuffer((joined or "").encode(), dtype=np.uint8), np.concatenate((np.zeros(1, dtype=np.int64), ends))


def points_of(texts: pl.Series) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """As `bytes_of`, in code points."""
    joined = texts.str.join("").item() if len(texts) else ""
    ends = texts.str.len_chars().cast(pl.Int64).cum_sum().to_numpy()
    encoded = (joined or "").encode("utf-32-le")
    return np.frombuffer(encoded, dtype="<u4"), np.concatenate((np.zeros(1, dtype=np.int64), ends))


def texts_of_bytes(codes: NDArray[np.uint8], offsets: NDArray[np.int64]) -> pl.Series:
    """Texts of UTF-8 bytes cut at ``offsets`` (n + 1, first 0); the bytes must be valid."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(np.ascontiguousarray(codes))]
    return pl.Series(pa.LargeStringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2]), dtype=pl.String)


def texts_of_points(codes: NDArray[np.uint32], offsets: NDArray[np.int64]) -> pl.Series:
    """Texts of code points cut at ``offsets`` (n + 1, first 0)."""
    encoded = np.frombuffer(codes.astype("<u4").tobytes().decode("utf-32-le").encode(), dtype=np.uint8)
    sizes = 1 + (codes > 0x7F).astype(np.int64) + (codes > 0x7FF) + (codes > 0xFFFF)  # UTF-8's steps
    ends = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
    return texts_of_bytes(encoded, ends[offsets])
