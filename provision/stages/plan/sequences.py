"""Where sequences go on after a load: past the highest published value, or past the range that a mask fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.catalog import Sequence
    from provision.model.names import TableName
    from provision.model.plan import MaskUse, Plan

# The mask `integer` permutes keys inside these ranges (`masks/integer`): rows added later must stand above them all.
MASKED_MOST = {"int2": 2**14 - 1, "int4": 2**30 - 1, "int8": 2**52 - 1}


def last_values(plan: Plan, largest: Mapping[TableName, Mapping[str, int]]) -> dict[TableName, int]:
    """The last value that each sequence has handed out; sequences that no published column draws from are left out.

    Args: largest: the largest published value of each integer column, by table.
    """
    found: dict[TableName, int] = {}
    planned = {table.name: table for table in plan.tables}
    for sequence in plan.catalog.sequences:
        users = {*sequence.used_by, *((sequence.owner,) if sequence.owner else ())}
        values = []
        for table, name in users:
            value = largest.get(table, {}).get(name)
            if value is None:
                continue
            column = next(c for c in planned[table].columns if c.column.name == name)
            values.append(max(value, _end(column.mask, column.facts.type)))
        if values and sequence.increment > 0 and max(values) >= sequence.minimum:
            found[sequence.name] = _within(sequence, max(values))
    return found


def _end(mask: MaskUse | None, type_: str) -> int:
    """The end of the range that a mask fills; 0 where the column is kept."""
    if mask is None or mask.mask != "integer":
        return 0
    given = mask.parameter("range")
    if isinstance(given, tuple) and given and isinstance(given[-1], int):
        return given[-1]
    return MASKED_MOST.get(type_, 0)


def _within(sequence: Sequence, value: int) -> int:
    return min(value, sequence.maximum)
