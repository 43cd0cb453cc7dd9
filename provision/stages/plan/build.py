"""Puts rows and columns together into the plan that is printed, hashed and carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provision.errors import RecipeError
from provision.model.graph import SchemaGraph
from provision.model.plan import Plan, Rows, TablePlan
from provision.stages.plan.columns import decision_needed, plan_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.model.catalog import Catalog, Column, Table
    from provision.model.names import ColumnName, TableName
    from provision.model.plan import Treatment
    from provision.model.recipe import Recipe
    from provision.registry import MaskSpec
    from provision.stages.plan.rows import RowPlan

YIELDING = (Rows.ALL, Rows.RELATED)


def columns_to_decide(catalog: Catalog, rows: RowPlan) -> Mapping[TableName, Sequence[Column]]:
    """Columns that policies or the recipe must decide about: those of tables that yield rows, without references."""
    return {
        table.name: [
            column
            for column in decision_needed(table, rows.relations)
            if not any(name.table == table.name and name.column == column.name for name in rows.nulled)
        ]
        for table in catalog.tables
        if rows.rows.get(table.name) in YIELDING
    }


def build_plan(
    recipe: Recipe,
    catalog: Catalog,
    rows: RowPlan,
    *,
    treatments: Mapping[ColumnName, Treatment],
    masks: Mapping[str, MaskSpec],
    kid: str,
) -> Plan:
    """The whole plan.

    Args: rows: of `plan_rows`. treatments: of the policies. kid: the masking key that every mask of this run uses.
    Raises: RecipeError with every mistake of the subset and every mask that does not fit its column.
    """
    columns = plan_columns(
        catalog,
        rows.rows,
        relations=rows.relations,
        nulled=rows.nulled,
        treatments=treatments,
        masks=masks,
    )
    findings = [*rows.findings, *columns.findings]
    if findings:
        raise RecipeError(sorted(findings, key=lambda finding: (str(finding.at or ""), finding.code, finding.where)))
    plans = {}
    for table in catalog.tables:
        what = rows.rows.get(table.name)
        if what is None:
            continue
        planned = tuple(
            replace(column, mask=replace(column.mask, kid=kid)) if column.mask is not None else column
            for column in columns.plans.get(table.name, ())
        )
        plans[table.name] = TablePlan(
            table=table,
            rows=what,
            reason=rows.reasons[table.name],
            columns=planned,
            key=table.identity.columns if table.identity else (),
        )
    graph = SchemaGraph.of(plans, rows.relations)
    ordered = [name for component in graph.components for name in component]
    return Plan(
        recipe=recipe.name,
        catalog=catalog,
        tables=tuple(plans[name] for name in ordered),
        relations=rows.relations,
        closure=rows.spec,
        ignored=rows.ignored,
        dropped=rows.dropped,
        seed=recipe.seed,
        scans=tuple(_scans(catalog, rows)),
        notes=rows.notes,
    )


def _scans(catalog: Catalog, rows: RowPlan) -> list[str]:
    """What will be read whole besides what is taken: sampled roots and edges to children without an index."""
    tables = catalog.by_name
    notes = [
        f"keys of {root.table} are scanned once to sample it ({_size(tables[root.table])})"
        for root in rows.spec.roots
        if root.limit is not None and root.order_by is None
    ]
    for edge in rows.spec.edges:
        relation = edge.relation
        followed = edge.expand or (edge.children and relation.parent in rows.bringing and rows.spec.depth != 0)
        if followed and rows.rows[relation.child] is Rows.RELATED and not relation.indexed:
            columns = ", ".join(relation.columns)
            notes.append(
                f"{relation.child} ({_size(tables[relation.child])}) is scanned to follow {relation.arrow}; "
                f"an index on {relation.child} ({columns}) would avoid it"
            )
    return notes


def _size(table: Table) -> str:
    size = float(table.bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1024:  # a thousand of the next
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"
