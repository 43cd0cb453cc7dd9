"""``provision demo``: the whole tour on an embedded PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer

from provision.cli.command import Outcome, Session


def demo(
    session: Session,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the demo's servers; their data stay.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Stop the demo's servers and take their data away.")] = False,
) -> Outcome:
    """Make a production of made-up people, run recipes/dev.yaml on it, and show what happened.

    Works in a folder that has the demo's recipe, as the repository does. It is the one command that shows values: of
    people who do not exist.
    """
    from provision import wiring
    from provision.demo import tour
    from provision.errors import UsageError
    from provision.reports import json
    from provision.reports.progress import Progress

    root = session.directory
    if remove or stop:
        (tour.remove if remove else tour.stop)(root)
        done = "removed" if remove else "stopped"
        return Outcome(data={"demo": done}, text=f"the demo's servers are {done}")
    if not tour.is_ours(root):
        raise UsageError(
            "PRV822",
            f"the demo's provision.yaml and {tour.RECIPE} are not here, and it runs no others",
            fix="run it in a checkout of provision, or name one with -C",
        )
    progress = Progress(redraw=session.interactive, quiet=session.quiet)
    try:
        progress.stage("demo", "two embedded PostgreSQL servers, one filled with a made-up shop")
        stage = tour.set_up(root)
        if stage.made:
            progress.note(f"{sum(stage.made.values()):,} rows in {len(stage.made)} tables")
        report = wiring.run(root / tour.RECIPE, folder=root, listener=progress)
    finally:
        progress.done()
    return Outcome(data=json.run(report), text=tour.story(report, stage, tour.people(stage)))
