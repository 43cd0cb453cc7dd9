"""Tables and views: which relations hold rows, and which partitions stand inside which root."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from provision.model.catalog import TableKind
from provision.model.names import TableName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import psycopg

# Schemas that begin with pg_ are the server's own: pg_catalog, pg_toast, pg_temp_3.
_RELATIONS = """
select c.oid::bigint, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
       c.relispartition as partition, c.relpersistence::text as persistence, c.relreplident::text as replica_identity,
       c.reltuples::bigint as rows, c.relkind in ('v', 'm') as view,
       case when c.relkind in ('r', 'p', 'f') then coalesce(pg_total_relation_size(c.oid), 0) else 0 end as bytes,
       row_security_active(c.oid) as row_security,
       has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') as readable,
       e.extname::text as extension,
       array(
           select a.attname::text from unnest(p.partattrs::int2[]) with ordinality k(number, place)
           join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number order by k.place
       ) as partition_key,
       array(
           select i.inhparent::bigint from pg_inherits i where i.inhrelid = c.oid order by i.inhseqno
       ) as parents
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_partitioned_table p on p.partrelid = c.oid
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype = 'e'
                     and d.refclassid = 'pg_extension'::regclass
left join pg_extension e on e.oid = d.refobjid
where c.relkind in ('r', 'p', 'f', 'v', 'm') and n.nspname !~ '^(pg_|information_schema$)'
"""

_KINDS = {"r": TableKind.TABLE, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table that stands for itself in the catalog: its own facts and those of the partitions inside."""

    name: TableName
    kind: TableKind
    partitions: tuple[TableName, ...]
    partition_key: tuple[str, ...]
    inherits: tuple[TableName, ...]
    row_security: bool
    readable: bool
    extension: str | None
    persistence: Literal["permanent", "unlogged"]
    replica_identity: str
    rows_estimate: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """All tables by oid in the order of their names, the root of every partition, and the views."""

    tables: Mapping[int, Relation]
    roots: Mapping[int, int] = field(default_factory=dict)  # oid of a partition of any level -> oid of its root
    leaves: Mapping[int, int] = field(default_factory=dict)  # oid of a root -> how many partitions hold rows
    views: tuple[TableName, ...] = ()

    def home(self, oid: int) -> Relation | None:
        """The table that stands for this relation: itself, or the root of a partition."""
        return self.tables.get(self.roots.get(oid, oid))


def read_relations(cursor: psycopg.Cursor[dict[str, Any]]) -> Relations:
    """Read all tables and views."""
    rows: dict[int, dict[str, Any]] = {row["oid"]: row for row in cursor.execute(_RELATIONS)}
    names = {oid: TableName(row["schema"], row["name"]) for oid, row in rows.items()}
    roots = {oid: _root(oid, rows) for oid, row in rows.items() if row["partition"]}
    inside: dict[int, list[int]] = defaultdict(list)
    for oid, root in roots.items():
        inside[root].append(oid)
    tables = {
        oid: _relation(row, [rows[part] for part in inside[oid]], names)
        for oid, row in sorted(rows.items(), key=lambda item: names[item[0]])
        if not row["partition"] and not row["view"]
    }
    return Relations(
        tables=tables,
        roots=roots,
        leaves={root: sum(rows[part]["kind"] != "p" for part in parts) for root, parts in inside.items()},
        views=tuple(sorted(names[oid] for oid, row in rows.items() if row["view"])),
    )


def _root(oid: int, rows: Mapping[int, dict[str, Any]]) -> int:
    while oid in rows and rows[oid]["partition"] and rows[oid]["parents"]:
        oid = rows[oid]["parents"][0]
    return oid


def _relation(row: dict[str, Any], parts: list[dict[str, Any]], names: Mapping[int, TableName]) -> Relation:
    # A partitioned table holds no rows; its own estimate is often -1 where its leaves have been analysed.
    holders = [part for part in parts if part["kind"] != "p"] if row["kind"] == "p" else [row]
    estimates = [holder["rows"] for holder in holders if holder["rows"] >= 0]
    return Relation(
        name=names[row["oid"]],
        kind=_KINDS[row["kind"]],
        partitions=tuple(sorted(names[part["oid"]] for part in parts)),
        partition_key=tuple(row["partition_key"]),
        inherits=tuple(names[parent] for parent in row["parents"] if parent in names),
        row_security=row["row_security"],
        readable=row["readable"],
        extension=row["extension"],
        persistence="unlogged" if row["persistence"] == "u" else "permanent",
        replica_identity=row["replica_identity"],
        rows_estimate=sum(estimates) if estimates else -1,
        bytes=sum(holder["bytes"] for holder in holders),
    )
