"""Run files: sorted pieces of a table that lanes stage, and their merge into one published order.

They are Arrow IPC under lz4, not Parquet: a run file is written and read once, and this costs a fifth of the time.
Merging holds one block of each run that overlaps, so memory is bounded by `FAN_IN` blocks; runs that do not overlap
(ranges of a kept key) are opened one after another and pass through unsorted and uncopied.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import secrets
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provision.errors import StoreError
from provision.stages.snapshot.shape import Shape, check, ordered, to_arrow, to_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from provision.model.batch import SafeBatch
    from provision.model.names import TableName
    from provision.model.plan import TablePlan

BLOCK_ROWS = 16_384
BLOCK_BYTES = 4 << 20  # wide rows make shorter blocks
FAN_IN = 32  # runs that are merged at once: at most 32 blocks of 4 MB, and as many open files

Rank = tuple[tuple[bool, Any], ...]  # a row's columns in deciding order; null after every value


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RunFile:
    """A sorted piece of a table in a run's staging folder. ``first`` and ``last`` rank its ends by the leading columns."""

    path: str
    table: TableName
    rows: int
    first: Rank
    last: Rank

    def __repr__(self) -> str:
        return f"RunFile({self.table}, {self.rows} rows)"


def write_run(folder: Path, plan: TablePlan, batch: SafeBatch, *, unit: str | int) -> RunFile | None:
    """Sort a batch of masked rows and stage it; None for a batch without rows.

    Args: folder: the draft's folder. unit: tells the unit's files apart for people who look; files never collide.
    Raises: RunError PRV515 for rows of another shape. StoreError PRV502 if the disk refuses.
    """
    shape = Shape.of_plan(plan)
    check(batch.frame, shape)
    if batch.frame.height == 0:
        return None
    frame = ordered(batch.frame, shape)
    return _write(folder, shape, _blocks(frame, shape), unit=str(unit))


def merged(runs: Sequence[RunFile], shape: Shape, *, folder: Path) -> Iterator[pa.Table]:
    """All rows of the runs in published order, in blocks of any size; the run files stay where they are."""
    cascade = tuple(runs)
    temporary: list[RunFile] = []
    try:
        while _depth(cascade) > FAN_IN:
            byfirst = sorted(cascade, key=lambda run: run.first)
            cascade = tuple(
                _write(folder, shape, _merge(byfirst[start : start + FAN_IN], shape), unit="merged")
                for start in range(0, len(byfirst), FAN_IN)
            )
            _remove(temporary)
            temporary = list(cascade)
        yield from _merge(cascade, shape)
    finally:
        _remove(temporary)


def _merge(runs: Iterable[RunFile], shape: Shape) -> Iterator[pa.Table]:
    waiting = deque(sorted(runs, key=lambda run: run.first))
    leading = len(shape.leading)
    cursors: list[_Cursor] = []
    try:
        while waiting or cursors:
            if not cursors:
                cursors.append(_Cursor(waiting.popleft(), shape))
            # Rows up to the least last row of the open blocks are complete once every run that begins before it is open.
            bound = min(cursor.last for cursor in cursors)
            while waiting and waiting[0].first <= bound[:leading]:
                cursors.append(_Cursor(waiting.popleft(), shape))
                bound = min(bound, cursors[-1].last)
            pieces = [piece for cursor in cursors if (piece := cursor.through(bound)).num_rows]
            for cursor in cursors:
                cursor.refill()
            cursors = [cursor for cursor in cursors if not cursor.done]
            if len(pieces) == 1:
                yield pa.Table.from_batches(pieces)
            else:
                frame = ordered(to_frame(pa.Table.from_batches(pieces)), shape)
                yield from _blocks(frame, shape)
    finally:
        for cursor in cursors:
            cursor.close()


class _Cursor:
    """The open block of a run and the place in it."""

    def __init__(self, run: RunFile, shape: Shape) -> None:
        self._columns = [shape.names.index(name) for name in shape.order]
        self._file = pa.OSFile(run.path, "rb")
        self._reader = pa.ipc.open_file(self._file)
        self._next = 0
        self._start = 0
        self.done = False
        self._load()

    @property
    def last(self) -> Rank:
        """Rank of the block's last row."""
        return self._rank(self._block.num_rows - 1)

    def through(self, bound: Rank) -> pa.RecordBatch:
        """Take the rows up to and including the bound."""
        rows = range(self._block.num_rows)
        stop = len(rows) if self.last <= bound else bisect_right(rows, bound, lo=self._start, key=self._rank)
        taken = self._block.slice(self._start, stop - self._start)
        self._start = stop
        return taken

    def refill(self) -> None:
        """Load the next block once this one is used up."""
        if self._start == self._block.num_rows:
            self._load()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _load(self) -> None:
        if self._next == self._reader.num_record_batches:
            self.done = True
            self.close()
            return
        self._block = self._reader.get_batch(self._next)
        self._next += 1
        self._start = 0

    def _rank(self, row: int) -> Rank:
        return _rank(self._block, row, self._columns)


def _rank(block: pa.RecordBatch | pa.Table, row: int, columns: Iterable[int]) -> Rank:
    # Python compares text by code points, which is the order of its UTF-8 bytes.
    values = (block.column(column)[row].as_py() for column in columns)
    return tuple((value is None, 0 if value is None else value) for value in values)


def _write(folder: Path, shape: Shape, blocks: Iterable[pa.Table], *, unit: str) -> RunFile:
    table = hashlib.sha256(f"{shape.table.schema}\0{shape.table.name}".encode()).hexdigest()[:12]
    place = "".join(letter if letter.isalnum() else "-" for letter in unit)[:40]
    path = Path(folder) / f"{table}-{place}-{secrets.token_hex(6)}.run"
    leading = [shape.names.index(name) for name in shape.leading]
    first: Rank = ()
    last: Rank = ()
    rows = 0
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with (
            open(handle, "wb") as file,  # noqa: PTH123  # a descriptor, not a path
            pa.ipc.new_file(file, shape.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer,
        ):
            for block in blocks:
                first = first if rows else _rank(block, 0, leading)
                last = _rank(block, block.num_rows - 1, leading)
                rows += block.num_rows
                writer.write_table(block.combine_chunks(), max_chunksize=BLOCK_ROWS)
    except OSError as error:
        raise StoreError(
            "PRV502",
            f"cannot stage rows of {shape.table}: {os.strerror(error.errno or 0)}",
            fix="make room on the disk of the store and run again",
        ) from None
    return RunFile(path=str(path), table=shape.table, rows=rows, first=first, last=last)


def _blocks(frame: pl.DataFrame, shape: Shape) -> Iterator[pa.Table]:
    step = _block_rows(frame)
    return (to_arrow(frame.slice(start, step), shape) for start in range(0, frame.height, step))


def _block_rows(frame: pl.DataFrame) -> int:
    width = max(1, int(frame.estimated_size()) // max(1, frame.height))
    return max(1, min(BLOCK_ROWS, BLOCK_BYTES // width))


def _depth(runs: Iterable[RunFile]) -> int:
    """The largest number of runs that overlap at one point."""
    ends: list[Rank] = []
    deepest = 0
    for run in sorted(runs, key=lambda run: run.first):
        while ends and ends[0] < run.first:
            heapq.heappop(ends)
        heapq.heappush(ends, run.last)
        deepest = max(deepest, len(ends))
    return deepest


def _remove(runs: Iterable[RunFile]) -> None:
    for run in runs:
        Path(run.path).unlink(missing_ok=True)
