"""The shape of ``fabricate:``: rows that are made up, by a model or by generators for each column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.model.recipe import FabricateRule, GeneratorEntry, ModelEntry, PerParent
from provision.stages.recipe.fields import ByForm, Field, Fields, ListOf, MapOf
from provision.stages.recipe.nodes import Entries, Node, Problems, Scalar
from provision.stages.recipe.shapes import Anything, Json, Live, Text, Whole, expected, words_of
from provision.stages.recipe.sql import SQL
from provision.stages.recipe.words import BARE_COLUMN, RANGE, TABLE

if TYPE_CHECKING:
    from provision.model.location import Location
    from provision.stages.recipe.fields import Got

Used = tuple[str, tuple[tuple[str, object], ...], "Location"]


class Use:
    """A name, or a mapping with ``use:`` and parameters whose form the plug-in knows."""

    def __init__(self, what: str) -> None:
        self.what = what

    def read(self, node: Node, problems: Problems) -> Used:
        """The name, its parameters sorted by name, and the place."""
        if isinstance(node, Scalar):
            return Text(f"the name of {self.what}").read(node, problems), (), node.at
        if not isinstance(node, Entries):
            raise expected(f"the name of {self.what}, or a mapping with use", node, problems)
        use = node.get("use")
        if use is None:
            raise problems.add("PRV111", f"{self.what} needs use", at=node.at, fix="add use: NAME")
        name = Text(f"the name of {self.what}").read(use, problems)
        own = {key.text: Anything().read(value, problems) for key, value in node.entries if key.text != "use"}
        return name, tuple(sorted(own.items())), node.at

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A string, or an object with use."""
        mapping = {"type": "object", "properties": {"use": {"type": "string"}}, "required": ["use"]}
        return {"anyOf": [{"type": "string", "minLength": 1}, mapping]}


class Children:
    """How many children a parent gets: ``1..8``, a number, or ``learned``."""

    what = "a range such as 1..8, or learned"

    def read(self, node: Node, problems: Problems) -> tuple[int | None, int | None]:
        """Least and most; both None where they are learned."""
        if isinstance(node, Scalar) and node.value == "learned":
            return None, None
        return RANGE.read(node, problems)

    def schema(self, live: Live) -> Json:
        """The word, or a range."""
        return {"anyOf": [{"const": "learned"}, RANGE.schema(live)]}


PER_PARENT = ByForm(
    "a mapping of parents to ranges, or learned",
    scalar=words_of("learned"),
    entries=MapOf(TABLE, Children(), least=1),
)


def _rule(got: Got, problems: Problems) -> FabricateRule:
    per_parent = got.get("per_parent", ())
    learned = per_parent == "learned"
    model: Used | None = got.get("model")
    columns: tuple[tuple[str, Used, Location], ...] = got.get("columns", ())
    if got.has("rows") and got["rows"] == 0:
        raise problems.add("PRV114", "no rows are made", at=got.place("rows"), fix="write tables: {…: empty} in subset")
    return FabricateRule(
        table=got["table"],
        rows=got.get("rows"),
        add=got.get("add"),
        learned=learned,
        per_parent=()
        if learned
        else tuple(PerParent(parent=p, least=least, most=most, at=at) for p, (least, most), at in per_parent),
        model=None if model is None else ModelEntry(use=model[0], parameters=model[1], at=model[2]),
        columns=tuple(
            GeneratorEntry(column=column, use=used[0], parameters=used[1], at=used[2]) for column, used, _ in columns
        ),
        rules=got.get("rules", ()),
        at=got.place("table"),
    )


FABRICATE = ListOf(
    Fields(
        "a table to fabricate",
        _rule,
        {
            "table": Field(TABLE, "The table whose rows are made up.", required=True),
            "rows": Field(Whole(), "So many made-up rows replace the table's rows."),
            "add": Field(Whole(least=1), "So many made-up rows come on top of the table's rows."),
            "per_parent": Field(
                PER_PARENT, "Made-up children of each parent, on top of real ones: {customers: 1..8}, or learned."
            ),
            "model": Field(Use("a model"), "What makes the rows: sdv.gaussian_copula, copula, rules."),
            "columns": Field(
                MapOf(BARE_COLUMN, Use("a generator")), "Columns that a generator makes instead of the model."
            ),
            "rules": Field(ListOf(SQL), "Conditions in SQL that every made-up row meets."),
        },
        exactly_one=("rows", "add", "per_parent"),
    )
)
