"""The project file as data: connections, store, keys and trust. Recipes hold none of these.

Values that may be secret are held as `SecretRef`: the text as written, expanded only when it is used, so that
``check`` works without the environment that ``run`` needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.model.location import Location

DEFAULT_KID = "default"
DEFAULT_KEY = "${PROVISION_KEY:?32 random bytes, base64: `provision key new` makes one}"
DEFAULT_STORE = ".provision/store"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SecretRef:
    """A text with references to the environment or to files, unexpanded. Its repr shows nothing but its place.

    ``stages.recipe.resolve`` expands it, ``resolve_path`` makes it a path.
    """

    text: str
    folder: Path = field(default=Path(), compare=False)  # relative files are looked up here
    at: Location | None = field(default=None, compare=False)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __repr__(self) -> str:
        return f"SecretRef({self.at or '****'})"


class LoadMode(StrEnum):
    """How a snapshot goes into a target."""

    REPLACE = "replace"  # a new database aside, then renamed
    REFRESH = "refresh"  # into the existing schema, in one transaction
    APPEND = "append"
    UPSERT = "upsert"


class Sessions(StrEnum):
    """What becomes of sessions that are open on a target when it is replaced."""

    TERMINATE = "terminate"
    WAIT = "wait"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A database that rows come from: either a URL or the folder of an embedded PostgreSQL."""

    name: str  # '' where it was written inside a recipe
    url: SecretRef | None = None
    embedded: SecretRef | None = None  # a path below the file that wrote it, references unexpanded
    connections: int = 2  # at most this many at once
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEntry:
    """A database that snapshots are loaded into: either a URL or the folder of an embedded PostgreSQL."""

    name: str  # '' where it was written inside a recipe
    url: SecretRef | None = None
    embedded: SecretRef | None = None  # a path below the file that wrote it, references unexpanded
    load: LoadMode = LoadMode.REPLACE
    sessions: Sessions = Sessions.FAIL
    template: bool = False  # seal it to clone from
    physical_copy_of: str = ""  # a source of which the target's server is a physical copy
    connections: int = 2
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEntry:
    """Where snapshots live, and what signs them."""

    url: SecretRef  # a path, or file://, s3://, gs://, az://, memory://
    folder: Path = field(default=Path(), compare=False)  # relative paths are below this folder
    sign: SecretRef | None = None
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEntry:
    """A key whose snapshots may be loaded, schema included."""

    keyid: str
    public: SecretRef  # a path below the project file, references unexpanded
    at: Location | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysEntry:
    """The masking keys by kid, and the one that masks now."""

    current: str = DEFAULT_KID
    ring: tuple[tuple[str, SecretRef], ...] = ()
    at: Location | None = field(default=None, compare=False, repr=False)

    def reference(self, kid: str) -> SecretRef:
        """The key of that kid; raises KeyError."""
        return dict(self.ring)[kid]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project file, or what holds without one: store ``.provision/store``, key ``PROVISION_KEY``."""

    store: StoreEntry
    keys: KeysEntry
    sources: tuple[SourceEntry, ...] = ()
    targets: tuple[TargetEntry, ...] = ()
    trust: tuple[TrustEntry, ...] = ()
    plugins: tuple[str, ...] = ()  # modules that hold masks, generators, checks, detectors
    version: int = 1
    file: Path | None = field(default=None, compare=False)  # None where there is no project file
    folder: Path = field(default=Path(), compare=False)  # of the file; the folder of work without one

    @classmethod
    def without_file(cls, folder: Path) -> Project:
        """What holds in a folder without a project file."""
        return cls(
            store=StoreEntry(url=SecretRef(text=DEFAULT_STORE, folder=folder), folder=folder),
            keys=KeysEntry(ring=((DEFAULT_KID, SecretRef(text=DEFAULT_KEY, folder=folder)),)),
            folder=folder,
        )

    def source(self, name: str) -> SourceEntry:
        """The source of that name; raises KeyError."""
        return {entry.name: entry for entry in self.sources}[name]

    def target(self, name: str) -> TargetEntry:
        """The target of that name; raises KeyError."""
        return {entry.name: entry for entry in self.targets}[name]
