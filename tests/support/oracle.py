"""The closure as its words say it, over single rows in plain loops, slow and plain: what the engine must equal.

Nothing here is shared with the engine but the model's data classes. Every rule is applied to every pair of rows again and
again until nothing changes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provision.model.plan import ClosureSpec, Dangling, Edge, Root, Rows
from support.schemas import CONDITIONS, ORDERS
from support.values import same

if TYPE_CHECKING:
    from provision.model.names import TableName
    from support.schemas import Row, World

Place = tuple["TableName", int]  # table and rid
NEVER = 10**9


@dataclass
class Answer:
    """Chosen rows by table (rids), cuts by table and columns, dangling rows by arrow; or the code of the refusal."""

    rows: dict[TableName, set[int]] = field(default_factory=dict)
    cut: dict[TableName, dict[tuple[str, ...], set[int]]] = field(default_factory=dict)
    nulled: dict[TableName, set[str]] = field(default_factory=dict)
    dangling: dict[str, int] = field(default_factory=dict)  # without relations that drop
    refused: str = ""


class Oracle:
    """Answers for one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.spec: ClosureSpec = world.spec
        self.rules = {rule.table: rule for rule in self.spec.rules}
        gone = {Rows.SKIP}
        self.edges = [
            edge
            for edge in self.spec.edges
            if self.rules[edge.relation.child].rows not in {Rows.SKIP, Rows.EMPTY}
            and self.rules[edge.relation.parent].rows not in gone
        ]
        self.rows: dict[TableName, dict[int, Row]] = {
            name: {row["rid"]: row for row in rows}
            for name, rows in world.rows.items()
            if self.rules[name].rows not in {Rows.SKIP, Rows.EMPTY}
        }
        self.deleted: set[Place] = set()

    def answer(self) -> Answer:
        self._delete()
        seen: dict[Place, int] = {}
        child: dict[Place, int] = {}
        for name, rule in self.rules.items():
            if rule.rows is Rows.ALL:
                seen.update(dict.fromkeys(((name, rid) for rid in self._alive(name)), 0))
        for root in self.spec.roots:
            for rid in self._root(root):
                seen[root.table, rid] = child[root.table, rid] = 0
        changed = True
        while changed:
            changed = False
            for edge in self.edges:
                changed = self._follow(edge, seen, child) or changed
        return self._judge(seen)

    # -- which rows there are ----------------------------------------------------------------------------------------

    def _alive(self, table: TableName) -> list[int]:
        return [rid for rid in self.rows.get(table, {}) if (table, rid) not in self.deleted]

    def _delete(self) -> None:
        """Take out rows that ``drop`` drops, and rows that cannot be without those."""
        changed = True
        while changed:
            changed = False
            for edge in self.edges:
                if not self._brings_parents(edge) or self._policy(edge) is not Dangling.DROP:
                    continue
                name = edge.relation.child
                for rid in self._alive(name):
                    if self._loose(edge, self.rows[name][rid], self._alive(edge.relation.parent)):
                        self.deleted.add((name, rid))
                        changed = True

    def _brings_parents(self, edge: Edge) -> bool:
        return edge.parents and self.rules[edge.relation.parent].rows is not Rows.EMPTY

    def _certain(self, edge: Edge) -> bool:
        return not edge.relation.declared and edge.relation.validated

    def _policy(self, edge: Edge) -> Dangling:
        if not self._certain(edge):
            return edge.dangling
        return Dangling.NULLIFY if self._cuttable(edge) else Dangling.DROP

    def _cuttable(self, edge: Edge) -> tuple[str, ...]:
        relation = edge.relation
        table = self.world.catalog.table(relation.child)
        nullable = tuple(c for c in dict.fromkeys(relation.columns) if not table.column(c).not_null)
        return () if relation.match_full and len(nullable) < len(set(relation.columns)) else nullable

    # -- references --------------------------------------------------------------------------------------------------

    def _meets_conditions(self, edge: Edge, row: Row) -> bool:
        return all(
            same(self.world.kind(edge.relation.child, c.column), row[c.column],
                 self.world.kind(edge.relation.child, c.column), c.value)
            for c in edge.relation.when
        )  # fmt: skip

    def _refers(self, edge: Edge, row: Row) -> bool:
        return all(row[c] is not None for c in edge.relation.columns) and self._meets_conditions(edge, row)

    def _meets(self, edge: Edge, child: Row, parent: Row) -> bool:
        relation = edge.relation
        return self._refers(edge, child) and all(
            same(self.world.kind(relation.child, c), child[c], self.world.kind(relation.parent, p), parent[p])
            for c, p in zip(relation.columns, relation.parent_columns, strict=True)
        )

    def _half_null(self, edge: Edge, row: Row) -> bool:
        nulls = [row[c] is None for c in edge.relation.columns]
        return edge.relation.match_full and any(nulls) and not all(nulls) and self._meets_conditions(edge, row)

    def _loose(self, edge: Edge, row: Row, parents: list[int]) -> bool:
        """Whether the row's reference meets none of these parents."""
        if not self._certain(edge) and self._half_null(edge, row):
            return True
        there = self.rows.get(edge.relation.parent, {})
        return self._refers(edge, row) and not any(self._meets(edge, row, there[rid]) for rid in parents)

    # -- following ---------------------------------------------------------------------------------------------------

    def _root(self, root: Root) -> set[int]:
        chosen: set[int] = set()
        if root.where is not None or root.limit is not None or not root.include:
            found = [
                rid for rid in self._alive(root.table)
                if root.where is None or CONDITIONS[root.where](self.rows[root.table][rid])
            ]  # fmt: skip
            chosen.update(self._first(root.table, found, root.limit, root.order_by))
        key = self.world.catalog.table(root.table).identity
        for given in root.include:
            for rid in self._alive(root.table):
                row = self.rows[root.table][rid]
                kinds = [self.world.kind(root.table, c) for c in key.columns]
                typed = [int(v) if k.name in {"int4", "int8"} else v for k, v in zip(kinds, given, strict=True)]
                if all(same(k, row[c], k, v) for k, c, v in zip(kinds, key.columns, typed, strict=True)):
                    chosen.add(rid)
        return chosen

    def _first(self, table: TableName, rids: list[int], limit: int | None, order_by: str | None) -> list[int]:
        if limit is None:
            return rids
        order = ORDERS[order_by] if order_by else lambda row: 0
        return sorted(rids, key=lambda rid: (order(self.rows[table][rid]), self._hash(table, rid)))[:limit]

    def _hash(self, table: TableName, rid: int) -> str:
        row = self.rows[table][rid]
        catalogued = self.world.catalog.table(table)
        columns = catalogued.identity.columns if catalogued.identity else [c.name for c in catalogued.columns]
        text = f"provision sample {self.spec.seed} {table.schema}.{table.name}\0"
        for column in columns:
            value = row[column]
            text += "-" if value is None else f"{len(str(value).encode())}:{value}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _follow(self, edge: Edge, seen: dict[Place, int], child: dict[Place, int]) -> bool:
        relation = edge.relation
        changed = False
        for rid in self._alive(relation.child):
            row = self.rows[relation.child][rid]
            level = seen.get((relation.child, rid), NEVER)
            if level == NEVER or not self._brings_parents(edge):
                continue
            for other in self._alive(relation.parent):
                met = self._meets(edge, row, self.rows[relation.parent][other])
                if met and level < seen.get((relation.parent, other), NEVER):
                    seen[relation.parent, other] = level
                    changed = True
        if self.rules[relation.parent].children is False or self.rules[relation.parent].rows is Rows.EMPTY:
            return changed
        for other in self._alive(relation.parent):
            levels = []
            if edge.children:
                levels.append(child.get((relation.parent, other), NEVER))
            if edge.expand:
                levels.append(seen.get((relation.parent, other), NEVER))
            level = min(levels, default=NEVER)
            if level == NEVER:
                continue
            if self.spec.depth is not None:
                if level >= self.spec.depth:
                    continue
                level += 1
            for rid in self._children(edge, other):
                place = (relation.child, rid)
                if level < child.get(place, NEVER):
                    child[place] = level
                    seen[place] = min(level, seen.get(place, NEVER))
                    changed = True
        return changed

    def _children(self, edge: Edge, parent: int) -> list[int]:
        relation = edge.relation
        rule = self.rules[relation.child]
        row = self.rows[relation.parent][parent]
        met = [
            rid
            for rid in self._alive(relation.child)
            if self._meets(edge, self.rows[relation.child][rid], row)
            and (rule.where is None or CONDITIONS[rule.where](self.rows[relation.child][rid]))
        ]
        return self._first(relation.child, met, rule.limit, rule.order_by)

    # -- judging -----------------------------------------------------------------------------------------------------

    def _judge(self, seen: dict[Place, int]) -> Answer:
        answer = Answer()
        for name, rid in seen:
            answer.rows.setdefault(name, set()).add(rid)
        broken = failing = False
        for edge in self.edges:
            relation = edge.relation
            cuttable = self._cuttable(edge)
            empty = self.rules[relation.parent].rows is Rows.EMPTY
            if empty and not relation.when and cuttable:
                answer.nulled.setdefault(relation.child, set()).update(cuttable)
                continue
            chosen = sorted(answer.rows.get(relation.parent, set()))
            loose = {
                rid
                for rid in answer.rows.get(relation.child, set())
                if self._loose(edge, self.rows[relation.child][rid], chosen)
            }
            if not loose:
                continue
            policy = self._policy(edge)
            if not self._brings_parents(edge):
                if not self._certain(edge) and policy is Dangling.KEEP:
                    continue
                broken = broken or not cuttable
                self._cut(answer, edge, loose)
            elif policy is Dangling.FAIL or (policy is Dangling.NULLIFY and not cuttable):
                failing = True
            else:
                assert policy is not Dangling.DROP
                answer.dangling[relation.arrow] = answer.dangling.get(relation.arrow, 0) + len(loose)
                if policy is Dangling.NULLIFY:
                    self._cut(answer, edge, loose)
        if broken:
            return Answer(refused="PRV233")
        if failing:
            return Answer(refused="PRV232")
        return answer if self._holds(answer) else Answer(refused="PRV234")

    def _cut(self, answer: Answer, edge: Edge, loose: set[int]) -> None:
        cuts = answer.cut.setdefault(edge.relation.child, {})
        cuts.setdefault(self._cuttable(edge), set()).update(loose)

    def _holds(self, answer: Answer) -> bool:
        """Whether all relations hold over the rows as they will be published."""
        after: dict[TableName, dict[int, Row]] = {}
        for name, rids in answer.rows.items():
            for rid in rids:
                row = dict(self.rows[name][rid])
                for column in answer.nulled.get(name, ()):
                    row[column] = None
                for columns, cut in answer.cut.get(name, {}).items():
                    row.update(dict.fromkeys(columns) if rid in cut else {})
                after.setdefault(name, {})[rid] = row
        for edge in self.edges:
            relation = edge.relation
            if not self._certain(edge) and edge.dangling is Dangling.KEEP:
                continue
            parents = after.get(relation.parent, {})
            for row in after.get(relation.child, {}).values():
                if self._half_null(edge, row):
                    return False
                if self._refers(edge, row) and not any(self._meets(edge, row, other) for other in parents.values()):
                    return False
        return True
