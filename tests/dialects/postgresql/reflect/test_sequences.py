"""Sequences: bounds, owners, identity columns, and defaults that call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.reflect import reflect
from provision.model.catalog import Sequence
from provision.model.names import TableName
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret


def sequences_of(url: Secret, statements: str) -> dict[str, Sequence]:
    run_sql(url, statements)
    with connect(url) as connection:
        return {str(sequence.name): sequence for sequence in reflect(connection).sequences}


def test_owned_identity_and_free_sequences_are_told_apart(any_database: Secret) -> None:
    found = sequences_of(
        any_database,
        """
        create schema shop;
        create sequence shop.numbers as smallint increment -2 minvalue -10 maxvalue 100 start 50 cycle;
        create table a(id serial, other int default nextval('shop.numbers'));
        create table b(id bigint generated always as identity (start 7), n int default nextval('shop.numbers') + 1);
        """,
    )

    a, b = TableName.parse("a"), TableName.parse("b")
    assert found["shop.numbers"] == Sequence(
        name=TableName("shop", "numbers"),
        type="smallint",
        start=50,
        increment=-2,
        minimum=-10,
        maximum=100,
        cycle=True,
        used_by=((a, "other"), (b, "n")),
    )
    assert (found["a_id_seq"].owner, found["a_id_seq"].identity) == ((a, "id"), False)
    assert (found["a_id_seq"].type, found["a_id_seq"].used_by) == ("integer", ((a, "id"),))
    assert (found["b_id_seq"].owner, found["b_id_seq"].identity, found["b_id_seq"].start) == ((b, "id"), True, 7)


def test_defaults_of_partitions_count_as_their_roots(any_database: Secret) -> None:
    found = sequences_of(
        any_database,
        """
        create table r(id serial, k int) partition by range (k);
        create table r1 partition of r for values from (0) to (10);
        create sequence its_own;
        alter table r1 alter column k set default nextval('its_own');
        """,
    )

    root = TableName.parse("r")
    assert found["its_own"].used_by == ((root, "k"),)
    assert (found["r_id_seq"].owner, found["r_id_seq"].used_by) == ((root, "id"), ((root, "id"),))
