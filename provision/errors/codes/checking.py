"""Error codes 7xx: checks and leaks."""

from provision.errors.codes.code import ErrorCode

CHECKING: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV700",
        title="Unmasked values survived: nothing was published",
        why="At least one masked column came out with source values. The staged parts were deleted at once.",
        fix="Repair or replace the masks that the findings name, and run again.",
    ),
    ErrorCode(
        code="PRV701",
        title="Values of a masked column survived masking",
        why="Rows came out as they went in, or outputs equal source values of the column.",
        fix="Repair the mask, or choose another one for the column.",
    ),
    ErrorCode(
        code="PRV702",
        title="A root has no rows",
        why="The `where` of a root selects nothing, so the subset starts from nothing.",
        fix="Look at the root's `where`, and at `:as_of`.",
    ),
    ErrorCode(
        code="PRV704",
        title="Checks failed",
        why="At least one check of severity error failed. The snapshot is kept untagged and was not loaded.",
        fix="Look at the findings; `provision snapshot show ID` has them too.",
    ),
    ErrorCode(
        code="PRV705",
        title="A table has too few or too many rows",
        why="A `row_count` of the recipe does not hold.",
        fix="Look at the subset's roots and limits, or at the check's bounds.",
    ),
    ErrorCode(
        code="PRV706",
        title="A snapshot whose checks failed is not loaded",
        why="Its statement says that a check of severity error failed.",
        fix="Look at its checks; `--accept-failed` loads it all the same.",
    ),
)
