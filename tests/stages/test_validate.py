from __future__ import annotations

from dataclasses import replace

from provision.model.evidence import ColumnEvidence
from provision.model.names import ColumnName, TableName
from provision.model.plan import ClosureSpec, Dangling, Edge, Plan, Root, Strength
from provision.model.policy import ColumnPattern
from provision.model.recipe import CheckRule
from provision.model.report import CheckResult, Severity, Status
from provision.registry import mask
from provision.stages.validate import contaminated, failed, leak_checks, reference_checks, root_checks, row_count_checks
from support.catalogs import a_catalog, relations_of

CATALOG = a_catalog("customers(id int4 pk)", "orders(id int4 pk, customer_id int4 -> customers.id)")
CITY = ColumnName(TableName("public", "customers"), "city")


def a_plan() -> Plan:
    return Plan(
        recipe="dev",
        catalog=CATALOG,
        tables=(),
        relations=relations_of(CATALOG),
        closure=ClosureSpec(roots=(Root(table=TableName("public", "customers")),)),
    )


def test_a_root_without_rows_fails():
    customers = TableName("public", "customers")

    (empty,) = root_checks(a_plan(), {})
    (full,) = root_checks(a_plan(), {customers: 3})

    assert (empty.status, full.status) == (Status.FAIL, Status.PASS)
    assert empty.findings[0].code == "PRV702"
    assert contaminated([empty]) is None
    assert failed([empty]).exit_code == 3


def test_references_that_point_at_no_row_are_told_where_they_are_kept():
    (relation,) = relations_of(CATALOG)

    def judged(dangling: Dangling, count: int) -> CheckResult:
        edge = Edge(relation=relation, dangling=dangling)
        plan = replace(a_plan(), closure=ClosureSpec(edges=(edge,)))
        (result,) = reference_checks(plan, {relation.arrow: count})
        return result

    assert judged(Dangling.KEEP, 0).status is Status.PASS
    assert judged(Dangling.KEEP, 2).status is Status.WARN
    assert "2 references that point at no row were kept" in judged(Dangling.KEEP, 2).reason
    assert judged(Dangling.NULLIFY, 2).status is Status.PASS
    assert failed([judged(Dangling.KEEP, 2)]) is None


def test_a_mask_that_picks_from_a_list_may_meet_a_value_by_chance():
    pick = mask(name="pick", strength=Strength.LOSSY, accepts=set(), chance=True)(lambda values: values)
    name = mask(name="name", strength=Strength.LOSSY, accepts=set())(lambda values: values)
    by_chance = ColumnEvidence(column=CITY, mask="pick", rows=10, survivors=2)
    leaking = ColumnEvidence(column=CITY, mask="name", rows=10, survivors=2)

    assert contaminated(leak_checks({CITY: by_chance}, {"pick": pick})) is None
    assert contaminated(leak_checks({CITY: leaking}, {"name": name})) is not None


def test_warnings_do_not_gate():
    warned = CheckResult(check="x", status=Status.FAIL, severity=Severity.WARN)

    assert failed([warned]) is None
    assert failed([CheckResult(check="y", status=Status.FAIL)]).code == "PRV704"


def test_row_counts_are_held_to_their_bounds_with_the_severity_asked_for():
    customers = TableName("public", "customers")

    def judged(count: int, **more) -> CheckResult:
        rule = CheckRule(
            kind="row_count",
            on=(ColumnPattern.parse("customers.*"),),
            parameters=(("max", 20), ("min", 10)),
            **more,
        )
        (result,) = row_count_checks([rule], {customers: count, TableName("public", "orders"): 0})
        return result

    assert judged(10).status is Status.PASS
    assert judged(20).status is Status.PASS
    assert judged(9).status is Status.FAIL
    assert judged(21).status is Status.FAIL
    assert judged(9, severity=Severity.WARN).status is Status.WARN
    assert judged(9).findings[0].code == "PRV705"
