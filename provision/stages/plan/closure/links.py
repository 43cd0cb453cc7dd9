"""Which parents belong to which keys, where one key may meet several rows or only the server can tell equality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from provision.ports import KEY
from provision.stages.plan.closure.rows import LEVEL, VIA

if TYPE_CHECKING:
    from provision.stages.plan.closure.routes import Route


class Links:
    """Keys of one route that were asked, numbered, and the identities of the parents found for each number."""

    def __init__(self, route: Route, identity: tuple[str, ...]) -> None:
        self._names = route.names
        self._identity = identity
        self._asked: pl.DataFrame | None = None  # k0, k1, …, KEY
        self._found: pl.DataFrame | None = None  # KEY, identity

    def number(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """Number the keys (``k0, k1, …``, each once) that were never asked, and return them with `KEY`."""
        keys = wanted.select(self._names)
        start = 0
        if self._asked is not None:
            keys = keys.join(self._asked, on=self._names, how="anti")
            start = self._asked.height
        new = keys.with_columns(pl.int_range(start, start + pl.len(), dtype=pl.Int64).alias(KEY))
        self._asked = new if self._asked is None else self._asked.vstack(new)
        return new

    def add(self, found: pl.DataFrame) -> None:
        """Remember parents: `KEY` and identity."""
        self._found = found if self._found is None else self._found.vstack(found)

    def reached(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """The identities that the keys lead to, with the keys' `LEVEL` and `VIA`."""
        return self.pairs(wanted).select(*self._identity, LEVEL, VIA)

    def leading_to(self, parents: pl.DataFrame) -> pl.DataFrame | None:
        """The asked keys (``k0, k1, …``) that lead to one of these parents; None where nothing was asked yet."""
        if self._asked is None or self._found is None:
            return None
        numbers = self._found.join(parents, on=self._identity, how="semi").select(KEY).unique()
        return self._asked.join(numbers, on=KEY, how="semi").select(self._names)

    def pairs(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """The wanted keys, once for each parent they lead to, with the parent's identity."""
        if self._asked is None or self._found is None:
            raise LookupError("the keys have not been asked yet")
        return wanted.join(self._asked, on=self._names).join(self._found, on=KEY)
