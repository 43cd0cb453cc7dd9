"""CHECK and EXCLUDE constraints and triggers, as the server prints them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from provision.model.catalog import Check, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import psycopg

_CHECKS = """
select k.conrelid::bigint as oid, k.conname::text as name, k.contype = 'x' as exclude, k.convalidated as validated,
       pg_get_constraintdef(k.oid) as definition,
       array(
           select a.attname::text from unnest(k.conkey) with ordinality u(number, place)
           join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.place
       ) as columns
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
where k.contype in ('c', 'x') and c.relkind in ('r', 'p', 'f') and not c.relispartition and n.nspname !~ '^(pg_|information_schema$)'
order by k.conrelid, k.conname
"""

_TRIGGERS = """
select t.tgrelid::bigint as oid, t.tgname::text as name, pg_get_triggerdef(t.oid) as definition,
       t.tgenabled::text as enabled
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and c.relkind in ('r', 'p', 'f') and not c.relispartition and n.nspname !~ '^(pg_|information_schema$)'
order by t.tgrelid, t.tgname
"""


def read_checks(cursor: psycopg.Cursor[dict[str, Any]]) -> Mapping[int, tuple[Check, ...]]:
    """Read CHECK and EXCLUDE constraints, by the table's oid; one that is NOT ENFORCED is not validated either."""
    found: dict[int, list[Check]] = defaultdict(list)
    for row in cursor.execute(_CHECKS):
        found[row["oid"]].append(
            Check(
                name=row["name"],
                kind="exclude" if row["exclude"] else "check",
                definition=row["definition"],
                columns=tuple(row["columns"]),
                validated=row["validated"],
            )
        )
    return {oid: tuple(checks) for oid, checks in found.items()}


def read_triggers(cursor: psycopg.Cursor[dict[str, Any]]) -> Mapping[int, tuple[Trigger, ...]]:
    """Read users' triggers, by the table's oid; those of constraints are the server's own."""
    found: dict[int, list[Trigger]] = defaultdict(list)
    for row in cursor.execute(_TRIGGERS):
        found[row["oid"]].append(Trigger(name=row["name"], definition=row["definition"], enabled=row["enabled"]))
    return {oid: tuple(triggers) for oid, triggers in found.items()}
