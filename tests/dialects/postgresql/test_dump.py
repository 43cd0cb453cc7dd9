from __future__ import annotations

from pathlib import Path

import pytest

from provision.dialects.postgresql import dump
from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.dump import SchemaDump, dump_schema, find_pg_dump
from provision.errors import DatabaseError, RunError
from provision.model.names import TableName
from provision.model.secret import Secret
from support.kitchen import KITCHEN
from support.postgres import run_sql, system_binaries


def names(found: SchemaDump, *kinds: str) -> set[str]:
    return {entry.name for entry in found.entries if entry.kind in kinds}


def test_entries_come_in_an_order_of_creation_with_what_they_need(database: Secret) -> None:
    run_sql(database, KITCHEN)

    found = dump_schema(database)

    assert not found.left_out
    assert {"customer", "ledger_2024", 'Größe, "L"'} <= names(found, "TABLE")
    for place, entry in enumerate(found.entries):
        assert all(needed < place for needed in entry.after)
        if entry.section == "pre-data":
            assert all(found.entries[needed].section == "pre-data" for needed in entry.after)


def test_a_function_body_that_looks_like_an_entry_stays_in_its_function(database: Secret) -> None:
    run_sql(database, KITCHEN)

    found = dump_schema(database)

    assert "evil" not in {entry.name for entry in found.entries}
    assert any("-- Name: evil" in entry.sql for entry in found.entries if entry.kind == "FUNCTION")


def test_no_entry_sets_anything_and_none_names_an_owner_or_a_grant(database: Secret) -> None:
    run_sql(database, KITCHEN + "grant select on shop.customer to public;")

    found = dump_schema(database)

    for entry in found.entries:
        assert not entry.sql.startswith(("SET ", "SELECT ", "--", "GRANT", "REVOKE"))
        assert "OWNER TO" not in entry.sql


def test_the_database_travels_as_encoding_and_locale_without_its_name(database: Secret) -> None:
    first = dump_schema(database).entries[0]

    assert (first.kind, first.name) == ("DATABASE", "")
    assert "ENCODING = 'UTF8'" in first.sql
    assert "LOCALE_PROVIDER = " in first.sql
    assert connect_name(database) not in first.sql


def test_the_dump_of_a_15_is_the_same_by_the_pg_dump_of_15_and_of_18(database15: Secret, pg18) -> None:
    run_sql(database15, KITCHEN)

    assert dump_schema(database15, programs=system_binaries()) == dump_schema(database15, programs=pg18.bin)


def test_two_dumps_of_one_schema_are_equal(database: Secret) -> None:
    run_sql(database, KITCHEN)

    assert dump_schema(database) == dump_schema(database)


def test_a_skipped_table_leaves_with_its_keys_views_and_what_reads_them(database: Secret) -> None:
    run_sql(database, KITCHEN)

    found = dump_schema(database, skip=[TableName("shop", "customer")])

    assert "customer" not in names(found, "TABLE")
    assert not names(found, "MATERIALIZED VIEW", "VIEW")
    assert "ledger ledger_customer_fkey" not in names(found, "FK CONSTRAINT")
    assert "ledger" in names(found, "TABLE")
    left = {str(one) for one in found.left_out}
    assert any("table shop.customer" in one for one in left)
    assert any("fk constraint shop.ledger ledger_customer_fkey" in one for one in left)


def test_a_rule_that_needs_a_skipped_table_leaves_without_its_own_table(database: Secret) -> None:
    run_sql(
        database,
        "create table a (id int); create table log (id int);"
        "create rule r as on insert to a do also insert into log values (new.id)",
    )

    found = dump_schema(database, skip=[TableName("public", "log")])

    assert names(found, "TABLE") == {"a"}
    assert not names(found, "RULE")


def test_a_table_that_may_not_be_read_is_left_out_and_listed(database: Secret, pg18) -> None:
    url = pg18.url(connect_name(database), role="postgres")
    run_sql(
        url,
        "create table secret (id int primary key); create table open (id int references secret);"
        "grant select on open to public",
    )

    found = dump_schema(database)

    assert names(found, "TABLE") == {"open"}
    assert [str(one).partition(":")[0] for one in found.left_out] == [
        "table secret",
        "fk constraint public.open open_id_fkey",
    ]


def test_kinds_that_are_not_allowed_are_left_out_with_what_needs_them(database: Secret, pg18) -> None:
    url = pg18.url(connect_name(database), role="postgres")
    run_sql(
        url,
        "create table t (id int);"
        "create foreign data wrapper w; create server s foreign data wrapper w;"
        "create user mapping for public server s options (password 'hunter2');"
        "create foreign table f (id int) server s; create view over_f as select * from f;"
        "create publication p for table t;"
        "create function e() returns event_trigger language plpgsql as $$ begin end $$;"
        "create event trigger et on ddl_command_end execute function e();"
        "comment on event trigger et is 'x'; grant select on t to app;"
        "grant select on f to app",
    )

    found = dump_schema(url)

    assert names(found, "TABLE") == {"t"}
    assert not names(found, "VIEW", "COMMENT")
    kinds = {one.kind for one in found.left_out}
    assert {"SERVER", "USER MAPPING", "FOREIGN DATA WRAPPER", "EVENT TRIGGER", "VIEW"} <= kinds
    assert "hunter2" not in str(found)


def test_the_schema_where_loaded_targets_keep_their_state_is_not_taken(database: Secret) -> None:
    run_sql(
        database, "create schema provision; create table provision.snapshot (id text); create table public.t (id int)"
    )

    found = dump_schema(database)

    assert names(found, "TABLE", "SCHEMA") == {"t"}


def test_the_schema_is_read_in_the_snapshot_that_is_given(database: Secret) -> None:
    run_sql(database, "create table before (id int)")
    with connect(database, autocommit=True) as holder:
        holder.execute("begin isolation level repeatable read")
        token = holder.execute("select pg_export_snapshot()").fetchone()[0]
        run_sql(database, "create table later (id int)")

        assert names(dump_schema(database, snapshot=token), "TABLE") == {"before"}


def test_the_password_is_neither_an_argument_nor_more_of_our_environment_than_needed(
    database: Secret, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pg18
) -> None:
    monkeypatch.setenv("PROVISION_KEY", "not for children")
    fake = tmp_path / "pg_dump"
    fake.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then exec {pg18.bin}/pg_dump --version; fi\n'
        f'echo "$@" > {tmp_path}/arguments; env > {tmp_path}/environment; exec {pg18.bin}/pg_dump "$@"\n'
    )
    fake.chmod(0o755)

    dump_schema(database, programs=tmp_path)

    password = database.text().partition("@")[0].rpartition(":")[2]
    assert password not in (tmp_path / "arguments").read_text()
    assert "PROVISION_KEY" not in (tmp_path / "environment").read_text()
    assert password in (tmp_path / "environment").read_text()


def test_a_pg_dump_that_fails_tells_why_without_the_url(database: Secret, tmp_path: Path) -> None:
    fake = tmp_path / "pg_dump"
    fake.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 18.4" && exit\n'
        'echo "pg_dump: error: query failed: ERROR:  permission denied for schema x" >&2; exit 1\n'
    )
    fake.chmod(0o755)

    with pytest.raises(DatabaseError, match="permission denied for schema x") as caught:
        dump_schema(database, programs=tmp_path)

    assert caught.value.code == "PRV606"
    assert "grant" in caught.value.fix


def test_a_pg_dump_that_hangs_is_given_up(database: Secret, tmp_path: Path) -> None:
    fake = tmp_path / "pg_dump"
    fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 18.4" && exit\nexec sleep 60\n')
    fake.chmod(0o755)

    with pytest.raises(DatabaseError) as caught:
        dump_schema(database, programs=tmp_path, timeout_seconds=0.2)

    assert caught.value.code == "PRV606"


def test_the_oldest_pg_dump_that_is_new_enough_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = []
    for version in (18, 14, 16):
        folder = tmp_path / str(version)
        folder.mkdir()
        (folder / "pg_dump").write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}.1"\n')
        (folder / "pg_dump").chmod(0o755)
        folders.append(folder)
    monkeypatch.setattr(dump, "_folders", lambda: folders)

    assert find_pg_dump(15) == (tmp_path / "16" / "pg_dump", 16)
    with pytest.raises(RunError, match="14, 16, 18") as caught:
        find_pg_dump(19)
    assert caught.value.code == "PRV605"


def test_no_pg_dump_at_all_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is none") as caught:
        find_pg_dump(15, programs=tmp_path)

    assert "pip install" in caught.value.fix


def connect_name(url: Secret) -> str:
    return url.text().rpartition("?")[0].rpartition("/")[2]
