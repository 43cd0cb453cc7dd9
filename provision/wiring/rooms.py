"""Opens what names and URLs mean: masks, sources, targets, stores, keyrings and signing keys.

Secrets are resolved here, used, and handed on as `Secret`; variables that held a masking or signing key are taken out
of the environment once they were read, so that no child inherits them.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import provision.masks
from provision.dialects.postgresql.source import PostgresSource
from provision.dialects.postgresql.target import PostgresTarget
from provision.dialects.postgresql.target.distinct import prove_distinct
from provision.errors import DatabaseError, UsageError
from provision.keyed import Keyring
from provision.registry import MaskSpec, collect
from provision.stages.recipe.secrets import references, resolve, resolve_path
from provision.stages.snapshot import PublicKey, SigningKey
from provision.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.project import Project, SourceEntry, TargetEntry
    from provision.model.secret import Secret
    from provision.ports import Store, Target

SIGNING_KEY = ".provision/signing.key"  # made at the first run where the project names none
EMBEDDED_DATABASE = "app"  # the database of an embedded source or target
STATEMENT_S = 3600.0  # of the source: a statement that runs longer was not meant


def mask_specs(plugins: tuple[str, ...] = (), *, folder: Path | None = None) -> Mapping[str, MaskSpec]:
    """All masks: ours, those of installed entry points, those of the project's plug-in modules.

    Args: plugins: modules, looked for in ``folder`` (of the project file) too.
    Raises: UsageError PRV804 for a plug-in that cannot be imported or takes a name that is in use.
    """
    found = dict(collect(provision.masks, MaskSpec))
    modules = [entry.value for entry in entry_points(group="provision.masks")] + list(plugins)
    if plugins and folder is not None and str(folder) not in sys.path:
        sys.path.append(str(folder))
    for name in modules:
        try:
            module = importlib.import_module(name.partition(":")[0])
        except ImportError:
            raise UsageError(
                "PRV804",
                f"the plug-in {name} cannot be imported",
                fix="install its package, or take it out of `plugins` of provision.yaml",
            ) from None
        for value in vars(module).values():
            if isinstance(value, MaskSpec) and found.setdefault(value.name, value) is not value:
                raise UsageError(
                    "PRV804",
                    f"the plug-in {name} brings a mask {value.name}, which there is already",
                    fix="rename the plug-in's mask",
                )
    return dict(sorted(found.items()))


def open_source_url(name: str, url: Secret, *, connections: int = 2, as_of: str = "") -> PostgresSource:
    """A source by its URL.

    Raises: UsageError PRV805 for a URL of a database that we do not read.
    """
    _postgresql(url, name)
    return PostgresSource(name, url, connections=connections, statement_seconds=STATEMENT_S, as_of=as_of or None)


def source_url(entry: SourceEntry, environ: Mapping[str, str]) -> Secret:
    """Where a source is; an embedded one is started."""
    return _url(entry, environ)


def target_url(entry: TargetEntry, environ: Mapping[str, str]) -> Secret:
    """Where a target is; an embedded one is started, or made."""
    return _url(entry, environ)


def open_target(entry: TargetEntry, environ: Mapping[str, str], *, source: Secret | None, source_name: str) -> Target:
    """A target, proven not to be the source that rows came from.

    Raises: SafetyError PRV601, PRV602. UsageError PRV806 for a mode that is not built.
    """
    url = target_url(entry, environ)
    _postgresql(url, entry.name)
    mode, sessions = entry.load.value, entry.sessions.value
    if mode not in {"replace", "refresh"}:
        raise UsageError(
            "PRV806", f"target {entry.name}: load mode {mode} is not built yet", fix="use `replace` or `refresh`"
        )
    if source is not None:
        prove_distinct(source, url, physical_copy_of_source=bool(source_name) and entry.physical_copy_of == source_name)
    return PostgresTarget(
        entry.name or "target",
        url,
        mode="replace" if mode == "replace" else "refresh",
        sessions="terminate" if sessions == "terminate" else "wait" if sessions == "wait" else "fail",
        connections=entry.connections,
    )


def refuse_source(source: SourceEntry, target: TargetEntry, environ: Mapping[str, str]) -> None:
    """Refuse a target that is a source of the project.

    Only sources that can be reached now are compared: whoever loads a snapshot need not be let into production, and
    then cannot write there either.
    """
    if source.embedded is not None and source.embedded != target.embedded:
        return
    try:
        url = source_url(source, environ)
        prove_distinct(url, target_url(target, environ), physical_copy_of_source=target.physical_copy_of == source.name)
    except (UsageError, DatabaseError):
        return


def open_project_store(project: Project, environ: Mapping[str, str], *, create: bool = True) -> Store:
    """The project's snapshot store."""
    text = resolve(project.store.url, environ).text()
    if "://" not in text:
        text = str(resolve_path(project.store.url, environ))
    return open_store(text, spool=project.folder / ".provision" / "staging", create=create)


def keyring(project: Project, environ: dict[str, str]) -> Keyring:
    """The masking keys; variables that held them leave the environment.

    Raises: UsageError for one that is missing or too weak; its kid is named, never its value.
    """
    keys = {kid: resolve(ref, environ) for kid, ref in project.keys.ring}
    for _, ref in project.keys.ring:
        for name in references(ref):
            os.environ.pop(name, None)
    return Keyring.read(keys, project.keys.current)


def signing_key(project: Project, environ: Mapping[str, str]) -> SigningKey:
    """The key that signs statements and refs: the project's, else a local one that is made at the first run."""
    sign = project.store.sign
    text = resolve(sign, environ).text() if sign is not None else ""
    if not text:
        return SigningKey.open(project.folder / SIGNING_KEY)
    path = Path(text.removeprefix("file:").removeprefix("//"))
    return SigningKey.open(path if path.is_absolute() else project.folder / path)


def trusted_keys(project: Project, environ: Mapping[str, str]) -> tuple[PublicKey, ...]:
    """Keys whose snapshots may be loaded, schema included: those of the project, and the one that signs here."""
    return (
        signing_key(project, environ).public,
        *(PublicKey.read(resolve_path(entry.public, environ)) for entry in project.trust),
    )


def _url(entry: SourceEntry | TargetEntry, environ: Mapping[str, str]) -> Secret:
    if entry.embedded is None:
        if entry.url is None:
            raise UsageError("PRV805", f"{entry.name} has neither `url` nor `embedded`", at=entry.at)
        return resolve(entry.url, environ)
    from provision.servers.embedded import start  # noqa: PLC0415  # its package is an extra

    server = start(resolve_path(entry.embedded, environ))
    return server.url(EMBEDDED_DATABASE)


def _postgresql(url: Secret, name: str) -> None:
    scheme = url.text().partition("://")[0] if "://" in url.text() else "postgresql"
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise UsageError(
            "PRV805",
            f"{name or 'the database'}: no dialect reads {scheme}:// yet",
            fix="use a postgresql:// URL",
        )
