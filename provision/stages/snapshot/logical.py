"""Logical hashes: what rows say, whatever Parquet, parts or batches they stand in.

Each column has two streams over its rows in published order. *Marks*: for text the byte length as 4 bytes, little-endian and
signed, -1 for null; for integers and booleans one byte, 1, or 0 for null. *Values*, of those that are not null: the UTF-8
bytes, or the integer as 8 bytes little-endian and signed, or one byte 0 or 1. A column's hash is the SHA-256 of the SHA-256
of its marks followed by that of its values; a table's is over its columns' names, types and hashes and its rows.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from provision.stages.snapshot.documents import canonical, digest
from provision.stages.snapshot.parts import text_lengths

if TYPE_CHECKING:
    from provision.stages.snapshot.shape import Shape


class TableHash:
    """Takes a table's rows in published order, block by block; how they are blocked does not show."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._columns = [_ColumnHash() for _ in shape.columns]
        self.rows = 0

    def add(self, block: pa.Table) -> None:
        """Take the next rows."""
        self.rows += block.num_rows
        for hashed, column in zip(self._columns, block.columns, strict=True):
            for chunk in column.chunks:
                if len(chunk):
                    hashed.add(chunk)

    def columns(self) -> tuple[str, ...]:
        """The hash of each column."""
        return tuple(column.hexdigest() for column in self._columns)

    def hexdigest(self) -> str:
        """The hash of the table."""
        columns = [
            {"hash": hashed, "name": column.name, "storage": column.storage, "type": column.type}
            for column, hashed in zip(self._shape.columns, self.columns(), strict=True)
        ]
        return digest(canonical({"columns": columns, "rows": self.rows}))


class _ColumnHash:
    def __init__(self) -> None:
        self._marks = hashlib.sha256()
        self._values = hashlib.sha256()

    def add(self, values: pa.Array) -> None:
        present = values.is_valid().to_numpy(zero_copy_only=False)
        if pa.types.is_string(values.type):
            lengths = text_lengths(values)
            self._marks.update(np.where(present, lengths, np.int32(-1)).astype("<i4").data)
        else:
            self._marks.update(present.astype(np.uint8).data)
        kept = values.drop_null() if values.null_count else values
        if not len(kept):
            return
        if pa.types.is_string(values.type):
            offsets = np.frombuffer(kept.buffers()[1], dtype=np.int32)[kept.offset : kept.offset + len(kept) + 1]
            if offsets[-1] > offsets[0]:
                self._values.update(memoryview(kept.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
        elif pa.types.is_integer(values.type):
            self._values.update(np.ascontiguousarray(kept.to_numpy(), dtype="<i8").data)
        else:
            self._values.update(kept.to_numpy(zero_copy_only=False).astype(np.uint8).data)

    def hexdigest(self) -> str:
        return hashlib.sha256(self._marks.digest() + self._values.digest()).hexdigest()
