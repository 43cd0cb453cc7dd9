from __future__ import annotations

import base64
import json

from typer.testing import CliRunner

from provision.cli.app import app

RUNNER = CliRunner()


def test_keys_are_32_random_bytes_and_never_the_same():
    made = {RUNNER.invoke(app, ["key", "new"]).stdout.strip() for _ in range(3)}

    assert len(made) == 3
    assert {len(base64.b64decode(key, validate=True)) for key in made} == {32}


def test_a_key_in_a_file_is_for_its_owner_alone_and_not_printed(tmp_path):
    done = RUNNER.invoke(app, ["key", "new", "--out", "dev.key", "-C", str(tmp_path), "--json"])

    file = tmp_path / "dev.key"
    assert json.loads(done.stdout) == {"version": 1, "file": str(file)}
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().strip() not in done.output


def test_a_key_that_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "dev.key").write_text("precious")

    done = RUNNER.invoke(app, ["key", "new", "--out", "dev.key", "-C", str(tmp_path)])

    assert done.exit_code == 2
    assert "PRV803" in done.stderr
    assert (tmp_path / "dev.key").read_text() == "precious"
