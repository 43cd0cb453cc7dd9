"""The shape of ``subset:``: roots, what is followed, tables by name, relations that the database does not declare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from provision.model.graph import Condition
from provision.model.plan import Dangling, Root, Rows, TableRule
from provision.model.recipe import Arrow, DeclaredRelation, Subset
from provision.stages.recipe.fields import ByForm, ByKey, Field, Fields, ListOf, MapOf
from provision.stages.recipe.nodes import Node, Problems, Scalar
from provision.stages.recipe.shapes import Json, Live, Text, Whole, Word, expected, words_of
from provision.stages.recipe.sql import SQL
from provision.stages.recipe.words import ARROW, BARE_COLUMN, SIDE, TABLE, WHEN

if TYPE_CHECKING:
    from provision.model.location import Location
    from provision.model.names import TableName
    from provision.stages.recipe.fields import Got

MAX_DEPTH = 1_000
ROWS = Word({rows.value: rows for rows in (Rows.ALL, Rows.RELATED, Rows.EMPTY, Rows.SKIP)})


class KeyValue(Text):
    """A value of a key column, as text; numbers are taken as they are written."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("a key value")

    def read(self, node: Node, problems: Problems) -> str:
        """The value's text."""
        if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
            raise expected("a key value: a number, or text in quotes", node, problems)
        return node.text

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A string or a number."""
        return {"type": ["string", "number"]}


class Include:
    """One included row: the value of a key of one column, or a list of the values of a composite key."""

    what = "a key value, or a list for a composite key"

    def read(self, node: Node, problems: Problems) -> tuple[tuple[str, ...], Location]:
        """Key values with their place."""
        return ListOf(KeyValue(), lone=True, least=1).read(node, problems), node.at

    def schema(self, live: Live) -> Json:
        """A value or a list."""
        return ListOf(KeyValue(), lone=True, least=1).schema(live)


class Depth:
    """How far children are followed: ``all``, ``skip`` or a number of levels."""

    what = "all, skip or a number of levels"

    def read(self, node: Node, problems: Problems) -> int | None:
        """The number of levels; None for all."""
        if isinstance(node, Scalar) and isinstance(node.value, int) and not isinstance(node.value, bool):
            return Whole(least=0, most=MAX_DEPTH).read(node, problems)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return {"all": None, "skip": 0}[words_of("all", "skip").read(node, problems)]
        raise expected(self.what, node, problems)

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A word or an integer."""
        return {"anyOf": [{"enum": ["all", "skip"]}, {"type": "integer", "minimum": 0, "maximum": MAX_DEPTH}]}


def _root(got: Got, problems: Problems) -> Root:
    include = got.get("include", ())
    if got.has("order_by") and not got.has("limit"):
        problems.add("PRV114", "order_by without limit takes all rows", at=got.place("order_by"), fix="add limit: N")
    return Root(
        table=got["table"],
        where=got.get("where"),
        limit=got.get("limit"),
        order_by=got.get("order_by"),
        include=tuple(values for values, _ in include),
        sample=got.get("sample", "stable"),
        at=got.place("table"),
        where_at=got.place("where"),
        include_at=tuple(at for _, at in include),
    )


ROOT = Fields(
    "a root",
    _root,
    {
        "table": Field(TABLE, "Where the subset starts.", required=True),
        "where": Field(SQL, "Condition in SQL over the table; may use :as_of, the time of the snapshot."),
        "limit": Field(Whole(), "At most so many rows: those with the smallest public hash of their key, stable from run to run."),
        "order_by": Field(SQL, "Order in SQL; with limit the first rows are taken instead."),
        "include": Field(ListOf(Include()), "Keys of rows that are taken on top of limit; a missing one is an error."),
        "sample": Field(words_of("stable", "fast"), "fast: the server's TABLESAMPLE, another sample in every run."),
    },
)  # fmt: skip


def _rule(got: Got, problems: Problems) -> TableRule:
    if got.has("order_by") and not got.has("limit"):
        problems.add("PRV114", "order_by without limit takes all rows", at=got.place("order_by"), fix="add limit: N")
    return TableRule(
        table=cast("TableName", None),  # the key of the mapping, put in by `_tables`
        rows=got.get("rows", Rows.RELATED),
        where=got.get("where"),
        limit=got.get("limit"),
        order_by=got.get("order_by"),
        children=got.get("children"),
        at=got.at,
        where_at=got.place("where"),
    )


class RowsAlone:
    """A word under ``tables``: which rows of the table are taken."""

    what = ROWS.what

    def read(self, node: Node, problems: Problems) -> TableRule:
        """The rule without its table."""
        return TableRule(table=cast("TableName", None), rows=ROWS.read(node, problems), at=node.at)

    def schema(self, live: Live) -> Json:
        """The words."""
        return ROWS.schema(live)


RULE = ByForm(
    f"{ROWS.what}, or a mapping",
    scalar=RowsAlone(),
    entries=Fields(
        "a table's rule",
        _rule,
        {
            "rows": Field(ROWS, "Which rows are taken; related unless said otherwise."),
            "where": Field(SQL, "Condition on rows that come as children; rows that others point at always come."),
            "limit": Field(Whole(), "At most so many children of each parent."),
            "order_by": Field(SQL, "Order in SQL; with limit the first children of each parent are taken."),
            "children": Field(Word({"all": True, "skip": False}), "Whether rows of this table bring their children."),
        },
    ),
)


class Whens:
    """The condition of a relation: ``column = 'text'``, or a mapping of columns to values."""

    what = "a condition: column = 'text', or a mapping"

    def __init__(self) -> None:
        self.mapping = MapOf(BARE_COLUMN, KeyValue(), self.what, least=1)

    def read(self, node: Node, problems: Problems) -> tuple[Condition, ...]:
        """The conditions, all of which must hold."""
        if isinstance(node, Scalar):
            return WHEN.read(node, problems)
        found = self.mapping.read(node, problems)
        return tuple(Condition(column=column, value=value) for column, value, _ in found)

    def schema(self, live: Live) -> Json:
        """A string or an object."""
        return {"anyOf": [WHEN.schema(live), self.mapping.schema(live)]}


def _relation(got: Got, problems: Problems) -> DeclaredRelation:
    (child, columns), (parent, parent_columns) = got["from"], got["to"]
    if len(columns) != len(parent_columns):
        message = f"{len(columns)} columns point at {len(parent_columns)}"
        raise problems.add("PRV116", message, at=got.place("to"), fix="name as many columns on each side, in one order")
    arrow = Arrow(
        child=child,
        child_columns=columns,
        parent=parent,
        parent_columns=parent_columns,
        at=got.at,
        child_at=got.place("from"),
        parent_at=got.place("to"),
    )
    return DeclaredRelation(
        arrow=arrow, when=got.get("when", ()), dangling=got.get("dangling"), at=got.at, when_at=got.place("when")
    )


class RelationArrow:
    """A relation as an arrow alone."""

    what = "an arrow, child.column -> parent.column"

    def read(self, node: Node, problems: Problems) -> DeclaredRelation:
        """The relation."""
        return DeclaredRelation(arrow=ARROW.read(node, problems), at=node.at)

    def schema(self, live: Live) -> Json:
        """A string."""
        return ARROW.schema(live)


RELATION = ByForm(
    "an arrow, or a mapping with from and to, or with ignore",
    scalar=RelationArrow(),
    entries=ByKey(
        "a relation",
        {
            "from": (
                declared := Fields(
                    "a relation",
                    _relation,
                    {
                        "from": Field(SIDE, "The child's columns: table.column or table.(x, y).", required=True),
                        "to": Field(SIDE, "The parent's columns, in the same order.", required=True),
                        "when": Field(Whens(), "Rows of the child for which it holds: subject_type = 'Post'."),
                        "dangling": Field(
                            Word({dangling.value: dangling for dangling in Dangling}),
                            "What becomes of values that point at no row.",
                        ),
                    },
                )
            ),
            "to": declared,
            "ignore": Fields(
                "an ignored relation",
                lambda got, _: DeclaredRelation(arrow=got["ignore"], ignore=True, at=got.at),
                {"ignore": Field(ARROW, "Not followed; the child columns become null.", required=True)},
            ),
        },
    ),
)

FOLLOW = Fields(
    "follow",
    lambda got, _: got.get("children"),
    {
        "parents": Field(words_of("all"), "Rows that are pointed at always come: every reference must hold."),
        "children": Field(
            Depth(), "Whether roots bring the rows that point at them: all, skip, or levels from a root."
        ),
    },
)


def _subset(got: Got, problems: Problems) -> Subset:
    tables: tuple[tuple[TableName, TableRule, Location], ...] = got.get("tables", ())
    if got.get("default", Rows.RELATED) is Rows.RELATED and not got.get("roots") and not _yields(tables):
        fix = "add roots:, or write default: all"
        problems.add("PRV111", "nothing is taken: no root, and no table that is taken whole", at=got.at, fix=fix)
    return Subset(
        default=got.get("default", Rows.RELATED),
        roots=got.get("roots", ()),
        depth=got.get("follow"),
        tables=tuple(replace(rule, table=table, at=at) for table, rule, at in tables),
        relations=got.get("relations", ()),
        expand=got.get("expand", ()),
        max_rows=got.get("max_rows"),
        at=got.at,
    )


def _yields(tables: tuple[tuple[TableName, TableRule, Location], ...]) -> bool:
    return any(rule.rows is Rows.ALL for _, rule, _ in tables)


SUBSET = Fields(
    "subset",
    _subset,
    {
        "default": Field(ROWS, "Rows of tables that are not named below: related unless said otherwise."),
        "roots": Field(ListOf(ROOT), "Row sets where the subset starts."),
        "follow": Field(FOLLOW, "How far relations are followed from the roots."),
        "tables": Field(MapOf(TABLE, RULE), "Tables by name: all, related, empty, skip, or a mapping."),
        "relations": Field(ListOf(RELATION), "Relations that the database does not declare, or that are not followed."),
        "expand": Field(
            ListOf(ARROW), "Relations by which rows that were reached as parents bring their children too."
        ),
        "max_rows": Field(Whole(least=1), "The run is refused above so many rows, with the plan that explains them."),
    },
)
