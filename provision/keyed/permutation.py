"""Keyed permutations of whole numbers: a Feistel network over an enumerated domain, tables where it is tiny.

A domain of ``size`` numbers is laid out as a rectangle of ``a`` rows and ``b`` columns just large enough, each number
is split into its row and its column, and the rounds add AES of one to the other, modulo a and b by turns (the generalised
Feistel network of Black and Rogaway, 2002). A result outside the domain is sent through again ("cycle walking").
Up to 2^16 numbers the whole permutation is a table, sorted by AES of each number, which is as good as chance gets.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from provision.keyed.derive import block_cipher
from provision.keyed.prf import multiply_high

if TYPE_CHECKING:
    from typing import Protocol

    from numpy.typing import NDArray

    class _Step(Protocol):
        """`Feistel.forward` or `Feistel.backward`."""

        def __call__(
            self,
            left: NDArray[np.uint64],
            right: NDArray[np.uint64],
            bounds: tuple[np.uint64, np.uint64],
            *,
            rounds: int,
        ) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
            """Permute pairs."""


MAX_SIZE = 2**63
TABLE_SIZE = 2**16  # up to here a table: 256 kB, made in 5 ms
SMALL_SIZE = 2**20  # below it more rounds, because halves are short
ROUNDS = 10
SMALL_ROUNDS = 18
BLOCK_ROWS = 65_536  # numbers at a time, so that blocks stay in the processor's cache


class Feistel:
    """The rounds alone, over pairs of numbers below ``a`` and ``b``, which may differ from row to row."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = block_cipher(key)

    def __repr__(self) -> str:
        return "Feistel(****)"

    def __reduce__(self) -> str:
        raise TypeError("a permutation holds a key and is not pickled")

    def words(self, first: NDArray[np.uint64] | int, second: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The first 8 bytes of AES of (first, second), all little-endian 64-bit words."""
        blocks = np.empty((len(second), 2), dtype="<u8")
        blocks[:, 0] = first
        blocks[:, 1] = second
        return np.frombuffer(self._cipher.update(blocks.tobytes()), dtype="<u8")[::2]

    def forward(
        self,
        left: NDArray[np.uint64],
        right: NDArray[np.uint64],
        bounds: tuple[NDArray[np.uint64] | np.uint64, NDArray[np.uint64] | np.uint64],
        *,
        rounds: int = ROUNDS,
        tweak: NDArray[np.uint64] | int = 0,
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Permute the pairs; ``bounds`` are at most 2^63, ``tweak`` is below 2^56 and picks one of many permutations."""
        rows, columns = bounds
        for number in range(0, rounds, 2):
            left = _add(left, multiply_high(self.words(_first(tweak, number), right), rows), rows)
            right = _add(right, multiply_high(self.words(_first(tweak, number + 1), left), columns), columns)
        return left, right

    def backward(
        self,
        left: NDArray[np.uint64],
        right: NDArray[np.uint64],
        bounds: tuple[NDArray[np.uint64] | np.uint64, NDArray[np.uint64] | np.uint64],
        *,
        rounds: int = ROUNDS,
        tweak: NDArray[np.uint64] | int = 0,
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """The inverse of `forward`."""
        rows, columns = bounds
        for number in reversed(range(0, rounds, 2)):
            right = _subtract(right, multiply_high(self.words(_first(tweak, number + 1), left), columns), columns)
            left = _subtract(left, multiply_high(self.words(_first(tweak, number), right), rows), rows)
        return left, right


class Permutation:
    """A keyed permutation of 0..size-1.

    Args: key: 16, 24 or 32 bytes for this purpose and size alone. size: 1..2^63.
    """

    __slots__ = ("_backward", "_bounds", "_feistel", "_forward", "rounds", "size")

    def __init__(self, key: bytes, size: int) -> None:
        if not 1 <= size <= MAX_SIZE:
            raise ValueError(f"a permutation needs 1 to 2^63 numbers, not {size}")
        self.size = size
        self._feistel = Feistel(key)
        self._forward = self._backward = np.empty(0, dtype=np.uint64)
        rows = isqrt(size - 1) + 1
        self._bounds = np.uint64(rows), np.uint64(-(-size // rows))
        self.rounds = 0 if size <= TABLE_SIZE else SMALL_ROUNDS if size < SMALL_SIZE else ROUNDS
        if not self.rounds:
            numbers = np.arange(size, dtype=np.uint64)
            # Equal words would be ordered by number: the sort is stable, so the table is a permutation in any case.
            self._backward = np.argsort(self._feistel.words(0, numbers), kind="stable").astype(np.uint64)
            self._forward = np.empty(size, dtype=np.uint64)
            self._forward[self._backward] = numbers

    def __repr__(self) -> str:
        return f"Permutation(size={self.size})"

    def __reduce__(self) -> str:
        raise TypeError("a permutation holds a key and is not pickled")

    def forward(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The image of each number; UInt64 (n,) below `size`. Raises ValueError if one is not."""
        return self._mapped(numbers, self._forward, self._feistel.forward)

    def backward(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The number of each image: the inverse of `forward`."""
        return self._mapped(numbers, self._backward, self._feistel.backward)

    def _mapped(
        self,
        numbers: NDArray[np.uint64],
        table: NDArray[np.uint64],
        step: _Step,
    ) -> NDArray[np.uint64]:
        numbers = np.ascontiguousarray(numbers, dtype=np.uint64)
        if numbers.size and int(numbers.max()) >= self.size:
            raise ValueError(f"a number lies outside the permutation of {self.size}")
        if not self.rounds:
            return table[numbers]
        images = np.empty_like(numbers)
        for start in range(0, numbers.size, BLOCK_ROWS):
            images[start : start + BLOCK_ROWS] = self._walk(numbers[start : start + BLOCK_ROWS], step)
        return images

    def _walk(self, numbers: NDArray[np.uint64], step: _Step) -> NDArray[np.uint64]:
        images = self._once(numbers, step)
        outside = np.flatnonzero(images >= self.size)
        while outside.size:
            images[outside] = self._once(images[outside], step)
            outside = outside[images[outside] >= self.size]
        return images

    def _once(self, numbers: NDArray[np.uint64], step: _Step) -> NDArray[np.uint64]:
        columns = self._bounds[1]
        left = numbers // columns
        left, right = step(left, numbers - left * columns, self._bounds, rounds=self.rounds)
        joined: NDArray[np.uint64] = left * columns + right
        return joined


def _first(tweak: NDArray[np.uint64] | int, number: int) -> NDArray[np.uint64] | int:
    """Tweak and round number in one word: the round is the lowest byte."""
    if isinstance(tweak, int):
        return (tweak << 8) | number
    return (tweak << np.uint64(8)) | np.uint64(number)


def _add(
    left: NDArray[np.uint64], right: NDArray[np.uint64], modulus: NDArray[np.uint64] | np.uint64
) -> NDArray[np.uint64]:
    total = left + right  # below 2^64, because both are below the modulus of at most 2^63
    reduced: NDArray[np.uint64] = np.minimum(total, total - modulus)  # a difference below zero wraps to a huge number
    return reduced


def _subtract(
    left: NDArray[np.uint64], right: NDArray[np.uint64], modulus: NDArray[np.uint64] | np.uint64
) -> NDArray[np.uint64]:
    difference = left - right
    reduced: NDArray[np.uint64] = np.minimum(difference, difference + modulus)  # as in _add
    return reduced
