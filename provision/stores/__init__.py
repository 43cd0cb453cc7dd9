"""Where snapshots live: a local folder, memory, or an object store. `open_store` takes a URL and returns a `Store`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from provision.errors import UsageError

if TYPE_CHECKING:
    from provision.ports import Store

OBJECT_SCHEMES = ("s3", "gs", "az")
SCHEMES = ("file", "memory", *OBJECT_SCHEMES)


def open_store(url: str, *, spool: Path, create: bool = True) -> Store:
    """The store that a URL or a plain folder names.

    Args: spool: local folder where runs of object and memory stores stage; a local store stages inside itself.
    create: make the folder of a local store where it is missing.
    Raises: UsageError PRV501 for a URL that names no store. StoreError PRV502 if it cannot be opened.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme == "" or (len(scheme) == 1 and scheme.isalpha() and not parts.netloc):  # a path, or a drive's letter
        return _local(Path(url), create=create)
    if scheme == "file" and parts.netloc in {"", "localhost"} and not parts.query:
        return _local(Path(unquote(parts.path)), create=create)
    if "@" in parts.netloc:
        raise UsageError(
            "PRV501",
            f"the {scheme} URL of the store holds credentials",
            fix="leave them out: they are read from the environment of the provider's own tools",
        )
    if scheme == "memory" or (scheme in OBJECT_SCHEMES and parts.netloc):
        from provision.stores.obstore import ObjectStore  # noqa: PLC0415  # its library is heavy

        return ObjectStore.open(url, spool=spool)
    raise UsageError(
        "PRV501",
        f"no store has a URL that begins with {scheme + '://' if scheme not in SCHEMES else url.split('?', 1)[0]!r}",
        fix="name a folder, or use file:///path, s3://bucket/path, gs://bucket/path, az://container/path or memory://",
    )


def _local(folder: Path, *, create: bool) -> Store:
    from provision.stores.local import LocalStore  # noqa: PLC0415  # needed by this scheme alone

    return LocalStore.open(folder, create=create)
