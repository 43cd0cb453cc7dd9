from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provision.model import evidence
from provision.model.evidence import ColumnEvidence, Sketch, merge_evidence
from provision.model.names import ColumnName, TableName

EMAIL = ColumnName(TableName("public", "customers"), "email")
hashes = st.lists(st.integers(0, 2**64 - 1), max_size=30).map(lambda values: np.array(values, dtype=np.uint64))


@given(hashes, hashes)
def test_small_sketches_count_common_values_exactly(left, right):
    assert Sketch.of(left).common(Sketch.of(right)) == len(set(left.tolist()) & set(right.tolist()))


@given(hashes, hashes)
def test_a_sketch_of_two_batches_is_the_sketch_of_all_rows(left, right):
    merged = Sketch.of(left).merge(Sketch.of(right))

    assert merged.hashes.tolist() == Sketch.of(np.concatenate((left, right))).hashes.tolist()


def test_a_full_sketch_keeps_the_smallest_hashes_so_that_two_sides_share_their_sample(monkeypatch):
    monkeypatch.setattr(evidence, "SKETCH_VALUES", 3)
    before = Sketch.of(np.array([9, 1, 5, 7, 3], dtype=np.uint64))
    after = Sketch.of(np.array([3, 100, 200, 300], dtype=np.uint64))

    assert before.hashes.tolist() == [1, 3, 5]
    assert before.full
    assert before.common(after) == 1


def test_evidence_of_a_column_adds_up_over_batches():
    piece = ColumnEvidence(column=EMAIL, mask="email", rows=2, survivors=1)

    merged = merge_evidence([piece, piece])

    assert (merged[EMAIL].rows, merged[EMAIL].survivors) == (4, 2)
