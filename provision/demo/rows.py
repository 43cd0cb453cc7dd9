"""All rows of the shop, table by table: the same seed and scale give the same rows."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from provision.demo import goods, people, talk
from provision.demo.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from provision.demo.columns import Draw


def shop(seed: int, scale: float) -> Iterator[tuple[str, pl.DataFrame]]:
    """Name and rows of every table, without generated columns; texts are as ``COPY`` reads them, null is NULL.

    Args: seed: whole number >= 0. scale: 1.0 makes about 200,000 rows.
    """
    sizes = Sizes().scaled(scale)

    def draw(table: str) -> Draw:
        return np.random.default_rng([seed, zlib.crc32(table.encode())])  # a change to one table leaves the others

    yield "countries", goods.countries()
    yield "warehouses", goods.warehouses()
    yield "departments", people.departments()
    yield "employees", people.employees(draw("employees"), sizes)

    known = people.people(draw("customers"), sizes)
    yield "customers", known.customers
    yield "addresses", known.addresses

    coupons = goods.coupons(sizes)
    yield "categories", goods.categories(draw("categories"), sizes)
    catalogue = goods.catalogue(draw("products"), sizes)
    yield "products", catalogue.products
    yield "product_variants", catalogue.variants
    yield "coupons", coupons

    trade = goods.trade(draw("orders"), sizes, known, catalogue, coupons["code"])
    yield "orders", trade.orders
    yield "order_items", trade.items
    yield "invoices", trade.invoices
    yield "payments", trade.payments

    yield "reviews", talk.reviews(draw("reviews"), sizes, known)
    yield "posts", talk.posts(draw("posts"), sizes)
    yield "videos", talk.videos(draw("videos"), sizes)
    yield "comments", talk.comments(draw("comments"), sizes)
    yield "support_tickets", talk.support_tickets(draw("support_tickets"), sizes, known)
    yield "events", talk.events(draw("events"), sizes, known)
    yield "audit_log", talk.audit_log(draw("audit_log"), sizes, known)
    yield "leads", people.leads(draw("leads"), sizes, known)
