"""Foreign keys: column pairs, operators, and the ways in which they hold less than always."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.reflect import reflect
from provision.model.catalog import ForeignKey
from provision.model.names import TableName
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret


def keys_of(url: Secret, statements: str) -> dict[str, ForeignKey]:
    run_sql(url, statements)
    with connect(url) as connection:
        return {key.name: key for key in reflect(connection).foreign_keys}


def test_columns_are_paired_as_declared(any_database: Secret) -> None:
    keys = keys_of(
        any_database,
        """
        create schema shop;
        create table shop.p(a int, b bigint, c numeric unique, primary key (a, b));
        create table t(x int, y int, z int references shop.p(c),
            constraint swapped foreign key (y, x) references shop.p(b, a) match full
                on delete cascade on update set null deferrable initially deferred);
        alter table t add constraint unproven foreign key (x, y) references shop.p not valid;
        """,
    )

    assert keys["swapped"] == ForeignKey(
        name="swapped",
        child=TableName.parse("t"),
        columns=("y", "x"),
        parent=TableName("shop", "p"),
        parent_columns=("b", "a"),
        match_full=True,
        on_delete="c",
        on_update="n",
        deferrable=True,
        initially_deferred=True,
        operators=("pg_catalog.=(bigint,integer)", "pg_catalog.=(integer,integer)"),
    )
    assert keys["t_z_fkey"].operators == ("pg_catalog.=(numeric,numeric)",)
    assert (keys["unproven"].validated, keys["swapped"].validated) == (False, True)


def test_clones_of_partitions_are_folded(any_database: Secret) -> None:
    keys = keys_of(
        any_database,
        """
        create table p(id int primary key) partition by range (id);
        create table p1 partition of p for values from (0) to (10);
        create table p2 partition of p for values from (10) to (20) partition by range (id);
        create table p21 partition of p2 for values from (10) to (20);
        create table c(id int, p_id int references p) partition by range (id);
        create table c1 partition of c for values from (0) to (10);
        """,
    )

    (key,) = keys.values()
    assert (key.child.name, key.parent.name, key.name) == ("c", "p", "c_p_id_fkey")


def test_keys_that_stand_on_partitions_alone_count_for_the_root(any_database: Secret) -> None:
    statements = """
        create table p(id int primary key);
        create table c(id int, a int, b int) partition by range (id);
        create table c1 partition of c for values from (0) to (10);
        create table c2 partition of c for values from (10) to (20);
        alter table c1 add constraint a1 foreign key (a) references p, add constraint b1 foreign key (b) references p;
        alter table c2 add constraint a2 foreign key (a) references p;
    """

    keys = keys_of(any_database, statements)

    assert {(key.child.name, key.columns): key.validated for key in keys.values()} == {
        ("c", ("a",)): True,
        ("c", ("b",)): False,
    }


def test_keys_of_18_may_be_unenforced_or_over_periods(database: Secret) -> None:
    keys = keys_of(
        database,
        """
        create table p(id int4range, span daterange, primary key (id, span without overlaps));
        create table c(id int4range, span daterange,
            constraint within foreign key (id, period span) references p(id, period span));
        create table q(id int primary key);
        create table d(id int, constraint hoped foreign key (id) references q not enforced);
        """,
    )

    assert (keys["within"].period, keys["within"].enforced) == (True, True)
    assert (keys["hoped"].enforced, keys["hoped"].validated, keys["hoped"].period) == (False, False, False)
    assert keys["within"].operators == ("pg_catalog.=(anyrange,anyrange)", "pg_catalog.&&(anyrange,anyrange)")
