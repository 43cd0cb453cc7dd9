"""Chinook: 11 tables, a self-reference, and a composite key; the whole of it, and a subset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.constraints import broken_references, constraints
from support.postgres import load_file, run_sql
from support.projects import a_project, values_found
from support.samples import sample

if TYPE_CHECKING:
    from provision.model.secret import Secret

pytestmark = [pytest.mark.realworld, pytest.mark.slow]

POLICY = """\
version: 1
name: pii
unclassified: { keep: "a public sample database" }
classify:
  - { name: "email", as: email }
  - { name: "^first_name$", as: first_name }
  - { name: "^last_name$", as: last_name }
  - { name: "^(phone|fax)$", as: phone }
  - { name: "address$", as: street }
  - { name: "^company$", as: company }
treat:
  email: { use: email, domain: person.email }
  first_name: { use: name, part: first, domain: person.first_name }
  last_name: { use: name, part: last, domain: person.last_name }
  phone: { use: phone, domain: person.phone }
  street: { use: address, part: line, domain: address.street }
  company: company
"""
WHOLE = """\
version: 1
name: dev
source: prod
policies: [policies/pii.yaml]
load: [dev]
"""
SUBSET = """\
version: 1
name: dev
source: prod
policies: [policies/pii.yaml]
subset:
  roots: [{ table: customer, where: "country = 'Brazil'" }]
load: [dev]
"""


@pytest.fixture
def chinook(databases) -> Secret:
    url = databases()
    load_file(url, sample("chinook-postgresql.sql"))
    return url


def test_a_whole_database_is_copied_masked_row_for_row(chinook, databases, tmp_path):
    target = databases()
    project = a_project(tmp_path, source=chinook, target=target, recipe=WHOLE, policy=POLICY)

    report = project.run()

    for table in report["tables"]:
        count = f"select count(*) from {table}"
        assert run_sql(target, count) == run_sql(chinook, count)
    assert constraints(target) == constraints(chinook)
    kept = "select track_id, name, milliseconds, unit_price from track order by 1"
    assert run_sql(target, kept) == run_sql(chinook, kept)
    personal = {
        value
        for row in run_sql(
            chinook, "select email, phone, address from customer union select email, phone, address from employee"
        )
        for value in row
        if value and len(value) > 6
    }
    assert values_found(project, personal) == set()


def test_employees_come_with_their_bosses(chinook, databases, tmp_path):
    target = databases()
    project = a_project(tmp_path, source=chinook, target=target, recipe=SUBSET, policy=POLICY)

    report = project.run()

    assert report["tables"]["customer"]["rows"] == 5
    ((bosses,),) = run_sql(target, "select count(*) from employee where reports_to is null")
    assert bosses == 1
    assert broken_references(target) == []
    assert constraints(target) == constraints(chinook)


def test_why_tells_the_chain_from_a_boss_back_to_the_root(chinook, databases, tmp_path):
    project = a_project(tmp_path, source=chinook, target=databases(), recipe=SUBSET, policy=POLICY)

    told = project.call("why", "recipes/dev.yaml", "employee", "1")

    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].split()[0] == "employee"
    assert "root at recipes/dev.yaml:6:" in lines[-1]
