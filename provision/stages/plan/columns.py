"""Treatment of every column: spreads decisions along references and holds masks to the schema's limits.

Columns tied by references are one group and take one treatment, so a mask on a key reaches every column that
references it. All mistakes are gathered; nothing here touches a database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from provision.model.catalog import Generated
from provision.model.names import ColumnName
from provision.model.plan import (
    ColumnFacts,
    ColumnPlan,
    Decision,
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
    *,
    relations: Sequence[Relation],
    nulled: Mapping[ColumnName, Relation],
    treatments: Mapping[ColumnName, Treatment],
    masks: Mapping[str, MaskSpec],
) -> Columns:
    """Decide origin and mask of every column of the tables in the schema.

    Args: rows: tables in the schema and which rows they yield. relations: references that hold in the snapshot.
    nulled: columns that become null because their
    relation is cut. treatments: decided columns; a foreign-key
    column needs none. Columns of tables that yield no rows are kept without a decision.
    """
    planner = _Planner(
        tables=catalog.by_name,
        groups=Groups.of(relations),
        cut=nulled,
        treatments=treatments,
        masks=masks,
    )
    plans = {
        table.name: tuple(planner.plan(table, column) for column in table.columns)
        for table in catalog.tables
        if rows.get(table.name, Rows.SKIP) is not Rows.SKIP
    }
    return Columns(plans=plans, findings=tuple(planner.findings))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    """Plans columns one by one and gathers what does not fit."""

    tables: Mapping[TableName, Table]
    groups: Groups
    cut: Mapping[ColumnName, Relation]
    treatments: Mapping[ColumnName, Treatment]
    masks: Mapping[str, MaskSpec]
    findings: list[Finding] = field(default_factory=list)

    def plan(self, table: Table, column: Column) -> ColumnPlan:
        """Origin, mask and decision of one column."""
        name = ColumnName(table.name, column.name)
        own = facts_of(table, column)

        def planned(origin: Origin, decision: Decision, **more: object) -> ColumnPlan:
            given: dict[str, Any] = {"facts": own, **more}
            return ColumnPlan(column=column, family=own.family, origin=origin, decision=decision, **given)

        if column.generated is not Generated.NO:
            return planned(Origin.DERIVED, Decision(rule="computed by the server", reason="generated column"))
        if (relation := self.cut.get(name)) is not None:
            why = "not followed, so the reference becomes null"
            return planned(Origin.NULLED, Decision(rule=f"relation {relation.arrow}", reason=why))
        group = self.groups.around(name)
        said = self.treatments.get(name)
        if said is not None and said.named and said.strength is Strength.NULLIFY:
            group = (name,)  # cutting one reference says nothing about the others
        facts = self._shared_facts(own, group)
        leader, treatment = self._treatment(group)
        if treatment is None or leader is None:
            why = "the table yields no rows"
            return planned(Origin.KEPT, Decision(rule="no rows are taken", reason=why), facts=facts)
        decision = treatment.decision
        follows = leader != name and name in self.groups.children
        if follows:
            via = self.groups.children[name]
            decision = Decision(rule=f"follows {leader} along {via.name}", reason=decision.reason, at=decision.at)
        use = treatment.use
        if use is not None:
            use = use if use.domain else replace(use, domain=str(leader))
            self.findings.extend(self._misfits(table, column, use, facts=facts, group=group, decision=decision))
        origin = Origin.FOLLOWS if follows else Origin.KEPT if use is None else Origin.MASKED
        return planned(origin, decision, mask=use, facts=facts, class_=treatment.class_)

    def _treatment(self, group: Sequence[ColumnName]) -> tuple[ColumnName | None, Treatment | None]:
        """The strongest treatment in a group, and the column it was made for.

        Heard are columns that reference nothing, and of those that do the ones that were decided by name; the rest
        only where nobody else was: a class may be guessed from a name that happens to look like one.
        """
        leading = [name for name in group if name not in self.groups.children]
        named = [
            name
            for name in group
            if (said := self.treatments.get(name)) and said.named and said.strength is not Strength.NULLIFY
        ]
        for heard in (dict.fromkeys([*leading, *named]), group):
            decided = [(name, self.treatments[name]) for name in heard if name in self.treatments]
            if decided:
                leader, treatment = max(decided, key=lambda pair: pair[1].strength.rank)
                return leader, treatment
        return None, None

    def _shared_facts(self, own: ColumnFacts, group: Sequence[ColumnName]) -> ColumnFacts:
        """Facts that hold for every column of the group: shortest, narrowest, unique if any is."""
        if len(group) == 1:
            return own
        known = [facts_of(self.tables[m.table], self.tables[m.table].column(m.column)) for m in self._present(group)]
        lengths = [facts.max_chars for facts in known if facts.max_chars is not None]
        integers = [facts.type for facts in known if facts.type in INTEGERS]
        return replace(
            own,
            max_chars=min(lengths) if lengths else None,
            type=min(integers, key=INTEGERS.index) if integers and own.type in INTEGERS else own.type,
            unique=own.unique or any(facts.unique for facts in known),
        )

    def _present(self, group: Sequence[ColumnName]) -> list[ColumnName]:
        return [name for name in group if name.table in self.tables]

    def _misfits(
        self,
        table: Table,
        column: Column,
        use: MaskUse,
        *,
        facts: ColumnFacts,
        group: Sequence[ColumnName],
        decision: Decision,
    ) -> Iterable[Finding]:
        """The first reason why the mask cannot serve the column, with what would fit."""
        name = ColumnName(table.name, column.name)
        spec = self.masks.get(use.mask)
        if spec is None:
            return
        fitting = "use one of: " + ", ".join(sorted(s.name for s in self.masks.values() if _serves(s, facts)))
        families = {
            facts_of(self.tables[m.table], self.tables[m.table].column(m.column)).family for m in self._present(group)
        }
        code, message, fix = "", "", fitting
        if facts.family not in spec.accepts:
            kind = f"{facts.family.value} ({column.type.sql})"
            code, message = "PRV211", f"mask {spec.name} does not take {kind} columns such as {name}"
        elif facts.unique and not _stays_unique(spec, facts):
            keys = ", ".join(key.name for key in table.keys if _distinguishes(key, column.name)) or "its references"
            code, message = (
                "PRV212",
                f"mask {spec.name} may give equal values, and {name} must stay unique ({keys})",
            )
        elif spec.strength is Strength.NULLIFY and facts.not_null:
            code, message = "PRV213", f"{name} is NOT NULL, so it cannot be nullified"
        elif len(families) > 1:
            names = ", ".join(str(member) for member in group)
            code, message = "PRV214", f"{names} reference each other with different types: no mask keeps them equal"
            fix = "keep these columns, or change one side's type"
        elif column.name in table.partition_key:
            code = "PRV215"
            message = f"{name} is the partition key of {table.name}: masked values could fall outside every partition"
            fix = "keep the column, or leave the table's rows out"
        elif missing := [other for other in use.by if not table.has(other)]:
            code, message = "PRV216", f"{table.name} has no column {', '.join(missing)} for `by`"
            fix = "name a column of the same table"
        elif spec.refuses is not None and (why := spec.refuses(facts, **dict(use.parameters))) is not None:
            code, message = "PRV217", f"mask {spec.name} cannot serve {name}: {why}"
        if code:
            yield Finding(code=code, message=message, where=str(name), at=decision.at, fix=fix)


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


def _stays_unique(spec: MaskSpec, facts: ColumnFacts) -> bool:
    """Whether different values stay different; nulls do not count as equal."""
    return spec.strength in APART or (spec.strength is Strength.NULLIFY and not facts.not_null)


def _serves(spec: MaskSpec, facts: ColumnFacts) -> bool:
    """Whether a mask with its defaults fits the column."""
    if facts.family not in spec.accepts or (facts.unique and not _stays_unique(spec, facts)):
        return False
    if spec.strength is Strength.NULLIFY and facts.not_null:
        return False
    if any(parameter.required for parameter in spec.parameters):
        return True
    return spec.refuses is None or spec.refuses(facts) is None
