"""Types of columns: domains down to their base, enums with labels, arrays with their element, limits from typmods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.model.catalog import ColumnType, TypeKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import psycopg

# All types that columns use, with what stands below them. An array is what its element calls its array: int2vector and
# point have elements too, but are none. ``shadow`` is a type that only looks like one of the server's.
_TYPES = """
with recursive used(oid) as (
    select distinct a.atttypid
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f') and not c.relispartition and a.attnum > 0 and not a.attisdropped and n.nspname !~ '^(pg_|information_schema$)'
    union
    select below.oid
    from used join pg_type t on t.oid = used.oid
    cross join lateral (values (t.typbasetype), (t.typelem)) below(oid)
    where below.oid <> 0
)
select t.oid::bigint, t.typname::text as name, n.nspname::text as schema, t.typtype::text as kind,
       case when e.typarray = t.oid then e.oid::bigint end as element,
       t.typbasetype::bigint as base, t.typtypmod as typmod, format_type(t.typbasetype, t.typtypmod) as base_sql,
       t.typnotnull as not_null,
       n.nspname <> 'pg_catalog' and exists (
           select from pg_type s where s.typname = t.typname and s.typnamespace = 'pg_catalog'::regnamespace
       ) as shadow,
       array(select l.enumlabel::text from pg_enum l where l.enumtypid = t.oid order by l.enumsortorder) as labels,
       array(
           select pg_get_expr(k.conbin, 0) from pg_constraint k
           where k.contypid = t.oid and k.contype = 'c' order by k.conname
       ) as checks
from used
join pg_type t on t.oid = used.oid
join pg_namespace n on n.oid = t.typnamespace
left join pg_type e on e.oid = t.typelem
"""

_KINDS = {
    "b": TypeKind.BASE,
    "c": TypeKind.COMPOSITE,
    "d": TypeKind.DOMAIN,
    "e": TypeKind.ENUM,
    "m": TypeKind.MULTIRANGE,
    "p": TypeKind.PSEUDO,
    "r": TypeKind.RANGE,
}


@dataclass(frozen=True, slots=True)
class Types:
    """The types that columns use, by oid."""

    rows: Mapping[int, dict[str, Any]]

    def column_type(self, oid: int, *, typmod: int, sql: str) -> ColumnType:
        """A type as a column uses it; ``sql`` is how the server prints it with its typmod."""
        row = self.rows[oid]
        checks: list[str] = []
        not_null = False
        base, base_sql = row, sql
        # A domain over a domain: the typmod is that of the lowest one, all checks hold.
        while base["kind"] == "d":
            checks += base["checks"]
            not_null = not_null or base["not_null"]
            typmod, base_sql = base["typmod"], base["base_sql"]
            base = self.rows[base["base"]]
        element = None
        if base["element"] is not None:
            element = self.column_type(base["element"], typmod=typmod, sql=base_sql.removesuffix("[]"))
        name = f"{base['schema']}.{base['name']}" if base["shadow"] else base["name"]
        kind = TypeKind.ARRAY if row["element"] is not None else _KINDS[row["kind"]]
        max_chars, precision, scale = (None, None, None) if element else limits(name, typmod)
        return ColumnType(
            sql=sql,
            name=row["name"],
            schema=row["schema"],
            kind=kind,
            base=name if name != row["name"] else "",
            max_chars=max_chars,
            precision=precision,
            scale=scale,
            element=element,
            labels=tuple(base["labels"]),
            domain_not_null=not_null,
            domain_checks=tuple(checks),
        )


def read_types(cursor: psycopg.Cursor[dict[str, Any]]) -> Types:
    """Read all types that columns of user tables have."""
    return Types({row["oid"]: row for row in cursor.execute(_TYPES)})


def limits(name: str, typmod: int) -> tuple[int | None, int | None, int | None]:
    """Declared length, precision and scale of a base type's typmod; the precision of times is that of the seconds.

    Source: PostgreSQL, src/backend/utils/adt: varchar.c, varbit.c, numeric.c (make_numeric_typmod), timestamp.c.
    """
    if typmod < 0:
        return None, None, None
    if name in {"varchar", "bpchar"}:
        return typmod - 4, None, None
    if name in {"bit", "varbit"}:
        return typmod, None, None
    if name == "numeric":
        packed = typmod - 4
        return None, packed >> 16 & 0xFFFF, (packed & 0x7FF ^ 1024) - 1024  # the scale is 11 bits, signed
    if name in {"time", "timetz", "timestamp", "timestamptz"}:
        return None, typmod, None
    if name == "interval" and typmod & 0xFFFF != 0xFFFF:
        return None, typmod & 0xFFFF, None
    return None, None, None
