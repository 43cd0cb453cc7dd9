"""STORE.json: says that a folder or bucket is a store, of which format, and which one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.errors import IntegrityError
from provision.model.manifest import MANIFEST_FORMAT
from provision.stages.snapshot import layout
from provision.stages.snapshot.sealed import seal, unseal

if TYPE_CHECKING:
    from provision.ports import Store

KIND = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The store's format and id. It names no keys: a store cannot vouch for itself."""

    format: str
    id: str


def store_id(store: Store) -> str:
    """The store's id.

    Raises: IntegrityError PRV503 where there is no store, or one of another format; PRV507, PRV508 where the file was changed.
    """
    data = store.get(layout.STORE_FILE, limit=layout.MAX_ENTRY)
    if data is None:
        raise IntegrityError(
            "PRV503",
            f"{store.url} is not a store: it has no STORE.json",
            fix="check the store's address; a run makes it",
        )
    home = unseal(data, Home, kind=KIND, what="STORE.json").document
    if home.format != MANIFEST_FORMAT or not layout.is_ulid(home.id):
        raise IntegrityError(
            "PRV503",
            f"{store.url} is a store of another format",
            fix="read it with the version of provision that made it",
        )
    return home.id


def settle(store: Store) -> str:
    """The store's id; makes STORE.json where there is none. Of two that make it at once, one wins and both read it."""
    if store.size(layout.STORE_FILE) is None:
        home = Home(format=MANIFEST_FORMAT, id=layout.new_ulid())
        store.put_new(layout.STORE_FILE, seal(home, kind=KIND))
    return store_id(store)
