from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from provision.cli.command import Outcome, expose
from provision.errors import CheckError, IntegrityError, LockedError, RecipeError, RunError, SafetyError, UsageError
from provision.model.location import Location
from provision.model.report import Finding

RUNNER = CliRunner()


def an_app(function) -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    expose(app, function, name="try")
    return app


def run(function, *arguments: str):
    return RUNNER.invoke(an_app(function), ["try", *arguments])


def test_an_outcome_is_text_for_people_and_one_versioned_object_for_programs():
    def told(session, word: Annotated[str, typer.Argument()]) -> Outcome:
        """Say a word."""
        return Outcome(data={"word": word}, text=f"said {word}")

    assert run(told, "hello").stdout == "said hello\n"
    assert json.loads(run(told, "hello", "--json").stdout) == {"version": 1, "word": "hello"}
    assert run(told, "hello", "-q").stdout == ""


@pytest.mark.parametrize(
    ("kind", "code"),
    [(SafetyError, 6), (IntegrityError, 5), (LockedError, 75), (CheckError, 3), (UsageError, 2), (RunError, 1)],
)
def test_every_kind_of_error_has_its_exit_code(kind, code):
    def fail(session) -> Outcome:
        """Fail."""
        raise kind("PRV999", "no", fix="do it")

    result = run(fail)

    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr == "PRV999 no\n  fix: do it\n"


def test_an_interrupt_leaves_with_130():
    def stop(session) -> Outcome:
        """Stop."""
        raise KeyboardInterrupt

    assert run(stop).exit_code == 130


def test_all_findings_of_an_error_are_in_the_object():
    at = Location(file="dev.yaml", line=3, column=5, text="  a: 1", width=1)

    def fail(session) -> Outcome:
        """Fail."""
        raise RecipeError([Finding(code="PRV101", message="one", at=at), Finding(code="PRV102", message="two")])

    error = json.loads(run(fail, "--json").stdout)["error"]

    assert [finding["code"] for finding in error["findings"]] == ["PRV101", "PRV102"]
    assert error["at"] == {"file": "dev.yaml", "line": 3, "column": 5}
    assert error["exit_code"] == 2


def test_paths_are_meant_below_the_folder_given(tmp_path):
    def where(session, file: Annotated[Path, typer.Argument()]) -> Outcome:
        """Say where."""
        return Outcome(data={"path": str(session.path(file))})

    told = json.loads(run(where, "recipes/dev.yaml", "-C", str(tmp_path), "--json").stdout)

    assert told["path"] == str(tmp_path / "recipes/dev.yaml")


def test_a_mistake_of_ours_is_told_by_class_and_place_and_never_by_its_words():
    def stumble(session) -> Outcome:
        """Stumble."""
        raise ValueError("jane@x.test is no number")

    result = run(stumble)

    assert result.exit_code == 1
    assert "PRV809" in result.stderr
    assert "ValueError" in result.stderr
    assert "test_command.py:" in result.stderr
    assert "jane@x.test" not in result.stderr
