from __future__ import annotations

from provision.model.load import LoadReport, TargetStatus, Touched
from provision.model.names import TableName
from provision.model.plan import Rows
from provision.model.report import CheckResult, Severity, Status
from provision.model.run import RunReport, TableOutcome
from provision.reports import json, terminal

CUSTOMERS = TableName("public", "customers")
REPORT = RunReport(
    recipe="dev",
    snapshot="ab" * 32,
    content="cd" * 32,
    unchanged=False,
    tables=(
        TableOutcome(
            table=CUSTOMERS,
            rows_rule=Rows.RELATED,
            rows=1234,
            reason="root",
            masked={"email": "email", "first_name": "name", "last_name": "name"},
            via={"root": 1234},
        ),
        TableOutcome(table=TableName("public", "audit"), rows_rule=Rows.EMPTY, rows=0, reason="the recipe says so"),
    ),
    checks=(
        CheckResult(check="leak customers.email", status=Status.PASS),
        CheckResult(check="fk a", status=Status.WARN, severity=Severity.WARN, reason="2 references were kept"),
    ),
    loads=(
        LoadReport(
            target="dev",
            mode="replace",
            snapshot="ab" * 32,
            content="cd" * 32,
            rows={CUSTOMERS: 1234},
            seconds={"rows": 1.5},
        ),
    ),
    notes=("not in the copy: publication p",),
)


def test_a_run_is_told_with_rows_masks_checks_snapshot_and_loads():
    text = terminal.run(REPORT)

    assert "  customers  1,234  root  name (first_name, last_name), email" in text
    assert "without rows: audit" in text
    assert "checks   1 pass, 1 warn" in text
    assert "warn    fk a: 2 references were kept" in text
    assert "note: not in the copy: publication p" in text
    assert "snapshot abababababab  1,234 rows in 1 table" in text
    assert "load     dev: 1,234 rows, replace, 1.5 s" in text


def test_a_run_as_an_object_has_what_programs_need():
    told = json.run(REPORT)

    assert (told["snapshot"], told["content"], told["unchanged"], told["rows"]) == ("ab" * 32, "cd" * 32, False, 1234)
    assert told["tables"]["customers"]["masked"]["email"] == "email"
    assert [check["status"] for check in told["checks"]] == ["pass", "warn"]
    assert told["loads"][0]["rows"] == {"customers": 1234}


def test_names_from_databases_cannot_steer_the_terminal():
    assert "\x1b" not in terminal.table([("a\x1b[31m", 1)])


def test_numbers_stand_to_the_right_and_nothing_is_printed_for_no_rows():
    assert terminal.table([("a", 1), ("bb", 1000)], header=("x", "n")) == "  x       n\n  a       1\n  bb  1,000"
    assert terminal.table([], header=("x",)) == ""


def test_a_target_is_told_in_words():
    def verdict(newest: str | None = "ab", **given) -> str:
        status = TargetStatus(**{"target": "dev", "exists": True, "snapshot": "ab", "touched": Touched.NO, **given})
        return terminal.verdict(status, newest)

    assert verdict() == "up to date"
    assert verdict(exists=False) == "does not exist yet"
    assert verdict(snapshot=None) == "never loaded"
    assert verdict(touched=Touched.YES, changed=("orders",)) == "changed since: orders"
    assert verdict(touched=Touched.UNKNOWN, reason="counters were reset") == "may have changed: counters were reset"
    assert verdict("cd" * 32) == "stale: the newest is cdcdcdcdcdcd"
