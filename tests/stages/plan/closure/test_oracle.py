"""The closure equals a brute-force one, row for row, over random schemas and data.

``make test`` tries 450 worlds in memory and 80 on PostgreSQL (30 of them with citext and nondeterministic collations, where
the system's PostgreSQL 15 is there). For ten thousand in memory and a tenth of that on PostgreSQL, by hand::

    PROVISION_ORACLE_EXAMPLES=10000 pytest tests/stages/plan/closure/test_oracle.py -n 0 --timeout 0
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.keys import PostgresKeys
from provision.dialects.postgresql.reflect import reflect
from provision.errors import ProvisionError
from provision.stages.plan.closure import close
from support.memory_source import MemorySource, with_row_ids
from support.oracle import Answer, Oracle
from support.postgres import run_sql
from support.postgres_world import PLAIN_KINDS, SCHEMA, real
from support.schemas import World, worlds

if TYPE_CHECKING:
    import psycopg

    from provision.model.catalog import Catalog
    from provision.model.secret import Secret
    from provision.servers.embedded import EmbeddedServer

EXAMPLES = int(os.environ.get("PROVISION_ORACLE_EXAMPLES", "450"))
ON_POSTGRESQL = 50 if EXAMPLES <= 450 else EXAMPLES // 20
EXTENDED = 30 if EXAMPLES <= 450 else EXAMPLES // 20


def engine(world: World, reader: object, catalog: Catalog | None = None) -> Answer:
    """The engine's answer, with rows as the world numbers them."""
    try:
        selection = close(world.spec, catalog=catalog or world.catalog, reader=reader)
    except ProvisionError as error:
        return Answer(refused=error.code)
    answer = Answer()
    drops = {edge.relation.arrow for edge in world.spec.edges}
    answer.dangling = dict(selection.dangling)
    for name, chosen in selection.tables.items():
        numbers = {tuple(row[c] for c in chosen.identity): row["rid"] for row in world.rows[name]}
        if chosen.whole:
            rids = set(numbers.values())
        else:
            keys = chosen.keys.rows()
            assert len(set(keys)) == len(keys)
            assert chosen.keys.equals(chosen.keys.sort(chosen.identity))
            rids = {numbers[key] for key in keys}
            assert sum(selection.via[name].values()) == len(rids)
        if rids:
            answer.rows[name] = rids
        for columns, identities in chosen.cut.items():
            answer.cut.setdefault(name, {})[columns] = {numbers[key] for key in identities.rows()}
        if chosen.nulled and rids:
            answer.nulled[name] = set(chosen.nulled)
    assert drops >= set(answer.dangling)
    return answer


def expected(world: World) -> Answer:
    answer = Oracle(world).answer()
    answer.nulled = {name: columns for name, columns in answer.nulled.items() if answer.rows.get(name)}
    return answer


def agree(world: World, got: Answer, wanted: Answer) -> None:
    assert got.refused == wanted.refused
    assert got.rows == wanted.rows
    assert got.cut == wanted.cut
    assert got.nulled == wanted.nulled
    # How many rows a drop left out depends on how many were met: only the others are compared.
    kept = {arrow: count for arrow, count in got.dangling.items() if arrow in wanted.dangling}
    assert kept.keys() == wanted.dangling.keys()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(world=worlds(), shuffle=st.integers(0, 5))
def test_the_closure_equals_the_oracle_on_any_schema(world: World, shuffle: int) -> None:
    with_row_ids(world)

    agree(world, engine(world, MemorySource(world, shuffle=shuffle)), expected(world))


@pytest.mark.slow
def test_the_closure_equals_the_oracle_on_postgresql(database: Secret) -> None:
    @settings(max_examples=ON_POSTGRESQL, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(world=worlds(kinds=PLAIN_KINDS, schema=SCHEMA))
    def holds(world: World) -> None:
        on_postgresql(connection, world)

    with connect(database) as connection:
        holds()


@pytest.mark.slow
def test_the_closure_equals_the_oracle_where_only_the_server_knows_what_is_equal(
    pg15: EmbeddedServer, database15: Secret
) -> None:
    @settings(max_examples=EXTENDED, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(world=worlds(kinds=("folded", "citext", "interval", "int4", "char4"), schema=SCHEMA))
    def holds(world: World) -> None:
        on_postgresql(connection, world)

    name = run_sql(database15, "select current_database()")[0][0]
    run_sql(pg15.url(name, role="postgres"), "create extension citext schema public")
    with connect(database15) as connection:
        holds()


def on_postgresql(connection: psycopg.Connection, world: World) -> None:
    with real(connection, world):
        catalog = reflect(connection)

        agree(world, engine(world, PostgresKeys(connection, catalog), catalog), expected(world))
