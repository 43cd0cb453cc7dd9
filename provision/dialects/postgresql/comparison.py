"""How the server compares a column with values: the type to cast them to and the operator of equality.

Values go to the column's type, never the column to theirs, so that indexes serve. ``search_path`` is empty, so an
operator outside ``pg_catalog`` (citext) must be named with its schema, or text equality would take its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from provision.dialects.postgresql.failures import translated
from provision.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from provision.model.names import TableName

# Domains are compared as their base type. The equality of a type is that of its default btree or hash operator class;
# types without one of their own (varchar, enums, arrays) are compared by the operators of pg_catalog.
_COMPARISONS = """
with recursive below(name, type) as (
    select a.attname::text, a.atttypid
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = %s and c.relname = %s and a.attname = any(%s::text[]) and not a.attisdropped
    union all
    select below.name, t.typbasetype from below join pg_type t on t.oid = below.type where t.typtype = 'd'
)
select below.name, n.nspname::text, t.typname::text, t.typarray <> 0,
       coalesce(e.schema, 'pg_catalog'), coalesce(e.name, '=')
from below
join pg_type t on t.oid = below.type and t.typtype <> 'd'
join pg_namespace n on n.oid = t.typnamespace
left join lateral (
    select opn.nspname::text as schema, o.oprname::text as name
    from pg_opclass oc
    join pg_am am on am.oid = oc.opcmethod and am.amname in ('btree', 'hash')
    join pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amopmethod = am.oid
                   and ao.amoplefttype = t.oid and ao.amoprighttype = t.oid
                   and ao.amopstrategy = case am.amname when 'btree' then 3 else 1 end
    join pg_operator o on o.oid = ao.amopopr
    join pg_namespace opn on opn.oid = o.oprnamespace
    where oc.opcdefault and oc.opcintype = t.oid
    order by am.amname
    limit 1
) e on true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A column's base type and its operator of equality, ready for SQL."""

    type: sql.Identifier
    operator: sql.Composed
    has_array: bool = (
        True  # False for arrays, of which there is no array: values travel as texts and are cast one by one
    )

    @property
    def array(self) -> sql.Composed:
        """The array that values of the type travel in."""
        return sql.SQL("{}[]").format(self.type if self.has_array else sql.Identifier("pg_catalog", "text"))

    def value(self, expression: sql.Composable) -> sql.Composable:
        """An element of that array as a value of the type."""
        return expression if self.has_array else sql.SQL("{}::{}").format(expression, self.type)


def comparisons(connection: psycopg.Connection, table: TableName, columns: tuple[str, ...]) -> Mapping[str, Comparison]:
    """How columns of a table, ``ctid`` and ``tableoid`` among them, are compared with values.

    Raises: DatabaseError: PRV312 for columns that the table does not have.
    """
    with translated("read the catalog", table=table, role=connection.info.user):
        rows = connection.execute(_COMPARISONS, (table.schema, table.name, list(columns))).fetchall()
    found = {
        name: Comparison(
            type=sql.Identifier(schema, type_),
            has_array=has_array,
            operator=sql.SQL("operator({}.{})").format(sql.Identifier(operator_schema), sql.SQL(operator)),
        )
        for name, schema, type_, has_array, operator_schema, operator in rows
    }
    missing = [name for name in columns if name not in found]
    if missing:
        raise DatabaseError(
            "PRV312",
            f"table {table} has no column {', '.join(missing)}",
            fix="the schema changed since the plan was made: plan again",
        )
    return found
