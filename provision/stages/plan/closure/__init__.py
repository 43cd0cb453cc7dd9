"""The closure: all rows that the roots of a subset bring in, exact for any graph of foreign keys.

::

    ClosureSpec ─draw→ Map ─walk→ rows met ─settle→ dangling, cut, dropped ─verify→ Selection
                         ↑                     │
                         └── without dropped rows, again

Roots and rows met as children bring their children; rows met as parents bring their parents alone, unless an edge says
``expand``. Keys lie in polars columns, and no step looks at a row by itself. What is equal is decided in the key form
of the columns (`forms`) or, where texts cannot tell, by the server (`links`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.model.plan import Rows as Taken
from provision.model.selection import Selection, TableSelection
from provision.stages.plan.closure.routes import draw
from provision.stages.plan.closure.settle import settle, tables_to_load
from provision.stages.plan.closure.verify import verify
from provision.stages.plan.closure.walk import Walk
from provision.stages.plan.closure.why import Step, trace

if TYPE_CHECKING:
    import polars as pl

    from provision.model.catalog import Catalog
    from provision.model.names import TableName
    from provision.model.plan import ClosureSpec
    from provision.ports import KeyReader
    from provision.stages.plan.closure.settle import Settlement

__all__ = ["Step", "close", "explain"]


def close(spec: ClosureSpec, *, catalog: Catalog, reader: KeyReader) -> Selection:
    """Choose the rows of every table.

    The result follows from the spec and the source's rows alone: not from their physical order, nor from batches.

    Args:
        spec: roots, rules and edges. A root with ``include`` alone takes those rows alone. Rows of whole tables count
            as met by way of a parent: they bring parents, and children only where a root or an edge brings them too.
            A table whose rule says ``children: False`` brings none, over ``expand`` edges neither.
        catalog: the source's catalog; every table of the spec is in it.
        reader: reads keys over one consistent snapshot.

    Returns:
        the selection; tables that yield no row are left out of it. References over edges that bring no parents, to
        tables left empty, and dangling ones with ``nullify`` are in ``cut`` and ``nulled``. Rows dropped for a dangling
        value count as if the source did not have them: rows that need them go too, nullable references are cut.

    Raises:
        UsageError: PRV230 for more than ``max_rows`` rows, PRV231 and PRV236 for rows to include that do not exist.
        CheckError: PRV232 for dangling values that are to fail.
        IntegrityError: PRV233, PRV234 where chosen rows would point at no row.
    """
    walk, verdict = _collect(spec, catalog=catalog, reader=reader)
    tables = {
        name: selection for name in sorted(walk.tables) if (selection := _selection(walk, verdict, name)) is not None
    }
    return Selection(tables=tables, via=walk.how_met(), dangling=dict(sorted(verdict.dangling.items())))


def explain(
    spec: ClosureSpec, *, catalog: Catalog, reader: KeyReader, table: TableName, key: tuple[str, ...]
) -> tuple[Step, ...]:
    """The chain of rows that brings a row in, from that row back to a root.

    Walks the closure again, so it costs what `close` costs.

    Args:
        spec: as for `close`.
        catalog: as for `close`.
        reader: over the same state of the source, or the chain is that of another one.
        table: the row's table.
        key: the row's key as text, one value for each column of the table's identity.

    Raises: UsageError: PRV235 where the row does not exist or is not chosen; and all that `close` raises.
    """
    walk, _ = _collect(spec, catalog=catalog, reader=reader)
    return trace(walk, table=table, key=key, reader=reader)


def _collect(spec: ClosureSpec, *, catalog: Catalog, reader: KeyReader) -> tuple[Walk, Settlement]:
    plan = draw(spec, catalog)
    banned: dict[TableName, pl.DataFrame] = {}
    dropped: dict[str, int] = {}
    while True:
        whole = tables_to_load(plan, banned)
        walk = Walk(spec, plan=plan, catalog=catalog, reader=reader, whole=whole, banned=banned)
        walk.run()
        verdict = settle(walk)
        if not verdict.doomed:
            break
        for name, identities in verdict.doomed.items():
            banned[name] = identities if name not in banned else banned[name].vstack(identities)
        for arrow, count in verdict.dropped.items():
            dropped[arrow] = dropped.get(arrow, 0) + count
    for arrow, count in dropped.items():
        verdict.dangling[arrow] = verdict.dangling.get(arrow, 0) + count
    verify(walk, verdict)
    return walk, verdict


def _selection(walk: Walk, verdict: Settlement, name: TableName) -> TableSelection | None:
    rows = walk.tables[name]
    whole = walk.map.rows(name) is Taken.ALL and name not in walk.banned
    if not whole and not rows.height:
        return None
    return TableSelection(
        table=name,
        whole=whole,
        identity=rows.identity,
        keys=None if whole else rows.frame.select(rows.identity).sort(rows.identity),
        cut={columns: rows_.sort(rows.identity) for columns, rows_ in sorted(verdict.cut.get(name, {}).items())},
        nulled=verdict.nulled.get(name, ()),
    )
