"""What a target says of itself: the table ``provision.snapshot``, and whether anybody changed the database since.

A database is untouched if the change counters and files of all its tables, its schema and its sequences are as they
were right after loading, and nobody may have changes that the server has not counted yet. Whatever is in doubt counts
as touched: a needless load costs time, a load that is wrongly left out gives wrong data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from provision import __version__
from provision.dialects.postgresql.failures import translated
from provision.model.load import TargetStatus, Touched

if TYPE_CHECKING:
    import psycopg

    from provision.model.load import LoadMode

SCHEMA = "provision"
# A session that has been idle this long has reported its changes: PGSTAT_IDLE_INTERVAL is 10 s (pgstat.c, 15 to 18).
QUIET_SECONDS = 11

_MAKE = """
create schema if not exists provision;
create table if not exists provision.snapshot (
  id text not null, content text not null, loaded_at timestamptz not null, tool text not null, mode text not null,
  tables jsonb, structure text, sequences text, counted_since text
);
comment on table provision.snapshot is 'what `provision load` put here; see `provision status`';
"""
_TABLES = """
select coalesce(jsonb_object_agg(format('%%s.%%s', n.nspname, c.relname), jsonb_build_array(
         c.oid::bigint, pg_relation_filenode(c.oid)::bigint, pg_stat_get_tuples_inserted(c.oid),
         pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid))), '{}')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', %s)
"""
# Everything that DDL can change and that a load brings, without owners and grants: a GRANT after loading is no change.
_STRUCTURE = """
with ours as (
  select c.oid, c.relname, c.relnamespace, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
         c.reloptions
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.oid >= 16384 and n.nspname !~ '^pg_' and n.nspname <> %s
), parts(part, line) as (
  select 'class', to_jsonb(o)::text from ours o
  union all select 'attribute', jsonb_build_array(attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attidentity,
         attgenerated, attcollation, attisdropped)::text
    from pg_catalog.pg_attribute where attnum > 0 and attrelid in (select oid from ours)
  union all select 'default', jsonb_build_array(adrelid, adnum, pg_catalog.pg_get_expr(adbin, adrelid))::text
    from pg_catalog.pg_attrdef where adrelid in (select oid from ours)
  union all select 'constraint', jsonb_build_array(oid, conname, condeferrable, condeferred, convalidated,
         pg_catalog.pg_get_constraintdef(oid))::text
    from pg_catalog.pg_constraint where oid >= 16384
  union all select 'index', jsonb_build_array(indexrelid, indisvalid, indisunique, indisreplident)::text
    from pg_catalog.pg_index where indexrelid in (select oid from ours)
  union all select 'trigger', jsonb_build_array(oid, tgname, tgenabled, tgfoid)::text
    from pg_catalog.pg_trigger where not tgisinternal
  union all select 'rule', jsonb_build_array(oid, ev_class, ev_enabled, pg_catalog.pg_get_ruledef(oid))::text
    from pg_catalog.pg_rewrite where ev_class in (select oid from ours)
  union all select 'function', jsonb_build_array(oid, proname, pronamespace, prosrc, proconfig)::text
    from pg_catalog.pg_proc where oid >= 16384
  union all select 'type', jsonb_build_array(oid, typname, typnamespace)::text
    from pg_catalog.pg_type where oid >= 16384 and typtype in ('e', 'd', 'r')
  union all select 'label', jsonb_build_array(oid, enumtypid, enumlabel, enumsortorder)::text from pg_catalog.pg_enum
  union all select 'policy', jsonb_build_array(oid, polname, polcmd, polpermissive,
         pg_catalog.pg_get_expr(polqual, polrelid), pg_catalog.pg_get_expr(polwithcheck, polrelid))::text
    from pg_catalog.pg_policy
  union all select 'namespace', jsonb_build_array(oid, nspname)::text
    from pg_catalog.pg_namespace where oid >= 16384 and nspname <> %s and nspname !~ '^pg_'
  union all select 'sequence', to_jsonb(s)::text from pg_catalog.pg_sequence s where seqrelid in (select oid from ours)
  union all select 'extension', jsonb_build_array(extname, extversion)::text from pg_catalog.pg_extension
)
select md5(string_agg(md5(part || line), '' order by part collate "C", line collate "C")) from parts
"""
_SEQUENCES = """
select coalesce(md5(string_agg(format('%%s=%%s', c.oid, pg_catalog.pg_sequence_last_value(c.oid)), ' ' order by c.oid)), '')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and n.nspname !~ '^pg_' and n.nspname <> %s
"""
_COUNTED_SINCE = """
select concat_ws(' ', coalesce(pg_stat_get_db_stat_reset_time(oid)::text, '-'), current_setting('track_counts'))
from pg_catalog.pg_database where datname = current_database()
"""
_RESTLESS = """
select (select count(*) from pg_catalog.pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
          and (state is distinct from 'idle' or state_change > clock_timestamp() - make_interval(secs => %s))),
       (select count(*) from pg_catalog.pg_prepared_xacts where database = current_database())
"""


def record(connection: psycopg.Connection, *, snapshot: str, content: str, mode: LoadMode) -> None:
    """Write down what the database holds now. What the counters said is added by `record_counters`."""
    with translated("write down what was loaded"):
        connection.execute(_MAKE)
        connection.execute("delete from provision.snapshot")
        connection.execute(
            "insert into provision.snapshot (id, content, loaded_at, tool, mode)"
            " values (%s, %s, clock_timestamp(), %s, %s)",
            (snapshot, content, f"provision {__version__}", mode),
        )


def record_counters(connection: psycopg.Connection) -> None:
    """Write down the change counters; all sessions that loaded must have reported theirs (`report_changes`)."""
    with translated("write down the change counters"):
        tables, structure, sequences, since = _counters(connection)
        connection.execute(
            "update provision.snapshot set tables = %s, structure = %s, sequences = %s, counted_since = %s",
            (Jsonb(tables), structure, sequences, since),
        )


def report_changes(connection: psycopg.Connection) -> None:
    """Have the session's changes counted now, not some seconds later."""
    with translated("have changes counted"):
        connection.execute("select pg_catalog.pg_stat_force_next_flush()")


def read_status(connection: psycopg.Connection, *, target: str) -> TargetStatus:
    """What the database holds, compared with what was loaded."""
    with translated("read what the target holds"):
        if connection.execute("select to_regclass('provision.snapshot') is null").fetchone() == (True,):
            return TargetStatus(target=target, exists=True, reason="it was never loaded by provision")
        row = connection.execute(
            "select id, content, to_char(loaded_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), tool, mode,"
            " tables, structure, sequences, counted_since from provision.snapshot"
        ).fetchone()
        if row is None:
            return TargetStatus(target=target, exists=True, reason="it was never loaded by provision")
        touched, changed, reason = _compare(connection, row[5:])
    return TargetStatus(
        target=target,
        exists=True,
        snapshot=row[0],
        content=row[1],
        loaded_at=row[2],
        tool=row[3],
        mode=row[4],
        touched=touched,
        changed=changed,
        reason=reason,
    )


Counters = tuple[dict[str, list[int]], str, str, str]


def _counters(connection: psycopg.Connection) -> Counters:
    tables = _one(connection, _TABLES, (SCHEMA,))
    structure = _one(connection, _STRUCTURE, (SCHEMA, SCHEMA))
    sequences = _one(connection, _SEQUENCES, (SCHEMA,))
    since = _one(connection, _COUNTED_SINCE)
    if not isinstance(tables, dict):
        raise TypeError("jsonb_object_agg gives an object")
    return tables, str(structure), str(sequences), str(since)


def _compare(connection: psycopg.Connection, loaded: tuple[object, ...]) -> tuple[Touched, tuple[str, ...], str]:
    then, structure, sequences, since = loaded
    if not isinstance(then, dict):
        return Touched.UNKNOWN, (), "the change counters were not written down when it was loaded"
    now = _counters(connection)
    if now[3] != since or not str(since).endswith(" on"):
        return Touched.UNKNOWN, (), "the server's change counters were reset or are off"
    if not any(any(counts[2:]) for counts in then.values()):
        # A crash sets counters to zero without a trace; where rows were loaded, that shows.
        return Touched.UNKNOWN, (), "there were no rows, so the change counters prove nothing"
    changed = sorted(name for name in then.keys() | now[0].keys() if then.get(name) != now[0].get(name))
    changed += ["schema"] if now[1] != structure else []
    changed += ["sequences"] if now[2] != sequences else []
    if changed:
        return Touched.YES, tuple(changed), ""
    restless = connection.execute(_RESTLESS, (QUIET_SECONDS,)).fetchone()
    if restless != (0, 0):
        return Touched.UNKNOWN, (), "a session is at work and may have changes that are not counted yet"
    return Touched.NO, (), ""


def _one(connection: psycopg.Connection, query: str, parameters: tuple[object, ...] = ()) -> object:
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return row[0] if row else None
