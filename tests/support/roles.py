"""Databases on every server version we test, and roles that may do little: `any_database`, `admin`, `reader`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import conninfo, sql

from provision.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Role:
    """A login role and its URL for the test's database."""

    name: str
    url: Secret


@pytest.fixture(params=["18", "15"])
def any_server(request: pytest.FixtureRequest) -> object:
    """Both servers, one after the other."""
    return request.getfixturevalue(f"pg{request.param}")


@pytest.fixture
def any_database(request: pytest.FixtureRequest, any_server: object) -> Secret:
    """A fresh, empty database, once on PostgreSQL 18 and once on 15."""
    version = request.node.callspec.params["any_server"]
    return request.getfixturevalue("database" if version == "18" else "database15")


@pytest.fixture
def admin(any_server: object, any_database: Secret) -> Secret:
    """The superuser's URL for `any_database`."""
    return any_server.url(conninfo.conninfo_to_dict(any_database.text())["dbname"], role="postgres")


@pytest.fixture
def reader(admin: Secret) -> Iterator[Role]:
    """A role for `any_database` that was granted nothing."""
    name, password = f"reader_{secrets.token_hex(4)}", secrets.token_hex(8)
    with psycopg.connect(admin.text(), autocommit=True) as connection:
        role = sql.Identifier(name)
        connection.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(password)))
        yield Role(name, Secret(conninfo.make_conninfo(admin.text(), user=name, password=password)))
        connection.execute(sql.SQL("drop owned by {}").format(role))
        connection.execute(sql.SQL("drop role {}").format(role))
