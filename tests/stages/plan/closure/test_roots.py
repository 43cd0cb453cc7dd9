from __future__ import annotations

import pytest

from provision.errors import UsageError
from provision.model.location import Location
from support.drawn_world import a_world, chosen, root
from support.memory_source import MemorySource

ROWS = {"users": [(n, n % 4) for n in range(20)]}


def users(*roots, **spec):
    return a_world("users(id int4 pk, w int4)", rows=ROWS, roots=roots, **spec)


def test_a_root_without_anything_takes_all_rows():
    assert len(chosen(users(root("users")))["users"]) == 20


def test_a_condition_picks_rows():
    assert chosen(users(root("users", where="w = 1 or w = 3")))["users"] == list(range(1, 20, 2))


def test_a_limit_takes_the_same_rows_whatever_order_they_come_in():
    world = users(root("users", limit=5))

    samples = {tuple(chosen(world, MemorySource(world, shuffle=n))["users"]) for n in range(5)}

    assert len(samples) == 1
    assert len(samples.pop()) == 5


def test_another_seed_gives_another_sample():
    assert chosen(users(root("users", limit=5), seed=1)) != chosen(users(root("users", limit=5), seed=2))


def test_a_larger_limit_keeps_the_rows_of_a_smaller_one():
    small = chosen(users(root("users", limit=5)))["users"]
    large = chosen(users(root("users", limit=9)))["users"]

    assert set(small) < set(large)


def test_an_order_decides_and_ties_fall_to_the_stable_hash():
    world = users(root("users", limit=7, order_by="w desc"))

    samples = {tuple(chosen(world, MemorySource(world, shuffle=n))["users"]) for n in range(5)}

    (sample,) = samples
    assert {3, 7, 11, 15, 19} < set(sample)
    assert sum(n % 4 == 2 for n in sample) == 2


def test_included_rows_come_on_top_of_the_limit():
    plain = chosen(users(root("users", limit=3)))["users"]
    others = [n for n in range(20) if n not in plain][:2]

    assert chosen(users(root("users", limit=3, include=others)))["users"] == sorted(plain + others)


def test_a_root_that_only_includes_takes_those_rows_alone():
    assert chosen(users(root("users", include=[3, 5, 3])))["users"] == [3, 5]


def test_roots_add_up():
    assert chosen(users(root("users", include=[1]), root("users", include=[1, 2])))["users"] == [1, 2]


@pytest.mark.parametrize("missing", ["99", "zebra"])
def test_an_included_row_that_does_not_exist_is_an_error_that_names_the_place_and_not_the_value(missing):
    places = tuple(Location(file="dev.yaml", line=line, column=9) for line in (3, 4, 5))
    world = users(root("users", include=[1, missing, 2], include_at=places))

    with pytest.raises(UsageError) as caught:
        chosen(world)

    assert caught.value.code == "PRV231"
    assert caught.value.at == places[1]
    assert "1 of them do not exist" in caught.value.message
    assert missing not in caught.value.message


def test_rows_of_a_table_without_a_key_cannot_be_included():
    world = a_world("visits(page int4)", rows={"visits": [(1,)]}, roots=[root("visits", include=[1])])

    with pytest.raises(UsageError) as caught:
        chosen(world)

    assert caught.value.code == "PRV236"


def test_an_included_key_needs_a_value_for_each_column():
    world = a_world("t(a int4 pk, b int4 pk)", rows={"t": [(1, 1)]}, roots=[root("t", include=[1])])

    with pytest.raises(UsageError) as caught:
        chosen(world)

    assert caught.value.code == "PRV236"


def test_the_sample_of_a_table_without_a_key_depends_on_what_its_rows_hold():
    rows = [(n, n * 7 % 5) for n in range(12)]
    one = a_world("visits(page int4, w int4)", rows={"visits": rows}, roots=[root("visits", limit=4)])
    other = a_world("visits(page int4, w int4)", rows={"visits": rows[::-1]}, roots=[root("visits", limit=4)])

    def contents(world):
        taken = set(chosen(world)["visits"])
        return sorted(row["page"] for row in next(iter(world.rows.values())) if (row["tableoid"], row["ctid"]) in taken)

    assert contents(one) == contents(other)
