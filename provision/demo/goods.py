"""What the shop sells, and who bought it: catalogue, orders, invoices, payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.demo import words
from provision.demo.columns import (
    YEAR_S,
    Draw,
    Numbers,
    instants,
    joined,
    lists,
    money,
    padded,
    pick,
    sometimes,
    uuids,
)

if TYPE_CHECKING:
    from provision.demo.people import People
    from provision.demo.sizes import Sizes

STATUSES = ("new", "paid", "shipped", "delivered", "returned", "cancelled")
SHIPPED_FROM = 2  # from here on in STATUSES an order was shipped, but for the last


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products, and their variants in a row; prices in cents."""

    products: pl.DataFrame
    variants: pl.DataFrame
    price: Numbers  # of each product


@dataclass(frozen=True, slots=True)
class Trade:
    """Orders and what hangs on them."""

    orders: pl.DataFrame
    items: pl.DataFrame
    invoices: pl.DataFrame
    payments: pl.DataFrame


def categories(draw: Draw, sizes: Sizes) -> pl.DataFrame:
    """A forest: a tenth are roots, all others hang below one that came before them."""
    count = sizes.categories
    ids = np.arange(1, count + 1)
    roots = max(1, count // 10)
    parent = pl.Series((draw.random(count) * (ids - 1)).astype(np.int64) + 1)
    name = joined(pick(draw, words.ADJECTIVES, count), " ", pick(draw, words.THINGS, count), " ", padded(ids, 3))
    return pl.DataFrame(
        {"id": ids, "parent_id": pl.select(pl.when(pl.Series(ids > roots)).then(parent)).to_series(), "name": name}
    )


def warehouses() -> pl.DataFrame:
    """The few places that goods leave from."""
    names, countries = zip(*words.WAREHOUSES, strict=True)
    return pl.DataFrame({"id": range(1, len(names) + 1), "name": names, "country_code": countries})


def countries() -> pl.DataFrame:
    """The lookup table."""
    code, name, currency, eu = zip(*words.COUNTRIES, strict=True)
    return pl.DataFrame({"code": code, "name": name, "currency": currency, "eu": eu}).cast({"eu": pl.String})


def coupons(sizes: Sizes) -> pl.DataFrame:
    """Coupons, each good for a month."""
    number = np.arange(sizes.coupons)
    month = pl.Series(number % 11 + 1)
    from_, to = padded(month.to_numpy(), 2), padded(month.to_numpy() + 1, 2)
    return pl.DataFrame(
        {
            "code": joined("SAVE", padded(number * 3 + 5, 3)),
            "percent": number % 6 * 5 + 5,
            "valid": joined("[2025-", from_, "-01,2025-", to, "-01)"),
        }
    )


def catalogue(draw: Draw, sizes: Sizes) -> Catalogue:
    """Products with 1 to 5 variants each."""
    count = sizes.products
    ids = np.arange(1, count + 1)
    adjective, material, thing = (pick(draw, some, count) for some in (words.ADJECTIVES, words.MATERIALS, words.THINGS))
    price = draw.integers(2_00, 400_00, size=count)
    colour = pick(draw, words.COLOURS, count)
    products = pl.DataFrame(
        {
            "id": ids,
            "sku": joined("P", padded(ids * 13 + 7_000, 6)),
            "category_id": draw.integers(1, sizes.categories + 1, size=count),
            "name": joined(adjective, " ", thing),
            "description": joined(
                "A ", thing, " made of ", material, ", in ", colour, ". Repairable, with spare parts."
            ),
            "price": money(price),
            "tags": lists(draw, words.TAGS, count),
            "attributes": joined('{"material": "', material, '", "colour": "', colour, '"}'),
        }
    )
    per_product = draw.integers(1, 6, size=count)
    owner = np.repeat(np.arange(count), per_product)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(per_product) - per_product, per_product)
    variants = pl.DataFrame(
        {
            "product_id": owner + 1,
            "variant_no": number + 1,
            "name": pl.Series(words.COLOURS).gather(number),
            "weight_kg": joined(
                pl.Series(draw.integers(0, 30, size=len(owner))).cast(pl.String), ".", padded(owner % 1000, 3)
            ),
            "stock": draw.integers(0, 500, size=len(owner)),
            "warehouse_id": draw.integers(1, len(words.WAREHOUSES) + 1, size=len(owner)),
        }
    )
    return Catalogue(products=products, variants=variants, price=price)


def trade(draw: Draw, sizes: Sizes, people: People, goods: Catalogue, coupon_codes: pl.Series) -> Trade:
    """Orders over the year; some customers buy often and a few never."""
    count = sizes.orders
    ids = np.arange(1, count + 1)
    customer = (draw.random(count) ** 1.7 * sizes.customers).astype(np.int64)
    billing = people.first_address[customer]
    shipping = billing + (draw.random(count) * people.address_count[customer]).astype(np.int64)
    status = draw.choice(len(STATUSES), size=count, p=[0.04, 0.08, 0.1, 0.68, 0.05, 0.05])
    placed = np.sort(draw.integers(0, YEAR_S, size=count))
    shipped = pl.Series((status >= SHIPPED_FROM) & (status < len(STATUSES) - 1))
    items, totals = _items(draw, ids, goods)
    invoiced = np.flatnonzero(draw.random(count) < 0.85)
    invoice_of = pl.DataFrame({"order": invoiced + 1, "invoice": np.arange(1, len(invoiced) + 1)})
    note = joined(
        "Please ring at ", people.full_name.gather(customer), ", ", people.customers["phone"].gather(customer)
    )
    orders = pl.DataFrame(
        {
            "id": ids,
            "customer_ref": people.customers["external_id"].gather(customer),
            "billing_address_id": billing,
            "shipping_address_id": shipping,
            "status": pl.Series(STATUSES).gather(status),
            "coupon_code": sometimes(draw, coupon_codes.gather(draw.integers(len(coupon_codes), size=count)), 0.1),
            "placed_at": instants(placed),
            "shipped_at": pl.select(
                pl.when(shipped).then(instants(placed + draw.integers(3_600, 9 * 86_400, size=count)))
            ).to_series(),
            "delivery_note": sometimes(draw, note, 0.08),
            "last_invoice_id": pl.DataFrame({"order": ids}).join(invoice_of, on="order", how="left")["invoice"],
        }
    )
    issued = pl.Series((placed[invoiced] // 86_400) + (date(2025, 1, 1) - date(1970, 1, 1)).days)
    invoices = pl.DataFrame(
        {
            "id": np.arange(1, len(invoiced) + 1),
            "number": np.arange(len(invoiced)) + 100_001,
            "order_id": invoiced + 1,
            "issued_on": issued.cast(pl.Int32).cast(pl.Date).cast(pl.String),
            "total": money(totals[invoiced]),
        }
    )
    return Trade(
        orders=orders, items=items, invoices=invoices, payments=_payments(draw, people, customer, placed, totals)
    )


def _items(draw: Draw, order_ids: Numbers, goods: Catalogue) -> tuple[pl.DataFrame, Numbers]:
    """Lines of every order, 1 to 5, and the orders' totals in cents."""
    per_order = draw.choice([1, 2, 3, 4, 5], size=len(order_ids), p=[0.35, 0.28, 0.18, 0.12, 0.07])
    order = np.repeat(np.arange(len(order_ids)), per_order)
    line = np.arange(len(order)) - np.repeat(np.cumsum(per_order) - per_order, per_order) + 1
    variant = (draw.random(len(order)) ** 2 * len(goods.variants)).astype(np.int64)  # few things sell well
    product = goods.variants["product_id"].to_numpy()[variant]
    quantity = draw.choice([1, 2, 3, 10], size=len(order), p=[0.7, 0.2, 0.07, 0.03])
    price = goods.price[product - 1]
    items = pl.DataFrame(
        {
            "order_id": order + 1,
            "line_no": line,
            "product_id": product,
            "variant_no": goods.variants["variant_no"].gather(variant),
            "quantity": quantity,
            "unit_price": money(price),
        }
    )
    return items, np.bincount(order, weights=quantity * price).astype(np.int64)


def _payments(draw: Draw, people: People, customer: Numbers, placed: Numbers, totals: Numbers) -> pl.DataFrame:
    """One payment for most orders; cards and accounts of numbers that no bank gives out."""
    paid = np.flatnonzero(draw.random(len(totals)) < 0.9)
    count = len(paid)
    method = draw.choice(["card", "transfer", "wallet"], size=count, p=[0.55, 0.25, 0.2])
    card = pl.Series(method == "card")
    transfer = pl.Series(method == "transfer")
    digits = padded(draw.integers(10**11, 10**12, size=count), 12)
    number = joined("0000 ", digits.str.slice(0, 4), " ", digits.str.slice(4, 4), " ", digits.str.slice(8, 4))
    iban = joined("XX00", padded(draw.integers(10**17, 10**18, size=count), 18))
    return pl.DataFrame(
        {
            "id": uuids(draw, count),
            "order_id": paid + 1,
            "method": pl.Series(method),
            "card_holder": pl.select(pl.when(card).then(people.full_name.gather(customer[paid]))).to_series(),
            "card_number": pl.select(pl.when(card).then(number)).to_series(),
            "iban": pl.select(pl.when(transfer).then(iban)).to_series(),
            "paid_total": money(totals[paid]),
            "paid_at": instants(placed[paid] + draw.integers(60, 5 * 86_400, size=count)),
        }
    )
