"""Progress of a run on stderr: a redrawn line on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
import time
from typing import TextIO

PLAIN_EVERY_S = 5.0  # CI logs get a line this often while rows move


class Progress:
    """A `ports.Listener` that writes what it hears.

    Args: redraw: stderr is a terminal whose line may be redrawn. quiet: say nothing.
    """

    def __init__(self, *, redraw: bool, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._redraw = redraw
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._name = ""
        self._began = 0.0
        self._spoke = 0.0
        self._rows = 0
        self._drawn = 0

    def stage(self, name: str, detail: str = "") -> None:
        """A stage begins; the one before is done."""
        self._clear()
        self._name, self._rows = name, 0
        self._began = self._spoke = time.monotonic()
        if not self._quiet:
            self._line(f"{name:<9} {detail}".rstrip())

    def advance(self, what: str, rows: int, total: int | None = None) -> None:
        """More rows are done."""
        self._rows += rows
        now = time.monotonic()
        if self._quiet or now - self._spoke < (0.1 if self._redraw else PLAIN_EVERY_S):
            return
        self._spoke = now
        of = f" of {total:,}" if total else ""
        rate = self._rows / max(now - self._began, 1e-6)
        text = f"{self._name:<9} {self._rows:,}{of} rows, {rate:,.0f}/s, {what}"
        if self._redraw:
            self._clear()
            self._stream.write(text[:100])
            self._stream.flush()
            self._drawn = len(text[:100])
        else:
            self._line(text)

    def note(self, message: str) -> None:
        """Something a reader should know."""
        if not self._quiet:
            self._clear()
            self._line(f"          {message}")

    def done(self) -> None:
        """Take the redrawn line away."""
        self._clear()

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
