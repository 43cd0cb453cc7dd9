from __future__ import annotations

from dataclasses import replace

import pytest

from provision.model.catalog import TableKind
from provision.model.graph import Condition
from provision.model.location import Location
from provision.model.names import TableName, split_name
from provision.model.plan import Dangling, Root, Rows, TableRule
from provision.model.recipe import Arrow, DeclaredRelation, Recipe, SourceRef, Subset
from provision.stages.plan.rows import RowPlan, plan_rows
from support.catalogs import a_catalog

AT = Location(file="recipes/dev.yaml", line=5, column=7)
SHOP = a_catalog(
    "customers(id int4 pk)",
    "orders(id int4 pk, customer_id int4 -> customers.id, last_invoice int4 null -> invoices.id)",
    "items(order_id int4 pk -> orders.id, product_id int4 -> products.id)",
    "products(id int4 pk)",
    "reviews(id int4 pk, product_id int4 -> products.id)",
    "invoices(id int4 pk)",
    "events(id int4 pk, subject int4 null)",
)


def table(name: str) -> TableName:
    return TableName.parse(name)


def arrow(text: str) -> Arrow:
    child, _, parent = text.partition(" -> ")
    *child_table, child_column = split_name(child)
    *parent_table, parent_column = split_name(parent)
    return Arrow(
        child=table(".".join(child_table)),
        child_columns=(child_column,),
        parent=table(".".join(parent_table)),
        parent_columns=(parent_column,),
        at=AT,
    )


def planned(catalog=SHOP, *, roots: str = "customers", rules: dict[str, str] | None = None, **more) -> RowPlan:
    subset = Subset(
        roots=tuple(Root(table=table(name), at=AT) for name in roots.split()),
        tables=tuple(TableRule(table=table(name), rows=Rows(what), at=AT) for name, what in (rules or {}).items()),
        **more,
    )
    return plan_rows(Recipe(name="dev", source=SourceRef(name="prod"), subset=subset), catalog)


def words(plan: RowPlan) -> dict[str, str]:
    return {str(name): what.value for name, what in plan.rows.items()}


def test_without_a_subset_the_whole_database_is_taken():
    plan = plan_rows(Recipe(name="all", source=SourceRef(name="prod")), SHOP)

    assert set(plan.rows.values()) == {Rows.ALL}


def test_roots_bring_children_and_parents_and_parents_bring_no_children():
    assert words(planned()) == {
        "customers": "related",
        "orders": "related",
        "items": "related",
        "products": "related",
        "invoices": "related",
        "reviews": "unreached",
        "events": "unreached",
    }


def test_an_edge_that_expands_brings_children_of_rows_reached_as_parents():
    plan = planned(expand=(arrow("reviews.product_id -> products.id"),))

    assert plan.rows[table("reviews")] is Rows.RELATED
    assert plan.reasons[table("reviews")] == "child of products"


def test_depth_zero_takes_parents_alone():
    plan = planned(roots="orders", depth=0)

    assert words(plan)["items"] == "unreached"
    assert words(plan)["customers"] == "related"


def test_a_reference_into_an_empty_table_becomes_null_and_holds_no_more():
    plan = planned(rules={"invoices": "empty"})

    assert [str(name) for name in plan.nulled] == ["orders.last_invoice"]
    assert "invoices" not in {relation.parent.name for relation in plan.relations}
    assert plan.findings == ()


def test_a_skipped_table_takes_its_keys_along():
    plan = planned(rules={"invoices": "skip"})

    assert plan.dropped == ("orders_last_invoice_fkey",)
    assert [str(name) for name in plan.nulled] == ["orders.last_invoice"]


@pytest.mark.parametrize("what", ["empty", "skip"])
def test_a_not_null_key_into_a_table_without_rows_is_refused(what):
    (finding,) = planned(rules={"products": what}).findings

    assert finding.code == "PRV208"
    assert "items.product_id -> products.id is NOT NULL" in finding.message
    assert finding.at == AT


def test_a_not_null_key_of_a_table_without_rows_hinders_nobody():
    assert planned(rules={"products": "empty", "items": "empty", "reviews": "skip"}).findings == ()


def test_an_ignored_relation_is_not_followed_and_becomes_null():
    ignore = DeclaredRelation(arrow=arrow("orders.last_invoice -> invoices.id"), ignore=True, at=AT)

    plan = planned(relations=(ignore,))

    assert [relation.arrow for relation in plan.ignored] == ["orders.last_invoice -> invoices.id"]
    assert [str(name) for name in plan.nulled] == ["orders.last_invoice"]
    assert words(plan)["invoices"] == "unreached"


def test_a_relation_that_does_not_exist_cannot_be_ignored():
    ignore = DeclaredRelation(arrow=arrow("events.subject -> customers.id"), ignore=True, at=AT)

    assert [finding.code for finding in planned(relations=(ignore,)).findings] == ["PRV207"]


def test_a_declared_relation_is_followed_and_keeps_dangling_values_unless_told_otherwise():
    declared = DeclaredRelation(arrow=arrow("events.subject -> customers.id"), at=AT)

    plan = planned(relations=(declared,))
    (edge,) = [edge for edge in plan.spec.edges if edge.relation.declared]

    assert words(plan)["events"] == "related"
    assert edge.dangling is Dangling.KEEP
    assert {edge.dangling for edge in plan.spec.edges if not edge.relation.declared} == {Dangling.FAIL}


def test_unknown_tables_and_columns_are_all_reported_with_hints():
    declared = DeclaredRelation(arrow=arrow("events.sbject -> customer.id"), at=AT)

    plan = planned(roots="costumers", rules={"order": "all"}, relations=(declared,))

    assert [(f.code, f.fix) for f in plan.findings] == [
        ("PRV201", "did you mean orders?"),
        ("PRV201", "did you mean customers?"),
        ("PRV202", "did you mean subject?"),
        ("PRV201", "did you mean customers?"),
    ]


def test_a_foreign_table_is_left_out_and_noted():
    catalog = replace(
        SHOP, tables=tuple(replace(t, kind=TableKind.FOREIGN) if t.name.name == "events" else t for t in SHOP.tables)
    )

    plan = planned(catalog)

    assert plan.rows[table("events")] is Rows.SKIP
    assert "events is a foreign table" in plan.notes[0]


def test_what_the_role_may_not_read_is_a_mistake_unless_it_is_not_wanted():
    def hidden(t):
        columns = tuple(replace(c, readable=False) for c in t.columns)
        return replace(t, readable=False, columns=columns) if t.name.name == "reviews" else t

    catalog = replace(SHOP, tables=tuple(hidden(t) for t in SHOP.tables))

    assert [f.code for f in planned(catalog).findings] == ["PRV205"]
    assert planned(catalog, rules={"reviews": "skip"}).findings == ()


def test_what_we_left_in_a_target_is_no_part_of_a_snapshot():
    catalog = replace(
        SHOP, tables=(*SHOP.tables, replace(SHOP.tables[0], name=TableName("provision", "snapshot"), keys=()))
    )

    assert TableName("provision", "snapshot") not in planned(catalog).rows


def test_an_include_that_does_not_fit_the_key_is_a_mistake():
    subset = Subset(roots=(Root(table=table("customers"), include=(("1", "2"),), at=AT),))

    plan = plan_rows(Recipe(name="dev", source=SourceRef(name="prod"), subset=subset), SHOP)

    assert [f.code for f in plan.findings] == ["PRV204"]


def test_a_table_without_a_column_of_its_own_cannot_be_taken():
    catalog = a_catalog("flags(always int4 generated)")
    recipe = Recipe(name="all", source=SourceRef(name="prod"))

    assert [f.code for f in plan_rows(recipe, catalog).findings] == ["PRV210"]


def test_a_declared_relation_uses_an_index_over_its_condition_and_columns():
    catalog = a_catalog("posts(id int4 pk)", "comments(kind text, subject int4)")
    comments = replace(catalog.tables[0], lookups=(("kind", "subject"),))
    catalog = replace(catalog, tables=(comments, catalog.tables[1]))

    def indexed(*when: Condition) -> bool:
        declared = DeclaredRelation(arrow=arrow("comments.subject -> posts.id"), when=when, at=AT)
        (edge,) = planned(catalog, roots="posts", relations=(declared,)).spec.edges
        return edge.relation.indexed

    assert indexed(Condition(column="kind", value="Post"))
    assert not indexed()


def test_row_level_security_that_hides_rows_from_the_role_is_a_mistake():
    def secured(t):
        return replace(t, row_security=True) if t.name.name == "reviews" else t

    catalog = replace(SHOP, tables=tuple(secured(t) for t in SHOP.tables))

    assert [f.code for f in planned(catalog).findings] == ["PRV206"]


def test_a_root_cannot_be_said_to_have_no_rows():
    assert [f.code for f in planned(rules={"customers": "empty"}).findings] == ["PRV203"]


def test_only_relations_of_the_run_can_expand():
    plan = planned(expand=(arrow("events.subject -> customers.id"),))

    assert [f.code for f in plan.findings] == ["PRV209"]


def test_dangling_references_of_a_table_without_a_key_cannot_become_null():
    catalog = a_catalog("posts(id int4 pk)", "clicks(post int4 null)")

    def codes(dangling: Dangling) -> list[str]:
        declared = DeclaredRelation(arrow=arrow("clicks.post -> posts.id"), dangling=dangling, at=AT)
        return [f.code for f in planned(catalog, roots="posts", relations=(declared,)).findings]

    assert codes(Dangling.NULLIFY) == ["PRV218"]
    assert codes(Dangling.DROP) == []
