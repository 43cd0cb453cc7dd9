from __future__ import annotations

import hashlib

import polars as pl

from provision.model.catalog import Table
from provision.ports import RANK
from provision.stages.plan.closure.sample import first, sample_columns, stable_hash
from support.catalogs import a_catalog


def a_table(text: str) -> Table:
    return a_catalog(text).tables[0]


def test_the_hash_is_published_and_can_be_repeated_by_anybody():
    table = a_table("pairs(a int4 pk, b text pk)")
    rows = pl.DataFrame({"a": [17, 1], "b": ["ä", "x"]})

    hashes = stable_hash(rows, table=table, seed=42).to_list()

    assert hashes[0] == hashlib.sha256(b"provision sample 42 public.pairs\x002:172:\xc3\xa4").hexdigest()


def test_values_that_run_together_have_different_hashes():
    table = a_table("pairs(a text pk, b text pk)")
    rows = pl.DataFrame({"a": ["ab", "a", "1:a"], "b": ["c", "bc", "b"]})

    assert stable_hash(rows, table=table, seed=0).n_unique() == 3


def test_a_table_without_a_key_is_sampled_by_all_it_stores():
    assert sample_columns(a_table("t(a int4 pk, b int4)")) == ("a",)
    assert sample_columns(a_table("t(a int4, b int4 null, c int4 generated)")) == ("a", "b")


def test_each_group_gets_its_own_first_rows():
    table = a_table("t(id int4 pk)")
    rows = pl.DataFrame({"id": range(30), "g": [n % 3 for n in range(30)]})

    taken = first(rows, 4, table=table, seed=1, within=("g",))

    assert taken.group_by("g").len()["len"].to_list() == [4, 4, 4]
    alone = [first(part, 4, table=table, seed=1)["id"].to_list() for part in rows.partition_by("g")]
    assert sorted(taken["id"]) == sorted(n for part in alone for n in part)


def test_the_given_order_goes_before_the_hash():
    table = a_table("t(id int4 pk)")
    rows = pl.DataFrame({"id": range(10), RANK: [1, 2] * 5})

    assert set(first(rows, 5, table=table, seed=1)["id"]) == {0, 2, 4, 6, 8}


def test_a_limit_of_none_takes_none():
    table = a_table("t(id int4 pk)")

    assert first(pl.DataFrame({"id": [1, 2]}), 0, table=table, seed=1).height == 0
