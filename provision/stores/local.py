"""A store in a local folder.

POSIX calls of our own and not obstore's local store: that one renames without a sync of file or folder, follows
symbolic links and leaves the mode to the umask. Here a file is written under another name, synced, linked into place
(which fails if the name is taken) and its folder synced, so that a crash leaves a whole file or none; every step of a
path is opened without following links; files are 0600 and folders 0700.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from provision.errors import IntegrityError, StoreError
from provision.stores import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

SPOOL = "staging"
COPY_BYTES = 1 << 20

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a planted FIFO must not hang us
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A store in ``root``; its runs stage in ``root/staging``, so that parts are linked and not copied."""

    root: Path

    @classmethod
    def open(cls, root: Path, *, create: bool = True) -> LocalStore:
        """Open the folder, and make it (0700) where it is missing and ``create`` allows.

        Raises: StoreError PRV502.
        """
        store = cls(Path(os.path.abspath(root)))  # noqa: PTH100  # resolve() would follow links of the last step
        with store._translated("open", ""):
            if create:
                store.root.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileExistsError):
                    store.root.mkdir(mode=0o700)
            if not store.root.is_dir():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return store

    @property
    def url(self) -> str:
        """The folder as a URL."""
        return self.root.as_uri()

    @property
    def spool(self) -> Path:
        """Where runs stage."""
        return self.root / SPOOL

    def get(self, path: str, *, limit: int) -> bytes | None:
        """See `ports.Store.get`."""
        *folders, name = paths.checked(path)
        with self._translated("read", path):
            try:
                with self._folder(folders) as folder:
                    handle = os.open(name, _READ, dir_fd=folder)
            except FileNotFoundError:
                return None
            with open(handle, "rb", buffering=0) as file:  # noqa: PTH123  # a descriptor, not a path
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode):
                    raise OSError(errno.EINVAL, "not a regular file")
                data = bytearray()
                while chunk := file.read(min(limit + 1 - len(data), max(found.st_size, COPY_BYTES))):
                    data += chunk
                    if len(data) > limit:
                        raise IntegrityError(
                            "PRV507",
                            f"{path} of the store is larger than the {limit} bytes that it may have",
                            fix="restore the file from a copy of the store, or load another snapshot",
                        )
                return bytes(data)

    def put_new(self, path: str, data: bytes | Path) -> bool:
        """See `ports.Store.put_new`."""
        *folders, name = paths.checked(path)
        with self._translated("write", path), self._folder(folders, create=True) as folder:
            try:
                os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return self._link(data, folder, name)
            return False

    def below(self, prefix: str) -> tuple[str, ...]:
        """See `ports.Store.below`."""
        folders = list(paths.checked(prefix)) if prefix else []
        found: list[str] = []
        with self._translated("list", prefix):
            try:
                with self._folder(folders) as folder:
                    self._collect(folder, "/".join(folders), found)
            except FileNotFoundError:
                return ()
        return tuple(sorted(found))

    def size(self, path: str) -> int | None:
        """See `ports.Store.size`."""
        *folders, name = paths.checked(path)
        with self._translated("read", path):
            try:
                with self._folder(folders) as folder:
                    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return None
            return found.st_size if stat.S_ISREG(found.st_mode) else None

    def delete(self, path: str) -> None:
        """See `ports.Store.delete`."""
        *folders, name = paths.checked(path)
        with (
            self._translated("delete from", path),
            contextlib.suppress(FileNotFoundError),
            self._folder(folders) as folder,
        ):
            os.unlink(name, dir_fd=folder)

    def _link(self, data: bytes | Path, folder: int, name: str) -> bool:
        with self._folder([SPOOL], create=True) as spool:
            if isinstance(data, Path) and self.spool in data.parents:
                with open(os.open(data, _READ), "rb") as file:  # noqa: PTH123  # a descriptor, not a path
                    os.fsync(file.fileno())
                return _link_new(os.fspath(data), None, folder, name)
            temporary = f"put-{secrets.token_hex(8)}"
            try:
                with open(os.open(temporary, _WRITE, 0o600, dir_fd=spool), "wb") as file:  # noqa: PTH123  # as above
                    if isinstance(data, Path):
                        with data.open("rb") as given:
                            while chunk := given.read(COPY_BYTES):
                                file.write(chunk)
                    else:
                        file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                return _link_new(temporary, spool, folder, name)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=spool)

    @contextmanager
    def _folder(self, names: list[str], *, create: bool = False) -> Iterator[int]:
        """A descriptor of a folder of the store, reached step by step without following a link."""
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # the root itself may be a link
        try:
            for name in names:
                if create:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, 0o700, dir_fd=handle)
                        os.fsync(handle)
                below = os.open(name, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)

    def _collect(self, folder: int, prefix: str, found: list[str]) -> None:
        with os.scandir(folder) as entries:
            inside = [entry for entry in entries if paths.allowed(entry.name)]
            for entry in inside:
                path = f"{prefix}/{entry.name}" if prefix else entry.name
                if entry.is_dir(follow_symlinks=False):
                    below = os.open(entry.name, _FOLDER, dir_fd=folder)
                    try:
                        self._collect(below, path, found)
                    finally:
                        os.close(below)
                elif entry.is_file(follow_symlinks=False):
                    found.append(path)

    @contextmanager
    def _translated(self, action: str, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._fail(error, action, path)

    def _fail(self, error: OSError, action: str, path: str) -> NoReturn:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        fixes = {
            errno.ENOSPC: "make room on the disk and run again: the store is as it was",
            errno.EDQUOT: "make room in the quota and run again: the store is as it was",
            errno.EPERM: "use a file system that has hard links, and check the owner of the folder",
            errno.ENOENT: "the first run of a recipe makes the store; check its address if there was one",
            errno.ELOOP: "a symbolic link inside a store is not followed: remove it",
        }
        raise StoreError(
            "PRV502",
            f"cannot {action} {path or 'the store'} in {self.root}: {reason}",
            fix=fixes.get(error.errno or 0, "check the owner and the mode of the folder"),
        ) from None


def _link_new(source: str, source_folder: int | None, folder: int, name: str) -> bool:
    try:
        os.link(source, name, src_dir_fd=source_folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        return False
    os.fsync(folder)
    return True
