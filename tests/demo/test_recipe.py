from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import provision.masks
from provision.demo.shop import create
from provision.dialects.postgresql.source import PostgresSource
from provision.registry import MaskSpec, collect
from provision.stages.plan.build import build_plan, columns_to_decide
from provision.stages.plan.rows import plan_rows
from provision.stages.policy import resolve
from provision.stages.recipe.load import load_recipe

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def masks():
    return collect(provision.masks, MaskSpec)


def test_the_demos_files_hold_no_mistake_and_no_warning(masks):
    loaded = load_recipe(Path("recipes/dev.yaml"), folder=ROOT, masks=masks, today=TODAY)

    assert loaded.findings == ()
    assert (loaded.project.source("prod").embedded, loaded.project.target("dev").embedded) != (None, None)
    assert loaded.project.keys.current == "demo"


def test_the_demos_recipe_decides_every_column_of_the_shop_and_shows_every_mask(database, masks):
    create(database, scale=0.02)
    catalog = PostgresSource("prod", database).reflect()
    loaded = load_recipe(Path("recipes/dev.yaml"), folder=ROOT, masks=masks, today=TODAY)

    rows = plan_rows(loaded.recipe, catalog)
    needed = columns_to_decide(catalog, rows)
    decided = resolve(loaded.recipe, loaded.policies, catalog=catalog, needed=needed, masks=masks, today=TODAY)
    decided.demand(catalog)
    plan = build_plan(loaded.recipe, catalog, rows, treatments=decided.treatments, masks=masks, kid="demo")

    used = {column.mask.mask for table in plan.tables for column in table.columns if column.mask is not None}
    assert used == set(masks) - {"keep"}
    assert len(plan.tables) == 22
