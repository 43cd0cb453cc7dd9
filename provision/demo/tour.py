"""The tour: start a made-up production, take its safe, small copy, and show three people before and after.

This is the one place that shows values: of people who do not exist.
"""

from __future__ import annotations

import base64
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from provision.demo.shop import create
from provision.errors import DatabaseError
from provision.reports import escape, terminal
from provision.servers import embedded
from provision.stages.recipe.load import load_project
from provision.stages.recipe.secrets import resolve_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.model.run import RunReport
    from provision.model.secret import Secret
    from provision.servers.embedded import EmbeddedServer

# As provision.yaml beside the recipes names them.
PROD = Path(".provision/demo/prod")
DEV = Path(".provision/demo/dev")
KEY = Path(".provision/demo/key")
RECIPE = Path("recipes/dev.yaml")

SHOWN = 3
WIDEST = 44  # characters of a value that are shown

# What a person looks like: the columns of customers, and where the person's words and traces are.
PERSON = """
select c.id, c.first_name || ' ' || c.last_name as name, c.email::text, c.phone, c.birth_date::text, c.national_id,
  (select a.street || ', ' || a.postcode || ' ' || a.city from addresses a where a.customer_id = c.id
   order by a.id limit 1) as address,
  c.external_id as "known as", c.preferences::text as "in JSON",
  (select t.body from support_tickets t where t.customer_id = c.id order by t.id limit 1) as "in a letter",
  (select count(*) from orders o where o.customer_ref = c.external_id)::text as orders
from customers c where c.id = any(%s) order by c.id
"""
# People who have something in all of these places, in both databases.
TALKATIVE = """
select c.id from customers c where phone is not null and birth_date is not null and national_id is not null
  and exists (select from support_tickets t where t.customer_id = c.id)
  and exists (select from orders o where o.customer_ref = c.external_id)
order by c.id limit {}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Both servers, ready; ``made`` holds the rows by table where the production was filled just now."""

    prod: EmbeddedServer
    dev: EmbeddedServer
    made: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One made-up person in production and in the copy: texts by name, None where there is none."""

    id: int
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]


def is_ours(root: Path) -> bool:
    """Whether the folder's recipe is the demo's: all its databases are the demo's own embedded servers.

    Elsewhere the tour would carry out somebody's real recipe on real databases.
    """
    if not (root / RECIPE).is_file() or not (root / "provision.yaml").is_file():
        return False
    project = load_project(root)
    named = [*(source.embedded for source in project.sources), *(target.embedded for target in project.targets)]
    places = {resolve_path(place, os.environ) for place in named if place is not None}
    return len(named) == len(places) and places == {(root / PROD).absolute(), (root / DEV).absolute()}


def set_up(root: Path, *, scale: float = 1.0) -> Stage:
    """Start both servers below ``root``, fill the production if it is empty, make the masking key if there is none.

    Args: scale: of the production, see `rows.shop`; the recipe names people that smaller ones do not have.
    Raises: ServerError as `embedded.start`. DatabaseError PRV820 if the production holds something else.
    """
    (root / KEY).parent.mkdir(parents=True, exist_ok=True)
    _make_key(root / KEY)
    with ThreadPoolExecutor(1) as aside:
        dev = aside.submit(embedded.start, root / DEV)
        prod = embedded.start(root / PROD)
        made = {} if _is_filled(prod.url()) else create(prod.url(), scale=scale)
        return Stage(prod=prod, dev=dev.result(), made=made)


def stop(root: Path) -> None:
    """Stop both servers; their data stay."""
    embedded.stop(root / PROD)
    embedded.stop(root / DEV)


def remove(root: Path) -> None:
    """Stop both servers and take away their data, wherever they lie, and the key."""
    embedded.remove(root / PROD)
    embedded.remove(root / DEV)
    (root / KEY).unlink(missing_ok=True)


def people(stage: Stage) -> tuple[Person, ...]:
    """A few people as they are in production and in the copy, by their kept ids.

    Raises: DatabaseError PRV821 if the copy cannot be read.
    """
    try:
        with (
            psycopg.connect(stage.prod.url().text(), row_factory=dict_row) as prod,
            psycopg.connect(stage.dev.url().text(), row_factory=dict_row) as dev,
        ):
            found = [row["id"] for row in dev.execute(sql.SQL(TALKATIVE).format(sql.Literal(SHOWN)))]
            before = {row.pop("id"): row for row in prod.execute(PERSON, (found,))}
            after = {row.pop("id"): row for row in dev.execute(PERSON, (found,))}
    except psycopg.Error as error:
        raise DatabaseError(
            "PRV821",
            f"the demo's databases cannot be read ({error.sqlstate or 'no connection'})",
            fix="run `provision demo --stop`, remove .provision and run the demo again",
            sqlstate=error.sqlstate,
        ) from None
    return tuple(Person(id=key, before=before[key], after=after[key]) for key in found)


def story(report: RunReport, stage: Stage, shown: Sequence[Person]) -> str:
    """What happened, for people: rows, masks, checks and snapshot, the people before and after, how to connect."""
    lines = [terminal.run(report), ""]
    for person in shown:
        lines += [_portrait(person), ""]
    lines += [
        "production  psql " + _quoted(stage.prod.conninfo()),
        "the copy    psql " + _quoted(stage.dev.conninfo()),
        f"psql is in {stage.prod.bin}",
        "",
        f"next        provision run {RECIPE}    says that nothing changed",
        f"            provision plan {RECIPE}   tells why each row and column is as it is",
        "            provision demo --stop           ends both servers",
    ]
    return "\n".join(lines)


def _portrait(person: Person) -> str:
    rows = [(name, _short(value), _short(person.after[name])) for name, value in person.before.items()]
    return terminal.table(rows, header=(f"customer {person.id}", "in production", "in the copy"))


def _short(value: str | None) -> str:
    text = escape.shown(" ".join((value or "-").split()))
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _quoted(conninfo: str) -> str:
    return '"' + conninfo.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _make_key(path: Path) -> None:
    """A key of our own, whole or not at all; one that is there stays."""
    if path.exists():
        return
    draft = path.with_name(f"key.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
    draft.replace(path)


def _is_filled(url: Secret) -> bool:
    with psycopg.connect(url.text()) as connection:
        found = connection.execute("select to_regclass('public.customers') is not null").fetchone()
    return bool(found and found[0])
