"""Permutations of texts inside their shape: each character changes places within its class, the rest stays.

The maskable characters of a value are the digits of a number of mixed radix, permuted as a whole. Values whose
maskable characters have the same classes in the same order share a permutation, whatever stands between them: so
``4111-1111`` and ``4111 1111`` get the same digits. Nothing here loops over rows; values are grouped by their number of
maskable characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from provision.keyed.alphabet import UPPER, classes_of
from provision.keyed.permutation import ROUNDS, SMALL_ROUNDS
from provision.keyed.text import points_of, texts_of_bytes, texts_of_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provision.keyed.alphabet import Classes
    from provision.keyed.domain import DomainKey

BLOCK_ROWS = 16_384  # so that a block's characters stay in the processor's cache
_SMALL_CHARACTERS = 6  # below so many, halves are short and take more rounds
_MULTIPLIER = 0x9E3779B97F4A7C15  # of the tweak's polynomial; odd, so that its powers differ
_TWEAK_BITS = np.uint64(2**56 - 1)
_CHAIN = np.uint64(0xFF)  # in the place of a round number: this AES block mixes a tweak
# Characters in a half by the largest radix of a value, so that a half stays below 2^63.
_HALVES = ((10, 18), (26, 13), (128, 9), (2**15, 4))


class Shaped(NamedTuple):
    """Masked texts, and how many values could not be masked (these are null among the texts)."""

    texts: pl.Series
    nothing: int  # values without a maskable character; the empty text is none of them
    foreign: int  # values with a letter or number of no class


class _Characters(NamedTuple):
    """The characters of all values in a row."""

    codes: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    row: NDArray[np.int64]  # of each character
    kind: NDArray[np.uint8]
    maskable: NDArray[np.bool_]


def shaped(  # each is a parameter of the mask
    values: pl.Series,
    key: DomainKey,
    *,
    purpose: str,
    alphabet: str | None = None,
    keep_prefix: int = 0,
    keep_suffix: int = 0,
    standard: bool = False,
) -> Shaped:
    """Permute texts inside their shape, a block of rows at a time.

    Args:
        values: String (n,), no nulls.
        key: of the domain.
        purpose: names the subkeys.
        alphabet: the one class of characters to permute; None for all we know.
        keep_prefix: characters at the beginning that stay.
        keep_suffix: characters at the end that stay.
        standard: by FF1, over one alphabet; else by Feistel.
    """
    rules = _Rules(classes_of(alphabet), alphabet, keep_prefix, keep_suffix, standard)
    blocks = [
        _shaped_block(values.slice(start, BLOCK_ROWS), key, purpose, rules)
        for start in range(0, len(values), BLOCK_ROWS)
    ]
    texts = pl.concat([block.texts for block in blocks]) if blocks else values.clear()
    return Shaped(texts, sum(block.nothing for block in blocks), sum(block.foreign for block in blocks))


class _Rules(NamedTuple):
    """What is permuted and how."""

    classes: Classes
    alphabet: str | None
    keep_prefix: int
    keep_suffix: int
    standard: bool


def _shaped_block(values: pl.Series, key: DomainKey, purpose: str, rules: _Rules) -> Shaped:
    classes, alphabet = rules.classes, rules.alphabet
    text = _read(values, rules)
    counts = np.bincount(text.row[text.maskable], minlength=len(values))
    foreign = _foreign(text, len(values)) if alphabet is None else np.zeros(len(values), dtype=bool)
    nothing = (counts == 0) & (np.diff(text.offsets) > 0) & ~foreign
    places = np.flatnonzero(text.maskable)
    kinds = text.kind[places] & np.uint8(UPPER - 1)
    digits = classes.digit[text.codes[places]].astype(np.uint64)
    starts = np.concatenate(([0], np.cumsum(counts)))[:-1]
    if rules.standard:
        _by_ff1(digits, counts, starts, key, f"{purpose}/{alphabet}", int(classes.radix[1]))
    else:
        _by_feistel(digits, counts, starts, _Mixed(key, purpose, classes), _Places(kinds, _tweaks(text, kinds)))
    codes = text.codes.copy()
    codes[places] = classes.points[classes.start[text.kind[places]] + digits.astype(np.int64)]
    return Shaped(_written(codes, text.offsets, nothing | foreign), int(nothing.sum()), int(foreign.sum()))


class _Places(NamedTuple):
    """Classes of the maskable characters, and a tweak for each row."""

    kinds: NDArray[np.uint8]
    tweaks: NDArray[np.uint64]


def _by_feistel(
    digits: NDArray[np.uint64],
    counts: NDArray[np.int64],
    starts: NDArray[np.int64],
    mixed: _Mixed,
    places: _Places,
) -> None:
    radices = mixed.classes.radix[places.kinds]
    widest = _widest(radices, starts, counts)
    for group in np.unique(counts * 64 + widest).tolist():  # 64: a half has fewer characters
        count, half = divmod(group, 64)
        rows = np.flatnonzero((counts == count) & (widest == half))
        if len(rows) == len(counts) and count > 1:  # all rows alike: no need to pick them out, three times faster
            shape = (len(rows), count)
            digits[:] = mixed.many(digits.reshape(shape), radices.reshape(shape), places.tweaks, half).ravel()
            continue
        cells = starts[rows][:, None] + np.arange(count)
        if count == 1:
            digits[cells[:, 0]] = mixed.single(digits[cells[:, 0]], places.kinds[cells[:, 0]])
        elif count:
            digits[cells] = mixed.many(digits[cells], radices[cells], places.tweaks[rows], half)


class _Mixed:
    """The Feistel network over numbers of mixed radix, one row of digits each."""

    def __init__(self, key: DomainKey, purpose: str, classes: Classes) -> None:
        self.classes = classes
        self._key = key
        self._purpose = purpose
        self._feistel = key.feistel(purpose=purpose)

    def single(self, digits: NDArray[np.uint64], kinds: NDArray[np.uint8]) -> NDArray[np.uint64]:
        """One character: a table for its class."""
        moved = np.empty_like(digits)
        for kind in np.unique(kinds).tolist():
            rows = np.flatnonzero(kinds == kind)
            size = int(self.classes.radix[kind])
            moved[rows] = self._key.permutation(size, purpose=f"{self._purpose}/{kind}").forward(digits[rows])
        return moved

    def many(
        self, digits: NDArray[np.uint64], radices: NDArray[np.uint64], tweaks: NDArray[np.uint64], half: int
    ) -> NDArray[np.uint64]:
        """Rows of two characters or more, (n, count): blocks of at most two halves, each under the other blocks."""
        count = digits.shape[1]
        if (radices == radices[:1]).all():
            radices = radices[:1]
        rounds = SMALL_ROUNDS if count < _SMALL_CHARACTERS else ROUNDS
        blocks = -(-count // (2 * half))
        cuts = [count * number // blocks for number in range(blocks + 1)]
        moved = digits.copy()
        for number in range(blocks):
            start, end = cuts[number], cuts[number + 1]
            middle = (start + end + 1) // 2
            spans = (slice(start, middle), slice(middle, end))
            tweak = tweaks
            if blocks > 1:
                others = [block for block in range(blocks) if block != number]
                tweak = self._chained(tweak, moved, radices, [(cuts[block], cuts[block + 1]) for block in others])
            halves = [_number(moved[:, span], radices[:, span]) for span in spans]
            bounds = _product(radices[:, spans[0]]), _product(radices[:, spans[1]])
            left, right = self._feistel.forward(halves[0], halves[1], bounds, rounds=rounds, tweak=tweak)
            moved[:, spans[0]] = _digits(left, radices[:, spans[0]])
            moved[:, spans[1]] = _digits(right, radices[:, spans[1]])
        return moved

    def _chained(
        self,
        tweak: NDArray[np.uint64],
        digits: NDArray[np.uint64],
        radices: NDArray[np.uint64],
        blocks: list[tuple[int, int]],
    ) -> NDArray[np.uint64]:
        for start, end in blocks:
            middle = (start + end + 1) // 2
            for span in (slice(start, middle), slice(middle, end)):
                number = _number(digits[:, span], radices[:, span])
                tweak = self._feistel.words((tweak << np.uint64(8)) | _CHAIN, number) & _TWEAK_BITS
        return tweak


def _read(values: pl.Series, rules: _Rules) -> _Characters:
    codes, offsets = points_of(values)
    lengths = np.diff(offsets)
    row = np.repeat(np.arange(len(lengths)), lengths)
    kind = rules.classes.kind[codes]
    maskable = kind > 0
    if rules.keep_prefix or rules.keep_suffix:
        position = np.arange(len(codes)) - offsets[row]
        maskable &= (position >= rules.keep_prefix) & (position < lengths[row] - rules.keep_suffix)
    return _Characters(codes, offsets, row, kind, maskable)


def _foreign(text: _Characters, rows: int) -> NDArray[np.bool_]:
    """Which rows have a letter or number of no class."""
    found = np.zeros(rows, dtype=bool)
    loose = np.flatnonzero((text.kind == 0) & (text.codes > 0x7F))  # ASCII has none
    if loose.size:
        points, inverse = np.unique(text.codes[loose], return_inverse=True)
        letters = np.array([chr(point).isalnum() for point in points.tolist()])
        found[text.row[loose[letters[inverse]]]] = True
    return found


def _widest(radices: NDArray[np.uint64], starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Characters in a half for each row, by its largest radix; 0 where nothing is maskable."""
    widest = np.zeros(len(counts), dtype=np.int64)
    some = np.flatnonzero(counts)
    if some.size:
        largest = np.maximum.reduceat(radices, starts[some])
        limits = np.array([limit for limit, _ in _HALVES], dtype=np.uint64)
        widest[some] = np.array([half for _, half in _HALVES])[np.searchsorted(limits, largest)]
    return widest


def _tweaks(text: _Characters, kinds: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """56 bits of each row's classes and kept characters, in order; not secret, AES mixes it."""
    classed = np.flatnonzero(text.kind > 0)
    tokens = text.codes[classed].astype(np.uint64) + np.uint64(UPPER)
    tokens[text.maskable[classed]] = kinds
    row = text.row[classed]
    counts = np.bincount(row, minlength=len(text.offsets) - 1)
    some = np.flatnonzero(counts)
    tweaks = np.zeros(len(counts), dtype=np.uint64)
    if not some.size:
        return tweaks
    starts = np.concatenate(([0], np.cumsum(counts)))[:-1]
    powers = np.full(int(counts.max()), _MULTIPLIER, dtype=np.uint64).cumprod()
    weighed = tokens * powers[np.arange(len(classed)) - starts[row]]
    tweaks[some] = np.add.reduceat(weighed, starts[some])
    return tweaks & _TWEAK_BITS


def _by_ff1(
    digits: NDArray[np.uint64],
    counts: NDArray[np.int64],
    starts: NDArray[np.int64],
    key: DomainKey,
    purpose: str,
    radix: int,
) -> None:
    cipher = key.ff1(radix, purpose=purpose)
    for count in np.unique(counts[counts > 0]).tolist():
        cells = starts[np.flatnonzero(counts == count)][:, None] + np.arange(count)
        digits[cells] = cipher.matrix(digits[cells].astype(np.uint8))


def _number(digits: NDArray[np.uint64], radices: NDArray[np.uint64]) -> NDArray[np.uint64]:
    total = np.zeros(len(digits), dtype=np.uint64)
    for position in range(digits.shape[1]):
        total = total * radices[:, position] + digits[:, position]
    return total


def _product(radices: NDArray[np.uint64]) -> NDArray[np.uint64] | np.uint64:
    """The number of texts that a half can hold, one number where it is the same for all rows."""
    if len(radices) == 1:
        return np.uint64(radices.prod())
    product: NDArray[np.uint64] = radices.prod(axis=1)
    return product


def _digits(numbers: NDArray[np.uint64], radices: NDArray[np.uint64]) -> NDArray[np.uint64]:
    digits = np.empty((len(numbers), radices.shape[1]), dtype=np.uint64)
    for position in reversed(range(radices.shape[1])):
        # One divisor for all rows is divided by multiplication, five times faster.
        radix = radices[0, position] if len(radices) == 1 else radices[:, position]
        rest = numbers // radix
        digits[:, position] = numbers - rest * radix
        numbers = rest
    return digits


def _written(codes: NDArray[np.uint32], offsets: NDArray[np.int64], lost: NDArray[np.bool_]) -> pl.Series:
    ascii_only = not codes.size or int(codes.max()) < 0x80  # ASCII
    texts = texts_of_bytes(codes.astype(np.uint8), offsets) if ascii_only else texts_of_points(codes, offsets)
    if lost.any():
        texts = texts.scatter(np.flatnonzero(lost), None)
    return texts
