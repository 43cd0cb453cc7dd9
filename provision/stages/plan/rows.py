"""Which rows a run takes: lays a recipe's subset over a catalog and gives the closure its specification.

Names are resolved here, with all mistakes at once; nothing touches a database.
"""

from __future__ import annotations

import difflib
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from provision.model.catalog import Generated, TableKind
from provision.model.graph import Relation
from provision.model.names import ColumnName, TableName
from provision.model.plan import ClosureSpec, Dangling, Edge, Rows, TableRule
from provision.model.recipe import Subset
from provision.model.report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provision.model.catalog import Catalog, ForeignKey, Table
    from provision.model.location import Location
    from provision.model.recipe import Arrow, DeclaredRelation, Recipe

OUR_SCHEMA = "provision"  # where targets remember what they hold; never part of a snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlan:
    """Rows of every table with the reason, what the closure needs, and what is wrong with the subset."""

    rows: Mapping[TableName, Rows]
    reasons: Mapping[TableName, str]
    spec: ClosureSpec
    relations: tuple[Relation, ...]  # that hold in the snapshot
    ignored: tuple[Relation, ...] = ()
    nulled: Mapping[ColumnName, Relation] = field(default_factory=dict)  # columns that become null everywhere
    dropped: tuple[str, ...] = ()  # names of foreign keys that leave the schema with a skipped table
    bringing: frozenset[TableName] = frozenset()  # tables some of whose rows bring their children
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def plan_rows(recipe: Recipe, catalog: Catalog) -> RowPlan:
    """Decide for every table which rows are taken and why; findings hold every mistake of the subset."""
    return _Planner(recipe=recipe, subset=recipe.subset, catalog=catalog, tables=catalog.by_name).plan()


@dataclass(slots=True, kw_only=True)
class _Planner:
    recipe: Recipe
    subset: Subset | None
    catalog: Catalog
    tables: Mapping[TableName, Table]
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def plan(self) -> RowPlan:
        subset = self.subset or Subset(default=Rows.ALL)
        rules = self._rules(subset)
        self._known_roots(subset)
        self._readable(rules)
        followed, ignored, dropped = self._relations(subset, rules)
        edges = list(self._edges(subset, followed))
        spec = ClosureSpec(
            roots=tuple(root for root in subset.roots if root.table in self.tables),
            rules=tuple(rules.values()),
            edges=tuple(edges),
            seed=self.recipe.seed,
            depth=subset.depth,
            max_rows=subset.max_rows,
        )
        reached, bringing = _reached(spec)
        rows, reasons = {}, {}
        for name, rule in rules.items():
            rows[name], reasons[name] = self._verdict(rule, reached)
        yielding = {name for name, what in rows.items() if what in {Rows.ALL, Rows.RELATED}}
        holding = [relation for relation in followed if rules[relation.parent].rows is not Rows.EMPTY]
        cut = [*ignored, *dropped, *(relation for relation in followed if rules[relation.parent].rows is Rows.EMPTY)]
        cut = [relation for relation in cut if relation.child in yielding]
        self._refuse_not_null(cut, ignored, subset, rules)
        nulled = self._nulled(cut, holding)
        return RowPlan(
            rows=rows,
            reasons=reasons,
            spec=replace(spec, edges=tuple(edge for edge in edges if edge.relation in holding)),
            relations=tuple(holding),
            ignored=tuple(ignored),
            nulled=nulled,
            dropped=tuple(relation.name for relation in dropped),
            bringing=bringing,
            notes=tuple(self.notes),
            findings=tuple(self.findings),
        )

    def _rules(self, subset: Subset) -> dict[TableName, TableRule]:
        """One rule for each table of the schema, in name order."""
        said = {rule.table: rule for rule in subset.tables}
        for name, rule in said.items():
            if name not in self.tables:
                self._unknown_table(name, rule.at)
        rules = {}
        for table in self.catalog.tables:
            if table.name.schema == OUR_SCHEMA or table.extension is not None:
                continue
            rule = said.get(table.name, TableRule(table=table.name, rows=subset.default))
            if table.kind is TableKind.FOREIGN and rule.rows is not Rows.SKIP:
                self.notes.append(f"{table.name} is a foreign table: left out of the schema")
                rule = replace(rule, rows=Rows.SKIP)
            if any(root.table == table.name for root in subset.roots) and rule.rows not in {Rows.RELATED, Rows.ALL}:
                if rule.at is not None:
                    self._mistake(
                        "PRV203",
                        f"{table.name} is a root and cannot be {rule.rows.value}",
                        rule.at,
                        fix="take the table out of `roots` or out of `tables`",
                    )
                rule = replace(rule, rows=Rows.RELATED)
            rules[table.name] = rule
        return rules

    def _known_roots(self, subset: Subset) -> None:
        for root in subset.roots:
            if root.table not in self.tables:
                self._unknown_table(root.table, root.at)
                continue
            identity = self.tables[root.table].identity
            for include in root.include:
                if identity is None or len(include) != len(identity.columns):
                    columns = "no key" if identity is None else f"the key ({', '.join(identity.columns)})"
                    self._mistake(
                        "PRV204",
                        f"`include` of {root.table} does not fit: the table has {columns}",
                        root.at,
                        fix="give one value for each column of the key",
                    )
                    break

    def _readable(self, rules: Mapping[TableName, TableRule]) -> None:
        for name, rule in rules.items():
            table = self.tables[name]
            if rule.rows in {Rows.SKIP, Rows.EMPTY}:
                continue
            unreadable = [column.name for column in table.columns if not column.readable]
            if not table.readable and (unreadable or not table.columns):
                self._mistake(
                    "PRV205",
                    f"the role may not read {name}",
                    rule.at,
                    fix=f"grant select on {name} to the role, or say `{name}: skip`",
                )
            if all(column.generated is not Generated.NO for column in table.columns):
                self._mistake(
                    "PRV210",
                    f"{name} has no column of its own, so its rows cannot be taken",
                    rule.at,
                    fix="say `empty` or `skip` for the table",
                )
            if table.row_security:
                self._mistake(
                    "PRV206",
                    f"row-level security hides rows of {name} from the role",
                    rule.at,
                    fix="use a role with BYPASSRLS, or say `skip` or `empty` for the table",
                )

    def _relations(
        self, subset: Subset, rules: Mapping[TableName, TableRule]
    ) -> tuple[list[Relation], list[Relation], list[Relation]]:
        """Relations that are followed, that are ignored, and that go with a skipped table."""
        followed, ignored, dropped = [], [], []
        said = [entry for entry in subset.relations if self._sound(entry.arrow)]
        ignoring = {_ends(entry.arrow): entry for entry in said if entry.ignore}
        for key in self.catalog.foreign_keys:
            if key.child not in rules or key.parent not in rules or rules[key.child].rows is Rows.SKIP:
                continue
            relation = self._from_catalog(key)
            if _ends_of(relation) in ignoring:
                ignored.append(relation)
            elif rules[key.parent].rows is Rows.SKIP:
                dropped.append(relation)
            else:
                followed.append(relation)
        declared = {_ends_of(relation) for relation in [*followed, *ignored, *dropped]}
        for entry in said:
            ends = _ends(entry.arrow)
            if entry.ignore and ends not in declared:
                self._mistake(
                    "PRV207",
                    f"there is no foreign key {entry.arrow} to ignore",
                    entry.at,
                    fix="take the line out, or correct the names",
                )
            elif not entry.ignore and ends not in declared:
                relation = self._declared(entry)
                if Rows.SKIP not in {rules[relation.child].rows, rules[relation.parent].rows}:
                    followed.append(relation)
        return followed, ignored, dropped

    def _refuse_not_null(
        self,
        cut: Iterable[Relation],
        ignored: Sequence[Relation],
        subset: Subset,
        rules: Mapping[TableName, TableRule],
    ) -> None:
        """A reference that must be cut and cannot become null is a mistake of the subset."""
        places = {_ends(entry.arrow): entry.at for entry in subset.relations}
        for relation in cut:
            if relation.nullable:
                continue
            word = "ignored" if relation in ignored else rules[relation.parent].rows.value
            self._mistake(
                "PRV208",
                f"{relation.arrow} is NOT NULL, so {relation.parent} cannot be {word}",
                places.get(_ends_of(relation), rules[relation.parent].at),
                fix=f"take {relation.parent}'s rows along, or leave {relation.child} empty too",
            )

    def _edges(self, subset: Subset, followed: Sequence[Relation]) -> Iterable[Edge]:
        expanding = {_ends(arrow): arrow for arrow in subset.expand if self._sound(arrow)}
        treated = {_ends(entry.arrow): entry for entry in subset.relations}
        for relation in followed:
            entry = treated.get(_ends_of(relation))
            if (
                entry is not None
                and entry.dangling is Dangling.NULLIFY
                and self.tables[relation.child].identity is None
            ):
                self._mistake(
                    "PRV218",
                    f"`dangling: nullify` of {relation.arrow} needs a key of {relation.child}, to tell its rows apart",
                    entry.at,
                    fix="use keep, drop or fail, or give the table a primary key",
                )
            dangling = Dangling.FAIL if relation.validated and not relation.declared else Dangling.KEEP
            yield Edge(
                relation=relation,
                expand=expanding.pop(_ends_of(relation), None) is not None,
                dangling=entry.dangling if entry is not None and entry.dangling is not None else dangling,
            )
        for arrow in expanding.values():
            self._mistake(
                "PRV209",
                f"`expand` names {arrow}, which is no relation of this run",
                arrow.at,
                fix="declare it under `relations`, or correct the names",
            )

    def _from_catalog(self, key: ForeignKey) -> Relation:
        child = self.tables[key.child]
        return Relation(
            name=key.name,
            child=key.child,
            columns=key.columns,
            parent=key.parent,
            parent_columns=key.parent_columns,
            match_full=key.match_full,
            validated=key.validated,
            enforced=key.enforced,
            period=key.period,
            indexed=key.indexed,
            nullable=_nullable(child, key.columns, full=key.match_full),
        )

    def _declared(self, entry: DeclaredRelation) -> Relation:
        arrow = entry.arrow
        return Relation(
            name=str(arrow),
            child=arrow.child,
            columns=arrow.child_columns,
            parent=arrow.parent,
            parent_columns=arrow.parent_columns,
            declared=True,
            when=entry.when,
            validated=False,
            enforced=False,
            indexed=self._indexed(entry),
            nullable=_nullable(self.tables[arrow.child], arrow.child_columns, full=False),
        )

    def _indexed(self, entry: DeclaredRelation) -> bool:
        """Whether an index finds children by the relation's columns, alone or after those of its condition."""
        child, columns = self.tables[entry.arrow.child], entry.arrow.child_columns
        return child.serves(columns) or child.serves((*(when.column for when in entry.when), *columns))

    def _sound(self, arrow: Arrow) -> bool:
        """Whether both ends exist; a finding for each name that does not."""
        before = len(self.findings)
        for table, columns, at in (
            (arrow.child, arrow.child_columns, arrow.child_at),
            (arrow.parent, arrow.parent_columns, arrow.parent_at),
        ):
            if table not in self.tables:
                self._unknown_table(table, at or arrow.at)
                continue
            for column in columns:
                if not self.tables[table].has(column):
                    known = [c.name for c in self.tables[table].columns]
                    self._mistake(
                        "PRV202",
                        f"{table} has no column {column}",
                        at or arrow.at,
                        fix=_hint(column, known, f"{table} has {', '.join(known)}"),
                    )
        return len(self.findings) == before

    def _verdict(self, rule: TableRule, reached: Mapping[TableName, str]) -> tuple[Rows, str]:
        if rule.rows is not Rows.RELATED:
            return rule.rows, "the recipe says so" if rule.at else "the subset's default"
        if rule.table in reached:
            return Rows.RELATED, reached[rule.table]
        return Rows.UNREACHED, "no root reaches it"

    def _nulled(self, cut: Iterable[Relation], holding: Sequence[Relation]) -> dict[ColumnName, Relation]:
        """Columns that cut a reference by becoming null: those that nothing else needs, if there are such."""
        busy = {ColumnName(r.child, c) for r in holding for c in r.columns}
        nulled = {}
        for relation in cut:
            table = self.tables[relation.child]
            identity = table.identity.columns if table.identity else ()
            free = [c for c in relation.columns if not _not_null(table, c) and c not in identity]
            spare = [c for c in free if ColumnName(relation.child, c) not in busy]
            for column in spare or free:
                nulled[ColumnName(relation.child, column)] = relation
        return nulled

    def _unknown_table(self, name: TableName, at: Location | None) -> None:
        known = [str(table) for table in self.tables]
        elsewhere = [str(table) for table in self.tables if table.name == name.name]
        hint = f"did you mean {elsewhere[0]}?" if elsewhere else _hint(str(name), known, "`provision plan` lists them")
        self._mistake("PRV201", f"there is no table {name} in the source", at, fix=hint)

    def _mistake(self, code: str, message: str, at: Location | None, *, fix: str) -> None:
        finding = Finding(code=code, message=message, at=at, fix=fix)
        if finding not in self.findings:
            self.findings.append(finding)


def _hint(written: str, known: Sequence[str], otherwise: str) -> str:
    close = difflib.get_close_matches(written, known, n=1)
    return f"did you mean {close[0]}?" if close else otherwise


def _not_null(table: Table, column: str) -> bool:
    known = table.column(column)
    return known.not_null or known.type.domain_not_null


def _nullable(table: Table, columns: Sequence[str], *, full: bool) -> bool:
    """Whether the reference can be cut by nulls: one of them under MATCH SIMPLE, all of them under MATCH FULL."""
    identity = table.identity.columns if table.identity else ()
    free = [not _not_null(table, column) and column not in identity for column in columns]
    return all(free) if full else any(free)


def _ends(arrow: Arrow) -> tuple[TableName, tuple[str, ...], TableName, tuple[str, ...]]:
    return arrow.child, arrow.child_columns, arrow.parent, arrow.parent_columns


def _ends_of(relation: Relation) -> tuple[TableName, tuple[str, ...], TableName, tuple[str, ...]]:
    return relation.child, relation.columns, relation.parent, relation.parent_columns


def _reached(spec: ClosureSpec) -> tuple[dict[TableName, str], frozenset[TableName]]:
    """Tables that rows may reach, with the way, and those of them whose rows bring children.

    The closure itself decides about rows; this is about tables.

    Rows of roots and rows reached as children bring children and parents; rows reached as parents, and whole
    tables, bring parents only, and children along edges that expand.
    """
    rules = {rule.table: rule for rule in spec.rules}
    ways: dict[TableName, str] = {}
    seen: set[tuple[TableName, bool]] = set()
    queue: deque[tuple[TableName, bool, str]] = deque((root.table, True, "root") for root in spec.roots)
    queue.extend((rule.table, False, "all") for rule in spec.rules if rule.rows is Rows.ALL)
    while queue:
        table, with_children, way = queue.popleft()
        if (table, with_children) in seen or rules[table].rows in {Rows.SKIP, Rows.EMPTY}:
            continue
        seen.add((table, with_children))
        ways.setdefault(table, way)
        for edge in spec.edges:
            relation = edge.relation
            if relation.child == table and edge.parents:
                queue.append((relation.parent, False, f"parent of {table}"))
            brings = edge.children and rules[table].children is not False and spec.depth != 0
            if relation.parent == table and (edge.expand or (with_children and brings)):
                queue.append((relation.child, True, f"child of {table}"))
    return ways, frozenset(table for table, with_children in seen if with_children)
