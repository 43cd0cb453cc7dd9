from __future__ import annotations

import polars as pl
import pytest

from provision.demo.rows import shop
from provision.demo.sizes import LEAST, Sizes


@pytest.fixture(scope="module")
def tables():
    return dict(shop(42, 1.0))


def test_the_shop_has_about_200_000_rows_in_at_least_15_tables(tables):
    assert len(tables) >= 15
    assert 190_000 <= sum(rows.height for rows in tables.values()) <= 220_000


def test_the_same_seed_gives_the_same_rows_and_another_gives_others():
    first, again, other = dict(shop(7, 0.02)), dict(shop(7, 0.02)), dict(shop(8, 0.02))

    assert all(first[name].equals(again[name]) for name in first)
    assert not first["customers"].equals(other["customers"])


def test_no_table_is_empty_at_the_smallest_scale():
    assert all(rows.height > 0 for _, rows in shop(42, 0))
    assert Sizes().scaled(0).orders == LEAST


def test_mail_addresses_differ_in_lower_case_and_some_are_written_in_capitals(tables):
    for table in ("customers", "employees"):
        email = tables[table]["email"]
        assert email.str.to_lowercase().n_unique() == len(email)
    assert (tables["customers"]["email"] == tables["customers"]["email"].str.to_uppercase()).sum() > 50


def test_mail_addresses_belong_to_nobody(tables):
    for table, column in (("customers", "email"), ("employees", "email"), ("leads", "email")):
        assert tables[table][column].str.to_lowercase().str.ends_with(".example").all()


def test_tickets_repeat_name_address_and_phone_in_free_text(tables):
    tickets = tables["support_tickets"].join(tables["customers"], left_on="customer_id", right_on="id")

    for column in ("first_name", "last_name", "email"):
        assert tickets.select(pl.col("body").str.contains(pl.col(column), literal=True).all()).item()
    with_phone = tickets.filter(pl.col("phone").is_not_null())
    assert with_phone.select(pl.col("body").str.contains(pl.col("phone"), literal=True).all()).item()


def test_json_repeats_who_the_customer_is(tables):
    events = tables["events"].join(tables["customers"], left_on="customer_ref", right_on="external_id")

    assert events.height > 10_000
    assert events.select(pl.col("payload").str.contains(pl.col("email"), literal=True).all()).item()


def test_comments_are_about_posts_and_videos_that_exist(tables):
    for kind, table in (("Post", "posts"), ("Video", "videos")):
        subjects = tables["comments"].filter(pl.col("subject_type") == kind)["subject_id"]
        assert len(subjects) > 0
        assert subjects.is_in(tables[table]["id"].to_list()).all()


def test_some_leads_are_customers_and_some_come_twice(tables):
    leads = tables["leads"]

    assert leads["email"].is_in(tables["customers"]["email"].to_list()).sum() > 100
    assert leads.is_duplicated().sum() > 50


def test_texts_need_no_escape_but_the_ones_written_for_copy(tables):
    for rows in tables.values():
        for column in rows.select(pl.selectors.string()):
            assert not column.str.contains("[\t\n\r]").any()
            assert not column.str.replace_all(r"\n", "", literal=True).str.contains("\\", literal=True).any()
