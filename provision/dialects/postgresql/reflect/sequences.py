"""Sequences: bounds, the column that owns each, and the columns whose default calls it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from provision.model.catalog import Sequence
from provision.model.names import TableName

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from provision.dialects.postgresql.reflect.relations import Relations

_SEQUENCES = """
select c.oid::bigint, n.nspname::text as schema, c.relname::text as name, format_type(s.seqtypid, null) as type,
       s.seqstart as start, s.seqincrement as increment, s.seqmin as minimum, s.seqmax as maximum, s.seqcycle as cycle,
       d.refobjid::bigint as owner, a.attname::text as owner_column, coalesce(d.deptype = 'i', false) as identity,
       has_schema_privilege(n.oid, 'USAGE') and has_sequence_privilege(c.oid, 'SELECT') as readable
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
                     and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where n.nspname !~ '^(pg_|information_schema$)'
order by n.nspname, c.relname
"""

_USES = """
select distinct d.refobjid::bigint as sequence, f.adrelid::bigint as oid, a.attname::text as column
from pg_depend d
join pg_attrdef f on f.oid = d.objid
join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
join pg_class c on c.oid = d.refobjid
join pg_namespace n on n.oid = c.relnamespace
where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass and c.relkind = 'S' and n.nspname !~ '^(pg_|information_schema$)'
"""


def read_sequences(cursor: psycopg.Cursor[dict[str, Any]], relations: Relations) -> tuple[Sequence, ...]:
    """Read all sequences; columns of partitions count as their root's."""
    uses: dict[int, set[tuple[TableName, str]]] = defaultdict(set)
    for row in cursor.execute(_USES).fetchall():
        if (table := relations.home(row["oid"])) is not None:
            uses[row["sequence"]].add((table.name, row["column"]))
    found: list[Sequence] = []
    for row in cursor.execute(_SEQUENCES):
        owner = relations.home(row["owner"]) if row["owner"] is not None else None
        found.append(
            Sequence(
                name=TableName(row["schema"], row["name"]),
                type=row["type"],
                start=row["start"],
                increment=row["increment"],
                minimum=row["minimum"],
                maximum=row["maximum"],
                cycle=row["cycle"],
                owner=(owner.name, row["owner_column"]) if owner is not None else None,
                identity=row["identity"],
                used_by=tuple(sorted(uses[row["oid"]])),
                readable=row["readable"],
            )
        )
    return tuple(found)
