"""Writes ``vectors.json`` beside this file: what the published constructions give for a published key.

``python docs/reference/make_vectors.py`` rewrites it; a test holds file, code and an independent reference together.
A change of any vector is a change of ``ALGORITHM_VERSION``: snapshots masked before it can no longer be compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from provision.keyed import Keyring, canonical, part_hash, public_hash
from provision.keyed.derive import subkey
from provision.masks.fpe import fpe
from provision.masks.hash import hash as hash_mask
from provision.masks.integer import integer
from provision.masks.uuid import uuid
from provision.model.plan import ColumnFacts, Family
from provision.model.secret import Secret

TARGET = Path(__file__).with_name("vectors.json")
KEY = bytes(range(32))  # published, and so never to be used for data
DOMAIN = "person.email"
UUIDS = [
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "00000000-0000-0000-0000-000000000000",
]

CANONICAL: dict[str, list[str]] = {
    "text": ["plain", "  trimmed\t", "Jose\u0301", "José", "٣ apples", "", "\u00a0x\u3000"],
    "folded": ["  John   SMITH ", "ÉCOLE\u00a0 du Nord"],
    "email": ["A@x.com", "a@X.COM ", "Jose\u0301@Bücher.example"],
    "phone": ["+44 (0)20 7946 0018", "0044 20 7946 0018", "020 7946 0018", "(555) 010-0199 ext. 7", "n/a", ""],
    "card": ["4111 1111-1111.1111", "4111111111111111", "--"],
    "iban": ["gb82 west 1234 5698 7654 32", "GB82-WEST12345698765432"],
    "numeric": [
        "1.0",
        "1.00",
        "-0.0",
        "+007.50",
        "1e3",
        "1.5E-3",
        "12.34e+1",
        "NaN",
        "-Infinity",
        ".5",
        "5.",
        "1e999",
        "x",
        "-0.10",
    ],
    "integer": ["007", "-7", "7.00", "7.5", "9223372036854775808"],
    "date": ["2024-02-29", "infinity", "0044-03-15 BC", "12024-01-01", "29.2.2024"],
    "timestamp": [
        "2024-02-03 04:05:06",
        "2024-02-03 04:05:06.7+00",
        "2024-02-03T04:05:06Z",
        "2024-02-03 04:05:06.000001-05:30",
        "2024-02-03",
        "-infinity",
        "0044-03-15 10:00:00 BC",
        "soon",
    ],
    "uuid": ["{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99"],
    "boolean": ["t", "TRUE", "1", "off", "maybe"],
    "bytes": ["\\xDEAD", "dead", "\\x", "xyz"],
    "raw": [" As It Is "],
}
SIZES = [2, 3, 10, 26, 300, 2**16, 2**16 + 1, 10**6, 2**30 - 1, 2**33 + 1, 2**52 - 1, 2**63]
INTEGERS = {"int2": [1, 2, 16383, 16384, 0, -1, -32768], "int4": [1, 2, 2**30 - 1, 2**30, 0, -7, -(2**31)]}
INTEGERS["int8"] = [1, 2, 2**52 - 1, 2**52, 0, -7, -(2**63)]
SHAPES = [
    "4111-1111-1111-1111",
    "4111 1111 1111 1111",
    "AB-123456",
    "x7",
    "7",
    "Zoë Ångström",
    "ΉΛΙΕ λιμήν",
    "田中 さくら",
    "",
]
SHAPES += ["1234567890" * 5, "The quick brown fox jumps over the lazy dog and keeps on running"]


def facts(family: Family, type_: str, max_chars: int | None = None) -> ColumnFacts:
    """Facts of a column without a name."""
    return ColumnFacts(column="t.c", family=family, type=type_, max_chars=max_chars)


def vectors() -> dict[str, Any]:
    """All vectors, as JSON data."""
    ring = Keyring({"test": Secret(KEY)}, "test")
    key = ring.domain(DOMAIN)
    tagged = canonical(pl.Series(CANONICAL["email"]), "email")
    mask = {"key": key}
    return {
        "key": KEY.hex(),
        "check": ring.check("test"),
        "subkeys": [
            {"domain": domain, "purpose": purpose, "subkey": subkey(KEY, domain=domain, purpose=purpose).hex()}
            for domain, purpose in (
                (DOMAIN, "email"),
                (DOMAIN, "hash"),
                ("personne.téléphone", "variant"),
                ("", "check"),
            )
        ],
        "canonical": [
            {"form": form, "value": value, "canonical": text}
            for form, values in CANONICAL.items()
            for value, text in zip(values, canonical(pl.Series(values), form), strict=True)
        ]
        + [
            {"form": "phone", "country": country, "value": value, "canonical": text}
            for country, values in (
                ("44", ["020 7946 0018", "+1 555 010 0199"]),
                ("1", ["1-555-010-0199", "5550100199"]),
            )
            for value, text in zip(values, canonical(pl.Series(values), "phone", country=country), strict=True)
        ],
        "hmac": [
            {"domain": DOMAIN, "purpose": "email", "canonical": text, "hex": digest}
            for text, digest in zip(tagged, key.hex(tagged, digits=64, purpose="email"), strict=True)
        ],
        "below": [
            {"domain": DOMAIN, "purpose": "pick", "canonical": text, "n": n, "number": number}
            for n in (1, 2, 5000, 10**12, 2**63 - 25)
            for text, number in zip(tagged, key.below(tagged, n, purpose="pick"), strict=True)
        ],
        "permutation": [
            {"domain": DOMAIN, "purpose": "rank", "size": size, "numbers": numbers, "images": images.tolist()}
            for size in SIZES
            for numbers in [sorted({0, 1, size // 2, size - 1})]
            for images in [key.permutation(size, purpose="rank").forward(np.array(numbers, dtype=np.uint64))]
        ],
        "ff1": [
            {
                "domain": DOMAIN,
                "purpose": "code",
                "radix": radix,
                "tweak": tweak.hex(),
                "text": text,
                "encrypted": encrypted,
            }
            for radix, tweak, text in (
                (10, b"", "0123456789"),
                (10, b"tweak", "4111111111111111"),
                (36, b"", "0z9y8x7w6v"),
            )
            for encrypted in key.ff1(radix, purpose="code", tweak=tweak).encrypt(pl.Series([text]))
        ],
        "integer": [
            {"domain": DOMAIN, "type": type_, "values": values, "masked": masked.to_list()}
            for type_, values in INTEGERS.items()
            for masked in [integer.function(pl.Series(values), facts=facts(Family.INTEGER, type_), **mask)]
        ],
        "uuid": [
            {"domain": DOMAIN, "value": value, "masked": masked}
            for value, masked in zip(
                UUIDS, uuid.function(pl.Series(UUIDS), facts=facts(Family.UUID, "uuid"), **mask), strict=True
            )
        ],
        "fpe": [
            {
                "domain": DOMAIN,
                "keep_prefix": prefix,
                "keep_suffix": suffix,
                "alphabet": alphabet,
                "value": value,
                "masked": masked,
            }
            for prefix, suffix, alphabet, values in (
                (0, 0, None, SHAPES),
                (3, 4, None, SHAPES[:3]),
                (0, 0, "0123456789ABCDEF", ["DEAD-BEEF"]),
            )
            for value, masked in zip(
                values,
                fpe.function(
                    pl.Series(values),
                    facts=facts(Family.TEXT, "text"),
                    keep_prefix=prefix,
                    keep_suffix=suffix,
                    alphabet=alphabet,
                    **mask,
                ),
                strict=True,
            )
        ],
        "hash": [
            {"domain": DOMAIN, "form": form, "encoding": encoding, "digits": digits, "value": value, "masked": masked}
            for form, encoding, digits in (("text", "hex", 32), ("text", "base32", 20), ("email", "hex", 24))
            for values in [["A-17", "A-17 ", "a-17"]]
            for value, masked in zip(
                values,
                hash_mask.function(
                    pl.Series(values),
                    facts=facts(Family.TEXT, "text"),
                    form=form,
                    encoding=encoding,
                    digits=digits,
                    **mask,
                ),
                strict=True,
            )
        ],
        "public": [
            {"salt": "seed 42", "value": value, "sha256": digest, "xxh3_64": part}
            for values in [["", "1", "a|b"]]
            for value, digest, part in zip(
                values, public_hash(pl.Series(values), salt="seed 42"), part_hash(pl.Series(values)), strict=True
            )
        ],
    }


def rendered() -> str:
    """The file's text."""
    return json.dumps(vectors(), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(rendered())
