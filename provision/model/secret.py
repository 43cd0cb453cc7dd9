"""A value that must not be shown: keys, passwords, connection URLs that hold one."""

from __future__ import annotations


class Secret:
    """Holds bytes that neither ``repr``, ``str``, ``format`` nor pickle give away; ``reveal()`` does."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes | str) -> None:
        self._value = value.encode() if isinstance(value, str) else bytes(value)

    def reveal(self) -> bytes:
        """The bytes themselves; call it where they are used, keep no copy."""
        return self._value

    def text(self) -> str:
        """The bytes as UTF-8 text."""
        return self._value.decode()

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled: hand it over by reference")
