"""Foreign keys by their column pairs, as the server compares them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from psycopg import sql

from provision.model.catalog import ForeignKey

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from provision.dialects.postgresql.reflect.keys import Indexes
    from provision.dialects.postgresql.reflect.relations import Relations

# conparentid = 0 leaves out the clones that partitions of either side have.
_FOREIGN_KEYS = """
select k.conname::text as name, k.conrelid::bigint as child, k.confrelid::bigint as parent, c.relispartition as partition,
       array(
           select a.attname::text from unnest(k.conkey) with ordinality u(number, place)
           join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.place
       ) as columns,
       array(
           select a.attname::text from unnest(k.confkey) with ordinality u(number, place)
           join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number order by u.place
       ) as parent_columns,
       array(
           select format('%s.%s(%s,%s)', opn.nspname, o.oprname, format_type(o.oprleft, null),
                         format_type(o.oprright, null))
           from unnest(k.conpfeqop) with ordinality u(oid, place)
           join pg_operator o on o.oid = u.oid join pg_namespace opn on opn.oid = o.oprnamespace order by u.place
       ) as operators,
       k.confmatchtype = 'f' as match_full, k.confdeltype::text as on_delete, k.confupdtype::text as on_update,
       k.condeferrable as deferrable, k.condeferred as initially_deferred, k.convalidated as validated,
       {enforced} as enforced, {period} as period
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and k.conparentid = 0 and n.nspname !~ '^(pg_|information_schema$)'
order by n.nspname, c.relname, k.conname
"""


def read_foreign_keys(
    cursor: psycopg.Cursor[dict[str, Any]], relations: Relations, indexes: Indexes
) -> tuple[ForeignKey, ...]:
    """Read the foreign keys between all tables.

    A key that stands on partitions alone counts for their root; it is validated only where all partitions have it.
    """
    new = cursor.connection.info.server_version >= 180000
    query = sql.SQL(_FOREIGN_KEYS).format(
        enforced=sql.SQL("k.conenforced" if new else "true"), period=sql.SQL("k.conperiod" if new else "false")
    )
    whole: list[ForeignKey] = []
    partial: dict[tuple[object, ...], list[ForeignKey]] = defaultdict(list)
    leaves: dict[tuple[object, ...], int] = {}
    for row in cursor.execute(query):
        child, parent = relations.home(row["child"]), relations.home(row["parent"])
        if child is None or parent is None:
            continue
        root = relations.roots.get(row["child"], row["child"])
        key = ForeignKey(
            name=row["name"],
            child=child.name,
            columns=tuple(row["columns"]),
            parent=parent.name,
            parent_columns=tuple(row["parent_columns"]),
            match_full=row["match_full"],
            on_delete=row["on_delete"],
            on_update=row["on_update"],
            deferrable=row["deferrable"],
            initially_deferred=row["initially_deferred"],
            validated=row["validated"],
            enforced=row["enforced"],
            period=row["period"],
            operators=tuple(row["operators"]),
            indexed=indexes.serve(root, tuple(row["columns"])),
        )
        if row["partition"]:
            alike: tuple[object, ...] = (root, key.columns, key.parent, key.parent_columns)
            partial[alike].append(key)
            leaves[alike] = relations.leaves.get(root, 0)
        else:
            whole.append(key)
    for same, keys in partial.items():
        everywhere = len(keys) >= leaves[same] and all(key.validated for key in keys)
        whole.append(replace(keys[0], validated=everywhere))
    return tuple(sorted(whole, key=lambda key: (key.child, key.name)))
