"""Verifying a store or one snapshot: every file that belongs to it is what its name, its hash and its signature say."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from provision.errors import IntegrityError
from provision.model.report import Finding, Severity
from provision.stages.snapshot import history, home, layout, refs, statements
from provision.stages.snapshot.documents import digest
from provision.stages.snapshot.logical import TableHash
from provision.stages.snapshot.read import load_ddl, load_manifest, load_part
from provision.stages.snapshot.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provision.model.manifest import TableEntry
    from provision.ports import Store
    from provision.stages.snapshot.signing import PublicKey


def verify(
    store: Store, snapshot: str | None = None, *, deep: bool = True, trusted: Iterable[PublicKey] = ()
) -> tuple[Finding, ...]:
    """What is wrong with a snapshot (by its whole id), or with all of the store: refs, log and every snapshot.

    Args: deep: read every row, and hold it to the logical hashes; otherwise parts are held to their size alone.
    trusted: keys that are known; what none of them signed is a warning.
    Returns: findings, none where all is well. Leases and parts of no snapshot are not looked at.
    """
    check = _Verification(store, deep=deep, trusted=tuple(trusted))
    check.run(snapshot)
    return tuple(check.findings)


class _Verification:
    def __init__(self, store: Store, *, deep: bool, trusted: tuple[PublicKey, ...]) -> None:
        self._store = store
        self._deep = deep
        self._trusted = trusted
        self._seen: set[str] = set()
        self.findings: list[Finding] = []

    def run(self, snapshot: str | None) -> None:
        self._attempt(layout.STORE_FILE, lambda: self._refs(home.store_id(self._store), snapshot))
        for identity in [snapshot] if snapshot else history.snapshot_ids(self._store):
            self._attempt(identity, partial(self._snapshot, identity))
        if snapshot is None:
            self._attempt(layout.LOG, lambda: history.past_runs(self._store, trusted=self._trusted))

    def _attempt(self, where: str, act: Callable[[], object]) -> None:
        try:
            act()
        except IntegrityError as error:
            self.findings.append(Finding(code=error.code, message=error.message, where=where, fix=error.fix))

    def _refs(self, identity: str, snapshot: str | None) -> None:
        kinds: tuple[layout.RefKind, ...] = ("recipes", "tags")
        for kind in kinds:
            for name in refs.names(self._store, kind):
                self._attempt(f"{kind}/{name}", partial(self._ref, kind, name, identity, snapshot))

    def _ref(self, kind: layout.RefKind, name: str, identity: str, snapshot: str | None) -> None:
        for entry in refs.history(self._store, kind, name, store_id=identity, trusted=self._trusted):
            document = entry.document
            if snapshot not in {None, document.snapshot}:
                continue
            where = f"{kind}/{name} {document.seq}"
            if not entry.verified:
                self._unsigned(where)
            if self._store.size(layout.manifest_path(document.snapshot)) is None:
                raise IntegrityError("PRV509", f"{where} stands for a snapshot that is missing")
            if self._store.size(layout.statement_path(document.snapshot, document.statement)) is None:
                raise IntegrityError("PRV509", f"{where} names a statement that is missing")

    def _snapshot(self, snapshot: str) -> None:
        for name in statements.hashes(self._store, snapshot):
            self._attempt(snapshot, partial(self._statement, snapshot, name))
        made = load_manifest(self._store, snapshot)
        self._attempt(snapshot, lambda: load_ddl(self._store, made))
        for table in made.tables:
            self._attempt(str(table.name), partial(self._table, table))

    def _statement(self, snapshot: str, name: str) -> None:
        stated = statements.get(self._store, snapshot, name, trusted=self._trusted)
        if not stated.verified:
            self._unsigned(f"statement {name[:12]}")

    def _table(self, table: TableEntry) -> None:
        shape = Shape.of_entry(table)
        if not self._deep:
            for part in table.parts:
                if self._store.size(layout.part_path(part.hash)) != part.bytes:
                    raise IntegrityError("PRV509", f"part {part.hash[:12]} of {table.name} is missing or cut off")
            return
        fingerprint = digest(repr(table).encode())
        if fingerprint in self._seen:  # many versions share most of their tables
            return
        hashed = TableHash(shape)
        for part in table.parts:
            for block in load_part(self._store, part, shape):
                hashed.add(block)
        if hashed.hexdigest() != table.hash or hashed.columns() != tuple(column.hash for column in table.columns):
            raise IntegrityError("PRV512", f"the rows of {table.name} are not those of the logical hash")
        self._seen.add(fingerprint)

    def _unsigned(self, where: str) -> None:
        self.findings.append(
            Finding(
                code="PRV516",
                severity=Severity.WARN,
                message=f"{where} is not signed by a trusted key",
                where=where,
                fix="add the signer's public key to trust: in the project file, or run the recipe again here",
            )
        )
