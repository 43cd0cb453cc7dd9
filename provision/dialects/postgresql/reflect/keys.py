"""Keys: PRIMARY KEY and UNIQUE constraints, bare unique indexes, and which columns an index can be asked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.model.catalog import Key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import psycopg

# Indexes that are not valid (a failed CREATE INDEX CONCURRENTLY, a root whose partitions lack theirs) hold nothing.
# Indexes of partitions are clones of their root's. Only key columns count, not INCLUDEd ones.
_INDEXES = """
select i.indrelid::bigint as oid, coalesce(k.conname, ic.relname)::text as name, k.oid is not null as constraint,
       i.indisprimary as primary, i.indisunique as unique, i.indnullsnotdistinct as nulls_not_distinct,
       coalesce(k.condeferrable, false) as deferrable, i.indisexclusion as period, am.amname::text as method,
       pg_get_expr(i.indpred, i.indrelid) as predicate,
       array(
           select a.attname::text
           from generate_series(0, i.indnkeyatts - 1) p join pg_attribute a on a.attrelid = i.indrelid
                                                                            and a.attnum = i.indkey[p]
           order by p
       ) as columns,
       array(
           select case when i.indcollation[p] not in (0, a.attcollation)
                       then case when cn.nspname = 'pg_catalog' then co.collname::text
                                 else cn.nspname || '.' || co.collname end end
           from generate_series(0, i.indnkeyatts - 1) p join pg_attribute a on a.attrelid = i.indrelid
                                                                            and a.attnum = i.indkey[p]
           left join pg_collation co on co.oid = i.indcollation[p]
           left join pg_namespace cn on cn.oid = co.collnamespace
           order by p
       ) as collations,
       array(
           select pg_get_indexdef(i.indexrelid, p + 1, false) from generate_series(0, i.indnkeyatts - 1) p
           where i.indkey[p] = 0 order by p
       ) as expressions
from pg_index i
join pg_class ic on ic.oid = i.indexrelid
join pg_am am on am.oid = ic.relam
join pg_class c on c.oid = i.indrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u')
where c.relkind in ('r', 'p', 'f') and not c.relispartition and i.indisvalid and i.indislive and n.nspname !~ '^(pg_|information_schema$)'
order by i.indrelid, not i.indisprimary, name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexes:
    """Keys by the table's oid, and for each table the leading column lists that a lookup by equality can use."""

    keys: Mapping[int, tuple[Key, ...]]
    lookups: Mapping[int, tuple[tuple[str, ...], ...]]

    def serve(self, oid: int, columns: tuple[str, ...]) -> bool:
        """Whether an index of the table starts with these columns, in whatever order."""
        wanted = set(columns)
        return any(set(lookup[: len(wanted)]) == wanted for lookup in self.lookups.get(oid, ()))


def read_indexes(cursor: psycopg.Cursor[dict[str, Any]]) -> Indexes:
    """Read the indexes of all tables."""
    keys: dict[int, list[Key]] = defaultdict(list)
    lookups: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for row in cursor.execute(_INDEXES):
        if row["unique"]:
            keys[row["oid"]].append(_key(row))
        if row["method"] in {"btree", "hash"} and not row["expressions"] and _serves_every_value(row):
            lookups[row["oid"]].append(tuple(row["columns"]))
    return Indexes(
        keys={oid: tuple(found) for oid, found in keys.items()},
        lookups={oid: tuple(found) for oid, found in lookups.items()},
    )


def _key(row: dict[str, Any]) -> Key:
    return Key(
        name=row["name"],
        columns=tuple(row["columns"]),
        primary=row["primary"],
        constraint=row["constraint"],
        expressions=tuple(row["expressions"]),
        predicate=row["predicate"],
        nulls_not_distinct=row["nulls_not_distinct"],
        deferrable=row["deferrable"],
        period=row["period"],
        collations=tuple(row["collations"]) if any(row["collations"]) else (),
    )


def _serves_every_value(row: dict[str, Any]) -> bool:
    """Whether equality with a value that is not null finds all rows: no predicate, or just that the column is not null."""
    if row["predicate"] is None:
        return True
    name = row["columns"][0].replace('"', '""')
    return row["predicate"] in {f"({name} IS NOT NULL)", f'("{name}" IS NOT NULL)'}
