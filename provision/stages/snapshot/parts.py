"""Parts: Parquet files whose bounds and bytes follow from the rows alone, not from lanes, units or batches.

A part ends after every row whose key hashes to 0 modulo 2^15, so that unchanged regions of two versions share their
parts. Where no such row comes for very long, it ends by a count from its own first row. Row groups are counted from the
part's first row as well, and each is written in one call from contiguous columns under one schema and fixed settings.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provision import keyed
from provision.errors import IntegrityError, StoreError
from provision.model.manifest import PartEntry
from provision.stages.snapshot.shape import key_text, to_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from provision.stages.snapshot.shape import Shape

CUT_MASK = (1 << 15) - 1  # parts of 32,768 rows on average; of sizes spread geometrically
MAX_PART_ROWS = 1 << 20  # reached by chance once in 10^14 parts, and by keys that are chosen to
MAX_PART_BYTES = 256 << 20  # bytes of values, before compression
ROW_GROUP_ROWS = 1 << 16
ROW_GROUP_BYTES = 32 << 20
MAX_ROW_GROUP_BYTES = 3 << 30  # what a reader takes: a group may end with one row of large values


@dataclass(slots=True)
class _Open:
    """The part that is being written."""

    path: Path
    file: BinaryIO
    writer: pq.ParquetWriter
    rows: int = 0
    bytes: int = 0


class PartWriter:
    """Cuts rows that come in published order into parts in a folder; call `finish` at the end."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self._folder = folder
        self._shape = shape
        self._schema = shape.schema
        self._part: _Open | None = None
        self._group: list[pa.Table] = []
        self._group_rows = 0
        self._group_bytes = 0
        self._parts: list[PartEntry] = []

    def add(self, block: pa.Table) -> None:
        """Take the next rows. Raises: StoreError PRV502 if the disk refuses."""
        try:
            self._add(block)
        except OSError as error:
            raise self._refused(error) from None

    def finish(self) -> tuple[PartEntry, ...]:
        """Close the last part; all parts in order."""
        try:
            self._close_part()
        except OSError as error:
            raise self._refused(error) from None
        return tuple(self._parts)

    def discard(self) -> None:
        """Close what is open, after a failure."""
        if self._part is not None:
            self._part.file.close()
            self._part = None

    def _add(self, block: pa.Table) -> None:
        ends = np.cumsum(_row_bytes(block))
        cuts = _cuts(block, self._shape)
        position = 0
        while position < block.num_rows:
            if self._part is None:
                self._part = self._open()
            part = self._part
            before = int(ends[position - 1]) if position else 0

            def reach(limit: int, position: int = position, before: int = before) -> int:
                """The row after the one with which the bytes from here on reach a limit."""
                return int(np.searchsorted(ends, before + limit, side="left")) + 1 if limit > 0 else position + 1

            cut = np.searchsorted(cuts, position, side="left")
            natural = int(cuts[cut]) + 1 if cut < len(cuts) else block.num_rows + 1
            part_end = min(natural, position + MAX_PART_ROWS - part.rows, reach(MAX_PART_BYTES - part.bytes))
            group_end = min(
                part_end, position + ROW_GROUP_ROWS - self._group_rows, reach(ROW_GROUP_BYTES - self._group_bytes)
            )
            stop = min(group_end, block.num_rows)
            taken = int(ends[stop - 1]) - before
            self._group.append(block.slice(position, stop - position))
            self._group_rows += stop - position
            self._group_bytes += taken
            part.rows += stop - position
            part.bytes += taken
            if stop == part_end:
                self._close_part()
            elif stop == group_end:
                self._flush()
            position = stop

    def _open(self) -> _Open:
        path = self._folder / f"{secrets.token_hex(12)}.new"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        file = open(handle, "wb")  # noqa: PTH123, SIM115  # a descriptor; closed with the part
        writer = pq.ParquetWriter(
            file,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[column.name for column in self._shape.columns if column.dictionary],
            # A third smaller and faster to write than plain integers under zstd.
            column_encoding={
                column.name: "DELTA_BINARY_PACKED" if column.storage == "integer" else "PLAIN"
                for column in self._shape.columns
                if not column.dictionary
            },
            write_statistics=False,
            version="2.6",
            data_page_version="1.0",
            data_page_size=1 << 20,
            dictionary_pagesize_limit=1 << 20,
            write_batch_size=1024,
            store_schema=True,
        )
        return _Open(path, file, writer)

    def _flush(self) -> None:
        if self._part is None or not self._group_rows:
            return
        # How rows were chunked must not show: one contiguous array for each column.
        table = pa.concat_tables(self._group).combine_chunks()
        self._part.writer.write_table(table, row_group_size=self._group_rows)
        self._group = []
        self._group_rows = self._group_bytes = 0

    def _close_part(self) -> None:
        part = self._part
        if part is None:
            return
        self._flush()
        part.writer.close()
        part.file.close()
        self._part = None
        with part.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = part.path.stat().st_size
        part.path.replace(self._folder / f"{digest}.parquet")
        self._parts.append(PartEntry(hash=digest, rows=part.rows, bytes=size))

    def _refused(self, error: OSError) -> StoreError:
        return StoreError(
            "PRV502",
            f"cannot stage a part of {self._shape.table}: {os.strerror(error.errno or 0)}",
            fix="make room on the disk of the store and run again",
        )


def read_part(
    data: bytes, part: PartEntry, shape: Shape, *, columns: Iterable[str] | None = None
) -> Iterator[pa.Table]:
    """The rows of a part, a row group at a time; ``data`` has been found to have the part's hash.

    Raises: IntegrityError PRV512 where it is no Parquet of this shape, or would unpack to more than parts hold.
    """
    wanted = None if columns is None else list(columns)
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            facts = file.metadata
            if not file.schema_arrow.equals(shape.schema, check_metadata=True) or facts.num_rows != part.rows:
                raise _unlike(part, shape)
            rows = 0
            for number in range(facts.num_row_groups):
                group = facts.row_group(number)
                if group.num_rows > ROW_GROUP_ROWS or group.total_byte_size > MAX_ROW_GROUP_BYTES:
                    raise _unlike(part, shape)
                table = file.read_row_group(number, columns=wanted, use_threads=False)
                if table.num_rows != group.num_rows:
                    raise _unlike(part, shape)
                table.validate(full=True)
                rows += table.num_rows
                yield table if wanted is None else table.select(wanted)
            if rows != part.rows:
                raise _unlike(part, shape)
    except (pa.ArrowException, OSError, OverflowError, MemoryError):
        raise _unlike(part, shape) from None


def _unlike(part: PartEntry, shape: Shape) -> IntegrityError:
    return IntegrityError(
        "PRV512",
        f"part {part.hash[:12]} of {shape.table} does not hold the rows that the manifest says",
        fix="do not load the snapshot; make it anew",
    )


def _cuts(block: pa.Table, shape: Shape) -> NDArray[np.int64]:
    """Rows of the block that end a part by their key."""
    frame = to_frame(block.select(list(shape.leading)))
    hashes = keyed.part_hash(key_text(frame, shape.leading))
    found: NDArray[np.int64] = ((hashes & CUT_MASK) == 0).fill_null(value=False).arg_true().to_numpy().astype(np.int64)
    return found


def _row_bytes(block: pa.Table) -> NDArray[np.int64]:
    """Bytes of each row's values: 8 for an integer, 1 for a boolean, those of a text; 0 for null text."""
    total = np.zeros(block.num_rows, dtype=np.int64)
    for column in block.columns:
        if pa.types.is_string(column.type):
            start = 0
            for chunk in column.chunks:
                if len(chunk):
                    total[start : start + len(chunk)] += text_lengths(chunk)
                start += len(chunk)
        else:
            total += 8 if pa.types.is_integer(column.type) else 1
    return total


def text_lengths(values: pa.StringArray) -> NDArray[np.int32]:
    """Bytes of each text, 0 for null."""
    offsets = np.frombuffer(values.buffers()[1], dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    lengths: NDArray[np.int32] = np.diff(offsets)
    if values.null_count:
        # Whatever stands under a null is nobody's: it must not show.
        lengths[values.is_null().to_numpy(zero_copy_only=False)] = 0
    return lengths
