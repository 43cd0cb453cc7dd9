"""What loading a snapshot into a target did, and what a target holds now. Names and counts, never values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model.names import TableName
    from provision.model.report import Finding

LoadMode = Literal["replace", "refresh"]
Sessions = Literal["terminate", "wait", "fail"]  # what becomes of the sessions of a database that is replaced


class Touched(StrEnum):
    """Whether a target was changed since it was loaded."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"  # its change counters were reset or may lag: treated as touched


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStatus:
    """What a target holds. ``snapshot`` is None where it was never loaded by us, or does not exist.

    ``loaded_at`` is an ISO 8601 instant in UTC. ``changed`` names tables (and ``schema``, ``sequences``) that differ
    from what was loaded; it may be empty where ``touched`` is unknown, and ``reason`` then says why.
    """

    target: str
    exists: bool
    snapshot: str | None = None
    content: str | None = None
    loaded_at: str | None = None
    tool: str | None = None
    mode: str | None = None
    touched: Touched = Touched.UNKNOWN
    changed: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """One load: what was done, or that nothing had to be.

    ``rows`` counts rows by table as the target has them; ``seconds`` are wall times by phase (``schema``, ``rows``,
    ``publish``, …), in order.
    """

    target: str
    mode: LoadMode
    snapshot: str
    content: str
    unchanged: bool = False
    rows: Mapping[TableName, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
