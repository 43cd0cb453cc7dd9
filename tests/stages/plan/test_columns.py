from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from provision.model.catalog import Key
from provision.model.location import Location
from provision.model.names import ColumnName, TableName
from provision.model.plan import Decision, Family, MaskUse, Origin, Rows, Strength, Treatment
from provision.registry import MaskSpec, mask
from provision.stages.plan.columns import Columns, Groups, decision_needed, plan_columns
from support.catalogs import a_catalog, relations_of

AT = Location(file="policies/pii.yaml", line=7, column=3)


@mask(name="pick", strength=Strength.LOSSY, accepts={Family.TEXT})
def pick(values: pl.Series, *, key: object) -> pl.Series:
    """Pick a word."""
    return values


@mask(
    name="code",
    strength=Strength.INJECTIVE,
    accepts={Family.TEXT},
    refuses=lambda facts, **_: "it needs 20 characters" if (facts.max_chars or 99) < 20 else None,
)
def code(values: pl.Series, *, key: object) -> pl.Series:
    """Hash to a code."""
    return values


@mask(name="permute", strength=Strength.BIJECTIVE, accepts={Family.INTEGER})
def permute(values: pl.Series, *, key: object) -> pl.Series:
    """Permute integers."""
    return values


@mask(name="nullify", strength=Strength.NULLIFY, accepts=set(Family))
def nullify(values: pl.Series) -> pl.Series:
    """Make it null."""
    return values


MASKS: dict[str, MaskSpec] = {spec.name: spec for spec in (pick, code, permute, nullify)}


def column(name: str) -> ColumnName:
    table, _, last = name.partition(".")
    return ColumnName(TableName.parse(table), last)


def treated(**by_column: str) -> dict[ColumnName, Treatment]:
    return {
        column(name.replace("__", ".")): Treatment(
            use=None if mask_name == "keep" else MaskUse(mask=mask_name),
            strength=Strength.KEEP if mask_name == "keep" else MASKS[mask_name].strength,
            decision=Decision(rule="policy pii", at=AT),
        )
        for name, mask_name in by_column.items()
    }


def planned(catalog, treatments, *, nulled=None) -> Columns:
    relations = relations_of(catalog)
    rows = {table.name: Rows.RELATED for table in catalog.tables}
    return plan_columns(catalog, rows, relations=relations, nulled=nulled or {}, treatments=treatments, masks=MASKS)


def plan_of(columns: Columns, name: str):
    wanted = column(name)
    return next(plan for plan in columns.plans[wanted.table] if plan.column.name == wanted.column)


def test_a_mask_on_a_key_reaches_every_column_that_references_it_with_one_domain():
    catalog = a_catalog(
        "customers(id int4 pk)",
        "orders(id int4 pk, customer_id int4 -> customers.id)",
        "notes(order_customer int4 -> orders.customer_id)",
    )

    columns = planned(catalog, treated(customers__id="permute", orders__id="keep"))

    uses = {
        name: plan_of(columns, name).mask for name in ("customers.id", "orders.customer_id", "notes.order_customer")
    }
    assert {use.domain for use in uses.values()} == {"customers.id"}
    assert {use.mask for use in uses.values()} == {"permute"}
    assert plan_of(columns, "orders.customer_id").origin is Origin.FOLLOWS
    assert plan_of(columns, "orders.id").mask is None


def test_the_narrowest_integer_of_a_group_bounds_the_mask_of_all():
    catalog = a_catalog("customers(id int8 pk)", "orders(id int4 pk, customer_id int2 -> customers.id)")

    columns = planned(catalog, treated(customers__id="permute", orders__id="keep"))

    assert plan_of(columns, "customers.id").facts.type == "int2"
    assert plan_of(columns, "orders.customer_id").facts.type == "int2"


def test_a_reference_to_a_text_key_is_masked_within_the_shortest_length():
    catalog = a_catalog("tags(name varchar(40) pk)", "posts(id int4 pk, tag varchar(10) null -> tags.name)")

    columns = planned(catalog, treated(tags__name="code", posts__id="keep"))

    assert [finding.code for finding in columns.findings] == ["PRV217", "PRV217"]
    assert "20 characters" in columns.findings[0].message
    assert columns.findings[0].at == AT


@pytest.mark.parametrize("unique", ["customers(id int4 pk, email text unique)", "customers(email text pk)"])
def test_a_lossy_mask_on_a_unique_column_is_refused_and_names_what_fits(unique):
    columns = planned(a_catalog(unique), treated(customers__email="pick", customers__id="keep"))

    (finding,) = columns.findings
    assert finding.code == "PRV212"
    assert "code" in finding.fix
    assert "pick" not in finding.fix


def test_a_column_of_a_unique_expression_index_must_stay_unique():
    catalog = a_catalog("customers(id int4 pk, email text)")
    table = catalog.tables[0]
    index = Key(name="lower_email", columns=(), expressions=("lower(email)",), constraint=False)
    catalog = replace(catalog, tables=(replace(table, keys=(*table.keys, index)),))

    columns = planned(catalog, treated(customers__email="pick", customers__id="keep"))

    assert [finding.code for finding in columns.findings] == ["PRV212"]
    assert "lower_email" in columns.findings[0].message


def test_nullify_on_a_not_null_column_is_refused_before_a_row_moves():
    columns = planned(a_catalog("notes(body text)"), treated(notes__body="nullify"))

    assert [finding.code for finding in columns.findings] == ["PRV213"]


def test_a_nullable_unique_column_may_be_nullified():
    columns = planned(
        a_catalog("notes(id int4 pk, code text null unique)"), treated(notes__code="nullify", notes__id="keep")
    )

    assert columns.findings == ()


def test_a_mask_for_another_family_is_refused():
    columns = planned(a_catalog("notes(size int4)"), treated(notes__size="pick"))

    assert [finding.code for finding in columns.findings] == ["PRV211"]


def test_references_across_families_cannot_be_masked_but_can_be_kept():
    catalog = a_catalog("customers(id int4 pk)", "orders(id int4 pk, customer numeric -> customers.id)")

    masked = planned(catalog, treated(customers__id="permute", orders__id="keep"))
    kept = planned(catalog, treated(customers__id="keep", orders__id="keep"))

    assert "PRV214" in {finding.code for finding in masked.findings}
    assert kept.findings == ()


def test_a_cut_relation_leaves_nulls():
    catalog = a_catalog("invoices(id int4 pk)", "orders(id int4 pk, last_invoice int4 null -> invoices.id)")
    (relation,) = relations_of(catalog)

    columns = planned(
        catalog, treated(invoices__id="keep", orders__id="keep"), nulled={column("orders.last_invoice"): relation}
    )

    assert plan_of(columns, "orders.last_invoice").origin is Origin.NULLED


def test_a_generated_column_is_left_to_the_server():
    columns = planned(a_catalog("orders(id int4 pk, total int4 generated)"), treated(orders__id="keep"))

    assert plan_of(columns, "orders.total").origin is Origin.DERIVED


def test_columns_that_reference_each_other_in_a_circle_form_one_group():
    catalog = a_catalog("a(id int4 pk -> b.id)", "b(id int4 pk -> a.id)")

    columns = planned(catalog, treated(a__id="permute"))

    assert plan_of(columns, "b.id").mask == plan_of(columns, "a.id").mask


def test_foreign_key_and_generated_columns_need_no_decision_but_a_self_referenced_key_does():
    catalog = a_catalog("staff(id int4 pk, boss int4 null -> staff.id, full_name text, initials text generated)")

    needed = decision_needed(catalog.tables[0], relations_of(catalog))

    assert [c.name for c in needed] == ["id", "full_name"]


def test_groups_join_all_columns_tied_by_any_chain_of_references():
    catalog = a_catalog("a(id int4 pk)", "b(id int4 pk -> a.id)", "c(id int4 pk -> b.id)", "d(id int4 pk)")

    groups = Groups.of(relations_of(catalog))

    assert [str(member) for member in groups.around(column("b.id"))] == ["a.id", "b.id", "c.id"]
    assert groups.around(column("d.id")) == (column("d.id"),)


def test_a_partition_key_is_not_masked():
    catalog = a_catalog("events(id int4 pk, kind text)")
    catalog = replace(catalog, tables=(replace(catalog.tables[0], partition_key=("kind",)),))

    columns = planned(catalog, treated(events__kind="pick", events__id="keep"))

    assert [finding.code for finding in columns.findings] == ["PRV215"]


def test_a_reference_decided_by_name_is_heard_and_a_guessed_class_is_not():
    catalog = a_catalog("tags(name text pk)", "posts(id int4 pk, tag text null -> tags.name)")
    guessed = treated(tags__name="keep", posts__tag="code", posts__id="keep")
    named = {name: replace(said, named=True) for name, said in guessed.items()}

    assert plan_of(planned(catalog, guessed), "tags.name").mask is None
    assert plan_of(planned(catalog, named), "tags.name").mask.mask == "code"


def test_one_reference_may_be_nullified_by_name_without_the_others():
    catalog = a_catalog(
        "users(id int4 pk)", "posts(id int4 pk, author int4 null -> users.id, editor int4 null -> users.id)"
    )
    said = treated(users__id="permute", posts__id="keep", posts__editor="nullify")
    said = {name: replace(treatment, named=True) for name, treatment in said.items()}

    columns = planned(catalog, said)

    assert plan_of(columns, "posts.editor").mask.mask == "nullify"
    assert plan_of(columns, "posts.author").mask.mask == "permute"
