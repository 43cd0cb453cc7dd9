"""The published vectors, the code, and an independent reference in plain Python say the same."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path

import pytest

from support import keyed_reference as reference
from support import mask_reference

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
VECTORS = json.loads((FOLDER / "vectors.json").read_text())
KEY = bytes.fromhex(VECTORS["key"])
CLASSES = {
    type_: [(-(2**bits), -(2**inner)), (1 - 2**inner, 0), (1, 2**inner - 1), (2**inner, 2**bits - 1)]
    for type_, bits, inner in (("int2", 15, 14), ("int4", 31, 30), ("int8", 63, 52))
}


def test_the_published_file_is_what_the_code_gives() -> None:
    script = runpy.run_path(str(FOLDER / "make_vectors.py"))

    assert script["rendered"]() == (FOLDER / "vectors.json").read_text()


def test_the_reference_agrees_on_check_value_and_subkeys() -> None:
    assert reference.check(KEY) == VECTORS["check"]
    for vector in VECTORS["subkeys"]:
        assert reference.subkey(KEY, vector["domain"], vector["purpose"]).hex() == vector["subkey"]


def test_the_reference_agrees_on_canonical_values() -> None:
    for vector in VECTORS["canonical"]:
        text = reference.canonical(vector["value"], vector["form"], vector.get("country", ""))
        assert text == vector["canonical"], vector


def test_the_reference_agrees_on_hmac_and_choices() -> None:
    for vector in VECTORS["hmac"]:
        assert reference.prf(KEY, vector["domain"], vector["purpose"], vector["canonical"]) == vector["hex"]
    for vector in VECTORS["below"]:
        number = reference.below(KEY, vector["domain"], vector["purpose"], vector["canonical"], vector["n"])
        assert number == vector["number"]


# 65,536 blocks of AES in plain Python take ten seconds; the table of 300 is the same construction.
@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["permutation"] if v["size"] != 2**16], ids=lambda vector: str(vector["size"])
)
def test_the_reference_agrees_on_permutations(vector: dict) -> None:
    images = [
        reference.permuted(KEY, vector["domain"], vector["purpose"], vector["size"], number)
        for number in vector["numbers"]
    ]
    assert images == vector["images"]


def test_the_reference_agrees_on_ff1() -> None:
    for vector in VECTORS["ff1"]:
        own = reference.subkey(KEY, vector["domain"], f"{vector['purpose']}/ff1/{vector['radix']}")
        digits = [int(letter, 36) for letter in vector["text"]]
        encrypted = reference.ff1(own, digits, vector["radix"], bytes.fromhex(vector["tweak"]))
        assert encrypted == [int(letter, 36) for letter in vector["encrypted"]]


def test_the_reference_agrees_on_masks() -> None:
    for vector in VECTORS["integer"]:
        if vector["type"] != "int2":  # whose tables of 16,384 numbers take long in plain Python
            images = [
                mask_reference.integer(KEY, vector["domain"], v, CLASSES[vector["type"]]) for v in vector["values"]
            ]
            assert images == vector["masked"]
    for vector in VECTORS["uuid"]:
        assert mask_reference.uuid(KEY, vector["domain"], vector["value"]) == vector["masked"]
    for vector in VECTORS["fpe"]:
        masked = mask_reference.fpe(
            KEY, vector["domain"], vector["value"], vector["keep_prefix"], vector["keep_suffix"], vector["alphabet"]
        )
        assert masked == vector["masked"], vector["value"]
    for vector in VECTORS["hash"]:
        masked = mask_reference.digest(
            KEY, vector["domain"], vector["value"], vector["form"], vector["digits"], vector["encoding"]
        )
        assert masked == vector["masked"]


def test_the_reference_aes_is_that_of_fips_197() -> None:
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")

    assert reference.aes(bytes(range(16)), plain).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"
    assert reference.aes(bytes(range(24)), plain).hex() == "dda97ca4864cdfe06eaf70a0ec0d7191"
    assert reference.aes(bytes(range(32)), plain).hex() == "8ea2b7ca516745bfeafc49904b496089"


def test_public_hashes_are_the_standard_ones() -> None:
    for vector in VECTORS["public"]:
        assert hashlib.sha256((vector["salt"] + vector["value"]).encode()).hexdigest() == vector["sha256"]
    assert (
        next(v["xxh3_64"] for v in VECTORS["public"] if v["value"] == "") == 0x2D06800538D394C2
    )  # xxHash's own vector
