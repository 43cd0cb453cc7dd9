"""What a database guarantees, to be compared between source and target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret

CONSTRAINTS = """
select c.conrelid::regclass::text, c.conname, c.contype::text, pg_get_constraintdef(c.oid), c.convalidated
from pg_constraint c join pg_namespace n on n.oid = c.connamespace
where n.nspname not in ('pg_catalog', 'information_schema', 'provision') and c.contype <> 'n'
order by 1, 2
"""
INDEXES = """
select schemaname, tablename, indexname, indexdef from pg_indexes
where schemaname not in ('pg_catalog', 'information_schema', 'provision') order by 1, 2, 3
"""


def constraints(url: Secret) -> list[tuple]:
    """Constraints with their definitions and whether they are validated."""
    return run_sql(url, CONSTRAINTS)


def indexes(url: Secret) -> list[tuple]:
    """Indexes with their definitions."""
    return run_sql(url, INDEXES)


def broken_references(url: Secret) -> list[str]:
    """Foreign keys of one column that some row violates, found by asking for the rows themselves."""
    broken = []
    for child, column, parent, parent_column in run_sql(
        url,
        "select conrelid::regclass::text, quote_ident(a.attname), confrelid::regclass::text, quote_ident(p.attname)"
        " from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]"
        " join pg_attribute p on p.attrelid = k.confrelid and p.attnum = k.confkey[1]"
        " where contype = 'f' and cardinality(conkey) = 1",
    ):
        ((count,),) = run_sql(
            url,
            f"select count(*) from {child} c where c.{column} is not null"
            f" and not exists (select from {parent} p where p.{parent_column} = c.{column})",
        )
        if count:
            broken.append(f"{child}.{column}")
    return broken
