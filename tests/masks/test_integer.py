from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.errors import RunError
from provision.masks.integer import integer
from provision.model.plan import Family
from support.keys import domain_key, facts

LIMITS = {"int2": (15, 14), "int4": (31, 30), "int8": (63, 52)}


def masked(values: pl.Series, type_: str = "int4", *, key: str = "test", family: Family = Family.INTEGER, **parameters):
    more = {name: parameters.pop(name) for name in ("precision", "scale") if name in parameters}
    return integer.function(
        values, key=domain_key("customer.id", key=key), facts=facts(family, type_, **more), **parameters
    )


def test_all_smallints_change_places_inside_their_classes() -> None:
    values = pl.Series(np.arange(-(2**15), 2**15))

    images = masked(values, "int2")

    assert images.n_unique() == 2**16
    pairs = pl.DataFrame({"before": values, "after": images})
    for low, high in ((-(2**15), -(2**14)), (1 - 2**14, 0), (1, 2**14 - 1), (2**14, 2**15 - 1)):
        inside = pairs.filter(pl.col("before").is_between(low, high)).get_column("after")
        assert inside.min() == low
        assert inside.max() == high


@settings(deadline=None)
@pytest.mark.parametrize("type_", ["int4", "int8"])
@given(data=st.data())
def test_different_numbers_stay_different_and_in_their_class(type_: str, data: st.DataObject) -> None:
    bits, inner = LIMITS[type_]
    numbers = st.one_of(
        st.integers(-(2**bits), 2**bits - 1), st.integers(-5, 5), st.integers(2**inner - 3, 2**inner + 3)
    )
    values = data.draw(st.lists(st.none() | numbers, max_size=30))

    images = masked(pl.Series(values, dtype=pl.Int64), type_).to_list()

    assert [image is None for image in images] == [value is None for value in values]
    assert len(set(images)) == len(set(values))
    for value, image in zip(values, images, strict=True):
        if value is not None:
            assert (value >= 1) == (image >= 1)
            assert (value >= 2**inner) == (image >= 2**inner)
            assert (value <= -(2**inner)) == (image <= -(2**inner))
            assert -(2**bits) <= image < 2**bits


def test_another_key_changes_nearly_every_number_and_few_stay() -> None:
    values = pl.Series(np.arange(1, 20_001))

    images = masked(values)

    assert (images == values).sum() <= 2
    assert (images == masked(values, key="other")).sum() <= 2
    assert images.dtype == pl.Int64


def test_a_range_permutes_inside_itself_and_the_rest_outside() -> None:
    values = pl.Series(np.arange(-2000, 2001))

    images = masked(values, "int8", range=(1, 1000))

    assert sorted(images.filter(values.is_between(1, 1000)).to_list()) == list(range(1, 1001))
    assert not images.filter(~values.is_between(1, 1000)).is_between(1, 1000).any()
    assert images.n_unique() == len(values)


def test_one_range_makes_columns_of_all_integer_types_alike() -> None:
    values = pl.Series(np.arange(1, 10_001))

    assert masked(values, "int2", range=(1, 10_000)).equals(masked(values, "int8", range=(1, 10_000)))


def test_numerics_and_texts_that_refer_to_an_integer_follow_it() -> None:
    number = masked(pl.Series([1234, -7])).to_list()

    assert masked(pl.Series(["1234", "-7"])).to_list() == [str(n) for n in number]
    assert masked(pl.Series(["1234.00", "-7.0"])).to_list() == [f"{number[0]}.00", f"{number[1]}.0"]


def test_a_numeric_stays_within_its_precision() -> None:
    values = pl.Series([f"{n}.00" for n in range(-999, 1000)])

    images = masked(values, "numeric", family=Family.NUMERIC, precision=5, scale=2)

    assert images.n_unique() == len(values)
    assert images.str.contains(r"^-?[0-9]{1,3}\.00$").all()


@pytest.mark.parametrize("value", ["7.5", "NaN", "1e3", "", "007", "-0", "abc", "9223372036854775808"])
def test_what_is_no_whole_number_fails_without_being_shown(value: str) -> None:
    with pytest.raises(RunError) as caught:
        masked(pl.Series(["1", value, None]), "text", family=Family.TEXT)

    assert caught.value.code == "PRV421"
    assert "1 values of shop.customers.c" in str(caught.value)
    assert not value or value not in str(caught.value)


def test_a_number_beyond_the_narrowest_type_of_its_group_fails() -> None:
    with pytest.raises(RunError):
        masked(pl.Series([2**31]), "int4")


@pytest.mark.parametrize(
    ("range_", "words"),
    [
        ((1,), "written [low, high]"),
        ((5, 5), "at least two numbers"),
        ((0, 2**31), "between -2147483648 and 2147483647"),
        ((-(2**31) + 1, 2**31 - 1), "a single number"),
        (("1", "2"), "written [low, high]"),
    ],
)
def test_ranges_that_do_not_fit_are_refused_while_planning(range_: tuple, words: str) -> None:
    assert words in integer.refuses(facts(Family.INTEGER, "int4"), range=range_)


def test_good_ranges_are_accepted() -> None:
    for range_ in (None, (1, 10**6), (-(2**31), 2**31 - 1), (-100, -50)):
        assert integer.refuses(facts(Family.INTEGER, "int4"), range=range_) is None
