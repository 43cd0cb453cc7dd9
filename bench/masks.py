"""Values per second of each keyed construction, on one thread: ``POLARS_MAX_THREADS=1 python bench/masks.py``."""

from __future__ import annotations

import hashlib
import time
from uuid import UUID

import numpy as np
import polars as pl

from provision.keyed import Keyring, canonical, ephemeral, part_hash, public_hash
from provision.masks.fpe import fpe
from provision.masks.hash import hash as hash_mask
from provision.masks.integer import integer
from provision.masks.uuid import uuid
from provision.model.plan import ColumnFacts, Family
from provision.model.secret import Secret

ROWS = 1_000_000
REPEATS = 3


def measure(name, call):
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    print(f"{name:28} {ROWS / best / 1e6:8.2f} M/s")


def facts(family, type_):
    return ColumnFacts(column="bench.c", family=family, type=type_)


def main():
    secret = hashlib.sha256(b"bench").digest()
    key = Keyring({"bench": Secret(secret)}, "bench").domain("bench")
    numbers = pl.Series(np.arange(1, ROWS + 1))
    emails = pl.select(pl.format("User{}@example{}.com", numbers, numbers % 97)).to_series()
    cards = pl.select((numbers * 7919).cast(pl.String).str.zfill(16)).to_series()
    uuids = pl.Series([str(UUID(int=n * 0x123456789ABCDEF123456789, version=4)) for n in range(ROWS)])
    tagged = canonical(emails, "email")
    text, places = facts(Family.TEXT, "text"), numbers.to_numpy().astype(np.uint64)
    for form, values in (
        ("text", emails),
        ("email", emails),
        ("phone", cards),
        ("card", cards),
        ("numeric", numbers.cast(pl.String)),
    ):
        measure(f"canonical {form}", lambda form=form, values=values: canonical(values, form))
    measure("hex (HMAC)", lambda: key.hex(tagged, digits=24, purpose="p"))
    measure("below", lambda: key.below(tagged, 5000, purpose="p"))
    for size in (2**16, 10**6 + 1, 2**30 - 1, 2**63):
        permutation = key.permutation(size, purpose="p")
        measure(f"permutation of {size}", lambda p=permutation, s=size: p.forward(places % np.uint64(s)))
    measure("integer int4", lambda: integer.function(numbers, key=key, facts=facts(Family.INTEGER, "int4")))
    measure("integer int8", lambda: integer.function(numbers, key=key, facts=facts(Family.INTEGER, "int8")))
    measure("uuid", lambda: uuid.function(uuids, key=key, facts=facts(Family.UUID, "uuid")))
    measure("fpe 16 digits", lambda: fpe.function(cards, key=key, facts=text))
    measure("fpe 16 digits, ff1", lambda: fpe.function(cards, key=key, facts=text, method="ff1"))
    measure("hash", lambda: hash_mask.function(cards, key=key, facts=text))
    measure("hash base32", lambda: hash_mask.function(cards, key=key, facts=text, encoding="base32"))
    measure("ephemeral", lambda: ephemeral(emails, secret))
    measure("part_hash", lambda: part_hash(emails))
    measure("public_hash", lambda: public_hash(emails, salt="42"))


if __name__ == "__main__":
    main()
