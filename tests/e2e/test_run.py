"""The promises of a run, held on a small shop through the command line: same in same out, nothing leaks, all or nothing."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from provision.model.secret import Secret
from provision.servers.binaries import embedded_binaries
from support.constraints import broken_references, constraints
from support.postgres import run_sql
from support.projects import KEY, Project, a_project, values_found

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

SCHEMA = """
create table customers (
  id int generated always as identity primary key, email text not null unique, full_name text not null, phone text,
  region text not null, boss int references customers
);
create table orders (
  id bigserial primary key, customer_id int not null references customers, total numeric(10, 2) not null,
  doubled numeric generated always as (total * 2) stored, note text
);
create index on orders (customer_id);
create table items (order_id bigint references orders, line int, sku text not null, primary key (order_id, line));
create table audit (at timestamptz not null, who text not null);
insert into customers (email, full_name, phone, region, boss)
  select 'Person.' || i || '@mail.example.com', 'Name' || i || ' Surname' || i, '+49 170 ' || 1000000 + i,
         case when i % 3 = 0 then 'EU' else 'US' end, case when i > 10 then i / 10 end
  from generate_series(1, 600) i;
insert into orders (customer_id, total, note)
  select 1 + (i * 7) % 600, i * 1.10, case when i % 5 = 0 then 'call Name' || (1 + (i * 7) % 600) end
  from generate_series(1, 3000) i;
insert into items select 1 + i / 3, i % 3, 'sku' || i % 50 from generate_series(0, 8999) i;
insert into audit select timestamptz '2026-01-01' + i * interval '1 minute', 'Person.' || i || '@mail.example.com'
  from generate_series(1, 100) i;
analyze;
"""
RECIPE = """\
version: 1
name: dev
source: prod
policies: [policies/pii.yaml]
seed: 3
subset:
  roots:
    - { table: customers, where: "region = 'EU'", limit: 40, include: [7] }
  tables:
    audit: empty
checks:
  - row_count: { on: customers, min: 40 }
load: [dev]
"""
POLICY = """\
version: 1
name: pii
unclassified: fail
classify:
  - { name: "email", as: email }
  - { name: "full_name", as: person_name }
  - { name: "phone", as: phone }
  - { name: "note|who", as: free_text }
  - { keys: true, as: surrogate_key }
  - { name: "^(region|total|sku|line|at)$", as: public }
treat:
  email: { use: email, domain: person.email }
  person_name: { use: name, domain: person.name }
  phone: { use: phone, domain: person.phone }
  free_text: redact
  surrogate_key: { use: keep, reason: "numbers" }
  public: { use: keep, reason: "no personal data" }
"""


@pytest.fixture
def shop(databases) -> Secret:
    url = databases()
    run_sql(url, SCHEMA)
    return url


@pytest.fixture
def project(shop: Secret, databases: Callable[[], Secret], tmp_path) -> Project:
    return a_project(tmp_path, source=shop, target=databases(), recipe=RECIPE, policy=POLICY)


def personal(shop: Secret) -> set[str]:
    return {
        value
        for row in run_sql(shop, "select email, full_name, phone from customers")
        for value in row
        if value is not None
    }


def target_of(project: Project) -> Secret:
    return Secret(project.environ["DEV_URL"])


def test_the_subset_arrives_masked_with_every_constraint_and_its_sequences(project, shop):
    report = project.run()

    target = target_of(project)
    assert report["version"] == 1
    assert report["tables"]["customers"]["via"]["root"] == 41
    assert broken_references(target) == []
    assert constraints(target) == constraints(shop)
    assert run_sql(target, "select count(*) from audit") == [(0,)]
    assert run_sql(target, "select count(*) from customers where id = 7") == [(1,)]
    assert run_sql(target, "select bool_and(doubled = 2 * total) from orders") == [(True,)]
    run_sql(target, "insert into customers (email, full_name, region) values ('new@x.test', 'New', 'EU')")
    kept = "select id, customer_id, total from orders where id = any(%s) order by id"
    ids = [row[0] for row in run_sql(target, "select id from orders")]
    assert run_sql(target, kept, ids) == run_sql(shop, kept, ids)


def test_no_personal_value_is_in_store_target_or_output(project, shop):
    project.run()
    spoken = project.call("run", "recipes/dev.yaml", "-v")
    said = spoken.stdout + spoken.stderr
    dump = subprocess.run(
        [embedded_binaries() / "pg_dump", target_of(project).text()], capture_output=True, text=True, check=True
    ).stdout

    values = personal(shop)
    assert values_found(project, values) == set()
    assert {value for value in values if value in dump} == set()
    assert {value for value in values if value in said} == set()


def test_lanes_order_of_rows_comments_and_repetition_leave_the_snapshot_as_it_is(project, shop):
    first = project.run()

    one_lane = project.run("recipes/dev.yaml", "--lanes", "1")
    small_units = project.run("recipes/dev.yaml", "--lanes", "3", "--unit-rows", "17")
    for table, column in (("customers", "region"), ("orders", "total"), ("items", "sku")):
        # An update that changes nothing writes the rows anew, at other places of the table.
        run_sql(shop, f"update {table} set {column} = {column} where random() < 0.5")
    run_sql(shop, "vacuum full orders")
    shuffled = project.run()
    project.write("recipes/policies/pii.yaml", "# reviewed again\n" + POLICY)
    commented = project.run()

    assert {report["snapshot"] for report in (one_lane, small_units, shuffled, commented)} == {first["snapshot"]}
    assert commented["unchanged"]
    assert commented["loads"][0]["unchanged"]


def test_a_touched_target_is_loaded_again(project):
    project.run()
    run_sql(target_of(project), "delete from items")
    assert project.call("status", "--check").returncode == 4

    again = project.run()

    assert again["unchanged"]
    assert not again["loads"][0]["unchanged"]
    assert project.call("status", "--check").returncode == 0


def test_a_mask_that_lets_values_through_ends_in_exit_6_and_leaves_nothing_of_them(project, shop):
    project.write(
        "leaky.py",
        '''\
        """A mask that forgets to mask."""
        import polars as pl
        from provision.model.plan import Family, Strength
        from provision.registry import mask

        @mask(name="leaky", strength=Strength.INJECTIVE, accepts={Family.TEXT})
        def leaky(values: pl.Series, *, key: object) -> pl.Series:
            """Forget to mask."""
            return values
        ''',
    )
    project.write("provision.yaml", (project.folder / "provision.yaml").read_text() + "plugins: [leaky]\n")
    project.write("recipes/policies/pii.yaml", POLICY.replace("use: email", "use: leaky"))

    done = project.call("run", "recipes/dev.yaml")

    assert done.returncode == 6, done.stderr
    assert "PRV701" in done.stderr
    assert "customers.email" in done.stderr
    assert values_found(project, personal(shop)) == set()
    assert {value for value in personal(shop) if value in done.stderr} == set()
    assert not list((project.folder / ".provision/store/staging").iterdir())
    assert project.call("snapshot", "list").stdout.startswith("no snapshots")


def test_an_undecided_column_stops_the_run_before_a_row_is_read_and_says_what_to_paste(project, shop):
    run_sql(shop, "alter table customers add nickname varchar(40)")

    done = project.call("run", "recipes/dev.yaml")

    assert done.returncode == 6
    assert "PRV220" in done.stderr
    assert "customers.nickname: { use: nullify" in done.stderr


def test_a_failed_check_keeps_the_snapshot_and_loads_nothing(project):
    project.write("recipes/dev.yaml", RECIPE.replace("min: 40", "min: 4000"))

    done = project.call("run", "recipes/dev.yaml")

    assert done.returncode == 3
    assert "row_count customers" in done.stderr
    listed = json.loads(project.call("snapshot", "list", "--json").stdout)["snapshots"]
    assert [(entry["passed"], entry["names"]) for entry in listed] == [(False, [])]
    refused = project.call("load", listed[0]["id"][:12], "--to", "dev")
    assert (refused.returncode, "PRV706" in refused.stderr) == (3, True)
    assert run_sql(target_of(project), "select count(*) from pg_class where relname = 'customers'") == [(0,)]


def test_a_target_that_is_the_source_is_refused(project, shop):
    project.environ["DEV_URL"] = shop.text()

    done = project.call("run", "recipes/dev.yaml")

    assert done.returncode == 6
    assert "PRV601" in done.stderr
    assert "extract" not in done.stderr
    assert run_sql(shop, "select count(*) from customers") == [(600,)]


def test_a_part_that_this_version_does_not_carry_out_is_refused_with_its_place(project):
    project.write("recipes/dev.yaml", RECIPE.replace("checks:\n", "checks:\n  - unique: { on: customers.email }\n"))

    done = project.call("run", "recipes/dev.yaml")

    assert done.returncode == 2
    assert "recipes/dev.yaml:12:5: PRV150" in done.stderr
    assert project.call("check", "recipes/dev.yaml").returncode == 0


def test_a_source_that_cannot_be_reached_is_told_without_its_password(project):
    project.environ["PROD_URL"] = "postgresql://reader:hunter2@127.0.0.1:1/shop"

    done = project.call("run", "recipes/dev.yaml")

    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr
    assert "PRV3" in done.stderr


def test_an_unset_key_is_told_by_its_place(project):
    del project.environ["PROVISION_KEY"]

    done = project.call("run", "recipes/dev.yaml")

    assert done.returncode == 2
    assert "provision.yaml:7:" in done.stderr
    assert "PROVISION_KEY" in done.stderr


def test_versions_are_tagged_logged_shown_verified_and_loaded_by_name(project):
    project.run()
    assert project.call("snapshot", "tag", "dev", "golden").returncode == 0

    assert "golden" in project.call("snapshot", "list").stdout
    assert "#1" in project.call("snapshot", "log", "tag:golden").stdout
    assert "customers" in project.call("snapshot", "show", "golden").stdout
    assert project.call("snapshot", "verify").returncode == 0
    loaded = project.call("load", "tag:golden", "--to", "dev", "--force")
    assert loaded.returncode == 0, loaded.stderr
    assert "replace" in loaded.stdout


def test_a_flipped_byte_in_the_store_is_found_and_not_loaded(project):
    project.run()
    part = next(path for path in project.files() if path.suffix == ".parquet")
    part.chmod(0o600)
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)

    assert project.call("snapshot", "verify").returncode == 5
    assert project.call("load", "dev", "--to", "dev", "--force").returncode == 5


def test_why_names_the_rows_between_a_row_and_its_root(project, shop):
    ((order,),) = run_sql(shop, "select min(id) from orders where customer_id = 7")

    told = project.call("why", "recipes/dev.yaml", "orders", str(order), "--json")

    steps = json.loads(told.stdout)["steps"]
    assert [step["table"] for step in steps] == ["orders", "customers"]
    assert steps[0]["way"] == "child of"
    assert steps[-1]["way"] == "root"
    assert steps[-1]["at"].startswith("recipes/dev.yaml:")


def test_names_on_the_command_line_that_mean_nothing_are_told_what_there_is(project):
    project.run("recipes/dev.yaml", "--no-load")

    unknown = project.call("load", "dev", "--to", "staging")
    table = project.call("why", "recipes/dev.yaml", "a.b.c", "1")

    assert (unknown.returncode, "PRV808" in unknown.stderr, "dev" in unknown.stderr) == (2, True, True)
    assert (table.returncode, "PRV807" in table.stderr) == (2, True)


def test_the_demo_never_runs_somebodys_own_recipe(project):
    demo = project.call("demo")

    assert (demo.returncode, "PRV822" in demo.stderr) == (2, True)
    assert not (project.folder / ".provision").exists()


def test_one_file_is_enough_to_start(shop, databases, tmp_path):
    target = databases()
    project = Project(tmp_path, {"PROD_URL": shop.text(), "DEV_URL": target.text(), "PROVISION_KEY": KEY})
    project.write(
        "dev.yaml",
        """\
        version: 1
        name: small
        source: { url: "${PROD_URL}" }
        subset: { roots: [{ table: customers, limit: 5 }], tables: { audit: skip } }
        mask:
          customers.phone: nullify
          customers.region: { use: keep, reason: "a few words" }
          orders.total: { use: noise, ratio: 0.2 }
          orders.note: redact
          items.line: { use: keep, reason: "a number" }
          items.sku: { use: keep, reason: "public" }
        load: [{ url: "${DEV_URL}", load: replace }]
        """,
    )

    report = project.run("dev.yaml")

    assert report["tables"]["customers"]["rows"] >= 5
    assert run_sql(target, "select to_regclass('audit') is null") == [(True,)]
    assert broken_references(target) == []


def test_a_row_set_can_be_refreshed_in_place(project):
    project.run()
    project.write("provision.yaml", (project.folder / "provision.yaml").read_text().replace("replace", "refresh"))
    run_sql(target_of(project), "create view eu as select * from customers; delete from items")

    report = project.run()

    assert report["loads"][0]["mode"] == "refresh"
    assert run_sql(target_of(project), "select count(*) from eu") == [(report["tables"]["customers"]["rows"],)]
    assert broken_references(target_of(project)) == []


def test_an_interrupted_run_leaves_with_130_and_nothing_behind(project):
    begun = project.begin("run", "recipes/dev.yaml", "--unit-rows", "1")
    begun.wait_for("extract")

    begun.interrupt()

    assert begun.ended() == 130
    assert not list((project.folder / ".provision/store/staging").iterdir())
    assert project.run()["snapshot"]


def test_a_second_run_of_a_recipe_is_told_to_try_later(project):
    begun = project.begin("run", "recipes/dev.yaml", "--unit-rows", "1")
    begun.wait_for("extract")

    second = project.call("run", "recipes/dev.yaml")

    assert second.returncode == 75, second.stderr
    assert "PRV504" in second.stderr
    assert begun.ended() == 0
