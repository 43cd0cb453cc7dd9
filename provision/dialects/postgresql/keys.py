"""Keys for the closure out of PostgreSQL: rows by key, by the server's own equality, with the keys as bound arrays.

A statement is one SELECT in the extended protocol, so a condition out of a recipe cannot end it and begin another, and no
key stands in SQL text, where logs and ``pg_stat_activity`` would show it. COPY takes no parameters; rows come as lines in
COPY's text format instead, which the server joins some thousands at a time. On 400,000 keys and 1.2M rows that took
as long as COPY with literals (3.7 s and 3.3 s, server bound) at a quarter of the client's CPU, and fetching plain rows 5.2 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import polars as pl
from psycopg import sql
from psycopg.adapt import Loader

from provision.dialects.postgresql.comparison import comparisons
from provision.dialects.postgresql.copytext import parse, storage_type
from provision.dialects.postgresql.failures import translated
from provision.dialects.postgresql.read import SYSTEM_COLUMNS
from provision.model.catalog import TableKind
from provision.model.plan import Family, family_of
from provision.ports import KEY, RANK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.abc import Buffer

    from provision.dialects.postgresql.comparison import Comparison
    from provision.model.catalog import Catalog, Column, Table
    from provision.model.graph import Relation
    from provision.model.names import TableName
    from provision.model.plan import Root

BATCH = 50_000  # keys of one statement where an index finds each of them
FEW = 0.25  # above this share of a table's rows a scan beats an index: all keys go at once
MOST_BYTES = 200 << 20  # of the keys of one statement; a value of the server holds 1 GB at most
LINES = 8192  # lines that the server joins into one value

# Types whose text never holds a character that COPY escapes.
_PLAIN = {
    *(Family.INTEGER, Family.BOOLEAN, Family.NUMERIC, Family.FLOAT, Family.DATE, Family.TIME),
    *(Family.TIMESTAMP, Family.INTERVAL, Family.UUID, Family.NETWORK),
}
_NOTHING = sql.SQL("")
_KEYS = sql.Identifier("provision keys")  # a name that no condition of a recipe means
# Literals and quoted names stay as they are; what looks like a parameter in them is none.
_AS_OF = re.compile(
    r"""(?P<literal>[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
        | (?<![:\w]):as_of\b""",
    re.VERBOSE | re.DOTALL,
)
_OPERATOR = re.compile(r"(?P<schema>.+)\.(?P<name>[^.()]+)\(.*\)", re.DOTALL)


_COLLATION = """
select cn.nspname::text, co.collname::text
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
join pg_collation co on co.oid = a.attcollation join pg_namespace cn on cn.oid = co.collnamespace
where n.nspname = %s and c.relname = %s and a.attname = %s
"""


class _Raw(Loader):
    """Text as the bytes that came."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """What a statement says beside its keys."""

    table: Table
    columns: tuple[str, ...]
    where: str | None = None
    equals: tuple[tuple[str, str], ...] = ()
    order_by: str | None = None
    numbered: bool = False
    sample: sql.Composable = field(default_factory=lambda: _NOTHING)


class PostgresKeys:
    """Reads keys inside one transaction; implements `ports.KeyReader`.

    Args:
        connection: with the pinned session settings, inside the snapshot.
        catalog: what the database is made of.
        as_of: what ``:as_of`` in conditions means, as a timestamp's text.
    """

    def __init__(self, connection: psycopg.Connection, catalog: Catalog, *, as_of: str | None = None) -> None:
        self._connection = connection
        self._tables = catalog.by_name
        self._foreign_keys = {(key.child, key.name): key for key in catalog.foreign_keys}
        self._indexed = {(key.child, key.columns) for key in catalog.foreign_keys if key.indexed}
        self._as_of = as_of
        self._comparisons: dict[TableName, Mapping[str, Comparison]] = {}

    def roots(self, root: Root, columns: tuple[str, ...]) -> pl.DataFrame:
        """Rows that meet the root's condition, with `RANK` where it has an order; see `ports.KeyReader`.

        With ``sample: fast`` the rows of random blocks that hold about twice the limit.
        """
        table = self._tables[root.table]
        sample: sql.Composable = _NOTHING
        if root.sample == "fast" and root.limit is not None and table.rows_estimate > 2 * root.limit:
            share = sql.Literal(100.0 * 2 * (root.limit + 1) / table.rows_estimate)
            sample = sql.SQL("tablesample system ({}) repeatable (0)").format(share)
        query = _Query(table=table, columns=columns, where=root.where, order_by=root.order_by, sample=sample)
        return self._fetch(query)

    def every(self, table: TableName, columns: tuple[str, ...]) -> pl.DataFrame:
        """All rows of the table."""
        return self._fetch(_Query(table=self._tables[table], columns=columns))

    def match(
        self,
        table: TableName,
        columns: tuple[str, ...],
        *,
        on: tuple[str, ...],
        keys: pl.DataFrame,
        where: str | None = None,
        equals: tuple[tuple[str, str], ...] = (),
        order_by: str | None = None,
    ) -> pl.DataFrame:
        """Rows whose ``on`` columns equal one of the keys, by the equality of their types; see `ports.KeyReader`."""
        compared = self._compared(table)
        numbered = KEY in keys.columns
        query = _Query(
            table=self._tables[table],
            columns=columns,
            where=where,
            equals=equals,
            order_by=order_by,
            numbered=numbered,
        )
        arrays = {name: _array_type(compared[name], keys.schema[name]) for name in on}
        if len(on) == 1 and not numbered:
            (name,) = on
            condition = sql.SQL("{} {} any (%s::{})").format(
                _column(query.table, name), compared[name].operator, arrays[name]
            )
            return self._fetch_by(query, keys.select(on), condition=condition)
        pairs = [
            sql.SQL("{} {} {}").format(_column(query.table, name), compared[name].operator, _key(place))
            for place, name in enumerate(on)
        ]
        return self._fetch_by(query, keys, joined=pairs, arrays=[arrays[name] for name in on])

    def related(
        self,
        relation: Relation,
        columns: tuple[str, ...],
        *,
        side: Literal["parents", "children"],
        keys: pl.DataFrame,
        where: str | None = None,
        order_by: str | None = None,
    ) -> pl.DataFrame:
        """Rows that the relation's own operators join with the keys, each with its `KEY`; see `ports.KeyReader`."""
        up = side == "parents"
        child, parent = self._compared(relation.child), self._compared(relation.parent)
        operators = self._operators(relation)
        pairs, arrays = [], []
        for place, (name, other) in enumerate(zip(relation.columns, relation.parent_columns, strict=True)):
            mine = _column(self._tables[relation.child], name)
            theirs = _column(self._tables[relation.parent], other)
            collation = self._collation(relation, name, other)
            pairs.append(
                sql.SQL("{} {} {}{}").format(
                    theirs if up else _key(place), operators[place], _key(place) if up else mine, collation
                )
            )
            given = keys.columns[place]
            arrays.append(_array_type(child[name] if up else parent[other], keys.schema[given]))
        query = _Query(
            table=self._tables[relation.parent if up else relation.child],
            columns=columns,
            where=where,
            equals=() if up else tuple((condition.column, condition.value) for condition in relation.when),
            order_by=order_by,
            numbered=True,
        )
        return self._fetch_by(query, keys, joined=pairs, arrays=arrays)

    # -- comparing ---------------------------------------------------------------------------------------------------

    def _compared(self, table: TableName) -> Mapping[str, Comparison]:
        if table not in self._comparisons:
            names = tuple(column.name for column in self._tables[table].columns)
            self._comparisons[table] = comparisons(self._connection, table, (*names, *SYSTEM_COLUMNS))
        return self._comparisons[table]

    def _operators(self, relation: Relation) -> list[sql.Composable]:
        """An operator for each pair of columns, parent on the left: the constraint's own, or one that fits the types."""
        key = None if relation.declared else self._foreign_keys.get((relation.child, relation.name))
        child, parent = self._compared(relation.child), self._compared(relation.parent)
        found: list[sql.Composable] = []
        for place, (name, other) in enumerate(zip(relation.columns, relation.parent_columns, strict=True)):
            written = _OPERATOR.fullmatch(key.operators[place]) if key and place < len(key.operators) else None
            if relation.period and place == len(relation.columns) - 1:
                # A period's parents cover it together; those that overlap it are the ones.
                found.append(sql.SQL("operator(pg_catalog.&&)"))
            elif written:
                schema, symbol = sql.Identifier(written["schema"]), sql.SQL(written["name"])
                found.append(sql.SQL("operator({}.{})").format(schema, symbol))
            elif child[name].type == parent[other].type:
                found.append(parent[other].operator)
            else:
                found.append(sql.SQL("operator(pg_catalog.=)"))
        return found

    def _collation(self, relation: Relation, name: str, other: str) -> sql.Composable:
        """The parent's collation decides, as in the server's own checks; it is named where the child has another."""
        mine = self._tables[relation.child].column(name).collation
        theirs = self._tables[relation.parent].column(other).collation
        if mine is None or theirs is None or mine == theirs:
            return _NOTHING
        parent = relation.parent
        with translated("read the catalog", table=parent, role=self._connection.info.user):
            found = self._connection.execute(_COLLATION, (parent.schema, parent.name, other)).fetchone()
        return sql.SQL(" collate {}").format(sql.Identifier(*found)) if found else _NOTHING

    # -- fetching ----------------------------------------------------------------------------------------------------

    def _fetch_by(
        self,
        query: _Query,
        keys: pl.DataFrame,
        *,
        condition: sql.Composable | None = None,
        joined: Sequence[sql.Composable] = (),
        arrays: Sequence[sql.Composable] = (),
    ) -> pl.DataFrame:
        """Rows by keys, a batch at a time: by a condition on one array, or joined with several."""
        join: sql.Composable = _NOTHING
        if joined:
            types = [*arrays, sql.SQL("pg_catalog.int8[]")] if query.numbered else list(arrays)
            names = [_key_name(place) for place in range(len(types))]
            join = sql.SQL("join unnest({}) as {}({}) on {}").format(
                sql.SQL(", ").join(sql.SQL("%s::{}").format(type_) for type_ in types),
                _KEYS,
                sql.SQL(", ").join(sql.Identifier(name) for name in names),
                sql.SQL(" and ").join(joined),
            )
        keys = keys.sort(keys.columns)
        frames = [
            self._fetch(query, join=join, condition=condition, parameters=[array_text(series) for series in batch])
            for batch in self._batches(query.table, keys)
        ]
        return pl.concat(frames) if frames else pl.DataFrame(schema=_schema(query))

    def _batches(self, table: Table, keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Small batches where an index serves; all at once where each statement would scan the table."""
        names = tuple(name for name in keys.columns if name != KEY)
        leading = {key.columns[0] for key in table.keys if key.plain}
        indexed = names == SYSTEM_COLUMNS or bool(leading & set(names)) or (table.name, names) in self._indexed
        few = table.rows_estimate < 0 or keys.height < FEW * table.rows_estimate
        rows = keys.height
        if indexed and few:
            rows = BATCH
        elif keys.height:
            rows = max(1, int(keys.height * min(1.0, MOST_BYTES / (keys.estimated_size() * 2 + 1))))
        return keys.iter_slices(max(1, rows))

    def _fetch(
        self,
        query: _Query,
        *,
        join: sql.Composable = _NOTHING,
        condition: sql.Composable | None = None,
        parameters: Sequence[str] = (),
    ) -> pl.DataFrame:
        table = query.table
        given = list(parameters)
        conditions = [] if condition is None else [condition]
        for name, value in query.equals:
            compared = self._compared(table.name)[name]
            conditions.append(sql.SQL("{} {} %s::{}").format(_column(table, name), compared.operator, compared.type))
            given.append(value)
        if query.where is not None:
            # On lines of its own, so that a comment at its end closes with it.
            conditions.append(sql.SQL("(\n{}\n)").format(self._user_sql(query.where)))
        fields = [_field(table, name) for name in query.columns]
        if query.order_by is not None:
            fields.append(sql.SQL("dense_rank() over (order by {}\n)").format(self._user_sql(query.order_by)))
        if query.numbered:
            fields.append(_key(len(parameters) - 1))
        statement = sql.SQL(
            "select string_agg(q.line, e'\\n') from ("
            "select concat_ws(e'\\t', {fields}) as line, row_number() over () / {lines} as part"
            " from {only}{table} {sample} {join} {where}) q group by q.part"
        ).format(
            fields=sql.SQL(", ").join(fields),
            lines=sql.Literal(LINES),
            only=sql.SQL("only ") if table.kind is TableKind.TABLE else sql.SQL(""),
            table=_named(table.name.schema, table.name.name),
            sample=query.sample,
            join=join,
            where=sql.SQL("where {}").format(sql.SQL(" and ").join(conditions)) if conditions else sql.SQL(""),
        )
        with (
            translated("read keys", table=table.name, role=self._connection.info.user),
            self._connection.cursor() as cursor,
        ):
            cursor.adapters.register_loader("text", _Raw)
            # Never prepared: a generic plan takes every array for ten keys and loops.
            parts = cursor.execute(statement, given, prepare=False).fetchall()
        lines = b"".join(part + b"\n" for (part,) in parts)
        return parse(lines, _schema(query))

    def _user_sql(self, text: str) -> sql.SQL:
        """A condition or order of a recipe, with ``:as_of`` filled in; ``%`` is doubled, as parameters are bound."""

        def fill(found: re.Match[str]) -> str:
            if found["literal"] is not None or self._as_of is None:
                return found[0]
            return "'" + self._as_of.replace("'", "''") + "'::pg_catalog.timestamptz"

        return sql.SQL(_AS_OF.sub(fill, text).replace("%", "%%"))


def array_text(values: pl.Series) -> str:
    """A column of keys as the text of an array, made without a look at single values."""
    if values.is_empty():
        return "{}"
    if values.dtype != pl.String:
        return "{" + str(values.cast(pl.String).str.join(",").item()) + "}"
    quoted = values.str.replace_many(["\\", '"'], ["\\\\", '\\"'])
    return '{"' + str(quoted.str.join('","').item()) + '"}'


def _schema(query: _Query) -> dict[str, pl.DataType]:
    schema = {name: _storage(query.table, name) for name in query.columns}
    if query.order_by is not None:
        schema[RANK] = pl.Int64()
    if query.numbered:
        schema[KEY] = pl.Int64()
    return schema


def _storage(table: Table, name: str) -> pl.DataType:
    if name in SYSTEM_COLUMNS:
        return pl.Int64() if name == "tableoid" else pl.String()
    stored = storage_type(table.column(name).type)
    return pl.String() if stored == pl.Boolean() else stored


def _column(table: Table, name: str) -> sql.Identifier:
    return _named(table.name.schema, table.name.name, name)


def _named(*parts: str) -> sql.Identifier:
    """A name in a statement with bound parameters, where ``%`` stands for itself only when doubled."""
    return sql.Identifier(*(part.replace("%", "%%") for part in parts))


def _key_name(place: int) -> str:
    return f"provision key {place}"


def _key(place: int) -> sql.Composed:
    return sql.SQL("{}.{}").format(_KEYS, sql.Identifier(_key_name(place)))


def _array_type(comparison: Comparison, dtype: pl.DataType) -> sql.Composable:
    """Integers go as int8 whatever the column, so that a key beyond its range matches nothing instead of failing."""
    if dtype == pl.Int64() and comparison.type in (_INT2, _INT4):
        return sql.SQL("pg_catalog.int8[]")
    return comparison.array


_INT2, _INT4 = sql.Identifier("pg_catalog", "int2"), sql.Identifier("pg_catalog", "int4")


def _field(table: Table, name: str) -> sql.Composable:
    r"""A column as a field of COPY text: what its type prints, escaped where it may need it, ``\N`` for null."""
    column = _column(table, name)
    if name in SYSTEM_COLUMNS:
        return column
    text: sql.Composable = column
    described: Column = table.column(name)
    if family_of(described.type) not in _PLAIN:
        # concat prints char(n) with its blanks, as COPY does; ::text would not. Nondeterministic collations cannot be
        # searched, so the text is taken byte by byte.
        text = sql.SQL('concat({}) collate pg_catalog."C"').format(column)
        for special, escaped in (("\\\\", "\\\\\\\\"), ("\\t", "\\\\t"), ("\\n", "\\\\n"), ("\\r", "\\\\r")):
            text = sql.SQL("replace({}, e'{}', e'{}')").format(text, sql.SQL(special), sql.SQL(escaped))
    if described.not_null:
        return text
    return sql.SQL("case when {} is null then '\\N' else concat({}) end").format(column, text)
