"""The table of contents of a ``pg_dump -Fc`` archive, read without pg_restore.

``pg_restore -f -`` joins all entries into one script, where a function body may look like the next entry. The archive
holds them apart, with kind, section and dependencies, so nothing has to be guessed. Only what comes before the data is
read; sizes are bounded by the bytes at hand.

Source: src/bin/pg_dump/pg_backup_archiver.c (ReadHead, ReadToc, ReadInt, ReadStr) and pg_backup_custom.c
(_ReadExtraToc) of PostgreSQL 15 to 18, archive versions 1.14 to 1.16.
"""

from __future__ import annotations

from dataclasses import dataclass

from provision.errors import RunError

MAGIC = b"PGDMP"
OLDEST, NEWEST = (1, 14), (1, 16)  # pg_dump 12 to 15 write 1.14, 16 writes 1.15, 17 and 18 write 1.16
CUSTOM_FORMAT = 1
SECTIONS = {1: "none", 2: "pre-data", 3: "data", 4: "post-data"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TocEntry:
    """One entry as pg_dump wrote it, in the archive's order, which is an order of creation.

    ``oids`` are the catalog's own (oid of the system table, oid of the row), (0, 0) for what has no row.
    """

    number: int  # the archive's dump id, which ``depends`` refers to
    oids: tuple[int, int]
    tag: str
    kind: str
    section: str
    sql: str
    schema: str
    depends: tuple[int, ...]


def read_archive(data: bytes) -> tuple[TocEntry, ...]:
    """Entries of a custom-format archive.

    Raises: RunError PRV604 if this is no such archive, or one of a version that we do not know.
    """
    try:
        return _read(_Bytes(data))
    except (IndexError, ValueError, KeyError):
        raise _broken("it breaks off or holds what no pg_dump writes") from None


class _Bytes:
    """A cursor over the archive; reading past the end raises IndexError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.integer_bytes = 4

    def take(self, count: int) -> bytes:
        piece = self.data[self.position : self.position + count]
        if count < 0 or len(piece) != count:
            raise IndexError(count)
        self.position += count
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def integer(self) -> int:
        """A sign byte, then the magnitude, least significant byte first."""
        negative = self.byte()
        magnitude = int.from_bytes(self.take(self.integer_bytes), "little")
        return -magnitude if negative else magnitude

    def text(self) -> str | None:
        """A length, -1 for NULL, then the bytes."""
        length = self.integer()
        return None if length < 0 else self.take(length).decode()


def _read(source: _Bytes) -> tuple[TocEntry, ...]:
    if source.take(len(MAGIC)) != MAGIC:
        raise _broken("it does not begin like one")
    version = (source.byte(), source.byte())
    source.byte()  # revision
    if not OLDEST <= version <= NEWEST:
        raise _broken(f"its version is {version[0]}.{version[1]}")
    source.integer_bytes = source.byte()
    offset_bytes = source.byte()
    if not (4 <= source.integer_bytes <= 8 and 4 <= offset_bytes <= 8) or source.byte() != CUSTOM_FORMAT:
        raise _broken("it is not in the custom format")
    if version >= (1, 15):
        source.byte()  # compression algorithm
    else:
        source.integer()  # compression level
    for _ in range(7):
        source.integer()  # when it was made
    for _ in range(3):
        source.text()  # database, version of the server, version of pg_dump
    return tuple(_entry(source, version, offset_bytes) for _ in range(source.integer()))


def _entry(source: _Bytes, version: tuple[int, int], offset_bytes: int) -> TocEntry:
    number = source.integer()
    source.integer()  # whether rows follow
    oids = (int(source.text() or 0), int(source.text() or 0))
    tag, kind = source.text() or "", source.text() or ""
    section = SECTIONS[source.integer()]
    sql = source.text() or ""
    source.text()  # DROP statement
    source.text()  # COPY statement
    schema = source.text() or ""
    source.text()  # tablespace
    source.text()  # table access method
    if version >= (1, 16):
        source.integer()  # relkind
    source.text()  # owner
    source.text()  # WITH OIDS, a word of the past
    depends: list[int] = []
    while (dependency := source.text()) is not None:
        depends.append(int(dependency))
    source.take(1 + offset_bytes)  # where the rows are
    return TocEntry(
        number=number,
        oids=oids,
        tag=tag,
        kind=kind,
        section=section,
        sql=sql,
        schema=schema,
        depends=tuple(depends),
    )


def _broken(why: str) -> RunError:
    return RunError("PRV604", f"this is not a pg_dump archive that can be read: {why}", fix="use pg_dump 15 to 18")
