from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.dialects.postgresql.target import distinct
from provision.dialects.postgresql.target.distinct import prove_distinct
from provision.errors import SafetyError
from provision.model.secret import Secret
from support.targets import database_of, new_url

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_target_that_is_the_source_is_refused_whatever_the_url_looks_like(
    databases: Callable[[], Secret], pg18
) -> None:
    source = databases()
    name = database_of(source)
    other_url = Secret(pg18.url(name, role="postgres").text().replace("/" + name, "/" + name.replace("t", "%74")))

    for target in (source, other_url):
        with pytest.raises(SafetyError) as caught:
            prove_distinct(source, target, physical_copy_of_source=True)
        assert (caught.value.code, caught.value.exit_code) == ("PRV601", 6)


def test_another_database_of_the_same_server_is_another_database(databases: Callable[[], Secret], pg18) -> None:
    prove_distinct(databases(), databases())
    prove_distinct(databases(), new_url(pg18))


def test_another_server_is_another_database_even_with_the_same_name(
    databases: Callable[[], Secret], pg18, pg15
) -> None:
    source = databases()

    prove_distinct(source, pg15.url(database_of(source)))
    prove_distinct(pg15.url("postgres"), pg18.url("postgres"))


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Two servers that say of themselves what copies of one server would say."""

    def pretend(*, source_standby: bool = False, target_standby: bool = False, identifier: int | None = 1) -> None:
        answers = iter([source_standby, target_standby])
        monkeypatch.setattr(
            distinct,
            "_server",
            lambda _connection: distinct._Server(identifier=identifier, timeline=1, standby=next(answers)),
        )

    return pretend


def test_a_physical_copy_needs_the_word_of_the_project(copies: Callable[..., None], pg18, pg15) -> None:
    copies()
    with pytest.raises(SafetyError, match="physical copy") as caught:
        prove_distinct(pg15.url("postgres"), pg18.url("postgres"))
    assert caught.value.code == "PRV602"

    copies()
    prove_distinct(pg15.url("postgres"), pg18.url("postgres"), physical_copy_of_source=True)


def test_a_standbys_primary_is_refused_whatever_the_project_says(copies: Callable[..., None], pg18, pg15) -> None:
    copies(source_standby=True)

    with pytest.raises(SafetyError, match="primary of the standby"):
        prove_distinct(pg15.url("postgres"), pg18.url("postgres"), physical_copy_of_source=True)


def test_servers_that_do_not_say_who_they_are_are_refused(copies: Callable[..., None], pg18, pg15) -> None:
    copies(identifier=None)

    with pytest.raises(SafetyError, match="not readable"):
        prove_distinct(pg15.url("postgres"), pg18.url("postgres"), physical_copy_of_source=True)
