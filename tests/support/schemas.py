"""Worlds: random schemas with rows and a subset of them, as hypothesis strategies.

Tables have single, composite or no keys; references go to primary keys, to nullable unique columns and (declared ones) to
columns that are not unique, across types, in cycles, to the table itself, several between one pair, with shared
columns, partial nulls and dangling values. Every row carries ``rid``, its number in the table, by which results compare,
and ``w``, a small number for conditions and orders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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


@dataclass
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
    loose: list[str]  # columns that identify nothing, for declared relations


@dataclass
class _Reference:
    relation: Relation
    certain: bool
    fresh: list[str]  # child columns that are made for it


def worlds(*, kinds: tuple[str, ...] = tuple(KINDS), schema: str = "public") -> st.SearchStrategy[World]:
    """Random worlds with columns of these kinds."""
    return _worlds(kinds, schema)


@st.composite
def _worlds(draw: st.DrawFn, kinds: tuple[str, ...], schema: str) -> World:
    drafts = [_draft(draw, TableName(schema, f"t{n}"), kinds) for n in range(draw(st.sampled_from([3, 4, 2, 5, 1])))]
    references = []
    for n in range(draw(st.sampled_from([4, 5, 6, 3, 7, 2, 1, 0]))):
        reference = _reference(draw, n, drafts, kinds)
        if reference is not None:
            references.append(reference)
    rows = {draft.name: _rows_of(draw, draft, references) for draft in drafts}
    _refer(draw, drafts, references, rows)
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
                rows_estimate=draw(st.sampled_from([-1, -1, len(rows[draft.name])])),
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
        for reference in references
        if not reference.relation.declared
    ]
    kinds_of = {(d.name, column): kind for d in drafts for column, (kind, _) in d.columns.items()}
    return World(
        catalog=catalog,
        rows=rows,
        kinds=kinds_of,
        spec=_spec(draw, drafts, references, rows),
        constraints=constraints,
    )


def _draft(draw: st.DrawFn, name: TableName, kinds: tuple[str, ...]) -> _Draft:
    columns: dict[str, tuple[Kind, bool]] = {"rid": (KINDS["int4"], True), "w": (KINDS["int4"], True)}
    keys = []
    shape = draw(st.sampled_from(["one", "one", "one", "two", "none"]))
    parts = {"one": ["id"], "two": ["id", "part"], "none": []}[shape]
    for part in parts:
        columns[part] = (KINDS[draw(st.sampled_from(kinds))], True)
    if parts:
        keys.append(Key(name=f"{name.name}_pkey", columns=tuple(parts), primary=True))
    if draw(st.booleans()):
        columns["u"] = (KINDS[draw(st.sampled_from(kinds))], False)
        keys.append(Key(name=f"{name.name}_u_key", columns=("u",)))
    columns["loose"] = (KINDS[draw(st.sampled_from(kinds))], False)
    columns["tag"] = (
        KINDS[draw(st.sampled_from([k for k in ("text", "int4", "folded", "char4") if k in kinds]))],
        False,
    )
    return _Draft(name=name, columns=columns, keys=keys, loose=["loose"])


def _reference(draw: st.DrawFn, n: int, drafts: list[_Draft], kinds: tuple[str, ...]) -> _Reference | None:
    child, parent = draw(st.sampled_from(drafts)), draw(st.sampled_from(drafts))
    declared = draw(st.sampled_from([False, False, True]))
    targets = [key.columns for key in parent.keys] + ([("loose",)] if declared else [])
    if not targets:
        return None
    target = draw(st.sampled_from(targets))
    if len(target) > 1 and draw(st.booleans()):
        target = target[::-1]
    validated = declared or draw(st.sampled_from([True, True, True, False]))
    certain = not declared and validated
    nullable = draw(st.sampled_from([True, True, False]))
    columns, fresh = [], []
    for place, to in enumerate(target):
        allowed = [kind for kind in parent.columns[to][0].refers if kind in kinds]
        old = [c for c, (kind, _) in child.columns.items() if kind.name in allowed and c not in {"rid", *columns}]
        if not certain and old and draw(st.sampled_from([False, False, True])):
            columns.append(draw(st.sampled_from(old)))
            continue
        name = f"r{n}_{place}"
        not_null = not nullable or (len(target) > 1 and draw(st.sampled_from([False, False, True])))
        child.columns[name] = (KINDS[draw(st.sampled_from(allowed))], not_null)
        columns.append(name)
        fresh.append(name)
    when: tuple[Condition, ...] = ()
    if declared and draw(st.booleans()):
        tag = child.columns["tag"][0]
        when = (Condition(column="tag", value=str(draw(st.sampled_from(tag.texts[:2]))).rstrip()),)
    relation = Relation(
        name=f"fk{n}",
        child=child.name,
        columns=tuple(columns),
        parent=parent.name,
        parent_columns=tuple(target),
        declared=declared,
        when=when,
        match_full=not declared and len(target) > 1 and draw(st.booleans()),
        validated=validated,
        nullable=not any(child.columns[column][1] for column in columns),
    )
    return _Reference(relation=relation, certain=certain, fresh=fresh)


def _rows_of(draw: st.DrawFn, draft: _Draft, references: list[_Reference]) -> list[Row]:
    made_for = {c for r in references if r.relation.child == draft.name for c in r.fresh}
    rows: list[Row] = []
    taken: dict[tuple[str, ...], set[object]] = {key.columns: set() for key in draft.keys}
    for rid in range(draw(st.sampled_from([8, 6, 9, 7, 5, 4, 3, 2, 1, 0]))):
        row: Row = {}
        for column, (kind, not_null) in draft.columns.items():
            if column == "rid":
                row[column] = rid
            elif column == "w":
                row[column] = draw(st.integers(0, 3))
            elif column in made_for:
                row[column] = None
            else:
                texts = st.sampled_from(kind.texts)
                row[column] = draw(texts if not_null else st.none() | texts)
        fits = True
        for columns, known in taken.items():
            meaning = tuple(None if row[c] is None else draft.columns[c][0].meaning(row[c]) for c in columns)
            fits = fits and (None in meaning or meaning not in known)
        if not fits:
            continue
        for columns, known in taken.items():
            known.add(tuple(None if row[c] is None else draft.columns[c][0].meaning(row[c]) for c in columns))
        rows.append(row)
    return rows


def _refer(
    draw: st.DrawFn, drafts: list[_Draft], references: list[_Reference], rows: dict[TableName, list[Row]]
) -> None:
    """Fill the columns of references in; rows that a NOT NULL key leaves without a parent are taken out."""
    by_name = {draft.name: draft for draft in drafts}
    wanted: dict[tuple[int, int], int] = {}  # (reference, rid) -> rid of the parent
    for n, reference in enumerate(references):
        relation = reference.relation
        child, parent = by_name[relation.child], by_name[relation.parent]
        for row in rows[relation.child]:
            if not reference.fresh:
                continue
            nulls = [c for c in relation.columns if c in reference.fresh and not child.columns[c][1]]
            choice = draw(st.sampled_from(["refer", "refer", "refer", "null", "dangle"]))
            candidates = [p for p in rows[relation.parent] if all(p[c] is not None for c in relation.parent_columns)]
            if choice == "null" and nulls and relation.match_full and reference.certain:
                if len(nulls) == len(relation.columns):
                    continue
                choice = "refer"
            elif choice == "null" and nulls:
                nulls = [c for c in nulls if draw(st.booleans())] or nulls[:1]
            if choice == "dangle" and reference.certain:
                choice = "refer"
            if choice == "refer" and candidates:
                met = draw(st.sampled_from(candidates))
                pairs = list(zip(relation.columns, relation.parent_columns, strict=True))
                found = {
                    c: spellings(child.columns[c][0], parent.columns[to][0], met[to])
                    for c, to in pairs
                    if c in reference.fresh
                }
                if all(found.values()):
                    for column, texts in found.items():
                        row[column] = draw(st.sampled_from(texts))
                    wanted[n, row["rid"]] = met["rid"]
                    continue
            if choice == "refer" and reference.certain:
                continue  # nobody to refer to: null, or out
            for column in reference.fresh:
                row[column] = draw(st.sampled_from(child.columns[column][0].texts))
            if choice == "null":
                for column in nulls:
                    row[column] = None
            if reference.certain and all(row[c] is not None for c in relation.columns):
                for column in reference.fresh:
                    row[column] = None
    _take_out(by_name, references, rows, wanted)


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
    draw: st.DrawFn, drafts: list[_Draft], references: list[_Reference], rows: dict[TableName, list[Row]]
) -> ClosureSpec:
    condition = st.none() | st.sampled_from(sorted(CONDITIONS))
    order = st.none() | st.sampled_from(sorted(ORDERS))
    limit = st.none() | st.integers(0, 3)
    taking = st.sampled_from([*[Rows.RELATED] * 7, Rows.ALL, Rows.ALL, Rows.EMPTY, Rows.SKIP, Rows.UNREACHED])
    rules = tuple(
        TableRule(
            table=draft.name,
            rows=draw(taking),
            where=draw(st.none() | condition),
            limit=draw(st.none() | limit),
            order_by=draw(order),
            children=draw(st.sampled_from([None, None, None, True, False])),
        )
        for draft in drafts
    )
    there = {rule.table for rule in rules if rule.rows not in {Rows.EMPTY, Rows.SKIP}}
    roots = []
    for draft in [d for d in drafts if d.name in there]:
        if roots and draw(st.integers(0, 2)):
            continue
        key = draft.keys[0].columns if draft.keys and draft.keys[0].primary else ()
        include: tuple[tuple[str, ...], ...] = ()
        if key and rows[draft.name] and draw(st.booleans()):
            chosen = draw(st.lists(st.sampled_from(rows[draft.name]), max_size=2))
            include = tuple(tuple(_respelt(draw, draft.columns[c][0], row[c]) for c in key) for row in chosen)
        root = Root(table=draft.name, where=draw(condition), limit=draw(limit), order_by=draw(order), include=include)
        roots.append(root)
    seldom = st.sampled_from([False, False, False, True])
    edges = tuple(
        Edge(
            relation=reference.relation,
            parents=not draw(st.sampled_from([False, False, False, False, True])),
            children=not draw(seldom),
            expand=draw(st.booleans()),
            dangling=draw(
                st.sampled_from([Dangling.KEEP, Dangling.NULLIFY, Dangling.DROP, Dangling.KEEP, Dangling.FAIL])
            ),
        )
        for reference in references
    )
    return ClosureSpec(
        roots=tuple(roots),
        rules=rules,
        edges=edges,
        seed=draw(st.integers(0, 3)),
        depth=draw(st.sampled_from([None, 1, 2, 3, None, 0])),
    )


def _respelt(draw: st.DrawFn, kind: Kind, value: Value) -> str:
    return str(draw(st.sampled_from(spellings(kind, kind, value))))
