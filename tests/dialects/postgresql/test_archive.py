from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from provision.dialects.postgresql.archive import read_archive
from provision.errors import RunError
from support.kitchen import SCHEMA
from support.postgres import run_sql, system_binaries

if TYPE_CHECKING:
    from pathlib import Path

    from provision.model.secret import Secret


def an_integer(value: int) -> bytes:
    return bytes([value < 0]) + abs(value).to_bytes(4, "little")


def a_text(text: str | None) -> bytes:
    return an_integer(-1) if text is None else an_integer(len(text.encode())) + text.encode()


def an_archive(*entries: dict, version: tuple[int, int] = (1, 16)) -> bytes:
    head = b"PGDMP" + bytes([*version, 0, 4, 8, 1])
    head += b"\0" if version >= (1, 15) else an_integer(0)
    head += an_integer(0) * 7 + a_text("shop") + a_text("18.4") + a_text("18.4")
    body = b""
    for number, entry in enumerate(entries, start=1):
        body += an_integer(number) + an_integer(0) + a_text("1259") + a_text(str(16000 + number))
        body += a_text(entry["tag"]) + a_text(entry["kind"]) + an_integer(entry.get("section", 2))
        body += a_text(entry["sql"]) + a_text("drop") + a_text(None) + a_text("public") + a_text(None) + a_text("heap")
        body += an_integer(ord("r")) if version >= (1, 16) else b""
        body += a_text("somebody") + a_text("false")
        body += b"".join(a_text(str(other)) for other in entry.get("depends", ())) + a_text(None)
        body += b"\x03" + bytes(8)
    return head + an_integer(len(entries)) + body


@pytest.mark.parametrize("version", [(1, 14), (1, 15), (1, 16)])
def test_entries_of_every_known_version_are_read(version: tuple[int, int]) -> None:
    data = an_archive(
        {"tag": "ü", "kind": "TABLE", "sql": "create table"},
        {"tag": "i", "kind": "INDEX", "sql": "create index", "section": 4, "depends": (1,)},
        version=version,
    )

    table, index = read_archive(data)

    assert (table.tag, table.kind, table.section, table.sql, table.oids) == (
        "ü",
        "TABLE",
        "pre-data",
        "create table",
        (1259, 16001),
    )
    assert (index.section, index.depends, index.schema) == ("post-data", (1,), "public")


def test_an_archive_that_breaks_off_anywhere_is_refused() -> None:
    data = an_archive({"tag": "a", "kind": "TABLE", "sql": "x", "depends": (3,)})

    for length in range(len(data)):
        with pytest.raises(RunError) as caught:
            read_archive(data[:length])
        assert caught.value.code == "PRV604"


@pytest.mark.parametrize("version", [(1, 13), (1, 17), (2, 0)])
def test_an_unknown_version_is_refused_by_its_number(version: tuple[int, int]) -> None:
    with pytest.raises(RunError, match=rf"{version[0]}\.{version[1]}"):
        read_archive(an_archive(version=version))


def test_sizes_that_the_archive_claims_are_not_believed() -> None:
    data = an_archive({"tag": "a", "kind": "TABLE", "sql": "x"})
    huge = data.replace(a_text("TABLE"), an_integer(2**31 - 1) + b"TABLE")

    with pytest.raises(RunError):
        read_archive(huge)


def test_both_versions_of_pg_dump_are_read_alike(database15: Secret, pg18, pg15) -> None:
    run_sql(database15, SCHEMA)

    def toc(programs: Path) -> list[tuple]:
        command = [programs / "pg_dump", "-Fc", "-Z0", "--schema-only", "--no-owner", "-x", database15.text()]
        data = subprocess.run(command, check=True, capture_output=True).stdout
        return [(e.kind, e.tag, e.section, e.sql, e.schema, e.oids) for e in read_archive(data)]

    assert toc(pg18.bin) == toc(system_binaries())
