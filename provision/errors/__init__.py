"""The error tree. Every error says where, what and how to fix it, and never quotes a data value.

::

    ProvisionError            one code, one sentence, one place, one fix
    ├── UsageError            2   recipe, policy, project file or command line is wrong
    │   └── RecipeError       2   all mistakes of the user's files at once
    ├── SafetyError           6   refused: target is a source, undecided column, weakened policy, a leak
    ├── IntegrityError        5   a stored file, hash or signature is not what it says
    ├── CheckError            3   a check failed; the snapshot is kept untagged and not loaded
    ├── LockedError           75  somebody else is at work; try later
    └── RunError              1   the world failed: database, store, server
        ├── DatabaseError
        ├── StoreError
        └── ServerError

``codes.py`` lists every code with its page. Foreign exceptions are translated where they are caught
(``raise … from None``), because psycopg, polars and pydantic quote values in their messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.model.location import Location
    from provision.model.report import Finding


class ProvisionError(Exception):
    """The root: what a user sees is ``str(error)``; what a program sees is ``code`` and ``exit_code``.

    Args: code: ``PRVnnn``, listed in ``errors.codes``. message: one sentence without data values.
    at: the place in a user's file, if there is one. fix: what to do, as an imperative sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, message: str, *, fix: str = "", at: Location | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.at = at

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        excerpt = f"\n{self.at.excerpt()}" if self.at and self.at.text else ""
        fix = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{place}{self.code} {self.message}{excerpt}{fix}"


class UsageError(ProvisionError):
    """The recipe, a policy, the project file or the command line is wrong."""

    exit_code = 2


class RecipeError(UsageError):
    """All mistakes of a user's files at once, in file order."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        if not findings:
            raise ValueError("a RecipeError needs at least one finding")
        first = findings[0]
        super().__init__(first.code, first.message, fix=first.fix, at=first.at)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class SafetyError(ProvisionError):
    """Refused for safety: target is a source, undecided column, weakened policy, a leak found."""

    exit_code = 6

    def __init__(
        self,
        code: str,
        message: str,
        *,
        fix: str = "",
        at: Location | None = None,
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(code, message, fix=fix, at=at)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(str(finding) for finding in self.findings)])


class IntegrityError(ProvisionError):
    """A stored file, a hash or a signature is not what it says it is."""

    exit_code = 5


class CheckError(ProvisionError):
    """A check failed: the snapshot is kept untagged and is not loaded."""

    exit_code = 3


class LockedError(ProvisionError):
    """Somebody else holds the lock; trying later may work."""

    exit_code = 75


class RunError(ProvisionError):
    """The world failed: a connection, a disk, a server."""

    exit_code = 1


class DatabaseError(RunError):
    """A database refused or broke off; carries the SQLSTATE, never the server's DETAIL."""

    def __init__(
        self, code: str, message: str, *, fix: str = "", at: Location | None = None, sqlstate: str | None = None
    ) -> None:
        super().__init__(code, message, fix=fix, at=at)
        self.sqlstate = sqlstate


class StoreError(RunError):
    """A snapshot store could not be read or written."""


class ServerError(RunError):
    """A database server that we start ourselves did not start, stop or answer."""
