"""The last look before anything moves: every reference of every chosen row meets a chosen row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from provision.errors import IntegrityError
from provision.model.plan import Dangling
from provision.model.plan import Rows as Taken
from provision.stages.plan.closure.settle import half_null

if TYPE_CHECKING:
    from provision.model.names import TableName
    from provision.stages.plan.closure.settle import Settlement
    from provision.stages.plan.closure.walk import Walk


def verify(walk: Walk, verdict: Settlement) -> None:
    """Anti join every relation over the collected keys, with cut and nulled columns as they will be in the snapshot.

    Relations whose dangling values are kept are passed over, and so are references between rows of whole tables that
    the database guarantees.

    Raises: IntegrityError: PRV234, naming every relation that is violated and in how many rows.
    """
    after = {name: _as_published(walk, verdict, name) for name in walk.tables}
    violated = []
    for route in walk.map.routes:
        child, parent = route.child.name, route.parent.name
        if not route.certain and route.edge.dangling is Dangling.KEEP:
            continue
        if walk.map.rows(child) is Taken.ALL and not walk.tables[child].loaded:
            continue
        if walk.map.rows(parent) is Taken.ALL and not walk.tables[parent].loaded:
            continue
        references = walk.references(route, after[child])
        met = walk.resolved(route, references, after[parent]).height if parent in after else 0
        count = references.height - met
        if route.relation.match_full:
            count += walk.meeting(route, half_null(after[child], route.relation.columns)).height
        if count:
            violated.append(f"\n  {route.relation.arrow}: {count:,} rows")
    if violated:
        raise IntegrityError(
            "PRV234",
            f"the chosen rows would break relations between them:{''.join(violated)}",
            fix="a cut column is part of another relation: choose another `dangling` for it",
        )


def _as_published(walk: Walk, verdict: Settlement, name: TableName) -> pl.DataFrame:
    rows = walk.tables[name]
    frame = rows.frame
    nulled = [column for column in verdict.nulled.get(name, ()) if column in frame.columns]
    frame = frame.with_columns(pl.lit(None, frame.schema[column]).alias(column) for column in nulled)
    for columns, identities in verdict.cut.get(name, {}).items():
        cut = frame.join(identities, on=rows.identity, how="semi")
        rest = frame.join(identities, on=rows.identity, how="anti")
        frame = rest.vstack(cut.with_columns(pl.lit(None, frame.schema[column]).alias(column) for column in columns))
    return frame
