"""The published constructions once more, in plain Python with hashlib and hmac alone, one value at a time.

Written from ``docs/reference/canonical.md`` and not from the code under test; AES is spelled out for the same reason.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from math import isqrt


def prefixed(*fields: str) -> bytes:
    return b"".join(len(f.encode()).to_bytes(4, "big") + f.encode() for f in fields)


@cache
def subkey(key: bytes, domain: str, purpose: str) -> bytes:
    extracted = hmac.digest(b"provision/v1", key, "sha256")
    return hmac.digest(extracted, prefixed("1", domain, purpose) + b"\x01", "sha256")


def check(key: bytes) -> str:
    return hmac.digest(subkey(key, "", "check"), b"provision/check", "sha256").hex()[:16]


def prf(key: bytes, domain: str, purpose: str, text: str) -> str:
    return hmac.new(subkey(key, domain, purpose).hex().encode(), text.encode(), hashlib.sha256).hexdigest()


def below(key: bytes, domain: str, purpose: str, text: str, n: int) -> int:
    return int(prf(key, domain, purpose, text)[:32], 16) * n >> 128


# Canonical values

ZEROS = [0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66]
ZEROS += [0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10]
DIGITS = {zero + n: str(n) for zero in ZEROS for n in range(10)}
KINDS = {"numeric": "number", "integer": "number"}


def tidy(text: str) -> str:
    text = text.strip(WHITE)
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(DIGITS).strip(WHITE)


WHITE = "".join(map(chr, [*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)]))
WHITE += "".join(map(chr, [0x2028, 0x2029, 0x202F, 0x205F, 0x3000]))


def canonical(value: str, form: str, country: str = "") -> str:
    kind = KINDS.get(form, form)
    if form == "raw":
        return f"raw:{value}"
    body = BODIES[form](value, country) if form == "phone" else BODIES[form](value)
    return f"{kind}:?{tidy(value)}" if body is None else f"{kind}:{body}"


def phone(value: str, country: str) -> str | None:
    number = re.sub(r"\s*(ext|x|#|;|,).*$", "", tidy(value), count=1, flags=re.IGNORECASE)
    foreign = re.match(r"\s*(\(?\+|00)", number)
    digits = re.sub("[^0-9]", "", number.replace("(0)", "", 1))
    if not digits:
        return None
    if foreign:
        return digits.removeprefix("00")
    if country == "1":
        return "1" + (digits[1:] if re.fullmatch("1[0-9]{10}", digits) else digits)
    return country + digits.removeprefix("0") if country else digits


def numeric(value: str) -> str | None:
    text = tidy(value)
    word = re.sub("^([+-]?)infinity$", r"\1inf", text.lower()).removeprefix("+")
    if word in {"nan", "inf", "-inf"}:
        return word
    match = re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,4}))?", text)
    if not match or abs(int(match[1] or 0)) > 400:
        return None
    plain = f"{Decimal(text):f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def integer(value: str) -> str | None:
    number = numeric(value)
    return number if number is not None and re.fullmatch("-?[0-9]+", number) else None


def date(value: str) -> str | None:
    text = tidy(value).upper()
    ok = re.fullmatch(r"[0-9]{4,}-[0-9]{2}-[0-9]{2}( BC)?|-?INFINITY", text)
    return text.replace("INFINITY", "infinity") if ok else None


def timestamp(value: str) -> str | None:
    text = tidy(value)
    if text.lower() in {"infinity", "-infinity"}:
        return text.lower()
    match = re.fullmatch(
        r"([0-9]{4,}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.([0-9]{1,6}))?\s?"
        r"(Z|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)?)?( BC)?",
        text,
    )
    if not match:
        return None
    day, clock, seconds, part, offset, era = match.groups()
    local = f"{day}T{clock or '00:00'}{seconds or ':00'}.{(part or '').ljust(6, '0')}"
    digits = re.sub("[^0-9]", "", offset or "").ljust(6, "0")
    if digits == "000000":
        return f"{local}Z{era or ''}"
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:]))
    moved = datetime.fromisoformat(local) - (shift if offset[0] == "+" else -shift)
    return f"{moved:%Y-%m-%dT%H:%M:%S.%f}Z"


def uuid_text(value: str) -> str | None:
    digits = re.sub(r"^urn:uuid:|[{}\-]", "", tidy(value).lower())
    if not re.fullmatch("[0-9a-f]{32}", digits):
        return None
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def boolean(value: str) -> str | None:
    word = tidy(value).lower()
    truths, lies = {"true", "t", "yes", "y", "on", "1"}, {"false", "f", "no", "n", "off", "0"}
    return "true" if word in truths else "false" if word in lies else None


def hexadecimal(value: str) -> str | None:
    digits = value.removeprefix("\\x").lower()
    return digits if re.fullmatch("([0-9a-f]{2})*", digits) else None


DASHES = "".join(chr(p) for p in range(0x110000) if unicodedata.category(chr(p)) == "Pd")


def separated(value: str) -> str | None:
    return re.sub(f"[{re.escape(DASHES)}\\s./_]+", "", tidy(value)).upper() or None


BODIES = {
    "text": tidy,
    "folded": lambda value: re.sub(r"\s+", " ", tidy(value).lower()),
    "email": lambda value: tidy(value).lower(),
    "phone": phone,
    "card": separated,
    "iban": separated,
    "numeric": numeric,
    "integer": integer,
    "date": date,
    "timestamp": timestamp,
    "uuid": uuid_text,
    "boolean": boolean,
    "bytes": hexadecimal,
}


# AES (FIPS 197), encryption of one block


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


@cache
def _sbox() -> list[int]:
    box = []
    for value in range(256):
        inverse = next((n for n in range(256) if _times(value, n) == 1), 0)
        spun = [inverse << n | inverse >> (8 - n) for n in range(5)]
        box.append((spun[0] ^ spun[1] ^ spun[2] ^ spun[3] ^ spun[4] ^ 0x63) & 0xFF)
    return box


@cache
def _round_keys(key: bytes) -> list[bytes]:
    box, words, size = _sbox(), [key[n : n + 4] for n in range(0, len(key), 4)], len(key) // 4
    constant = 1
    while len(words) < 4 * (size + 7):
        word = words[-1]
        if len(words) % size == 0:
            word = bytes(box[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ constant, *word[1:]])
            constant = _times(constant, 2)
        elif size > 6 and len(words) % size == 4:
            word = bytes(box[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(words[-size], word, strict=True)))
    return [b"".join(words[n : n + 4]) for n in range(0, len(words), 4)]


@cache
def _doubles() -> list[tuple[int, int]]:
    return [(_times(value, 2), _times(value, 3)) for value in range(256)]


def aes(key: bytes, block: bytes) -> bytes:
    box, keys, doubles = _sbox(), _round_keys(key), _doubles()
    state = [a ^ b for a, b in zip(block, keys[0], strict=True)]
    for number, round_key in enumerate(keys[1:], start=1):
        state = [box[state[(4 * (n // 4) + 5 * (n % 4)) % 16]] for n in range(16)]
        if number < len(keys) - 1:
            mixed = []
            for column in range(0, 16, 4):
                c = state[column : column + 4]
                mixed += [
                    doubles[c[n]][0] ^ doubles[c[(n + 1) % 4]][1] ^ c[(n + 2) % 4] ^ c[(n + 3) % 4] for n in range(4)
                ]
            state = mixed
        state = [a ^ b for a, b in zip(state, round_key, strict=True)]
    return bytes(state)


# Permutations


def word(key: bytes, first: int, second: int) -> int:
    return int.from_bytes(aes(key, first.to_bytes(8, "little") + second.to_bytes(8, "little"))[:8], "little")


def feistel(key: bytes, left: int, right: int, a: int, b: int, *, rounds: int = 10, tweak: int = 0) -> tuple[int, int]:
    for number in range(0, rounds, 2):
        left = (left + (word(key, tweak << 8 | number, right) * a >> 64)) % a
        right = (right + (word(key, tweak << 8 | number + 1, left) * b >> 64)) % b
    return left, right


@cache
def _table(key: bytes, size: int) -> dict[int, int]:
    order = sorted(range(size), key=lambda n: (word(key, 0, n), n))
    return {number: image for image, number in enumerate(order)}


def permuted(key: bytes, domain: str, purpose: str, size: int, number: int) -> int:
    own = subkey(key, domain, f"{purpose}/permutation/{size}")
    if size <= 2**16:
        return _table(own, size)[number]
    a = isqrt(size - 1) + 1
    b = -(-size // a)
    while True:
        left, right = feistel(own, *divmod(number, b), a, b, rounds=18 if size < 2**20 else 10)
        number = left * b + right
        if number < size:
            return number


def ff1(key: bytes, digits: list[int], radix: int, tweak: bytes = b"") -> list[int]:
    """Algorithm 7 of NIST SP 800-38G, step by step."""
    n, t = len(digits), len(tweak)
    u, v = n // 2, n - n // 2
    left, right = digits[:u], digits[u:]
    b = ((radix**v - 1).bit_length() + 7) // 8
    d = 4 * -(-b // 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10):
        q = tweak + bytes((-t - b - 1) % 16) + bytes([i]) + _num(right, radix).to_bytes(b, "big")
        r = bytes(16)
        for start in range(0, len(p + q), 16):
            r = aes(key, bytes(x ^ y for x, y in zip(r, (p + q)[start : start + 16], strict=True)))
        m = u if i % 2 == 0 else v
        c = (_num(left, radix) + int.from_bytes(r[:d], "big")) % radix**m
        left, right = right, [c // radix**k % radix for k in reversed(range(m))]
    return left + right


def _num(digits: list[int], radix: int) -> int:
    total = 0
    for digit in digits:
        total = total * radix + digit
    return total
