from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.keyed import Feistel, Permutation
from provision.keyed.permutation import SMALL_SIZE, TABLE_SIZE
from support.keys import key_bytes


@pytest.mark.parametrize(
    "size", [*range(1, 301), 1000, TABLE_SIZE - 1, TABLE_SIZE, TABLE_SIZE + 1, 70_001, 100_003, SMALL_SIZE]
)
def test_a_permutation_meets_every_number_once_and_goes_back(size: int) -> None:
    permutation = Permutation(key_bytes(), size)
    numbers = np.arange(size, dtype=np.uint64)

    images = permutation.forward(numbers)

    assert (np.sort(images) == numbers).all()
    assert (permutation.backward(images) == numbers).all()


@settings(deadline=None)
@given(size=st.integers(2**16 + 1, 2**63), seed=st.integers(0, 2**32))
def test_large_permutations_go_back_and_stay_inside(size: int, seed: int) -> None:
    permutation = Permutation(key_bytes(), size)
    numbers = np.random.default_rng(seed).integers(0, size - 1, 64, dtype=np.uint64, endpoint=True)
    numbers = np.concatenate((numbers, np.array([0, size - 1], dtype=np.uint64)))

    images = permutation.forward(numbers)

    assert int(images.max()) < size
    assert (permutation.backward(images) == numbers).all()


@pytest.mark.parametrize("size", [300, 10**5, 10**9, 2**63])
def test_keys_give_other_permutations_and_few_numbers_stay(size: int) -> None:
    numbers = np.arange(min(size, 100_000), dtype=np.uint64)
    images, others = (
        Permutation(key_bytes("a"), size).forward(numbers),
        Permutation(key_bytes("b"), size).forward(numbers),
    )

    assert (images == others).mean() < 0.02
    assert (images == numbers).sum() <= 8  # one is expected of a whole domain


def test_batches_do_not_show() -> None:
    permutation = Permutation(key_bytes(), 10**7 + 19)
    numbers = np.arange(150_000, dtype=np.uint64)

    pieces = [permutation.forward(numbers[start : start + 777]) for start in range(0, len(numbers), 777)]

    assert (np.concatenate(pieces) == permutation.forward(numbers)).all()


def test_images_are_spread_evenly() -> None:
    images = Permutation(key_bytes(), 10**12).forward(np.arange(64_000, dtype=np.uint64))

    counts = np.bincount((images // np.uint64(10**12 // 64)).astype(np.int64), minlength=64)

    assert counts.min() > 850  # 1000 expected, standard deviation 31
    assert counts.max() < 1150


def test_tables_of_three_reach_all_six_orders() -> None:
    orders = {
        tuple(Permutation(key_bytes(str(n)), 3).forward(np.arange(3, dtype=np.uint64)).tolist()) for n in range(200)
    }

    assert len(orders) == 6


def test_a_number_outside_is_refused_without_showing_it() -> None:
    for size in (100, 10**9):
        with pytest.raises(ValueError) as caught:
            Permutation(key_bytes(), size).forward(np.array([size + 123], dtype=np.uint64))
        assert str(size + 123) not in str(caught.value)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 2**63), st.integers(1, 2**63), st.integers(0, 2**56 - 1), st.integers(0), st.integers(0)
        ),
        min_size=1,
        max_size=20,
    )
)
def test_feistel_rounds_with_bounds_and_tweaks_by_row_go_back(rows: list) -> None:
    a, b, tweak, left, right = (
        np.array(column, dtype=np.uint64)
        for column in zip(*[(a, b, tweak, left % a, right % b) for a, b, tweak, left, right in rows], strict=True)
    )
    feistel = Feistel(key_bytes())

    images = feistel.forward(left, right, (a, b), rounds=18, tweak=tweak)
    back = feistel.backward(*images, (a, b), rounds=18, tweak=tweak)

    assert (images[0] < a).all()
    assert (images[1] < b).all()
    assert (back[0] == left).all()
    assert (back[1] == right).all()
