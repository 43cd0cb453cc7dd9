"""``provision demo``: the whole tour on an embedded PostgreSQL."""

from __future__ import annotations

from provision.cli.command import Outcome, Session


def demo(session: Session) -> Outcome:
    """Show the whole tour on an embedded PostgreSQL."""
    return Outcome(data={})
