from __future__ import annotations

import pytest

from provision.dialects.postgresql.statements import database_options, table_of
from provision.model.names import TableName


@pytest.mark.parametrize(
    ("kind", "sql", "table"),
    [
        ("INDEX", "CREATE UNIQUE INDEX i ON ONLY shop.t USING btree (a);", TableName("shop", "t")),
        ("INDEX", 'CREATE INDEX " ON " ON "my "" ON s"."t . x" USING gin (a);', TableName('my " ON s', "t . x")),
        ("CONSTRAINT", "ALTER TABLE ONLY shop.t\n    ADD CONSTRAINT c UNIQUE (a);", TableName("shop", "t")),
        (
            "FK CONSTRAINT",
            "ALTER TABLE shop.t\n    ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES x.y(a);",
            TableName("shop", "t"),
        ),
        ("CHECK CONSTRAINT", "ALTER DOMAIN shop.d\n    ADD CONSTRAINT c CHECK (true) NOT VALID;", None),
        (
            "TRIGGER",
            'CREATE TRIGGER "ON" BEFORE UPDATE OF "ON" ON shop.t FOR EACH ROW EXECUTE FUNCTION f();',
            TableName("shop", "t"),
        ),
        ("RULE", "CREATE RULE r AS\n    ON INSERT TO shop.t DO INSTEAD NOTHING;", TableName("shop", "t")),
        ("RULE", "CREATE OR REPLACE VIEW shop.v AS\n SELECT 1 AS one;", None),
        ("POLICY", "CREATE POLICY p ON shop.t USING (true);", TableName("shop", "t")),
        ("ROW SECURITY", "ALTER TABLE shop.t ENABLE ROW LEVEL SECURITY;", TableName("shop", "t")),
        ("STATISTICS", "CREATE STATISTICS shop.s (mcv) ON a, b FROM shop.t;", TableName("shop", "t")),
        ("TABLE ATTACH", "ALTER TABLE ONLY shop.t ATTACH PARTITION shop.t1 FOR VALUES IN (1);", TableName("shop", "t")),
        ("SEQUENCE OWNED BY", "ALTER SEQUENCE shop.s OWNED BY shop.t.id;", TableName("shop", "t")),
        ("FUNCTION", "CREATE FUNCTION shop.f() ... ON shop.t", None),
    ],
)
def test_an_entry_is_told_the_table_it_belongs_to(kind: str, sql: str, table: TableName | None) -> None:
    assert table_of(kind, sql) == table


def test_encoding_and_locale_of_a_database_are_read() -> None:
    sql = "CREATE DATABASE \"x = 'y'\" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = icu LOCALE = 'de''s';"

    assert database_options(sql) == {
        "TEMPLATE": "template0",
        "ENCODING": "UTF8",
        "LOCALE_PROVIDER": "icu",
        "LOCALE": "de's",
    }
