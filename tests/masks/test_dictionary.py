from __future__ import annotations

import hashlib

import polars as pl
import pytest

from provision.errors import RunError
from provision.masks.dictionary import dictionary
from provision.model.plan import Family
from support.keys import domain_key
from support.masked import masked, why_not


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("alpha\nbeta\ngamma\n")
    return str(path), hashlib.sha256(path.read_bytes()).hexdigest()


def test_entries_come_from_the_list_or_the_file(listed) -> None:
    file, sha256 = listed
    given = [f"v{number}" for number in range(200)]

    assert masked(dictionary, given, file=file, sha256=sha256) == masked(
        dictionary, given, values=("alpha", "beta", "gamma")
    )
    assert masked(dictionary, ["alpha", None], values=("alpha", "beta")) == ["beta", None]


def test_a_map_says_what_becomes_of_what_and_of_the_rest() -> None:
    assert masked(dictionary, ["a", "b", None], map={"a": "x"}, otherwise="y") == ["x", "y", None]
    assert masked(dictionary, ["a", "q"], map={"a": "x"}, values=("q", "r")) == ["x", "r"]
    assert masked(dictionary, [1, 2], Family.INTEGER, "int4", map=(("1", "10"),), otherwise="0") == [10, 0]


def test_a_file_is_pinned_by_its_hash(listed, tmp_path) -> None:
    file, sha256 = listed

    assert sha256 in why_not(dictionary, file=file)
    assert sha256 in why_not(dictionary, file=file, sha256="0" * 64)
    assert "cannot be read" in why_not(dictionary, file=str(tmp_path / "none"), sha256=sha256)
    (tmp_path / "latin").write_bytes(b"\xe4\n")
    assert "UTF-8" in why_not(dictionary, file=str(tmp_path / "latin"), sha256=sha256)


def test_a_file_that_changed_since_the_plan_stops_the_run(tmp_path) -> None:
    path = tmp_path / "secrets.txt"
    path.write_text("one\ntwo\n")
    planned = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text("one\nthree\n")

    with pytest.raises(RunError) as caught:
        dictionary.function(pl.Series(["a"]), key=domain_key(), file=str(path), sha256=planned)

    assert caught.value.code == "PRV431"
    assert "three" not in str(caught.value)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"values": ("a", "b"), "file": "x"},
        {"values": ("a", "b"), "otherwise": "c"},
        {"map": {"a": "b"}},
        {"map": {"a": "a"}, "otherwise": "c"},
        {"map": {"a": "b"}, "otherwise": "c", "values": ("d", "e")},
        {"values": ("a",)},
        {"values": ("a", "a")},
        {"values": ("a", "toolong")},
        {"map": {"a": "toolong"}, "otherwise": "c"},
        {"map": {"a": "b"}, "otherwise": "toolong"},
    ],
)
def test_parameters_that_do_not_go_together_are_refused(chosen) -> None:
    assert why_not(dictionary, max_chars=5, **chosen)
