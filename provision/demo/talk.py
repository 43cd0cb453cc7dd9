"""What people write, and what is written about them: reviews, comments, tickets, events, the audit log.

Here personal data sit where a column's name does not tell: in free text and inside JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.demo import words
from provision.demo.columns import YEAR_S, Draw, addresses_v4, instants, joined, pick, sometimes, uuids

if TYPE_CHECKING:
    from provision.demo.people import People
    from provision.demo.sizes import Sizes

PAGES = ("/", "/search", "/basket", "/checkout", "/account", "/help")
KINDS = ("view", "view", "view", "search", "basket", "login", "purchase")


def reviews(draw: Draw, sizes: Sizes, people: People) -> pl.DataFrame:
    """At most one review of a product by a customer, signed with the name."""
    pairs = np.unique(draw.integers(sizes.products * sizes.customers, size=sizes.reviews))
    product, customer = pairs // sizes.customers, pairs % sizes.customers
    count = len(pairs)
    return pl.DataFrame(
        {
            "product_id": product + 1,
            "customer_id": customer + 1,
            "rating": draw.choice([1, 2, 3, 4, 5], size=count, p=[0.05, 0.07, 0.13, 0.35, 0.4]),
            "author_name": people.full_name.gather(customer),
            "body": sometimes(draw, pick(draw, words.OPINIONS, count), 0.7),
            "written_at": instants(draw.integers(0, YEAR_S, size=count)),
        }
    )


def posts(draw: Draw, sizes: Sizes) -> pl.DataFrame:
    """The shop's own articles, by employees."""
    count = sizes.posts
    thing, material = pick(draw, words.THINGS, count), pick(draw, words.MATERIALS, count)
    return pl.DataFrame(
        {
            "id": np.arange(1, count + 1),
            "author_id": draw.integers(1, sizes.employees + 1, size=count),
            "title": joined("How to choose a ", thing),
            "body": joined("What to look at before buying a ", thing, ":\\n- the ", material, "\\n- spare parts\\n"),
            "published_at": sometimes(draw, instants(draw.integers(0, YEAR_S, size=count)), 0.9),
        }
    )


def videos(draw: Draw, sizes: Sizes) -> pl.DataFrame:
    """The shop's own videos."""
    count = sizes.videos
    number = pl.Series(np.arange(1, count + 1)).cast(pl.String)
    minutes = pl.Series(draw.integers(1, 40, size=count)).cast(pl.String)
    return pl.DataFrame(
        {
            "id": np.arange(1, count + 1),
            "title": joined("In use: ", pick(draw, words.THINGS, count)),
            "url": joined("https://video.shop.example/", number),
            "duration": joined(minutes, " minutes"),
        }
    )


def comments(draw: Draw, sizes: Sizes) -> pl.DataFrame:
    """Comments on posts and on videos: the type says on which."""
    count = sizes.comments
    on_post = draw.random(count) < 0.6
    subject = (draw.random(count) * np.where(on_post, sizes.posts, sizes.videos)).astype(np.int64) + 1
    return pl.DataFrame(
        {
            "id": np.arange(1, count + 1),
            "customer_id": draw.integers(1, sizes.customers + 1, size=count),
            "subject_type": pl.Series(["Video", "Post"]).gather(on_post.astype(np.int64)),
            "subject_id": subject,
            "body": pick(draw, words.REMARKS, count),
            "written_at": instants(draw.integers(0, YEAR_S, size=count)),
        }
    )


def support_tickets(draw: Draw, sizes: Sizes, people: People) -> pl.DataFrame:
    """Letters in which customers repeat their name, mail address and phone, as customers do."""
    count = sizes.support_tickets
    customer = draw.integers(sizes.customers, size=count)
    known = people.customers[customer]
    order = pl.Series(draw.integers(1, sizes.orders + 1, size=count)).cast(pl.String)
    complaint = pick(draw, words.COMPLAINTS, count)
    phone = joined(" or call ", known["phone"]).fill_null("")
    opened = draw.integers(0, YEAR_S, size=count)
    closed = instants(opened + draw.integers(600, 20 * 86_400, size=count))
    is_closed = pl.Series(draw.random(count) < 0.9)
    rating = pl.Series(draw.integers(1, 6, size=count)).cast(pl.String)
    return pl.DataFrame(
        {
            "id": np.arange(1, count + 1),
            "customer_id": customer + 1,
            "agent_id": sometimes(draw, pl.Series(draw.integers(1, sizes.employees + 1, size=count)).cast(pl.String), 0.95),
            "priority": draw.choice(["low", "normal", "high", "urgent"], size=count, p=[0.2, 0.6, 0.15, 0.05]),
            "requester_email": known["email"],
            "subject": joined("Order ", order, " ", complaint),
            "body": joined(
                "Hello,\\n\\nthis is ", people.full_name.gather(customer), ". My order ", order, " ", complaint,
                ".\\nPlease write to ", known["email"], phone, ".\\n\\nRegards\\n", known["first_name"],
            ),
            "opened_at": instants(opened),
            "closed_at": pl.select(pl.when(is_closed).then(closed)).to_series(),
            "satisfaction": sometimes(draw, pl.select(pl.when(is_closed).then(rating)).to_series(), 0.5),
        }
    )  # fmt: skip


def events(draw: Draw, sizes: Sizes, people: People) -> pl.DataFrame:
    """Clicks; about half of them of customers who are logged in, with who they are in the payload."""
    count = sizes.events
    customer = (draw.random(count) ** 1.7 * sizes.customers).astype(np.int64)
    known = people.customers[customer]
    name = people.full_name.gather(customer)
    logged_in = pl.Series(draw.random(count) < 0.55)
    page = joined('"page": "', pick(draw, PAGES, count), '"')
    user = joined('"user": {"email": "', known["email"], '", "name": "', name, '"}')
    return pl.DataFrame(
        {
            "id": np.arange(1, count + 1),
            "happened_at": instants(np.sort(draw.integers(0, YEAR_S, size=count))),
            "kind": pick(draw, KINDS, count),
            "customer_ref": pl.select(pl.when(logged_in).then(known["external_id"])).to_series(),
            "session_id": uuids(draw, count),
            "ip": sometimes(draw, addresses_v4(draw, count), 0.97),
            "payload": pl.select(
                pl.when(logged_in).then(joined("{", page, ", ", user, "}")).otherwise(joined("{", page, "}"))
            ).to_series(),
        }
    )


def audit_log(draw: Draw, sizes: Sizes, people: People) -> pl.DataFrame:
    """Changes of customers, with the rows before and after: a second copy of everything personal."""
    count = sizes.audit_log
    customer = draw.integers(sizes.customers, size=count)
    known = people.customers[customer]
    row = joined('"email": "', known["email"], '", "last_name": "', known["last_name"], '"')
    return pl.DataFrame(
        {
            "id": np.arange(1, count + 1),
            "at": instants(np.sort(draw.integers(0, YEAR_S, size=count))),
            "actor": pick(draw, ("web", "support", "import"), count),
            "action": pick(draw, ("insert", "update", "update"), count),
            "table_name": pick(draw, ("customers",), count),
            "row_id": known["id"].cast(pl.String),
            "old_row": sometimes(draw, joined("{", row, "}"), 0.6),
            "new_row": joined("{", row, ', "checked": true}'),
        }
    )
