from __future__ import annotations

import shutil
import stat
from base64 import b64decode
from pathlib import Path

import pytest

from provision import wiring
from provision.demo import tour
from provision.errors import DatabaseError
from provision.servers import embedded
from support.postgres import run_sql

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path):
    """A folder with the demo's files, whose servers are removed at the end."""
    shutil.copy(ROOT / "provision.yaml", tmp_path)
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    yield tmp_path
    tour.remove(tmp_path)


@pytest.mark.slow
def test_the_tour_takes_masks_loads_and_tells_and_the_second_time_nothing_changed(root):
    stage = tour.set_up(root)
    report = wiring.run(root / tour.RECIPE, folder=root)
    people = tour.people(stage)
    story = tour.story(report, stage, people)

    assert 190_000 <= sum(stage.made.values()) <= 220_000
    assert not report.unchanged
    assert len(people) == tour.SHOWN
    for person in people:
        for name in (
            "name",
            "email",
            "phone",
            "birth_date",
            "national_id",
            "address",
            "known as",
            "in JSON",
            "in a letter",
        ):
            assert person.before[name] != person.after[name], name
            assert person.before[name] is not None, name
        assert person.before["email"] in story
        assert person.after["email"] in story
    assert report.snapshot[:12] in story
    for server in (stage.prod, stage.dev):
        assert server.conninfo() in story
        assert server.url().text().partition(":")[2].partition("@")[0].rpartition(":")[2] not in story  # the password

    again = tour.set_up(root)
    assert again.made == {}
    assert (again.prod.pid, again.dev.pid) == (stage.prod.pid, stage.dev.pid)
    second = wiring.run(root / tour.RECIPE, folder=root)
    assert second.unchanged
    assert second.snapshot == report.snapshot
    assert all(load.unchanged for load in second.loads)

    tour.stop(root)
    assert embedded.status(root / tour.PROD) is None
    assert embedded.status(root / tour.DEV) is None


def test_setting_up_makes_a_key_once_that_only_we_can_read(root):
    tour.set_up(root, scale=0.01)
    key = (root / tour.KEY).read_bytes()

    assert len(b64decode(key, validate=False)) == 32
    assert stat.S_IMODE((root / tour.KEY).stat().st_mode) == 0o600
    tour.set_up(root, scale=0.01)
    assert (root / tour.KEY).read_bytes() == key


def test_removing_the_tour_leaves_nothing_of_it(root):
    tour.set_up(root, scale=0.01)

    tour.remove(root)

    assert not list((root / ".provision/demo").iterdir())


def test_a_copy_that_holds_something_else_is_said_so(root):
    stage = tour.set_up(root, scale=0.01)
    run_sql(stage.dev.url(), "create table customers (mine text)")

    with pytest.raises(DatabaseError) as caught:
        tour.people(stage)

    assert caught.value.code == "PRV821"
    assert caught.value.sqlstate == "42703"
