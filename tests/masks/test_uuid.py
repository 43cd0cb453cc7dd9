from __future__ import annotations

import uuid as standard

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.errors import RunError
from provision.keyed import DomainKey
from provision.masks.uuid import uuid
from provision.model.plan import Family
from support.keys import domain_key, facts, key_bytes


def masked(values: list, *, key: DomainKey | None = None, family: Family = Family.UUID) -> list:
    return uuid.function(
        pl.Series(values, dtype=pl.String), key=key or domain_key(), facts=facts(family, "uuid")
    ).to_list()


def test_a_valid_uuid_stays_valid_with_its_version() -> None:
    values = [standard.uuid4(), standard.uuid5(standard.NAMESPACE_DNS, "x"), standard.uuid1()]

    images = [standard.UUID(image) for image in masked([str(value) for value in values])]

    assert [image.version for image in images] == [value.version for value in values]
    assert {image.variant for image in images} == {standard.RFC_4122}
    assert not set(images) & set(values)


@settings(deadline=None)
@given(st.lists(st.uuids(), max_size=20))
def test_different_stay_different_and_spellings_of_one_stay_one(values: list[standard.UUID]) -> None:
    images = masked([str(value) for value in values])

    assert len(set(images)) == len(set(values))
    bare = masked([value.hex.upper() for value in values], family=Family.TEXT)
    # A UUID without letters has no case to keep.
    assert [image.lower() for image in bare] == [image.replace("-", "") for image in images]


def test_the_mapping_can_be_undone_with_the_key_so_it_is_one_to_one() -> None:
    feistel = domain_key().feistel(purpose="uuid")
    bound = pl.Series([2**61], dtype=pl.UInt64).to_numpy()
    left, right = (pl.Series([number], dtype=pl.UInt64).to_numpy() for number in (2**61 - 1, 5))

    assert [
        int(half[0]) for half in feistel.backward(*feistel.forward(left, right, (bound, bound)), (bound, bound))
    ] == [
        2**61 - 1,
        5,
    ]


def test_nulls_stay_and_another_key_changes_all() -> None:
    values = [str(standard.UUID(bytes=key_bytes(str(n))[:16], version=4)) for n in range(1000)]

    assert masked([None, values[0]])[0] is None
    assert not set(masked(values)) & set(masked(values, key=domain_key(key="other")))
    assert masked([]) == []


@pytest.mark.parametrize(
    "value", ["", "a0eebc99", "A0eebc999c0b4ef8bb6d6bb9bd380a11", "g0eebc999c0b4ef8bb6d6bb9bd380a11"]
)
def test_what_is_no_uuid_fails_without_being_shown(value: str) -> None:
    with pytest.raises(RunError) as caught:
        masked([value], family=Family.TEXT)

    assert caught.value.code == "PRV422"
    assert not value or value not in str(caught.value)
