"""A place in a file that a user wrote: where an error points and where a decision was made."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """File, line and column (both from 1), with the text of the line for the excerpt under an error."""

    file: str
    line: int
    column: int
    text: str = field(default="", compare=False, repr=False)
    width: int = field(default=1, compare=False, repr=False)  # characters under the carets

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """The line with carets below what is meant; '' when the text is unknown."""
        if not self.text:
            return ""
        number = str(self.line)
        margin = " " * (len(number) + 2)
        blanks = "".join("\t" if c == "\t" else " " for c in self.text[: self.column - 1])
        return f"  {number} | {self.text}\n{margin} | {blanks}{'^' * max(1, self.width)}"
