"""What a database that is to be refreshed looks like, and whether it fits the snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.dialects.postgresql.failures import translated
from provision.errors import DatabaseError, UsageError
from provision.model.names import TableName
from provision.model.report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from provision.ports import SnapshotReader

_TABLES = """
with named as (
  select c.oid, n.nspname, c.relname, c.relkind from unnest(%s::text[], %s::text[]) s(nsp, rel)
  join pg_catalog.pg_namespace n on n.nspname = s.nsp
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = s.rel and c.relkind in ('r', 'p')
)
select m.oid::bigint, m.nspname, m.relname, m.relkind = 'p', c.oid::bigint, cn.nspname, c.relname,
       c.relforcerowsecurity, pg_has_role(c.relowner, 'USAGE')
from named m
cross join lateral (
  select m.oid as relid where m.relkind = 'r' union all select relid from pg_partition_tree(m.oid) where m.relkind = 'p'
) part
join pg_catalog.pg_class c on c.oid = part.relid join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
order by m.nspname, m.relname, cn.nspname, c.relname
"""
_COLUMNS = """
select a.attrelid::bigint, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
       a.attnotnull and not a.atthasdef and a.attidentity = ''
from pg_catalog.pg_attribute a where a.attrelid = any(%s::oid[]) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
"""
_KEYS = """
select n.nspname, c.relname, k.conname, k.contype = 'f', k.condeferrable, k.convalidated,
       pg_catalog.pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'),
       k.conrelid = any(%(ours)s::oid[])
from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.conparentid = 0 and k.conislocal
  and coalesce((to_jsonb(k)->>'conenforced')::boolean, true)
  and (k.contype = 'f' and (k.conrelid = any(%(ours)s::oid[]) or k.confrelid = any(%(ours)s::oid[]))
       or k.contype = 'c' and not k.convalidated and k.conrelid = any(%(ours)s::oid[]))
order by n.nspname, c.relname, k.conname
"""
_TRIGGERS = """
select n.nspname, c.relname, t.tgname, t.tgenabled from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and t.tgrelid = any(%s::oid[]) order by n.nspname, c.relname, t.tgname
"""
# Materialised views that hold rows, each after those that it reads, directly or through views.
_VIEWS = """
with recursive reads(view, seen) as (
  select r.ev_class, d.refobjid from pg_catalog.pg_rewrite r
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
   and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
  where r.rulename = '_RETURN'
), below(view, seen) as (
  select view, seen from reads union select b.view, r.seen from below b join reads r on r.view = b.seen
)
select n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'm' and c.relispopulated and n.nspname !~ '^pg_'
order by (select count(*) from below b join pg_catalog.pg_class m on m.oid = b.seen and m.relkind = 'm'
          where b.view = c.oid), 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingTable:
    """A table of the snapshot as the target has it."""

    name: TableName
    partitioned: bool
    owned: bool  # by the role that loads, partitions included
    columns: tuple[tuple[str, str, bool, bool], ...]  # name, type, generated, must be given a value


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingKey:
    """A foreign key, or a check that is not validated."""

    table: TableName
    name: str
    foreign: bool
    deferrable: bool
    validated: bool
    definition: str
    comment: str | None
    inside: bool  # its table is one of the snapshot's, or a partition of one


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingTrigger:
    """A user trigger and the server's letter for when it fires (O, D, R, A)."""

    table: TableName
    name: str
    enabled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """The part of the target that a refresh touches."""

    tables: tuple[ExistingTable, ...] = ()
    keys: tuple[ExistingKey, ...] = ()
    outside: tuple[ExistingKey, ...] = ()  # foreign keys of other tables that refer to these
    triggers: tuple[ExistingTrigger, ...] = ()
    forced: tuple[TableName, ...] = ()  # row-level security applies even to the owner
    views: tuple[TableName, ...] = ()


def read_existing(connection: psycopg.Connection, names: Iterable[TableName]) -> Existing:
    """Read what the target has of these tables; those it has not are missing from the result."""
    wanted = sorted(names)
    with translated("read the target's catalog"):
        rows = connection.execute(
            _TABLES.encode(), ([name.schema for name in wanted], [name.name for name in wanted])
        ).fetchall()
        heads = {row[0]: (TableName(row[1], row[2]), row[3]) for row in rows}
        ours = [row[4] for row in rows]
        columns = connection.execute(_COLUMNS.encode(), (list(heads),)).fetchall()
        keys = [
            ExistingKey(
                table=TableName(row[0], row[1]),
                name=row[2],
                foreign=row[3],
                deferrable=row[4],
                validated=row[5],
                definition=row[6],
                comment=row[7],
                inside=row[8],
            )
            for row in connection.execute(_KEYS.encode(), {"ours": ours}).fetchall()
        ]
        triggers = connection.execute(_TRIGGERS.encode(), (ours,)).fetchall()
        views = connection.execute(_VIEWS.encode()).fetchall()
    return Existing(
        tables=tuple(
            ExistingTable(
                name=name,
                partitioned=partitioned,
                owned=all(row[8] for row in rows if row[0] == oid),
                columns=tuple(tuple(row[1:]) for row in columns if row[0] == oid),
            )
            for oid, (name, partitioned) in heads.items()
        ),
        keys=tuple(key for key in keys if key.inside),
        outside=tuple(key for key in keys if not key.inside),
        triggers=tuple(ExistingTrigger(table=TableName(s, t), name=n, enabled=e) for s, t, n, e in triggers),
        forced=tuple(TableName(row[5], row[6]) for row in rows if row[7]),
        views=tuple(TableName(schema, name) for schema, name in views),
    )


def refuse_other_schema(existing: Existing, snapshot: SnapshotReader) -> tuple[Finding, ...]:
    """Compare tables, columns and types; what differs harmlessly is returned.

    Raises:
        UsageError: PRV614 with all differences, PRV615 with all foreign keys from outside.
        DatabaseError: PRV608 where a table is not the role's own.
    """
    have = {table.name: table for table in existing.tables}
    wrong: list[str] = []
    harmless: list[Finding] = []
    for name in snapshot.tables():
        if name in have:
            wrong += _other_columns(have[name], dict(snapshot.columns(name)), harmless=harmless)
        else:
            wrong.append(f"table {name} is missing")
    if wrong:
        raise UsageError(
            "PRV614",
            f"the target's schema is not the snapshot's: {'; '.join(wrong)}",
            fix="migrate the target, take a new snapshot, or use load: replace",
        )
    if existing.outside:
        keys = ", ".join(f"{key.table} ({key.name})" for key in existing.outside)
        raise UsageError(
            "PRV615",
            f"tables outside the snapshot refer to it, and would be left pointing at no row: {keys}",
            fix="take these tables into the recipe, or use load: replace",
        )
    if foreign := [str(table.name) for table in existing.tables if not table.owned]:
        raise DatabaseError(
            "PRV608",
            f"the role that loads does not own {', '.join(foreign)}",
            fix="load as the owner, or GRANT the owner's role to the role that loads",
        )
    return tuple(harmless)


def _other_columns(table: ExistingTable, asked: dict[str, str], *, harmless: list[Finding]) -> list[str]:
    """How the table's columns differ from the snapshot's; those that merely get a default go to ``harmless``."""
    there = {column: (type_, generated) for column, type_, generated, _ in table.columns}
    wrong: list[str] = []
    for column, type_ in asked.items():
        found = there.get(column)
        if found is None:
            wrong.append(f"column {table.name}.{column} is missing")
        elif found[1]:
            wrong.append(f"column {table.name}.{column} is generated")
        elif found[0] != type_:
            wrong.append(f"column {table.name}.{column} is {found[0]}, not {type_}")
    for column, _, generated, needed in table.columns:
        if column in asked or generated:
            continue
        if needed:
            wrong.append(f"column {table.name}.{column} is not in the snapshot and must have a value")
        else:
            harmless.append(_extra(table.name, column))
    return wrong


def _extra(table: TableName, column: str) -> Finding:
    return Finding(
        code="PRV627",
        severity=Severity.INFO,
        message=f"column {table}.{column} is not in the snapshot: it gets its default",
        where=f"{table}.{column}",
    )
