"""The one-to-one masks once more, one value at a time, on top of `keyed_reference`; written from the published page."""

from __future__ import annotations

from base64 import b32encode

from support import keyed_reference as reference

CLASSES: list[tuple[str, str]] = [("0123456789", "")]


def _pairs(first: int, last: int) -> tuple[str, str]:
    pairs = [(chr(p).lower(), chr(p)) for p in range(first, last + 1)]
    pairs = [(low, up) for low, up in pairs if len(low) == 1 and low != up and low.upper() == up]
    return "".join(low for low, _ in pairs), "".join(up for _, up in pairs)


def _all(*ranges: tuple[int, int]) -> tuple[str, str]:
    return "".join(chr(p) for first, last in ranges for p in range(first, last + 1)), ""


CLASSES += [_pairs(0x41, 0x5A), _pairs(0xC0, 0x17F), _pairs(0x386, 0x3AB), _pairs(0x400, 0x42F), _all((0x5D0, 0x5EA))]
CLASSES += [_all((0x621, 0x63A), (0x641, 0x64A)), _all((0x3041, 0x3096)), _all((0x30A1, 0x30FA))]
CLASSES += [_all((0x4E00, 0x9FFF)), _all((0xAC00, 0xD7A3))]


def integer(key: bytes, domain: str, value: int, classes: list[tuple[int, int]]) -> int:
    low, high = next(pair for pair in classes if pair[0] <= value <= pair[1])
    return low + reference.permuted(key, domain, f"integer/{low}", high - low + 1, value - low)


def uuid(key: bytes, domain: str, value: str) -> str:
    number = int(value.replace("-", ""), 16)
    bits = f"{number:0128b}"
    free = bits[:48] + bits[52:64] + bits[66:]
    own = reference.subkey(key, domain, "uuid/feistel")
    left, right = reference.feistel(own, int(free[:61], 2), int(free[61:], 2), 2**61, 2**61)
    free = f"{left:061b}{right:061b}"
    masked = f"{int(free[:48] + bits[48:52] + free[48:60] + bits[64:66] + free[60:], 2):032x}"
    return f"{masked[:8]}-{masked[8:12]}-{masked[12:16]}-{masked[16:20]}-{masked[20:]}"


def digest(key: bytes, domain: str, value: str, form: str, length: int, encoding: str = "hex") -> str:
    tagged = reference.canonical(value, form)
    core = _spelled(reference.prf(key, domain, "hash", tagged), encoding)[:length]
    if tagged.partition(":")[2] == value:
        return core
    tail = min(length, 10 if encoding == "hex" else 8)
    return core[: length - tail] + _spelled(reference.prf(key, domain, "variant", value), encoding)[:tail]


def _spelled(hexadecimal: str, encoding: str) -> str:
    return hexadecimal if encoding == "hex" else b32encode(bytes.fromhex(hexadecimal)).decode().lower().rstrip("=")


def fpe(key: bytes, domain: str, value: str, prefix: int = 0, suffix: int = 0, alphabet: str | None = None) -> str:
    classes = CLASSES if alphabet is None else [(alphabet, "")]
    places, digits, kinds, tokens = [], [], [], []
    for place, letter in enumerate(value):
        kind = next((n for n, (low, up) in enumerate(classes, 1) if letter in low or letter in up), 0)
        if not kind:
            continue
        if prefix <= place < len(value) - suffix:
            low, up = classes[kind - 1]
            places.append((place, up if letter in up else low))
            digits.append((up if letter in up else low).index(letter))
            kinds.append(kind)
            tokens.append(kind)
        else:
            tokens.append(ord(letter) + 128)
    radices = [len(classes[kind - 1][0]) for kind in kinds]
    tweak = sum(token * pow(0x9E3779B97F4A7C15, n, 2**64) for n, token in enumerate(tokens, 1)) % 2**56
    if len(digits) == 1:
        digits = [reference.permuted(key, domain, f"fpe/{kinds[0]}", radices[0], digits[0])]
    elif digits:
        digits = _mixed(reference.subkey(key, domain, "fpe/feistel"), digits, radices, tweak)
    letters = list(value)
    for (place, low), digit in zip(places, digits, strict=True):
        letters[place] = low[digit]
    return "".join(letters)


def _mixed(own: bytes, digits: list[int], radices: list[int], tweak: int) -> list[int]:
    count, digits = len(digits), list(digits)
    half = next(half for limit, half in ((10, 18), (26, 13), (128, 9), (2**15, 4)) if max(radices) <= limit)
    blocks = -(-count // (2 * half))
    cuts = [count * n // blocks for n in range(blocks + 1)]
    spans = [(cuts[n], (cuts[n] + cuts[n + 1] + 1) // 2, cuts[n + 1]) for n in range(blocks)]
    for number, (start, middle, end) in enumerate(spans):
        own_tweak = tweak
        for other, (first, between, last) in enumerate(spans):
            if other != number:
                for low, high in ((first, between), (between, last)):
                    value, _ = _number(digits[low:high], radices[low:high])
                    own_tweak = reference.word(own, own_tweak << 8 | 0xFF, value) % 2**56
        left, a = _number(digits[start:middle], radices[start:middle])
        right, b = _number(digits[middle:end], radices[middle:end])
        rounds = 18 if count < 6 else 10
        left, right = reference.feistel(own, left, right, a, b, rounds=rounds, tweak=own_tweak)
        digits[start:middle] = _digits(left, radices[start:middle])
        digits[middle:end] = _digits(right, radices[middle:end])
    return digits


def _number(digits: list[int], radices: list[int]) -> tuple[int, int]:
    total, size = 0, 1
    for digit, radix in zip(digits, radices, strict=True):
        total, size = total * radix + digit, size * radix
    return total, size


def _digits(number: int, radices: list[int]) -> list[int]:
    digits = []
    for radix in reversed(radices):
        number, digit = divmod(number, radix)
        digits.append(digit)
    return digits[::-1]


def looks_alike(before: str, after: str) -> bool:
    """Whether two values have the same shape."""

    def shape(letter: str) -> tuple[int, bool] | str:
        kinds = (n for n, pair in enumerate(CLASSES) if letter in pair[0] or letter in pair[1])
        kind = next(kinds, None)
        return letter if kind is None else (kind, letter in CLASSES[kind][1])

    return [shape(letter) for letter in before] == [shape(letter) for letter in after]
