"""The shape of ``provision.yaml``: sources, targets, store, trust, keys; and of the inline forms that recipes may use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from provision.model.project import (
    DEFAULT_KEY,
    DEFAULT_KID,
    DEFAULT_STORE,
    KeysEntry,
    LoadMode,
    Project,
    SecretRef,
    Sessions,
    SourceEntry,
    StoreEntry,
    TargetEntry,
    TrustEntry,
)
from provision.stages.recipe.fields import Field, Fields, ListOf, MapOf
from provision.stages.recipe.nodes import did_you_mean, one_of, quoted
from provision.stages.recipe.secrets import KEY, PATH, SIGN, STORE_URL, URL
from provision.stages.recipe.shapes import Flag, Parsed, Refused, Whole, Word
from provision.stages.recipe.versions import VERSION
from provision.stages.recipe.words import NAME

if TYPE_CHECKING:
    from provision.model.location import Location
    from provision.stages.recipe.fields import Got
    from provision.stages.recipe.nodes import Problems

CONNECTIONS = Field(Whole(least=1, most=64), "At most so many connections at once; 2 unless said otherwise.")
EMBEDDED = Field(PATH, "Folder of a PostgreSQL that provision starts itself.")


def _source(got: Got, problems: Problems) -> SourceEntry:  # noqa: ARG001  # the form of all makers
    return SourceEntry(
        name="", url=got.get("url"), embedded=got.get("embedded"), connections=got.get("connections", 2), at=got.at
    )


SOURCE = Fields(
    "a source",
    _source,
    {
        "url": Field(URL, "postgresql://user:${PASSWORD}@host:5432/database. It is only read."),
        "embedded": EMBEDDED,
        "connections": CONNECTIONS,
    },
    exactly_one=("url", "embedded"),
)


def _target(got: Got, problems: Problems) -> TargetEntry:  # noqa: ARG001
    return TargetEntry(
        name="",
        url=got.get("url"),
        embedded=got.get("embedded"),
        load=got.get("load", LoadMode.REPLACE),
        sessions=got.get("sessions", Sessions.FAIL),
        template=got.get("template", False),
        physical_copy_of=got.get("physical_copy_of", ""),
        connections=got.get("connections", 2),
        at=got.at,
    )


TARGET = Fields(
    "a target",
    _target,
    {
        "url": Field(URL, "postgresql://user:${PASSWORD}@host:5432/database. It is written."),
        "embedded": EMBEDDED,
        "load": Field(
            Word({mode.value: mode for mode in LoadMode}),
            "replace: a new database, renamed when it is complete. refresh: into the existing schema, in one transaction.",
        ),
        "sessions": Field(
            Word({sessions.value: sessions for sessions in Sessions}), "What becomes of sessions that are open on it."
        ),
        "template": Field(Flag(), "Seal it as a template database to clone from."),
        "physical_copy_of": Field(NAME, "The source of which the target's server is a physical copy."),
        "connections": CONNECTIONS,
    },
    exactly_one=("url", "embedded"),
)


def _store(got: Got, problems: Problems) -> StoreEntry:
    folder = problems.folders.get(got.at.file, Path())
    url = got.get("url") or SecretRef(text=DEFAULT_STORE, folder=folder)
    return StoreEntry(url=url, folder=folder, sign=got.get("sign") or None, at=got.at)


STORE = Fields(
    "store",
    _store,
    {
        "url": Field(STORE_URL, "A path, or file://, s3://, gs://, az://; .provision/store unless said otherwise."),
        "sign": Field(SIGN, "What signs snapshots: file: and a path, or the URI of a KMS, HSM or Vault."),
    },
)

TRUST = Fields(
    "a trusted key",
    lambda got, _: TrustEntry(keyid=got["keyid"], public=got["public"], at=got.at),
    {
        "keyid": Field(NAME, "Name of the key in signatures.", required=True),
        "public": Field(PATH, "File of the public key.", required=True),
    },
)


def _keys(got: Got, problems: Problems) -> KeysEntry:
    ring: tuple[tuple[str, SecretRef, Location], ...] = got["ring"]
    kids = [kid for kid, _, _ in ring]
    current = got.get("current") or (kids[0] if len(kids) == 1 else DEFAULT_KID)
    if current not in kids:
        fix = f"{did_you_mean(current, kids)}the ring has {one_of(kids)}"
        problems.add("PRV128", f"no key {quoted(current)} in the ring", at=got.place("current"), fix=fix)
    return KeysEntry(current=current, ring=tuple((kid, ref) for kid, ref, _ in ring), at=got.at)


KEYS = Fields(
    "keys",
    _keys,
    {
        "current": Field(NAME, "The key that masks now."),
        "ring": Field(MapOf(NAME, KEY, "a mapping of key names to keys", least=1), "All keys by name, base64 of 32 random bytes each.", required=True),
    },
)  # fmt: skip


def parse_module(text: str, at: Location) -> str:  # noqa: ARG001  # the form of all parsers
    """The dotted name of a Python module."""
    if not all(part.isidentifier() for part in text.split(".")):
        raise Refused(f"{quoted(text)} is not the name of a module", fix="write package.module")
    return text


MODULE = Parsed("the name of a module", parse_module, code="PRV115")


def _project(got: Got, problems: Problems) -> Project:
    folder = problems.folders.get(got.at.file, Path())
    sources: tuple[tuple[str, SourceEntry, Location], ...] = got.get("sources", ())
    targets: tuple[tuple[str, TargetEntry, Location], ...] = got.get("targets", ())
    default = Project.without_file(folder)
    names = [name for name, _, _ in sources]
    for _, target, _ in targets:
        if target.physical_copy_of and target.physical_copy_of not in names:
            fix = f"{did_you_mean(target.physical_copy_of, names)}sources are {one_of(names)}"
            problems.add("PRV128", f"no source {quoted(target.physical_copy_of)}", at=target.at, fix=fix)
    return Project(
        sources=tuple(replace(entry, name=name, at=at) for name, entry, at in sources),
        targets=tuple(replace(entry, name=name, at=at) for name, entry, at in targets),
        store=got.get("store") or default.store,
        trust=got.get("trust", ()),
        keys=got.get("keys") or default.keys,
        plugins=got.get("plugins", ()),
        version=got["version"],
        folder=folder,
    )


PROJECT = Fields(
    "a project",
    _project,
    {
        "version": VERSION,
        "sources": Field(MapOf(NAME, SOURCE), "Databases that rows come from, by name."),
        "targets": Field(MapOf(NAME, TARGET), "Databases that snapshots are loaded into, by name."),
        "store": Field(STORE, "Where snapshots live, and what signs them."),
        "trust": Field(ListOf(TRUST), "Keys whose snapshots may be loaded, schema included."),
        "keys": Field(KEYS, f"Masking keys; {DEFAULT_KEY.split(':', maxsplit=1)[0]}}} unless said otherwise."),
        "plugins": Field(
            ListOf(MODULE), "Python modules that hold masks, generators, checks and detectors of your own."
        ),
    },
)
