from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.errors import UsageError
from provision.keyed import FF1
from support import keyed_reference as reference
from support.keys import key_bytes

K128 = "2B7E151628AED2A6ABF7158809CF4F3C"
K192 = K128 + "EF4359D8D580AA4F"
K256 = K192 + "7F036D6F04FC6A94"
TWEAKS = (b"", bytes.fromhex("39383736353433323130"), bytes.fromhex("3737373770717273373737"))
DECIMAL, LETTERS = "0123456789", "0123456789abcdefghi"

# NIST, "Examples with intermediate values", FF1 samples 1 to 9.
SAMPLES = [
    (K128, 10, TWEAKS[0], DECIMAL, "2433477484"),
    (K128, 10, TWEAKS[1], DECIMAL, "6124200773"),
    (K128, 36, TWEAKS[2], LETTERS, "a9tv40mll9kdu509eum"),
    (K192, 10, TWEAKS[0], DECIMAL, "2830668132"),
    (K192, 10, TWEAKS[1], DECIMAL, "2496655549"),
    (K192, 36, TWEAKS[2], LETTERS, "xbj3kv35jrawxv32ysr"),
    (K256, 10, TWEAKS[0], DECIMAL, "6657667009"),
    (K256, 10, TWEAKS[1], DECIMAL, "1001623463"),
    (K256, 36, TWEAKS[2], LETTERS, "xs8a0azh2avyalyzuwd"),
]


@pytest.mark.parametrize(("key", "radix", "tweak", "plain", "encrypted"), SAMPLES)
def test_the_samples_of_nist_hold(key: str, radix: int, tweak: bytes, plain: str, encrypted: str) -> None:
    cipher = FF1(bytes.fromhex(key), radix=radix, tweak=tweak)

    assert cipher.encrypt(pl.Series([plain])).to_list() == [encrypted]
    assert cipher.decrypt(pl.Series([encrypted])).to_list() == [plain]


@settings(deadline=None)
@given(
    radix=st.integers(2, 36),
    tweak=st.binary(max_size=20),
    data=st.data(),
)
def test_ff1_equals_the_standard_s_own_steps_and_goes_back(radix: int, tweak: bytes, data: st.DataObject) -> None:
    shortest = next(n for n in range(1, 30) if radix**n >= 10**6)
    longest = next(n for n in range(60, 1, -1) if radix ** -(-n // 2) <= 2**56)
    digits = data.draw(st.lists(st.integers(0, radix - 1), min_size=shortest, max_size=longest))
    text = "".join("0123456789abcdefghijklmnopqrstuvwxyz"[digit] for digit in digits)
    cipher = FF1(key_bytes(), radix=radix, tweak=tweak)

    encrypted = cipher.encrypt(pl.Series([text]))

    assert [int(letter, 36) for letter in encrypted.item()] == reference.ff1(key_bytes(), digits, radix, tweak)
    assert cipher.decrypt(encrypted).item() == text


def test_a_million_codes_stay_a_million_codes() -> None:
    codes = pl.select(pl.int_range(10**6).cast(pl.String).str.zfill(6)).to_series()

    encrypted = FF1(key_bytes()).encrypt(codes)

    assert encrypted.n_unique() == 10**6
    assert encrypted.str.contains("^[0-9]{6}$").all()


def test_lengths_are_mixed_and_nulls_stay() -> None:
    values = pl.Series("c", ["1234567", None, "123456789012", "7654321"])

    encrypted = FF1(key_bytes()).encrypt(values)

    assert encrypted.str.len_bytes().to_list() == [7, None, 12, 7]
    assert encrypted.name == "c"
    assert FF1(key_bytes()).decrypt(encrypted).to_list() == values.to_list()


@pytest.mark.parametrize("value", ["12345", "", "12345x7", "1234567é", "1" * 33])
def test_small_domains_and_other_characters_are_refused_without_showing_them(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        FF1(key_bytes()).encrypt(pl.Series([value]))

    assert caught.value.code == "PRV420"
    assert not value or value not in str(caught.value)
