"""Phone numbers in the shape of others: same format, same country, other digits, one to one.

Digits are permuted by a single cycle over all numbers of a kind, so none stays as it is and no two become one. What
is kept: separators, a leading + or 00 with the calling code, zeros in front, and in North America the pattern
NXX-NXX-XXXX. A number that users wrote as ``+49 30 …`` and as ``0049 30 …`` gets the same new digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.keyed import bytes_of, texts_of_bytes
from provision.keyed.canonical import ZEROS
from provision.keyed.text import points_of, texts_of_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provision.generators.chance import Chance
    from provision.keyed import DomainKey, Permutation

# One to three digits; every three-digit code begins with none of the shorter ones (ITU-T E.164, assigned codes).
CALLING_CODE = r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}"
MAX_DIGITS = 18  # 10^18 is the largest power of ten that a permutation holds; longer digit strings go in pieces
_LEADING_ZEROS = 2
_FOREIGN = 4  # digits behind + or 00
_SHORTEST = 7  # digits of a number made for a value without a length

_DIGIT = "[0-9" + "".join(chr(zero) + "-" + chr(zero + 9) for zero in ZEROS) + "]"
_EXTENSION = r"(?i) *(?:ext\.?|extension|x|#|,|;ext=) *"
SHAPE = rf"^[ +()./\-]*{_DIGIT}(?:{_DIGIT}|[ +()./\-])*(?:{_EXTENSION}{_DIGIT}+)? *$"
_ASCII_DIGITS = {chr(zero + digit): str(digit) for zero in ZEROS for digit in range(10)}
_AMERICAN = r"^[2-9][0-9]{2}[2-9][0-9]{6}$|^1[0-9]{10}$"  # NXX-NXX-XXXX, and with the 1 in front


def is_phone(values: pl.Series) -> pl.Series:
    """Whether each text is digits (of any script) with separators, maybe with an extension; null where null."""
    return values.str.contains(SHAPE)


def permuted(values: pl.Series, key: DomainKey, *, country: str = "", keep_prefix: int = 0) -> pl.Series:
    """Each phone with other digits.

    Args:
        values: String (n,), no nulls, all of them phones as `is_phone` says.
        key: the key of the domain; each calling code, length and number of zeros has a permutation of its own.
        country: calling code ("44") of numbers without an international prefix, so that they meet those that have one.
        keep_prefix: digits that stay after calling code and leading zero.
    """
    parts = _parts(values, country, keep_prefix)
    main, extra = parts.get_column("tail"), parts.get_column("extra")
    kinds = parts.get_column("calling")
    moved = _moved(main, kinds, key)
    digits = pl.select(pl.concat_str(parts.get_column("kept"), moved, _moved(extra, pl.lit("x"), key))).to_series()
    return _laid(values, digits)


def made(chance: Chance, lengths: pl.Series) -> pl.Series:
    """Digits for values that are no phones: one for each of their characters, 7 for an empty one; String (n,)."""
    wanted = pl.select(pl.when(lengths > 0).then(lengths).otherwise(_SHORTEST)).to_series()
    digits = pl.select(
        pl.concat_str(
            *(
                chance.below(10**MAX_DIGITS, f"phone/{piece}").cast(pl.String).str.zfill(MAX_DIGITS)
                for piece in range(2)
            )
        )
    ).to_series()
    # Beyond 36 digits the text repeats itself: it only has to be of that length.
    longest = int(wanted.max() or 0)  # type: ignore[arg-type]  # the maximum of lengths is a number
    whole = digits if longest <= 2 * MAX_DIGITS else digits.repeat_by(-(-longest // (2 * MAX_DIGITS))).list.join("")
    return pl.DataFrame([whole.alias("d"), wanted.alias("n")]).select(pl.col("d").str.slice(0, pl.col("n"))).to_series()


def _parts(values: pl.Series, country: str, keep_prefix: int) -> pl.DataFrame:
    """Columns kept, tail, calling, extra: the digits of each phone in that order, without calling."""
    text = values
    if (values.str.len_bytes() != values.str.len_chars()).any():
        text = values.str.replace_many(_ASCII_DIGITS)
    frame = pl.DataFrame([text.alias("text")]).select(
        pl.col("text").str.contains(r"^[ (]*\+").alias("plus"),
        pl.col("text").str.replace_all("[^0-9]", "").alias("all"),
        pl.col("text").str.replace(_EXTENSION + ".*$", "").str.replace_all("[^0-9]", "").alias("main"),
    )
    frame = frame.with_columns(main=pl.when(pl.col("main") == "").then(pl.col("all")).otherwise(pl.col("main")))
    frame = frame.with_columns(
        extra=pl.col("all").str.slice(pl.col("main").str.len_bytes()),
        # From four digits on, every number has a calling code with something behind it: so what is read as foreign
        # becomes what is read as foreign, and what is not, does not.
        foreign=pl.when(pl.col("plus") & (pl.col("main").str.len_bytes() >= _FOREIGN))
        .then(pl.col("main").str.extract(f"^({CALLING_CODE})"))
        .when(~pl.col("plus") & (pl.col("main").str.len_bytes() >= _FOREIGN + len("00")))
        .then(pl.col("main").str.extract(f"^(00(?:{CALLING_CODE}))")),
    )
    trunk = "^(1)[0-9]{10}$" if country == "1" else "^(0)[0-9]"
    national = pl.col("main").str.extract(trunk).fill_null("") if country else pl.lit("")
    frame = frame.with_columns(
        prefix=pl.coalesce(pl.col("foreign"), national),
        calling=pl.coalesce(pl.col("foreign").str.strip_prefix("00"), pl.lit(country)),
    )
    rest = pl.col("main").str.slice(pl.col("prefix").str.len_bytes())
    if keep_prefix:
        # At least half of the digits change, however many are to be kept.
        most = rest.str.len_bytes() // 2
        kept = rest.str.slice(0, pl.min_horizontal(pl.lit(keep_prefix, dtype=pl.UInt32), most))
        frame = frame.with_columns(
            prefix=pl.concat_str("prefix", kept), calling=pl.concat_str("calling", pl.lit("/"), kept)
        )
        rest = pl.col("main").str.slice(pl.col("prefix").str.len_bytes())
    return frame.select(pl.col("prefix").alias("kept"), rest.alias("tail"), "calling", "extra")


def _moved(tails: pl.Series, calling: pl.Series | pl.Expr, key: DomainKey) -> pl.Series:
    """Digit strings permuted among those of one calling code, length and number of leading zeros; "" stays."""
    length = pl.col("tail").str.len_bytes().cast(pl.Int64)
    zeros = pl.min_horizontal(
        length - pl.col("tail").str.strip_chars_start("0").str.len_bytes().cast(pl.Int64),
        pl.lit(_LEADING_ZEROS, dtype=pl.Int64),
        length - 1,
    )
    frame = pl.DataFrame([tails.alias("tail")]).select(
        "tail",
        calling.alias("calling") if isinstance(calling, pl.Expr) else calling,
        length.alias("length"),
        zeros.alias("zeros"),
    )
    american = (pl.col("calling") == "1") & pl.col("tail").str.contains(_AMERICAN)
    frame = frame.with_columns(american=american).with_row_index("row")
    moved = tails.clone()  # scatter writes into the series itself
    for group in frame.filter(pl.col("length") > 0).partition_by("calling", "length", "zeros", "american"):
        calls, size, kept, pattern = group.row(0)[2:]
        rows, digits = group.get_column("row"), group.get_column("tail").str.slice(kept)
        free = kept == _LEADING_ZEROS or kept == size - 1  # the first digit after the kept zeros may be a zero
        new = _cycled(
            digits,
            size - kept,
            free=free,
            key=key,
            purpose=f"phone/{calls}",
            american=pattern if calls == "1" and not kept else None,
        )
        moved = moved.scatter(rows, pl.select(pl.concat_str(pl.lit("0" * kept), new)).to_series())
    return moved


def _cycled(
    digits: pl.Series, size: int, *, free: bool, key: DomainKey, purpose: str, american: bool | None
) -> pl.Series:
    """Strings of ``size`` digits, each moved on along one keyed cycle through all of them."""
    if size > MAX_DIGITS:
        head = _cycled(digits.str.slice(0, MAX_DIGITS), MAX_DIGITS, free=free, key=key, purpose=purpose, american=None)
        tail = _cycled(
            digits.str.slice(MAX_DIGITS), size - MAX_DIGITS, free=True, key=key, purpose=f"{purpose}/on", american=None
        )
        return pl.select(pl.concat_str(head, tail)).to_series()
    low = 0 if free else 10 ** (size - 1)
    permutation = key.permutation(10**size - low, purpose=f"{purpose}/{'free' if free else 'led'}")
    numbers = digits.cast(pl.UInt64).to_numpy() - np.uint64(low)
    moved = _next(permutation, numbers)
    if american is not None:  # walk on until the number is again of the pattern, or again is not
        out = np.flatnonzero(_is_american(moved + np.uint64(low), size) != american)
        while out.size:
            moved[out] = _next(permutation, moved[out])
            out = out[_is_american(moved[out] + np.uint64(low), size) != american]
    return pl.Series(moved + np.uint64(low)).cast(pl.String).str.zfill(size)


def _next(permutation: Permutation, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One step along the cycle: a keyed permutation without a fixed point, because x + 1 has none."""
    return permutation.backward((permutation.forward(numbers) + np.uint64(1)) % np.uint64(permutation.size))


def _is_american(numbers: NDArray[np.uint64], size: int) -> NDArray[np.bool_]:
    """As `_AMERICAN`, for numbers of that many digits."""
    if size == 10:
        return np.asarray((numbers >= 2 * 10**9) & (numbers // np.uint64(10**6) % np.uint64(10) >= 2))
    return np.asarray(numbers // np.uint64(10**10) == 1) if size == 11 else np.zeros(len(numbers), dtype=bool)


def _laid(values: pl.Series, digits: pl.Series) -> pl.Series:
    """The values with their digits replaced, in order, each in its own script."""
    fresh, _ = bytes_of(digits)
    ascii_only = (values.str.len_bytes() == values.str.len_chars()).all()
    if ascii_only:
        codes, offsets = bytes_of(values)
        codes = codes.copy()
        codes[(codes >= ord("0")) & (codes <= ord("9"))] = fresh
        return texts_of_bytes(codes, offsets)
    points, offsets = points_of(values)
    points = points.copy()
    zero = _ZERO_OF[points]
    points[zero > 0] = zero[zero > 0] + (fresh - np.uint8(ord("0")))
    return texts_of_points(points, offsets)


def _zero_of() -> NDArray[np.uint32]:
    table = np.zeros(0x110000, dtype=np.uint32)
    for zero in (ord("0"), *ZEROS):
        table[zero : zero + 10] = zero
    return table


_ZERO_OF = _zero_of()  # for every code point, the zero of its script's digits; 0 for all that is no digit
