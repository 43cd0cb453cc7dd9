"""How big the shop is."""

from __future__ import annotations

from dataclasses import dataclass, fields

LEAST = 20  # rows of a table at the smallest scale, enough for every reference to be met


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """About how many rows the tables have; what hangs on orders and addresses follows."""

    customers: int = 8_000
    employees: int = 400
    categories: int = 100
    products: int = 1_500
    coupons: int = 60
    orders: int = 24_000
    reviews: int = 7_000
    posts: int = 500
    videos: int = 200
    comments: int = 6_000
    support_tickets: int = 3_000
    events: int = 32_000
    audit_log: int = 8_000
    leads: int = 2_000

    def scaled(self, scale: float) -> Sizes:
        """So many times as many rows, and never fewer than a few."""
        return Sizes(**{one.name: max(LEAST, round(getattr(self, one.name) * scale)) for one in fields(self)})
