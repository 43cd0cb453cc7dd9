"""CHECK and EXCLUDE constraints, triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.reflect import reflect
from provision.model.catalog import Check, Table, Trigger
from provision.model.names import TableName
from support.postgres import run_sql

if TYPE_CHECKING:
    from provision.model.secret import Secret


def table_of(url: Secret, statements: str) -> Table:
    run_sql(url, statements)
    with connect(url) as connection:
        return reflect(connection).table(TableName.parse("t"))


def test_checks_and_exclusions_are_as_the_server_prints_them(any_database: Secret) -> None:
    table = table_of(
        any_database,
        """
        create table t(a int, b int, span daterange, constraint positive check (a > 0),
            constraint ordered check (a < b), constraint apart exclude using gist (span with &&));
        alter table t add constraint later check (b > 5) not valid;
        """,
    )

    assert {check.name: check for check in table.checks} == {
        "positive": Check(name="positive", kind="check", definition="CHECK ((a > 0))", columns=("a",)),
        "ordered": Check(name="ordered", kind="check", definition="CHECK ((a < b))", columns=("a", "b")),
        "apart": Check(name="apart", kind="exclude", definition="EXCLUDE USING gist (span WITH &&)", columns=("span",)),
        "later": Check(
            name="later", kind="check", definition="CHECK ((b > 5)) NOT VALID", columns=("b",), validated=False
        ),
    }


def test_triggers_of_users_are_told_and_those_of_constraints_are_not(any_database: Secret) -> None:
    table = table_of(
        any_database,
        """
        create table p(id int primary key);
        create table t(a int references p);
        create function touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger touched before insert on t for each row execute function touch();
        create trigger silent after delete on t execute function touch();
        alter table t disable trigger silent;
        """,
    )

    assert table.triggers == (
        Trigger(
            name="silent",
            definition="CREATE TRIGGER silent AFTER DELETE ON public.t FOR EACH STATEMENT EXECUTE FUNCTION public.touch()",
            enabled="D",
        ),
        Trigger(
            name="touched",
            definition="CREATE TRIGGER touched BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.touch()",
        ),
    )
