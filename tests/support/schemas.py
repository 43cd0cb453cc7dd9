"""Worlds: random schemas with rows and a subset of them, as hypothesis strategies.

Tables have single, composite or no keys; references go to primary keys, to nullable unique columns and (declared ones) to
columns that are not unique, across types, in cycles, to the table itself, several between one pair, with shared
columns, partial nulls and dangling values. Every row carries ``rid``, its number in the table, by which results compare,
and ``w``, a small number for conditions and orders.

Hypothesis chooses the sizes and a seed, so that a failing world gets smaller; what stands in it is thrown with dice, evenly,
so that most worlds are tangled enough for each rule of the closure to matter in some of them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from provision.model.catalog import Catalog, ForeignKey, Key, Table
from provision.model.graph import Condition, Relation
from provision.model.names import TableName
from provision.model.plan import ClosureSpec, Dangling, Edge, Root, Rows, TableRule
from support.values import KINDS, Kind, Value, spellings

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Value]

# SQL and what it means; conditions and orders are drawn from these.
CONDITIONS: dict[str, Callable[[Row], bool]] = {
    "w < 2": lambda row: row["w"] < 2,
    "w >= 1": lambda row: row["w"] >= 1,
    "w % 2 = 0 -- even ones": lambda row: row["w"] % 2 == 0,
    "w = 1 or w = 3": lambda row: row["w"] in {1, 3},
    "false": lambda row: False,
}
ORDERS: dict[str, Callable[[Row], object]] = {
    "w": lambda row: row["w"],
    "w desc": lambda row: -row["w"],
    "w % 2, w desc": lambda row: (row["w"] % 2, -row["w"]),
}


@dataclass(repr=False)  # hypothesis then shows how it was made, in one line
class World:
    """A database and a subset to take from it."""

    catalog: Catalog
    rows: dict[TableName, list[Row]]
    kinds: dict[tuple[TableName, str], Kind]
    spec: ClosureSpec
    constraints: list[ForeignKey] = field(default_factory=list)  # to be made after the rows are in

    def kind(self, table: TableName, column: str) -> Kind:
        return self.kinds[table, column]


@dataclass
class _Draft:
    name: TableName
    columns: dict[str, tuple[Kind, bool]]  # kind, not null
    keys: list[Key]


@dataclass
class _Reference:
    relation: Relation
    certain: bool
    fresh: list[str]  # child columns that are made for it


def worlds(*, kinds: tuple[str, ...] = tuple(KINDS), schema: str = "public") -> st.SearchStrategy[World]:
    """Random worlds with columns of these kinds."""
    return st.builds(
        _world,
        tables=st.integers(1, 4),
        references=st.integers(2, 9),
        rows=st.integers(6, 18),
        seed=st.integers(0, 2**64 - 1),
        kinds=st.just(kinds),
        schema=st.just(schema),
    )


class _Dice(random.Random):
    """Chance, in the words of the page below."""

    def pick(self, *among: Any) -> Any:
        return self.choice(among[0] if len(among) == 1 else among)

    def chance(self, share: float) -> bool:
        return self.random() < share


def _world(*, tables: int, references: int, rows: int, seed: int, kinds: tuple[str, ...], schema: str) -> World:
    dice = _Dice(seed)
    # A few kinds for each world, or no two columns of it could refer to each other.
    few = tuple(dice.sample(kinds, min(len(kinds), 3)))
    drafts = [_draft(dice, TableName(schema, f"t{n}"), few, kinds) for n in range(tables)]
    made = [_reference(dice, n, drafts, kinds) for n in range(references)]
    found = [reference for reference in made if reference is not None]
    filled = {draft.name: _rows_of(dice, draft, found, rows) for draft in drafts}
    _refer(dice, drafts, found, filled)
    catalog = Catalog(
        dialect="postgresql",
        server_version=150000,
        database="world",
        tables=tuple(
            Table(
                name=draft.name,
                columns=tuple(
                    kind.column(name, place, not_null=not_null)
                    for place, (name, (kind, not_null)) in enumerate(draft.columns.items(), start=1)
                ),
                keys=tuple(draft.keys),
                rows_estimate=dice.pick(-1, -1, len(filled[draft.name])),
            )
            for draft in drafts
        ),
    )
    constraints = [
        ForeignKey(
            name=reference.relation.name,
            child=reference.relation.child,
            columns=reference.relation.columns,
            parent=reference.relation.parent,
            parent_columns=reference.relation.parent_columns,
            match_full=reference.relation.match_full,
            validated=reference.relation.validated,
        )
        for reference in found
        if not reference.relation.declared
    ]
    return World(
        catalog=catalog,
        rows=filled,
        kinds={(d.name, column): kind for d in drafts for column, (kind, _) in d.columns.items()},
        spec=_spec(dice, drafts, found, filled),
        constraints=constraints,
    )


def _draft(dice: _Dice, name: TableName, few: tuple[str, ...], kinds: tuple[str, ...]) -> _Draft:
    columns: dict[str, tuple[Kind, bool]] = {"rid": (KINDS["int4"], True), "w": (KINDS["int4"], True)}
    keys = []
    parts = dice.pick(["id"], ["id"], ["id"], ["id", "part"], [])
    for part in parts:
        columns[part] = (KINDS[dice.pick(few)], True)
    if parts:
        keys.append(Key(name=f"{name.name}_pkey", columns=tuple(parts), primary=True))
    if dice.chance(0.4):
        columns["u"] = (KINDS[dice.pick(few)], False)
        keys.append(Key(name=f"{name.name}_u_key", columns=("u",)))
    columns["loose"] = (KINDS[dice.pick(few)], False)
    columns["tag"] = (KINDS[dice.pick([k for k in ("text", "int4", "folded", "char4") if k in kinds])], False)
    return _Draft(name=name, columns=columns, keys=keys)


def _reference(dice: _Dice, n: int, drafts: list[_Draft], kinds: tuple[str, ...]) -> _Reference | None:
    child, parent = dice.pick(drafts), dice.pick(drafts)
    declared = dice.chance(0.25)
    targets = [key.columns for key in parent.keys] + ([("loose",)] if declared else [])
    if not targets:
        return None
    target = dice.pick(targets)
    if len(target) > 1 and dice.chance(0.5):
        target = target[::-1]
    validated = declared or dice.chance(0.85)
    certain = not declared and validated
    nullable = dice.chance(0.85)
    columns, fresh = [], []
    for place, to in enumerate(target):
        allowed = [kind for kind in parent.columns[to][0].refers if kind in kinds]
        old = [c for c, (kind, _) in child.columns.items() if kind.name in allowed and c not in {"rid", *columns}]
        if not certain and old and dice.chance(0.3):
            columns.append(dice.pick(old))
            continue
        name = f"r{n}_{place}"
        not_null = not nullable or (len(target) > 1 and dice.chance(0.3))
        child.columns[name] = (KINDS[dice.pick(allowed)], not_null)
        columns.append(name)
        fresh.append(name)
    when: tuple[Condition, ...] = ()
    if declared and dice.chance(0.4):
        tag = child.columns["tag"][0]
        when = (Condition(column="tag", value=str(dice.pick(tag.texts[:2])).rstrip()),)
    relation = Relation(
        name=f"fk{n}",
        child=child.name,
        columns=tuple(columns),
        parent=parent.name,
        parent_columns=tuple(target),
        declared=declared,
        when=when,
        match_full=not declared and len(target) > 1 and dice.chance(0.4),
        validated=validated,
        nullable=not any(child.columns[column][1] for column in columns),
    )
    return _Reference(relation=relation, certain=certain, fresh=fresh)


def _rows_of(dice: _Dice, draft: _Draft, references: list[_Reference], most: int) -> list[Row]:
    made_for = {c for r in references if r.relation.child == draft.name for c in r.fresh}
    rows: list[Row] = []
    taken: dict[tuple[str, ...], set[object]] = {key.columns: set() for key in draft.keys}
    for rid in range(dice.randint(most // 2, most)):
        row: Row = {}
        for column, (kind, not_null) in draft.columns.items():
            if column == "rid":
                row[column] = rid
            elif column == "w":
                row[column] = dice.randint(0, 3)
            elif column in made_for or (not not_null and dice.chance(0.2)):
                row[column] = None
            else:
                row[column] = dice.pick(kind.texts[:2] if column == "tag" else kind.texts)
        meanings = {
            columns: tuple(None if row[c] is None else draft.columns[c][0].meaning(row[c]) for c in columns)
            for columns in taken
        }
        if all(None in meaning or meaning not in taken[columns] for columns, meaning in meanings.items()):
            rows.append(row)
            for columns, meaning in meanings.items():
                taken[columns].add(meaning)
    return rows


def _refer(dice: _Dice, drafts: list[_Draft], references: list[_Reference], rows: dict[TableName, list[Row]]) -> None:
    """Fill the columns of references in; rows that a NOT NULL key leaves without a parent are taken out."""
    by_name = {draft.name: draft for draft in drafts}
    wanted: dict[tuple[int, int], int] = {}  # (reference, rid) -> rid of the parent
    for n, reference in enumerate(references):
        relation = reference.relation
        if not reference.fresh:
            continue
        parents = [p for p in rows[relation.parent] if all(p[c] is not None for c in relation.parent_columns)]
        # Few parents with many children, or limits and levels would never matter.
        parents = dice.sample(parents, min(len(parents), dice.pick(2, 3, 4, 12)))
        for row in rows[relation.child]:
            parent = _fill(dice, reference, row, parents, by_name[relation.child], by_name[relation.parent])
            if parent is not None:
                wanted[n, row["rid"]] = parent["rid"]
    _take_out(by_name, references, rows, wanted)


def _fill(
    dice: _Dice, reference: _Reference, row: Row, parents: list[Row], child: _Draft, parent: _Draft
) -> Row | None:
    """Fill one row's reference in; returns the parent that it refers to, if it does."""
    relation = reference.relation
    kinds = {c: child.columns[c][0] for c in reference.fresh}
    nullable = [c for c in reference.fresh if not child.columns[c][1]]
    share = dice.random()
    if share < 0.88 and parents:
        met = dice.pick(parents)
        pairs = zip(relation.columns, relation.parent_columns, strict=True)
        texts = {c: spellings(kinds[c], parent.columns[to][0], met[to]) for c, to in pairs if c in kinds}
        if all(texts.values()):
            row.update({column: dice.pick(found) for column, found in texts.items()})
            return met
    if reference.certain and (relation.match_full or not nullable):
        return None  # all stays null: a row that may not be so is taken out
    row.update({column: dice.pick(kind.texts) for column, kind in kinds.items()})
    if reference.certain or share > 0.95:
        row.update(dict.fromkeys(dice.sample(nullable, dice.randint(1, len(nullable)))) if nullable else {})
    return None


def _take_out(
    by_name: dict[TableName, _Draft],
    references: list[_Reference],
    rows: dict[TableName, list[Row]],
    wanted: dict[tuple[int, int], int],
) -> None:
    while True:
        out: set[tuple[TableName, int]] = set()
        for name, table in rows.items():
            for row in table:
                if any(not_null and row[c] is None for c, (_, not_null) in by_name[name].columns.items()):
                    out.add((name, row["rid"]))
        for n, reference in enumerate(references):
            if reference.certain:
                there = {row["rid"] for row in rows[reference.relation.parent]}
                for row in rows[reference.relation.child]:
                    if (n, row["rid"]) in wanted and wanted[n, row["rid"]] not in there:
                        out.add((reference.relation.child, row["rid"]))
        if not out:
            return
        for name, table in rows.items():
            table[:] = [row for row in table if (name, row["rid"]) not in out]


def _spec(
    dice: _Dice, drafts: list[_Draft], references: list[_Reference], rows: dict[TableName, list[Row]]
) -> ClosureSpec:
    conditions, orders = sorted(CONDITIONS), sorted(ORDERS)
    taking = [*[Rows.RELATED] * 12, Rows.ALL, Rows.EMPTY, Rows.SKIP, Rows.UNREACHED]
    rules = tuple(
        TableRule(
            table=draft.name,
            rows=dice.pick(taking),
            where=dice.pick(conditions) if dice.chance(0.15) else None,
            limit=dice.pick(0, 1, 1, 1, 2, 2, 3) if dice.chance(0.35) else None,
            order_by=dice.pick(orders) if dice.chance(0.5) else None,
            children=dice.pick(*[None] * 6, True, False),
        )
        for draft in drafts
    )
    there = [draft for draft, rule in zip(drafts, rules, strict=True) if rule.rows not in {Rows.EMPTY, Rows.SKIP}]
    roots = [_root(dice, draft, rows[draft.name]) for draft in dice.sample(there, min(len(there), dice.pick(1, 1, 2)))]
    edges = tuple(
        Edge(
            relation=reference.relation,
            # Refusals are right answers too, but few of them will do.
            parents=dice.chance(0.85 if reference.relation.nullable else 0.99),
            children=dice.chance(0.85),
            expand=dice.chance(0.2),
            dangling=dice.pick(
                *[Dangling.KEEP, Dangling.KEEP, Dangling.NULLIFY if reference.relation.nullable else Dangling.KEEP] * 4,
                *[Dangling.NULLIFY, Dangling.DROP, Dangling.DROP, Dangling.FAIL],
            ),
        )
        for reference in references
    )
    return ClosureSpec(
        roots=tuple(roots),
        rules=rules,
        edges=edges,
        seed=dice.randint(0, 3),
        depth=dice.pick(None, None, 0, 1, 2, 3),
    )


def _root(dice: _Dice, draft: _Draft, rows: list[Row]) -> Root:
    key = draft.keys[0].columns if draft.keys and draft.keys[0].primary else ()
    include: tuple[tuple[str, ...], ...] = ()
    if key and rows and dice.chance(0.7):
        chosen = dice.sample(rows, min(len(rows), dice.pick(1, 1, 2)))
        include = tuple(tuple(_respelt(dice, draft.columns[c][0], row[c]) for c in key) for row in chosen)
    return Root(
        table=draft.name,
        where=dice.pick([c for c in sorted(CONDITIONS) if c != "false"]) if dice.chance(0.3) else None,
        limit=dice.pick(0, 1, 1, 1, 2, 2, 3) if dice.chance(0.5) else None,
        order_by=dice.pick(sorted(ORDERS)) if dice.chance(0.5) else None,
        include=include,
    )


def _respelt(dice: _Dice, kind: Kind, value: Value) -> str:
    return str(dice.pick(spellings(kind, kind, value)))
