from __future__ import annotations

import pytest

from provision.demo.shop import create
from provision.errors import DatabaseError
from support.postgres import run_sql

SCALE = 0.05

# What the tour promises to hold, and how the catalog tells.
FEATURES = {
    "a cycle of two NOT NULL keys, one of them deferrable": """
        select count(*) from pg_constraint a join pg_constraint b on a.confrelid = b.conrelid and b.confrelid = a.conrelid
        join pg_attribute x on x.attrelid = a.conrelid and x.attnum = a.conkey[1] and x.attnotnull
        join pg_attribute y on y.attrelid = b.conrelid and y.attnum = b.conkey[1] and y.attnotnull
        where a.contype = 'f' and b.contype = 'f' and a.conrelid <> a.confrelid and a.condeferrable""",
    "self-references": "select count(*) from pg_constraint where contype = 'f' and conrelid = confrelid",
    "a composite reference": "select count(*) from pg_constraint where contype = 'f' and array_length(conkey, 1) > 1",
    "a reference to a unique key that is not the primary one": """
        select count(*) from pg_constraint c join pg_constraint k on k.conrelid = c.confrelid and k.conkey = c.confkey
        where c.contype = 'f' and k.contype = 'u'""",
    "two keys to one parent": """
        select count(*) from (select 1 from pg_constraint where contype = 'f' and conparentid = 0
        group by conrelid, confrelid having count(*) > 1) two""",
    "partitions": "select count(*) from pg_inherits where inhparent = 'events'::regclass",
    "an enum": "select count(*) from pg_type where typtype = 'e'",
    "domains": "select count(*) from pg_type where typtype = 'd' and typnamespace = 'public'::regnamespace",
    "arrays": """
        select count(*) from pg_attribute a join pg_class c on c.oid = attrelid
        where relnamespace = 'public'::regnamespace and atttypid = 'text[]'::regtype""",
    "JSON": """
        select count(*) from pg_attribute a join pg_class c on c.oid = attrelid
        where relnamespace = 'public'::regnamespace and atttypid = 'jsonb'::regtype""",
    "a generated column": "select count(*) from pg_attribute where attgenerated = 's' and atttypid = 'numeric'::regtype",
    "a tsvector column": "select count(*) from pg_attribute where attgenerated = 's' and atttypid = 'tsvector'::regtype",
    "identity columns of both kinds": "select count(distinct attidentity) - 2 from pg_attribute",
    "a view": "select count(*) from pg_views where schemaname = 'public'",
    "triggers": "select count(*) from pg_trigger where not tgisinternal",
    "a sequence that no column owns": """
        select count(*) from pg_class c where relkind = 'S' and not exists
        (select 1 from pg_depend where objid = c.oid and deptype in ('a', 'i'))""",
    "a table without a key": """
        select count(*) from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace and not exists
        (select 1 from pg_index where indrelid = c.oid)""",
    "a unique expression": "select count(*) from pg_index where indisunique and indexprs is not null",
    "a partial index": "select count(*) from pg_index where indpred is not null",
}


@pytest.fixture
def filled(database):
    create(database, scale=SCALE)
    return database


def test_all_rows_arrive_and_every_promised_feature_is_there(database):
    rows = create(database, scale=SCALE)

    assert {table: run_sql(database, f"select count(*) from {table}")[0][0] for table in rows} == rows
    for feature, query in FEATURES.items():
        assert run_sql(database, query)[0][0] > 0, feature
    assert run_sql(database, "select count(*) from pg_constraint where not convalidated") == [(0,)]


def test_the_owner_role_makes_it_on_the_older_server_too(database15):
    assert sum(create(database15, scale=SCALE).values()) > 5_000


def test_the_shop_goes_on_after_the_last_number(filled):
    run_sql(
        filled,
        """
        insert into customers (external_id, first_name, last_name, email, password_hash, created_at, updated_at)
        values ('C-new', 'A', 'B', 'a.b@new.example', '', now(), now());
        insert into addresses (customer_id, recipient, street, postcode, city, country_code)
        select max(id), 'A B', '1 Road', '1', 'C', 'DE' from customers;
        insert into orders (customer_ref, billing_address_id, shipping_address_id, placed_at)
        select 'C-new', max(id), max(id), now() from addresses;
        insert into invoices (order_id, issued_on, total) select max(id), now(), 1 from orders;
        insert into events (id, happened_at, kind, session_id, payload) values (0, '2031-01-01', 'view', gen_random_uuid(), '{}')
        """,
    )

    assert run_sql(filled, "select count(*) from invoices where number = (select last_value from invoice_no)") == [(1,)]
    assert run_sql(filled, "select tableoid::regclass::text from events where id = 0") == [("events_other",)]


def test_its_triggers_work(filled):
    before = run_sql(filled, "select count(*) from audit_log")[0][0]

    run_sql(filled, "update customers set email = 'new@address.example' where id = 1")

    assert run_sql(filled, "select count(*) from audit_log") == [(before + 1,)]
    assert run_sql(filled, "select updated_at > '2026-01-01' from customers where id = 1") == [(True,)]


def test_a_database_that_is_not_empty_is_refused_and_left_as_it_was(database):
    run_sql(database, "create table customers (mine text); insert into customers values ('precious')")

    with pytest.raises(DatabaseError) as caught:
        create(database, scale=SCALE)

    assert caught.value.code == "PRV820"
    assert caught.value.sqlstate == "42P07"
    assert run_sql(database, "select relname from pg_class where relnamespace = 'public'::regnamespace") == [
        ("customers",)
    ]
