"""A store in memory or in a bucket, through the obstore library and its conditional writes."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import MemoryStore, from_url

from provision.errors import IntegrityError, StoreError
from provision.stores import paths

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, repr=False)
class ObjectStore:
    """A store of objects; its runs stage in a local folder, and what they publish is uploaded from there."""

    url: str
    spool: Path
    objects: Any

    def __repr__(self) -> str:
        return f"ObjectStore({self.url})"

    @classmethod
    def open(cls, url: str, *, spool: Path) -> ObjectStore:
        """Open a bucket, or a new and empty store in memory. Credentials come from the environment.

        Args: spool: a folder of this store is made below it. Raises: StoreError PRV502.
        """
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.hostname or ''}{parts.path}".rstrip("/")
        # A folder for each store: a sweep of one must not take another's runs for abandoned ones.
        own = Path(spool) / hashlib.sha256(place.encode()).hexdigest()[:16]
        if parts.scheme.lower() == "memory":
            return cls(place, own, MemoryStore())
        with _translated("open", "the store", place):
            return cls(place, own, from_url(url))

    def get(self, path: str, *, limit: int) -> bytes | None:
        """See `ports.Store.get`."""
        paths.checked(path)
        with _translated("read", path, self.url):
            try:
                found = obstore.get(self.objects, path)
            except FileNotFoundError:
                return None
            if found.meta["size"] > limit:
                raise IntegrityError(
                    "PRV507",
                    f"{path} of the store is larger than the {limit} bytes that it may have",
                    fix="restore the file from a copy of the store, or load another snapshot",
                )
            return bytes(found.bytes())

    def put_new(self, path: str, data: bytes | Path) -> bool:
        """See `ports.Store.put_new`."""
        paths.checked(path)
        with _translated("write", path, self.url):
            try:
                # Create-only is a promise of single requests; an upload in pieces does not have it.
                obstore.put(self.objects, path, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            return True

    def below(self, prefix: str) -> tuple[str, ...]:
        """See `ports.Store.below`."""
        if prefix:
            paths.checked(prefix)
        with _translated("list", prefix, self.url):
            found = [entry["path"] for batch in obstore.list(self.objects, prefix or None) for entry in batch]
        return tuple(sorted(path for path in found if all(paths.allowed(name) for name in path.split("/"))))

    def size(self, path: str) -> int | None:
        """See `ports.Store.size`."""
        paths.checked(path)
        with _translated("read", path, self.url):
            try:
                return int(obstore.head(self.objects, path)["size"])
            except FileNotFoundError:
                return None

    def delete(self, path: str) -> None:
        """See `ports.Store.delete`."""
        paths.checked(path)
        with _translated("delete", path, self.url):
            try:
                obstore.delete(self.objects, path)
            except FileNotFoundError:
                return


@contextmanager
def _translated(action: str, path: str, url: str) -> Iterator[None]:
    """Turn the library's errors, which print requests and answers, into one sentence."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise StoreError(
            "PRV502",
            f"cannot {action} {path} in {url}: {type(error).__name__}",
            fix="check the URL, the credentials in the environment, the network, and that the bucket exists",
        ) from None
