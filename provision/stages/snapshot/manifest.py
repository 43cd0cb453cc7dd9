"""Manifests: from a plan and its finished tables, to bytes and back, with ids and content digests that must agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.errors import IntegrityError
from provision.model.manifest import (
    MANIFEST_FORMAT,
    ColumnEntry,
    ConditionEntry,
    DdlBlob,
    DdlEntry,
    Manifest,
    MaskIdentity,
    RelationEntry,
    SequenceEntry,
    TableEntry,
)
from provision.stages.snapshot import layout
from provision.stages.snapshot.documents import canonical, decode, digest, encode, malformed, parse
from provision.stages.snapshot.parts import MAX_PART_ROWS
from provision.stages.snapshot.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provision.model.manifest import PartEntry
    from provision.model.names import TableName
    from provision.model.plan import MaskUse, Plan, TablePlan
    from provision.stages.snapshot.logical import TableHash

MAX_PART_FILE = 2 << 30  # bytes of a Parquet file that a reader takes


def table_entry(
    plan: TablePlan, hashed: TableHash, parts: tuple[PartEntry, ...], *, word_lists: Mapping[str, str]
) -> TableEntry:
    """The entry of a table whose rows are all staged. ``word_lists`` has the hash of a mask's list by its name."""
    shape = Shape.of_plan(plan)
    columns = tuple(
        ColumnEntry(
            name=stored.name,
            type=stored.type,
            storage=stored.storage,
            origin=column.origin,
            mask=None if column.mask is None else _identity(column.mask, word_lists),
            hash=column_hash,
        )
        for stored, column, column_hash in zip(shape.columns, plan.stored, hashed.columns(), strict=True)
    )
    return TableEntry(
        name=plan.name, columns=columns, key=plan.key, rows=hashed.rows, hash=hashed.hexdigest(), parts=parts
    )


def assemble(
    plan: Plan,
    *,
    tables: Iterable[TableEntry],
    ddl: tuple[DdlEntry, ...],
    sequences: Mapping[TableName, int],
    keys: Mapping[str, str],
) -> tuple[Manifest, bytes]:
    """The manifest of a run, and the blob of its DDL entries.

    Args: tables: of all tables in the schema, those without rows too. sequences: last value handed out, by name.
    keys: check value of each masking key in use, by kid.
    """
    blob = canonical([encode(entry) for entry in ddl])
    entries = tuple(sorted(tables, key=lambda table: table.name))
    relations = (
        RelationEntry(
            name=relation.name,
            child=relation.child,
            columns=relation.columns,
            parent=relation.parent,
            parent_columns=relation.parent_columns,
            declared=relation.declared,
            when=tuple(ConditionEntry(column=when.column, value=when.value) for when in relation.when),
        )
        for relation in plan.relations
    )
    schema = DdlBlob(hash=digest(blob), bytes=len(blob), entries=len(ddl))
    manifest = Manifest(
        format=MANIFEST_FORMAT,
        content=content_of(schema, entries),
        dialect=plan.catalog.dialect,
        server_version=plan.catalog.server_version // 10_000 * 10_000,
        ddl=schema,
        tables=entries,
        relations=tuple(sorted(relations, key=lambda relation: (relation.child, relation.columns, relation.name))),
        sequences=tuple(SequenceEntry(name=name, last=last) for name, last in sorted(sequences.items())),
        keys=dict(keys),
    )
    return manifest, blob


def content_of(ddl: DdlBlob, tables: Iterable[TableEntry]) -> str:
    """The digest of DDL and rows alone: not of parts, masks, keys or sequences."""
    rows = [{"hash": table.hash, "table": encode(table.name)} for table in tables]
    return digest(canonical({"ddl": ddl.hash, "tables": rows}))


def to_bytes(manifest: Manifest) -> bytes:
    """The canonical bytes, whose SHA-256 is the snapshot id."""
    return canonical(encode(manifest))


def id_of(manifest: Manifest) -> str:
    """The snapshot id."""
    return digest(to_bytes(manifest))


def from_bytes(data: bytes, snapshot: str) -> Manifest:
    """Read a manifest and hold it to its id and to its own sums.

    Raises: IntegrityError PRV507 if it is not the manifest of this id, PRV508 if it is malformed, PRV503 for a format
    of another version.
    """
    what = f"the manifest of {snapshot[:12]}"
    if digest(data) != snapshot:
        raise IntegrityError(
            "PRV507", f"{what} was changed after it was written", fix="restore the file from a copy of the store"
        )
    value = parse(data, what)
    if isinstance(value, dict) and isinstance(value.get("format"), str) and value["format"] != MANIFEST_FORMAT:
        raise IntegrityError(
            "PRV503", f"{what} is of another format", fix="read it with the version of provision that wrote it"
        )
    manifest = decode(Manifest, value, what)
    if not _sound(manifest):
        malformed(what)
    return manifest


def ddl_from_bytes(data: bytes, blob: DdlBlob) -> tuple[DdlEntry, ...]:
    """Read the DDL entries of a blob.

    Raises: IntegrityError PRV507, PRV508.
    """
    what = f"the schema {blob.hash[:12]}"
    if digest(data) != blob.hash:
        raise IntegrityError(
            "PRV507", f"{what} was changed after it was written", fix="restore the file from a copy of the store"
        )
    value = parse(data, what)
    if not isinstance(value, list) or len(value) != blob.entries:
        malformed(what)
    entries = tuple(decode(DdlEntry, item, what) for item in value)
    if any(not 0 <= position < number for number, entry in enumerate(entries) for position in entry.after):
        malformed(what)
    return entries


def _identity(use: MaskUse, word_lists: Mapping[str, str]) -> MaskIdentity:
    return MaskIdentity(
        mask=use.mask,
        parameters=dict(use.parameters),
        domain=use.domain,
        kid=use.kid,
        by=use.by,
        word_list=word_lists.get(use.mask, ""),
    )


def _sound(manifest: Manifest) -> bool:
    """Whether hashes, names, bounds and sums are what they must be."""
    hashes = [manifest.content, manifest.ddl.hash]
    names = [table.name for table in manifest.tables]
    for table in manifest.tables:
        columns = [column.name for column in table.columns]
        hashes += [table.hash, *(column.hash for column in table.columns), *(part.hash for part in table.parts)]
        if (
            len(set(columns)) != len(columns)
            or not set(table.key) <= set(columns)
            or sum(part.rows for part in table.parts) != table.rows
            or not all(0 < part.rows <= MAX_PART_ROWS and 0 < part.bytes <= MAX_PART_FILE for part in table.parts)
        ):
            return False
    return (
        all(map(layout.is_hash, hashes))
        and names == sorted(set(names))
        and 0 <= manifest.ddl.bytes <= layout.MAX_BLOB
        and manifest.content == content_of(manifest.ddl, manifest.tables)
    )
