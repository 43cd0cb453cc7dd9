"""Treatment of every column: spreads decisions along references and holds masks to the schema's limits.

Columns tied by references are one group and take one treatment, so a mask on a key reaches every column that
references it. All mistakes are gathered; nothing here touches a database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provision.model.catalog import Generated
from provision.model.names import ColumnName
from provision.model.plan import (
    ColumnFacts,
    ColumnPlan,
    Decision,
    Family,
    MaskUse,
    Origin,
    Rows,
    Strength,
    Treatment,
    family_of,
)
from provision.model.report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provision.model.catalog import Catalog, Column, Key, Table
    from provision.model.graph import Relation
    from provision.model.names import TableName
    from provision.registry import MaskSpec

# Narrowest first: a mask of a key must stay inside the narrowest column that references it.
INTEGERS = ("int2", "int4", "int8")
APART = (Strength.INJECTIVE, Strength.BIJECTIVE, Strength.KEEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Plans of all columns by table, and what is wrong with them."""

    plans: Mapping[TableName, tuple[ColumnPlan, ...]]
    findings: tuple[Finding, ...]


def plan_columns(
    catalog: Catalog,
    rows: Mapping[TableName, Rows],
    relations: Sequence[Relation],
    nulled: Sequence[Relation],
    treatments: Mapping[ColumnName, Treatment],
    masks: Mapping[str, MaskSpec],
) -> Columns:
    """Decide origin and mask of every column of the tables in the schema.

    Args: rows: tables in the schema and which rows they yield. relations: references that hold in the snapshot.
    nulled: relations that are cut, whose child columns become null. treatments: decided columns; a foreign-key
    column needs none. Columns of tables that yield no rows are kept without a decision.
    """
    groups = Groups.of(relations)
    findings: list[Finding] = []
    cut = {ColumnName(relation.child, column): relation for relation in nulled for column in relation.columns}
    plans: dict[TableName, tuple[ColumnPlan, ...]] = {}
    for table in catalog.tables:
        if table.name not in rows or rows[table.name] is Rows.SKIP:
            continue
        plans[table.name] = tuple(
            _plan(table, column, catalog, groups, cut, treatments, masks, findings) for column in table.columns
        )
    return Columns(plans=plans, findings=tuple(findings))


def decision_needed(table: Table, relations: Iterable[Relation]) -> tuple[Column, ...]:
    """Columns that need a decision of their own: neither computed by the server nor referencing a parent."""
    children = {
        column
        for relation in relations
        if relation.child == table.name
        for column, parent in zip(relation.columns, relation.parent_columns, strict=True)
        if (relation.parent, parent) != (table.name, column)
    }
    return tuple(c for c in table.columns if c.generated is Generated.NO and c.name not in children)


@dataclass(frozen=True, slots=True)
class Groups:
    """Columns tied by references, as sets; and which of them reference another column."""

    members: Mapping[ColumnName, frozenset[ColumnName]]
    children: Mapping[ColumnName, Relation]

    @classmethod
    def of(cls, relations: Iterable[Relation]) -> Groups:
        """Group columns by the pairs of all relations."""
        members: dict[ColumnName, frozenset[ColumnName]] = {}
        children: dict[ColumnName, Relation] = {}
        for relation in relations:
            for child, parent in zip(relation.columns, relation.parent_columns, strict=True):
                ends = (ColumnName(relation.child, child), ColumnName(relation.parent, parent))
                if ends[0] != ends[1]:
                    children.setdefault(ends[0], relation)
                union = members.get(ends[0], frozenset(ends[:1])) | members.get(ends[1], frozenset(ends[1:]))
                for member in union:
                    members[member] = union
        return cls(members, children)

    def around(self, column: ColumnName) -> tuple[ColumnName, ...]:
        """The column's group in name order; the column alone where it is tied to none."""
        return tuple(sorted(self.members.get(column, frozenset({column}))))


def _plan(
    table: Table,
    column: Column,
    catalog: Catalog,
    groups: Groups,
    cut: Mapping[ColumnName, Relation],
    treatments: Mapping[ColumnName, Treatment],
    masks: Mapping[str, MaskSpec],
    findings: list[Finding],
) -> ColumnPlan:
    name = ColumnName(table.name, column.name)
    own = facts_of(table, column)
    if column.generated is not Generated.NO:
        decision = Decision(rule="computed by the server", reason="generated column")
        return ColumnPlan(column=column, family=own.family, origin=Origin.DERIVED, decision=decision, facts=own)
    if (relation := cut.get(name)) is not None:
        decision = Decision(rule=f"relation {relation.arrow}", reason="not followed, so the reference becomes null")
        return ColumnPlan(column=column, family=own.family, origin=Origin.NULLED, decision=decision, facts=own)
    group = groups.around(name)
    facts = _group_facts(own, group, catalog)
    leader, treatment = _treatment(group, groups, treatments)
    if treatment is None or leader is None:
        decision = Decision(rule="no rows are taken", reason="the table yields no rows")
        return ColumnPlan(column=column, family=own.family, origin=Origin.KEPT, decision=decision, facts=facts)
    decision = treatment.decision
    follows = leader != name and name in groups.children
    if follows:
        via = groups.children[name]
        decision = Decision(rule=f"follows {leader} along {via.name}", reason=decision.reason, at=decision.at)
    if treatment.use is None:
        origin = Origin.FOLLOWS if follows else Origin.KEPT
        return ColumnPlan(
            column=column, family=own.family, origin=origin, decision=decision, facts=facts, class_=treatment.class_
        )
    use = treatment.use if treatment.use.domain else replace(treatment.use, domain=str(leader))
    findings.extend(_misfits(name, leader, table, column, use, facts, group, catalog, masks, decision))
    return ColumnPlan(
        column=column,
        family=own.family,
        origin=Origin.FOLLOWS if follows else Origin.MASKED,
        decision=decision,
        mask=use,
        facts=facts,
        class_=treatment.class_,
    )


def _treatment(
    group: Sequence[ColumnName], groups: Groups, treatments: Mapping[ColumnName, Treatment]
) -> tuple[ColumnName | None, Treatment | None]:
    """The strongest treatment in a group; columns that reference nothing lead, those that do are asked last."""
    leaders = [name for name in group if name not in groups.children] or list(group)
    decided = [(name, treatments[name]) for name in leaders if name in treatments]
    if not decided:
        decided = [(name, treatments[name]) for name in group if name in treatments]
    if not decided:
        return None, None
    return max(decided, key=lambda pair: (pair[1].strength.rank, pair[0] in leaders))


def facts_of(table: Table, column: Column) -> ColumnFacts:
    """What masks need to know of a column by itself."""
    type_ = column.type
    return ColumnFacts(
        column=str(ColumnName(table.name, column.name)),
        family=family_of(type_),
        type=type_.effective,
        max_chars=type_.max_chars,
        precision=type_.precision,
        scale=type_.scale,
        labels=type_.labels,
        not_null=column.not_null or type_.domain_not_null,
        unique=any(_distinguishes(key, column.name) for key in table.keys),
    )


def _distinguishes(key: Key, column: str) -> bool:
    """Whether equal values of the column could break the key."""
    word = re.compile(rf'(?<![\w"]){re.escape(column)}(?![\w"])|"{re.escape(column)}"')
    return column in key.columns or any(word.search(expression) for expression in key.expressions)


def _group_facts(own: ColumnFacts, group: Sequence[ColumnName], catalog: Catalog) -> ColumnFacts:
    """Facts that hold for every column of the group: shortest, narrowest, unique if any is."""
    if len(group) == 1:
        return own
    by_name = catalog.by_name
    known = [facts_of(by_name[m.table], by_name[m.table].column(m.column)) for m in group if m.table in by_name]
    lengths = [facts.max_chars for facts in known if facts.max_chars is not None]
    integers = [facts.type for facts in known if facts.type in INTEGERS]
    return replace(
        own,
        max_chars=min(lengths) if lengths else None,
        type=min(integers, key=INTEGERS.index) if integers and own.type in INTEGERS else own.type,
        unique=own.unique or any(facts.unique for facts in known),
    )


def _misfits(
    name: ColumnName,
    leader: ColumnName,
    table: Table,
    column: Column,
    use: MaskUse,
    facts: ColumnFacts,
    group: Sequence[ColumnName],
    catalog: Catalog,
    masks: Mapping[str, MaskSpec],
    decision: Decision,
) -> Iterable[Finding]:
    """Reasons why the mask cannot serve the column, each with what would fit."""

    def finding(code: str, message: str, fix: str) -> Finding:
        return Finding(code=code, message=message, where=str(name), at=decision.at, fix=fix)

    spec = masks.get(use.mask)
    if spec is None:
        return
    fitting = ", ".join(sorted(s.name for s in masks.values() if _serves(s, facts)))
    if facts.family not in spec.accepts:
        kind = f"{facts.family.value} ({column.type.sql})"
        yield finding(
            "PRV211", f"mask {spec.name} does not take {kind} columns such as {name}", f"use one of: {fitting}"
        )
        return
    if facts.unique and spec.strength not in APART and not (spec.strength is Strength.NULLIFY and not facts.not_null):
        keys = (
            ", ".join(key.name for key in table.keys if _distinguishes(key, column.name)) or f"references to {leader}"
        )
        yield finding(
            "PRV212",
            f"mask {spec.name} may give equal values, and {name} must stay unique ({keys})",
            f"use one of: {fitting}",
        )
        return
    if spec.strength is Strength.NULLIFY and facts.not_null:
        yield finding("PRV213", f"{name} is NOT NULL, so it cannot be nullified", f"use one of: {fitting}")
        return
    families = {family_of(catalog.table(m.table).column(m.column).type) for m in group if m.table in catalog.by_name}
    if len(families) > 1:
        names = ", ".join(str(member) for member in group)
        yield finding(
            "PRV214",
            f"{names} reference each other with different types, so no mask can keep them equal",
            "keep these columns, or change one side's type",
        )
        return
    if column.name in table.partition_key:
        yield finding(
            "PRV215",
            f"{name} is the partition key of {table.name}: masked values could fall outside every partition",
            "keep the column, or leave the table's rows out",
        )
    missing = [other for other in use.by if not table.has(other)]
    if missing:
        yield finding(
            "PRV216", f"{table.name} has no column {', '.join(missing)} for `by`", "name a column of the table"
        )
        return
    if spec.by and not use.by and leader != name:
        return
    if spec.refuses is not None and (why := spec.refuses(facts, **dict(use.parameters))) is not None:
        yield finding("PRV217", f"mask {spec.name} cannot serve {name}: {why}", f"use one of: {fitting}")


def _serves(spec: MaskSpec, facts: ColumnFacts) -> bool:
    """Whether a mask with its defaults fits the column."""
    if facts.family not in spec.accepts:
        return False
    if facts.unique and spec.strength not in APART:
        return spec.strength is Strength.NULLIFY and not facts.not_null
    if spec.strength is Strength.NULLIFY and facts.not_null:
        return False
    if any(parameter.required for parameter in spec.parameters):
        return True
    return spec.refuses is None or spec.refuses(facts) is None


def storage_is_text(family: Family) -> bool:
    """Whether values travel as the server's text."""
    return family not in {Family.INTEGER, Family.BOOLEAN}
