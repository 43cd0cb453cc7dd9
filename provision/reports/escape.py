"""Names and comments come from databases: shown on a terminal, they must not steer it."""

from __future__ import annotations

import unicodedata


def shown(text: str) -> str:
    r"""The text with control, format and bidirectional characters written as ``\x1b`` or ``\u202e``.

    Source: Trojan Source, Boucher and Anderson 2021, arXiv:2111.00169 (bidirectional controls are category Cf).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else c for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"  # two hexadecimal digits
