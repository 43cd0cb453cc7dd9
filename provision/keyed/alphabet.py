"""Classes of characters that change places among themselves: digits, and letters of the scripts we know.

A letter with a counterpart in the other case is one letter; its case is not permuted. What belongs to no class
(punctuation, space, combining marks) is left in place; a letter or number of no class cannot be masked by shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POINTS = 0x110000


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Characters of one class in order; ``upper`` is empty, or the other case of each."""

    name: str
    lower: str
    upper: str = ""

    @property
    def radix(self) -> int:
        """How many there are."""
        return len(self.lower)


def _cased(name: str, first: int, last: int) -> Alphabet:
    """The pairs of lower and upper case whose upper case lies in the block."""
    pairs = []
    for point in range(first, last + 1):
        upper = chr(point)
        lower = upper.lower()
        if len(lower) == 1 and lower != upper and lower.upper() == upper:
            pairs.append((lower, upper))
    return Alphabet(name, "".join(lower for lower, _ in pairs), "".join(upper for _, upper in pairs))


def _block(name: str, *ranges: tuple[int, int]) -> Alphabet:
    return Alphabet(name, "".join(chr(point) for first, last in ranges for point in range(first, last + 1)))


ALPHABETS: tuple[Alphabet, ...] = (
    Alphabet("digit", "0123456789"),
    _cased("latin", 0x41, 0x5A),
    _cased("accented", 0xC0, 0x17F),
    _cased("greek", 0x386, 0x3AB),
    _cased("cyrillic", 0x400, 0x42F),
    _block("hebrew", (0x5D0, 0x5EA)),
    _block("arabic", (0x621, 0x63A), (0x641, 0x64A)),
    _block("hiragana", (0x3041, 0x3096)),
    _block("katakana", (0x30A1, 0x30FA)),
    _block("han", (0x4E00, 0x9FFF)),
    _block("hangul", (0xAC00, 0xD7A3)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Look-up arrays over all code points, for a set of alphabets. Class 0 is no class."""

    kind: NDArray[np.uint8]  # class of a code point: place of its alphabet plus 1, upper case has bit 7 set
    digit: NDArray[np.uint16]  # place of the character in its alphabet
    radix: NDArray[np.uint64]  # by class
    start: NDArray[np.int64]  # by kind (with bit 7): where its characters begin in `points`
    points: NDArray[np.uint32]


UPPER = 0x80
_MOST = 2**15  # so that four of the largest class fit into half a Feistel network


def alphabet_error(alphabet: str | None) -> str | None:
    """Why a user's alphabet cannot serve, as a sentence, or None."""
    if alphabet is not None and not 2 <= len(alphabet) <= _MOST:
        return "an alphabet needs at least two characters, and at most 32,768"
    if alphabet is not None and len(set(alphabet)) < len(alphabet):
        return "a character occurs twice in the alphabet"
    return None


@lru_cache(maxsize=16)
def classes_of(alphabet: str | None = None) -> Classes:
    """All alphabets, or one class of exactly these characters.

    Raises: ValueError as `alphabet_error` says.
    """
    wrong = alphabet_error(alphabet)
    if wrong:
        raise ValueError(wrong)
    alphabets = ALPHABETS if alphabet is None else (Alphabet("chosen", alphabet),)
    kind, digit = np.zeros(_POINTS, dtype=np.uint8), np.zeros(_POINTS, dtype=np.uint16)
    radix, start = np.ones(UPPER, dtype=np.uint64), np.zeros(2 * UPPER, dtype=np.int64)
    points: list[int] = []
    for number, found in enumerate(alphabets, start=1):
        radix[number] = found.radix
        for letters, bit in ((found.lower, 0), (found.upper, UPPER)):
            start[number | bit] = len(points)
            codes = [ord(letter) for letter in letters]
            kind[codes] = number | bit
            digit[codes] = np.arange(len(codes))
            points.extend(codes)
    return Classes(kind=kind, digit=digit, radix=radix, start=start, points=np.array(points, dtype=np.uint32))
