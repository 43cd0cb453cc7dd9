"""Pagila and Chinook whole, schema and rows, through the schema dump and both ways of loading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from provision.dialects.postgresql.target import PostgresTarget
from provision.stages.load import load
from support.loadable import snapshot_of
from support.postgres import load_file, run_sql
from support.samples import sample
from support.targets import everything, new_url, unhindered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provision.model.secret import Secret

pytestmark = [pytest.mark.realworld, pytest.mark.slow]

# What only a superuser of PostgreSQL 8 could run; nothing of the schema itself.
NOT_OURS = re.compile(
    r"^(COMMENT ON SCHEMA|CREATE PROCEDURAL|ALTER .* OWNER TO|REVOKE|GRANT|SET default_with_oids)", re.MULTILINE
)
CONSTRAINTS = "select count(*), count(*) filter (where not convalidated) from pg_constraint where connamespace = 'public'::regnamespace"


def fill(url: Secret, name: str, folder: Path) -> None:
    if name == "chinook":
        load_file(url, sample("chinook-postgresql.sql"))
        return
    for part in ("pagila-schema.sql", "pagila-data.sql"):
        text = "\n".join(line for line in sample(part).read_text().split("\n") if not NOT_OURS.match(line))
        (folder / part).write_text(text)
        load_file(url, folder / part)


@pytest.mark.parametrize("name", ["pagila", "chinook"])
def test_a_sample_database_comes_back_whole(name: str, databases: Callable[[], Secret], pg18, tmp_path: Path) -> None:
    source, target = unhindered(pg18, databases()), new_url(pg18)
    fill(source, name, tmp_path)
    snapshot = snapshot_of(source)

    load(snapshot, PostgresTarget("dev", target, connections=1), trusted=True)
    assert everything(pg18, target) == everything(pg18, source)

    assert load(snapshot, PostgresTarget("dev", target), trusted=True).unchanged
    load(snapshot, PostgresTarget("dev", target, mode="refresh"), trusted=True, force=True)
    assert everything(pg18, target) == everything(pg18, source)
    assert run_sql(target, CONSTRAINTS) == run_sql(source, CONSTRAINTS)


@pytest.mark.parametrize("name", ["pagila", "chinook"])
def test_a_sample_database_of_15_comes_to_18(
    name: str, database15: Secret, databases: Callable[[], Secret], pg15, pg18, tmp_path: Path
) -> None:
    source, target = unhindered(pg15, database15), new_url(pg18)
    fill(source, name, tmp_path)

    load(snapshot_of(source), PostgresTarget("dev", target, connections=1), trusted=True)

    assert everything(pg18, target, views=False) == everything(pg15, source, views=False)
    assert run_sql(target, CONSTRAINTS.replace("where conn", "where contype <> 'n' and conn")) == run_sql(
        source, CONSTRAINTS
    )
