from __future__ import annotations

import io

from provision.reports.progress import Progress


def test_plain_lines_name_the_stages_and_nothing_is_redrawn():
    stream = io.StringIO()
    progress = Progress(redraw=False, stream=stream)

    progress.stage("extract", "15 tables")
    progress.advance("orders", 1000, 5000)
    progress.stage("load", "dev")
    progress.done()

    assert stream.getvalue() == "extract   15 tables\nload      dev\n"


def test_a_quiet_run_says_nothing():
    stream = io.StringIO()
    progress = Progress(redraw=False, quiet=True, stream=stream)

    progress.stage("extract")
    progress.note("a note")

    assert stream.getvalue() == ""


def test_a_redrawn_line_leaves_nothing_behind(monkeypatch):
    stream = io.StringIO()
    clock = iter([0.0, 1.0, 2.0, 3.0])
    monkeypatch.setattr("provision.reports.progress.time.monotonic", lambda: next(clock))
    progress = Progress(redraw=True, stream=stream)

    progress.stage("extract")
    progress.advance("orders", 1000, 5000)
    progress.done()

    drawn = stream.getvalue()
    assert "1,000 of 5,000 rows, 1,000/s, orders" in drawn
    assert drawn.endswith("\r")
