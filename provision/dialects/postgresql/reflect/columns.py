"""Columns of tables, in the order of the table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from provision.dialects.postgresql.reflect.types import read_types
from provision.model.catalog import Column, Generated, Identity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import psycopg

# From 18 on attnotnull is set for NOT NULL constraints that are NOT VALID, too: old rows may hold NULL. Before 18
# there is no constraint of type n on tables, so the same query serves all versions.
_COLUMNS = """
select a.attrelid::bigint as oid, a.attname::text as name, a.attnum::int as position,
       a.atttypid::bigint as type, a.atttypmod as typmod, format_type(a.atttypid, a.atttypmod) as sql,
       a.attnotnull and not exists (
           select from pg_constraint k
           where k.conrelid = a.attrelid and k.contype = 'n' and not k.convalidated and k.conkey[1] = a.attnum
       ) as not_null,
       pg_get_expr(d.adbin, d.adrelid) as default,
       a.attgenerated::text as generated, a.attidentity::text as identity,
       case when cn.nspname = 'pg_catalog' then co.collname::text else cn.nspname || '.' || co.collname end as collation,
       coalesce(co.collisdeterministic, true) as deterministic,
       has_schema_privilege(n.oid, 'USAGE') and has_column_privilege(a.attrelid, a.attnum, 'SELECT') as readable
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_collation co on co.oid = a.attcollation
left join pg_namespace cn on cn.oid = co.collnamespace
where c.relkind in ('r', 'p', 'f') and not c.relispartition and a.attnum > 0 and not a.attisdropped and n.nspname !~ '^(pg_|information_schema$)'
order by a.attrelid, a.attnum
"""

_GENERATED = {"": Generated.NO, "s": Generated.STORED, "v": Generated.VIRTUAL}
_IDENTITY = {"": Identity.NO, "a": Identity.ALWAYS, "d": Identity.BY_DEFAULT}


def read_columns(cursor: psycopg.Cursor[dict[str, Any]]) -> Mapping[int, tuple[Column, ...]]:
    """Read the columns of all tables, by the table's oid."""
    types = read_types(cursor)
    found: dict[int, list[Column]] = defaultdict(list)
    for row in cursor.execute(_COLUMNS):
        found[row["oid"]].append(
            Column(
                name=row["name"],
                position=row["position"],
                type=types.column_type(row["type"], typmod=row["typmod"], sql=row["sql"]),
                not_null=row["not_null"],
                default=row["default"],
                generated=_GENERATED[row["generated"]],
                identity=_IDENTITY[row["identity"]],
                collation=row["collation"],
                deterministic=row["deterministic"],
                readable=row["readable"],
            )
        )
    return {oid: tuple(columns) for oid, columns in found.items()}
