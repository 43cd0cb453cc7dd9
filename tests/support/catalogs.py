"""Catalogs drawn in a line or two, for tests that need no server.

>>> catalog = a_catalog("customers(id int4 pk, email varchar(80) unique)", "orders(id int4 pk, customer_id int4 -> customers.id)")

A column is ``name type[(n)] [pk] [unique] [null] [-> table.column]``; columns are NOT NULL unless they say ``null``.
"""

from __future__ import annotations

import re

from provision.model.catalog import Catalog, Column, ColumnType, ForeignKey, Generated, Key, Table
from provision.model.graph import Relation
from provision.model.names import TableName

_TABLE = re.compile(r"^(\w+)\((.*)\)$", re.DOTALL)
_COLUMN = re.compile(r"^(\w+) (\w+)(?:\((\d+)\))?(.*)$")


def a_catalog(*tables: str) -> Catalog:
    """A catalog of the drawn tables."""
    made: list[Table] = []
    keys: list[ForeignKey] = []
    for text in tables:
        table, references = _table(text)
        made.append(table)
        keys.extend(references)
    made.sort(key=lambda table: table.name)
    return Catalog(
        dialect="postgresql", server_version=180000, database="shop", tables=tuple(made), foreign_keys=tuple(keys)
    )


def relations_of(catalog: Catalog) -> tuple[Relation, ...]:
    """The catalog's foreign keys as relations."""
    return tuple(
        Relation(
            name=key.name,
            child=key.child,
            columns=key.columns,
            parent=key.parent,
            parent_columns=key.parent_columns,
            indexed=key.indexed,
            nullable=not any(catalog.table(key.child).column(name).not_null for name in key.columns),
        )
        for key in catalog.foreign_keys
    )


def _table(text: str) -> tuple[Table, list[ForeignKey]]:
    match = _TABLE.match(text.strip())
    assert match, text
    name = TableName.parse(match[1])
    columns: list[Column] = []
    keys: list[Key] = []
    references: list[ForeignKey] = []
    primary: list[str] = []
    for position, part in enumerate(re.split(r",\s*(?![^()]*\))", match[2]), start=1):
        drawn = _COLUMN.match(part.strip())
        assert drawn, part
        column, type_name, length, rest = drawn[1], drawn[2], drawn[3], drawn[4]
        rest, _, arrow = rest.partition("->")
        words = rest.split()
        sql = f"{type_name}({length})" if length else type_name
        columns.append(
            Column(
                name=column,
                position=position,
                type=ColumnType(sql=sql, name=type_name, max_chars=int(length) if length else None),
                not_null="null" not in words,
                generated=Generated.STORED if "generated" in words else Generated.NO,
            )
        )
        if "pk" in words:
            primary.append(column)
        if "unique" in words:
            keys.append(Key(name=f"{name.name}_{column}_key", columns=(column,)))
        if arrow:
            parent, parent_column = arrow.strip().rsplit(".", 1)
            references.append(
                ForeignKey(
                    name=f"{name.name}_{column}_fkey",
                    child=name,
                    columns=(column,),
                    parent=TableName.parse(parent),
                    parent_columns=(parent_column,),
                )
            )
    if primary:
        keys.insert(0, Key(name=f"{name.name}_pkey", columns=tuple(primary), primary=True))
    return Table(name=name, columns=tuple(columns), keys=tuple(keys)), references
