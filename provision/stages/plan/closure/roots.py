"""The rows a subset starts with: those a root's condition picks, sampled, and those it names one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from provision.errors import UsageError
from provision.ports import KEY
from provision.stages.plan.closure.sample import first, sample_columns

if TYPE_CHECKING:
    from provision.model.plan import Root
    from provision.ports import KeyReader
    from provision.stages.plan.closure.rows import Rows


def rows_of_root(root: Root, *, rows: Rows, reader: KeyReader, seed: int) -> pl.DataFrame:
    """The root's rows with all columns of ``rows``.

    Included rows come on top of the limit. A root that has neither ``where`` nor ``limit`` but names rows consists
    of these alone.

    Raises: UsageError: PRV231 where an included row does not exist, PRV236 where rows of a table without a key are named.
    """
    parts = []
    if root.where is not None or root.limit is not None or not root.include:
        columns = rows.columns
        if root.limit is not None:
            columns = tuple(dict.fromkeys([*columns, *sample_columns(rows.table)]))
        found = rows.allowed(reader.roots(root, columns))
        if root.limit is not None:
            found = first(found, root.limit, table=rows.table, seed=seed)
        parts.append(found.select(rows.columns))
    if root.include:
        parts.append(rows.allowed(_included(root, rows=rows, reader=reader)))
    return pl.concat(parts).unique(subset=rows.identity)


def _included(root: Root, *, rows: Rows, reader: KeyReader) -> pl.DataFrame:
    key = rows.table.identity
    if key is None or any(len(given) != len(key.columns) for given in root.include):
        raise UsageError(
            "PRV236",
            f"include names rows of {root.table} by a key that the table does not have",
            fix="write one value for each column of the primary key" if key else "use `where` instead",
            at=root.at,
        )
    given = pl.DataFrame(list(root.include), schema=dict.fromkeys(key.columns, pl.String), orient="row")
    typed = given.select(
        pl.col(name).str.strip_chars().cast(pl.Int64, strict=False) if rows.frame.schema[name] == pl.Int64 else name
        for name in key.columns
    )
    numbered = typed.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(KEY))
    keys = numbered.drop_nulls().unique(subset=key.columns, keep="first")
    found = reader.match(root.table, rows.columns, on=key.columns, keys=keys)
    here = keys.join(found.select(KEY), on=KEY, how="semi")
    missing = numbered.join(here, on=key.columns, how="anti").get_column(KEY).sort().to_list()
    if missing:
        raise UsageError(
            "PRV231",
            f"include names {len(root.include)} rows of {root.table}, but {len(missing)} of them do not exist",
            fix="take the keys that are gone out of `include`",
            at=root.include_at[missing[0]] if len(root.include_at) == len(root.include) else root.at,
        )
    return found.select(rows.columns).unique(subset=rows.identity)
