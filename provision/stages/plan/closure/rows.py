"""The rows of one table that the closure has met: their key columns, and how far each has been followed.

A row's state is two levels. ``seen`` is the smallest level at which it was reached in any way, ``child`` the smallest
at which it was reached as a root or as a child; a row that only a child brought has no child level. Rows with a
child level bring children, all rows bring parents. Levels count the child steps from a root; without a depth they are
all 0, and the pair is the three states unseen, parents only, with children.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.catalog import Table

# Working columns; a NUL keeps them apart from every name that a database can hold.
LEVEL: Final = "\0level"
VIA: Final = "\0via"
ROW: Final = "\0row"
NEVER: Final = 2**30  # above every level

_MOST_CHUNKS = 64


class Rows:
    """Rows of one table as columns, each row once, in the order they were met.

    Args:
        schema: identity and all columns of references, with their storage types.
        banned: identities that do not count as rows (dangling values with ``drop``).
    """

    def __init__(
        self, table: Table, *, identity: tuple[str, ...], schema: Mapping[str, pl.DataType], banned: pl.DataFrame | None
    ) -> None:
        self.table = table
        self.identity = identity
        self.columns = tuple(schema)
        self.banned = banned
        self.frame = pl.DataFrame(schema=dict(schema))
        self.loaded = False  # every row of the table is here
        self.seen = np.empty(0, np.int32)
        self.child = np.empty(0, np.int32)
        self.step = np.empty(0, np.int32)  # of the walk in which the row was met first
        self.via = np.empty(0, np.int16)  # how it was met first
        self.as_child = np.empty(0, np.bool_)  # whether it was met first as a root or child
        self._parents_done = np.empty(0, np.int32)  # level at which the row last brought its parents
        self._children_done = np.empty(0, np.int32)

    @property
    def height(self) -> int:
        """How many rows."""
        return self.frame.height

    def allowed(self, fetched: pl.DataFrame) -> pl.DataFrame:
        """The fetched rows without banned ones."""
        return fetched if self.banned is None else fetched.join(self.banned, on=self.identity, how="anti")

    def admit(self, met: pl.DataFrame, *, as_children: bool, step: int) -> None:
        """Take rows in, or lower the levels of those that are here.

        Args:
            met: the identity with `LEVEL` and `VIA`; rows may repeat. Without the other columns, rows that are not here
                are passed over.
            as_children: whether they were reached as roots or children.
            step: number of the walk's step.
        """
        if met.is_empty():
            return
        whole = set(self.columns) <= set(met.columns)
        if as_children or met.height > 1:
            met = met.sort(LEVEL, VIA).unique(subset=self.identity, keep="first", maintain_order=True)
        numbered = self.frame.select(self.identity).with_row_index(ROW)
        met = met.join(numbered, on=self.identity, how="left", maintain_order="left")
        known = met.filter(pl.col(ROW).is_not_null())
        if known.height:
            where = known.get_column(ROW).to_numpy()
            level = known.get_column(LEVEL).to_numpy()
            self.seen[where] = np.minimum(self.seen[where], level)
            if as_children:
                self.child[where] = np.minimum(self.child[where], level)
        if whole and known.height < met.height:
            self._append(met.filter(pl.col(ROW).is_null()), as_children=as_children, step=step)

    def _append(self, new: pl.DataFrame, *, as_children: bool, step: int) -> None:
        level = new.get_column(LEVEL).cast(pl.Int32).to_numpy()
        never = np.full(new.height, NEVER, np.int32)
        self.frame = self.frame.vstack(new.select(self.columns))
        if self.frame.n_chunks() > _MOST_CHUNKS:
            self.frame = self.frame.rechunk()
        self.seen = np.concatenate([self.seen, level])
        self.child = np.concatenate([self.child, level if as_children else never])
        self.step = np.concatenate([self.step, np.full(new.height, step, np.int32)])
        self.via = np.concatenate([self.via, new.get_column(VIA).cast(pl.Int16).to_numpy()])
        self.as_child = np.concatenate([self.as_child, np.full(new.height, as_children, np.bool_)])
        self._parents_done = np.concatenate([self._parents_done, never])
        self._children_done = np.concatenate([self._children_done, never])

    def take_for_parents(self) -> pl.DataFrame:
        """Rows whose level fell since they last brought their parents, with `LEVEL`; they count as done."""
        return self._take(self.seen, self._parents_done)

    def take_for_children(self) -> pl.DataFrame:
        """Rows whose child level fell since they last brought their children, with `LEVEL`; they count as done."""
        return self._take(self.child, self._children_done)

    def _take(self, level: np.ndarray, done: np.ndarray) -> pl.DataFrame:
        pending = np.flatnonzero(level < done)
        done[pending] = level[pending]
        rows = self.frame if len(pending) == self.height else self.frame[pending]
        return rows.with_columns(pl.Series(LEVEL, level[pending], dtype=pl.Int32))
