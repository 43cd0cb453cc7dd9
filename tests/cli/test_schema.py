from __future__ import annotations

import json

import jsonschema
import pytest

from provision.cli.command import Session, perform
from provision.cli.schema import File, schema


@pytest.mark.parametrize("file", File)
def test_the_schema_of_each_file_is_printed(file, capsys):
    assert perform(schema, Session(), file=file) == 0

    printed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(printed)
    assert printed["$schema"].endswith("2020-12/schema")


def test_programs_get_it_inside_one_object(capsys):
    assert perform(schema, Session(as_json=True), file=File.RECIPE) == 0

    assert "properties" in json.loads(capsys.readouterr().out)["schema"]
