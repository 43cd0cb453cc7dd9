from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.keyed import canonical
from provision.keyed.prf import multiply_high, scale
from support.keys import domain_key

TEXTS = pl.Series("v", [*(f"text:{n}" for n in range(1000)), None, ""])


def test_every_method_keeps_nulls_length_order_and_name() -> None:
    key = domain_key()
    high, low = key.bits(TEXTS, purpose="p")

    for made in (key.hex(TEXTS, digits=8, purpose="p"), high, low, key.below(TEXTS, 10, purpose="p")):
        assert len(made) == len(TEXTS)
        assert made.is_null().to_list() == TEXTS.is_null().to_list()
    assert key.hex(TEXTS, digits=8, purpose="p").name == "v"
    assert high.dtype == low.dtype == key.below(TEXTS, 10, purpose="p").dtype == pl.UInt64


def test_no_values_and_nothing_but_nulls_are_fine() -> None:
    key = domain_key()
    for values in (TEXTS.clear(), pl.Series([None, None], dtype=pl.String), pl.Series([None])):
        assert len(key.hex(values, digits=4, purpose="p")) == len(values)
        assert len(key.below(values, 7, purpose="p")) == len(values)
        assert len(key.variant(values, canonical(values, "email"))) == len(values)
        assert canonical(values, "phone").null_count() == len(values)


def test_batches_do_not_show() -> None:
    key = domain_key()
    whole = key.below(TEXTS, 10**9, purpose="p")

    pieces = pl.concat([key.below(TEXTS.slice(start, 7), 10**9, purpose="p") for start in range(0, len(TEXTS), 7)])

    assert whole.equals(pieces)


def test_bits_are_the_digest_s_first_digits() -> None:
    key = domain_key()
    high, low = key.bits(TEXTS, purpose="p")
    digest = key.hex(TEXTS, digits=32, purpose="p")

    assert f"{high[5]:016x}{low[5]:016x}" == digest[5]


def test_choices_are_spread_evenly() -> None:
    values = pl.Series([str(n) for n in range(60_000)])

    counts = domain_key().below(values, 6, purpose="p").value_counts().get_column("count")

    assert len(counts) == 6
    assert counts.is_between(9_600, 10_400).all()  # four standard deviations of 91


@settings(deadline=None)
@given(
    h=st.integers(0, 2**128 - 1),
    n=st.integers(1, 2**64 - 1),
)
def test_scaling_is_exact(h: int, n: int) -> None:
    high, low = np.array([h >> 64], dtype=np.uint64), np.array([h & (2**64 - 1)], dtype=np.uint64)

    assert int(scale(high, low, n)[0]) == h * n >> 128
    assert int(multiply_high(high, np.uint64(n))[0]) == int(high[0]) * n >> 64
    assert int(multiply_high(high, np.array([n], dtype=np.uint64))[0]) == int(high[0]) * n >> 64
    assert Fraction(int(scale(high, low, n)[0])) <= Fraction(h * n, 2**128)


def test_scaling_carries_from_the_lower_half() -> None:
    random = np.random.default_rng(7)
    high, low = (random.integers(0, 2**64 - 1, 2000, dtype=np.uint64) for _ in range(2))

    for n in (2**64 - 1, 2**63 + 12345, 3 * 2**61 + 1):
        numbers = [((int(a) << 64) + int(b)) * n >> 128 for a, b in zip(high, low, strict=True)]
        assert scale(high, low, n).tolist() == numbers


def test_a_variant_is_empty_for_the_canonical_spelling_and_differs_for_others() -> None:
    raw = pl.Series(["a@x.com", "A@x.com", " a@x.com", None])

    variants = domain_key().variant(raw, canonical(raw, "email")).to_list()

    assert variants[0] == ""
    assert variants[3] is None
    assert len({*variants[:3]}) == 3
    assert all(len(variant) == 10 for variant in variants[1:3])


def test_numbers_out_of_bounds_are_refused() -> None:
    key = domain_key()
    for broken in (
        lambda: key.hex(TEXTS, digits=0, purpose="p"),
        lambda: key.hex(TEXTS, digits=65, purpose="p"),
        lambda: key.below(TEXTS, 0, purpose="p"),
        lambda: key.below(TEXTS, 2**64, purpose="p"),
        lambda: key.permutation(2**63 + 1, purpose="p"),
        lambda: key.permutation(0, purpose="p"),
        lambda: key.ff1(37, purpose="p"),
    ):
        with pytest.raises(ValueError):
            broken()


def test_permutations_are_kept_and_do_not_pile_up() -> None:
    key = domain_key()
    first = key.permutation(10, purpose="p")

    assert key.permutation(10, purpose="p") is first
    for size in range(1, 600):
        key.permutation(size, purpose="q")
    assert len(key._made) <= 256
    numbers = np.arange(10, dtype=np.uint64)
    assert (key.permutation(10, purpose="p").forward(numbers) == first.forward(numbers)).all()
