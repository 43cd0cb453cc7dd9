"""In which order a database is built: schema, rows, indexes, keys, statistics, triggers.

Pure: from the schema's entries and the tables to steps with what each must wait for. An index is built as soon as its
table is in, a foreign key as soon as both sides have their keys, and nothing that could act on rows (triggers, rules,
policies) exists before all rows are in and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from provision.model.names import TableName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provision.model.manifest import DdlEntry

# Entries that act on rows or hide them: made when all rows are in, counted and referenced.
ACTING = frozenset({"TRIGGER", "POLICY", "ROW SECURITY"})
# CREATE INDEX lets others build indexes of the same table; everything else after the rows wants its tables alone.
SHARING = frozenset({"INDEX"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing for one lane to do; only ``rows`` may be shared by several lanes.

    ``after`` are positions of steps that must be done. ``tables`` are the tables that the step locks: alone, or with
    others that are ``shared`` too. Two statements that lock the same tables in other orders would deadlock.
    """

    kind: Literal["rows", "define", "view", "finish"]
    table: TableName | None = None
    entry: DdlEntry | None = None
    after: frozenset[int] = frozenset()
    tables: frozenset[TableName] = frozenset()
    shared: bool = False
    weight: int = 0  # rows; heavier steps start first


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Entries to carry out one after the other on an empty database, then steps, earliest possible first."""

    schema: tuple[DdlEntry, ...]
    steps: tuple[Step, ...]


def order_of_work(entries: tuple[DdlEntry, ...], rows: Mapping[TableName, int]) -> Order:
    """Steps for a schema and the tables with their rows.

    Args: entries: in creation order, ``after`` as in `DdlEntry`. rows: of every table of the snapshot, 0 included.
    """
    return _Planner(entries, rows).plan()


@dataclass(slots=True)
class _Planner:
    entries: tuple[DdlEntry, ...]
    rows: Mapping[TableName, int]
    steps: list[Step] = field(default_factory=list)
    filled: dict[TableName, int] = field(default_factory=dict)  # table or view -> the step that brings its rows
    defined: dict[int, int] = field(default_factory=dict)  # position of an entry -> its step
    root: dict[TableName, TableName] = field(default_factory=dict)  # partition -> the table it hangs below

    def plan(self) -> Order:
        for entry in self.entries:
            if entry.kind == "TABLE ATTACH" and entry.table:
                self.root[TableName(entry.schema, entry.name)] = TableName.parse(entry.table)
        for table, count in sorted(self.rows.items(), key=lambda item: (-item[1], item[0])):
            if count:
                self.filled[table] = self.add(Step(kind="rows", table=table, weight=count))
        late = {place for place, entry in enumerate(self.entries) if entry.section == "post-data"}
        acting = self.with_dependents(place for place in late if self.entries[place].kind in ACTING | {"RULE"})
        views = [place for place, entry in enumerate(self.entries) if entry.kind == "MATERIALIZED VIEW"]
        seen_from_views = self.with_dependents(views) - set(views)

        first = sorted(late - acting - seen_from_views)
        for place in first:
            self.define(place)
        calm = frozenset(self.defined.values()) | frozenset(self.filled.values())
        for table in sorted(self.rows):
            touching = {step for step in self.defined.values() if self.top(table) in self.steps[step].tables}
            waits = frozenset(touching | ({self.filled[table]} if table in self.filled else set()))
            self.add(Step(kind="finish", table=table, after=waits, weight=self.rows[table]))
        for place in views:
            self.fill_view(place, calm=calm)
        for place in sorted((late & seen_from_views) - acting - set(views)):
            self.define(place)
        everything = frozenset(range(len(self.steps)))
        for place in sorted(late & acting):
            self.define(place, after=everything)
        return Order(schema=tuple(e for e in self.entries if e.section == "pre-data"), steps=tuple(self.steps))

    def add(self, step: Step) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def define(self, place: int, *, after: frozenset[int] = frozenset()) -> None:
        """A step for an entry: after the entries it needs, and after the rows of every table it touches."""
        if place in self.defined:
            return
        entry = self.entries[place]
        tables = self.touched(place)
        waits = {self.defined[needed] for needed in entry.after if needed in self.defined}
        waits |= {self.filled[table] for table in tables if table in self.filled}
        weight = max((self.rows.get(table, 0) for table in tables), default=0)
        self.defined[place] = self.add(
            Step(
                kind="define",
                entry=entry,
                after=frozenset(waits) | after,
                tables=tables,
                shared=entry.kind in SHARING,
                weight=weight,
            )
        )

    def fill_view(self, place: int, *, calm: frozenset[int]) -> None:
        """Refresh a materialised view when its tables are complete, after the views it reads."""
        entry = self.entries[place]
        if entry.section == "post-data":
            self.define(place)
        name = TableName(entry.schema, entry.name)
        read = {
            self.filled[TableName(self.entries[needed].schema, self.entries[needed].name)]
            for needed in self.needed_by(place)
            if self.entries[needed].kind == "MATERIALIZED VIEW"
        }
        own = {self.defined[place]} if place in self.defined else set()
        self.filled[name] = self.add(Step(kind="view", table=name, after=calm | frozenset(read | own)))

    def touched(self, place: int) -> frozenset[TableName]:
        """Tables that an entry locks: its own, those it depends on, and those of the entries it depends on."""
        entry = self.entries[place]
        names = [entry.table] if entry.table else []
        tables = {self.top(TableName.parse(name)) for name in names}
        for needed in entry.after:
            other = self.entries[needed]
            if other.kind in {"TABLE", "MATERIALIZED VIEW"}:
                tables.add(self.top(TableName(other.schema, other.name)))
            elif other.section == "post-data" and other.table:
                tables.add(self.top(TableName.parse(other.table)))
        return frozenset(tables)

    def top(self, table: TableName) -> TableName:
        """The partitioned table that a partition's rows come in by; the table itself otherwise."""
        while table in self.root:
            table = self.root[table]
        return table

    def with_dependents(self, places: Iterable[int]) -> set[int]:
        """The entries with all entries that need them."""
        found = set(places)
        for place, entry in enumerate(self.entries):
            if any(needed in found for needed in entry.after):
                found.add(place)
        return found

    def needed_by(self, place: int) -> set[int]:
        """All entries that an entry needs, directly or not."""
        found: set[int] = set()
        left = list(self.entries[place].after)
        while left:
            needed = left.pop()
            if needed not in found:
                found.add(needed)
                left.extend(self.entries[needed].after)
        return found
