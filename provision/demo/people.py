"""Customers with their addresses, employees with their departments, and bought leads: all made up.

Some people write their mail address in capitals, some appear among customers and leads: masking has to treat them alike.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from provision.demo import words
from provision.demo.columns import (
    YEAR_S,
    Draw,
    Numbers,
    addresses_v4,
    days,
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
    from provision.demo.sizes import Sizes

# Local numbers never start with 0, and there is no area code 555: nobody has these.
DIALLING = {
    "AT": "+43 1 055 ",
    "DE": "+49 30 055 ",
    "FR": "+33 1 005 ",
    "GB": "+44 20 005 ",
    "US": "+1 555 10",
}
LAST_NAMES = tuple(start + end for start, end in product(words.LAST_STARTS, words.LAST_ENDS))


@dataclass(frozen=True, slots=True)
class People:
    """Customers and what other tables say of them again, in the order of their ids (1, 2, …)."""

    customers: pl.DataFrame
    addresses: pl.DataFrame
    first_address: Numbers  # the id of each customer's first address
    address_count: Numbers

    @property
    def full_name(self) -> pl.Series:
        """First and last name."""
        return joined(self.customers["first_name"], " ", self.customers["last_name"])


def people(draw: Draw, sizes: Sizes) -> People:
    """Customers and their addresses, 1 to 3 each, the customer's own name and phone on most of them."""
    count = sizes.customers
    ids = np.arange(1, count + 1)
    first, last = pick(draw, words.FIRST_NAMES, count), pick(draw, LAST_NAMES, count)
    country = pick(draw, [code for code, *_ in words.COUNTRIES], count)
    phone = sometimes(draw, _phones(draw, country), 0.9)
    phone = pl.select(pl.when(pl.Series(draw.random(count) < 0.004)).then(pl.lit("none")).otherwise(phone)).to_series()
    email = _emails(draw, first, last)
    opened = draw.integers(0, YEAR_S, size=count)
    customers = pl.DataFrame(
        {
            "id": ids,
            "external_id": joined("C-", padded(ids * 61_803_401 % 10**9, 9)),
            "first_name": first,
            "last_name": last,
            "email": email,
            "phone": phone,
            "birth_date": sometimes(draw, days(draw, date(1941, 1, 1), date(2006, 12, 31), count), 0.85),
            "national_id": sometimes(draw, _national_ids(draw, count), 0.6),
            "password_hash": joined("$2b$12$", _letters(draw, count, 53)),
            "loyalty_no": sometimes(draw, joined("LYL", padded(draw.choice(10**9, size=count, replace=False), 9)), 0.5),
            "interests": lists(draw, words.INTERESTS, count),
            "preferences": _preferences(draw, email, phone),
            "last_login_ip": sometimes(draw, addresses_v4(draw, count), 0.8),
            "marketing_consent": pl.Series(draw.random(count) < 0.4).cast(pl.String),
            "credit_limit": money(draw.integers(0, 50, size=count) * 10_000),
            "created_at": instants(opened),
            "updated_at": instants(opened + draw.integers(0, 30 * 86_400, size=count)),
        }
    )
    per_customer = draw.choice([1, 2, 3], size=count, p=[0.5, 0.35, 0.15])
    owner = np.repeat(np.arange(count), per_customer)
    return People(
        customers=customers,
        addresses=_addresses(draw, customers, country, owner),
        first_address=np.cumsum(per_customer) - per_customer + 1,
        address_count=per_customer,
    )


def employees(draw: Draw, sizes: Sizes) -> pl.DataFrame:
    """Employees; the first of each department heads it, and managers come before those they manage."""
    count = sizes.employees
    ids = np.arange(1, count + 1)
    first, last = pick(draw, words.FIRST_NAMES, count), pick(draw, LAST_NAMES, count)
    manager = pl.Series((draw.random(count) * (ids - 1) * 0.3).astype(np.int64) + 1)
    return pl.DataFrame(
        {
            "id": ids,
            "badge": uuids(draw, count),
            "first_name": first,
            "last_name": last,
            "email": _emails(draw, first, last, domain="shop.example"),
            "phone": sometimes(draw, _phones(draw, pl.Series(["DE"]).gather(np.zeros(count, dtype=np.int64))), 0.7),
            "birth_date": days(draw, date(1960, 1, 1), date(2003, 12, 31), count),
            "salary": money(draw.integers(2_400_00, 9_500_00, size=count)),
            "department_id": (ids - 1) % len(words.DEPARTMENTS) + 1,
            "manager_id": pl.select(pl.when(pl.Series(ids > 1)).then(manager)).to_series(),
            "hired_on": days(draw, date(2012, 1, 1), date(2025, 6, 30), count),
        }
    )


def departments() -> pl.DataFrame:
    """Departments, each headed by the employee of the same number."""
    ids = np.arange(1, len(words.DEPARTMENTS) + 1)
    return pl.DataFrame(
        {"id": ids, "name": words.DEPARTMENTS, "cost_center": joined("CC-", padded(ids * 10, 4)), "head_id": ids}
    )


def leads(draw: Draw, sizes: Sizes, known: People) -> pl.DataFrame:
    """Leads, some of them customers already, some twice, many with gaps."""
    count = sizes.leads
    first, last = pick(draw, words.FIRST_NAMES, count), pick(draw, LAST_NAMES, count)
    rows = pl.DataFrame(
        {
            "email": _emails(draw, first, last),
            "full_name": joined(first, " ", last),
            "company": sometimes(draw, _companies(draw, count), 0.8),
            "phone": sometimes(draw, _phones(draw, pick(draw, tuple(DIALLING), count)), 0.5),
            "segment": pick(draw, words.SEGMENTS, count),
            "budget": sometimes(draw, money(draw.integers(1, 500, size=count) * 100_000), 0.6),
            "created_at": instants(draw.integers(0, YEAR_S, size=count)).str.slice(0, 19),
        }
    )
    customer = pl.Series(draw.integers(sizes.customers, size=count))
    is_customer = pl.Series(draw.random(count) < 0.1)
    rows = rows.with_columns(
        email=pl.when(is_customer).then(known.customers["email"].gather(customer)).otherwise("email"),
        full_name=pl.when(is_customer).then(known.full_name.gather(customer)).otherwise("full_name"),
    )
    return pl.concat([rows, rows.head(count // 50)])


def _addresses(draw: Draw, customers: pl.DataFrame, country: pl.Series, owner: Numbers) -> pl.DataFrame:
    count = len(owner)
    own_name = joined(customers["first_name"], " ", customers["last_name"]).gather(owner)
    other_name = joined(pick(draw, words.FIRST_NAMES, count), " ", pick(draw, LAST_NAMES, count))
    street = joined(pick(draw, words.STREET_STARTS, count), " ", pick(draw, words.STREET_ENDS, count))
    return pl.DataFrame(
        {
            "id": np.arange(1, count + 1),
            "customer_id": owner + 1,
            "recipient": pl.select(
                pl.when(pl.Series(draw.random(count) < 0.85)).then(own_name).otherwise(other_name)
            ).to_series(),
            "company": sometimes(draw, _companies(draw, count), 0.15),
            "street": joined(pl.Series(draw.integers(1, 190, size=count)).cast(pl.String), " ", street),
            "postcode": padded(draw.integers(1_000, 99_999, size=count), 5),
            "city": joined(pick(draw, words.CITY_STARTS, count), pick(draw, words.CITY_ENDS, count)),
            "country_code": country.gather(owner),
            "phone": sometimes(draw, customers["phone"].gather(owner), 0.5),
        }
    )


def _emails(draw: Draw, first: pl.Series, last: pl.Series, *, domain: str | None = None) -> pl.Series:
    """Mail addresses that differ even in lower case; one in twenty starts with a capital, one in fifty is all capitals."""
    count = len(first)
    plain = {name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() for name in words.FIRST_NAMES}
    local = joined(first.replace(plain).str.to_lowercase(), ".", last.str.replace_all("'", "").str.to_lowercase())
    nth = pl.DataFrame({"local": local}).select(pl.int_range(pl.len()).over("local")).to_series()
    local = pl.select(pl.when(nth > 0).then(joined(local, (nth + 1).cast(pl.String))).otherwise(local)).to_series()
    whole = joined(local, "@", pick(draw, (domain,) if domain else words.MAIL_DOMAINS, count))
    chance = pl.Series(draw.random(count))
    return pl.select(
        pl.when(chance < 0.02)
        .then(whole.str.to_uppercase())
        .when(chance < 0.07)
        .then(joined(whole.str.slice(0, 1).str.to_uppercase(), whole.str.slice(1)))
        .otherwise(whole)
    ).to_series()


def _phones(draw: Draw, country: pl.Series) -> pl.Series:
    """Numbers of the country (Germany's where none is listed), in several spellings."""
    count = len(country)
    prefix = country.replace_strict(DIALLING, default=DIALLING["DE"])
    number = joined(prefix, padded(draw.integers(1_000, size=count), 3), padded(draw.integers(100, size=count), 2))
    chance = pl.Series(draw.random(count))
    return pl.select(
        pl.when(chance < 0.1)
        .then(number.str.replace_all(" ", ""))
        .when(chance < 0.2)
        .then(number.str.replace_all(" ", "-"))
        .otherwise(number)
    ).to_series()


def _companies(draw: Draw, count: int) -> pl.Series:
    start, middle = pick(draw, words.LAST_STARTS, count), pick(draw, words.COMPANY_MIDDLES, count)
    return joined(start, " ", middle, " ", pick(draw, words.COMPANY_ENDS, count))


def _national_ids(draw: Draw, count: int) -> pl.Series:
    """In the shape of a US social security number, out of the range that is never issued (900 to 999)."""
    area, group, serial = (draw.integers(low, high, size=count) for low, high in ((900, 1000), (1, 100), (1, 10_000)))
    return joined(padded(area, 3), "-", padded(group, 2), "-", padded(serial, 4))


def _preferences(draw: Draw, email: pl.Series, phone: pl.Series) -> pl.Series:
    count = len(email)
    language = pick(draw, ("de", "en", "fr", "nl"), count)
    letter = pl.Series(draw.random(count) < 0.5).cast(pl.String)
    phone_json = joined('"', phone, '"').fill_null("null")
    contact = joined('{"email": "', email, '", "phone": ', phone_json, "}")
    return joined('{"language": "', language, '", "newsletter": ', letter, ', "contact": ', contact, "}")


def _letters(draw: Draw, count: int, length: int) -> pl.Series:
    alphabet = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./", dtype=np.uint8)
    text = alphabet[draw.integers(len(alphabet), size=count * length)].tobytes().decode()
    return pl.Series([text[at : at + length] for at in range(0, len(text), length)], dtype=pl.String)
