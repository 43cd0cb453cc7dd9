"""What the data of a snapshot are: DDL, tables, columns, relations, rows, hashes and parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class DdlEntry:
    """One statement group of the schema, normalised: no owner, no grants, no SET lines, no comment lines.

    ``kind`` is pg_dump's word ("TABLE", "INDEX", "FK CONSTRAINT", …). ``table`` is "schema.table" for entries that
    belong to one (indexes, constraints, triggers, defaults), '' otherwise. ``after`` holds positions (in the tuple
    of all entries) of entries that must exist first, all smaller than the entry's own.
    """

    kind: str
    schema: str
    name: str
    table: str = ""
    section: Literal["pre-data", "post-data"]
    sql: str
    after: tuple[int, ...] = ()
