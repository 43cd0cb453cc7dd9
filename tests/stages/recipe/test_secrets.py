from __future__ import annotations

import pytest

from provision.errors import UsageError
from provision.model.project import SecretRef
from provision.stages.recipe.load import load_project, load_recipe
from provision.stages.recipe.secrets import references, resolve, resolve_path
from support.recipe_files import TODAY, write_files


def value(text, folder=None, **environ):
    ref = SecretRef(text=text) if folder is None else SecretRef(text=text, folder=folder)
    return resolve(ref, environ).text()


def test_variables_are_expanded():
    assert value("postgresql://${USER}:${PW}@h", USER="ann", PW="a$b${c}") == "postgresql://ann:a$b${c}@h"


def test_a_default_stands_in_for_a_variable_that_is_unset_or_empty():
    assert value("${A:-b}") == "b"
    assert value("${A:-b}", A="") == "b"
    assert value("${A:-}") == ""
    assert value("${A:-b}", A="c") == "c"


def test_a_variable_that_is_unset_is_an_error_with_its_message():
    with pytest.raises(UsageError) as caught:
        value("${A:?set A to a key}", A="")

    assert caught.value.code == "PRV140"
    assert "A is not set: set A to a key" in str(caught.value)


def test_two_dollars_are_one():
    assert value("pa$$word $${A}") == "pa$word ${A}"


def test_a_file_is_read_without_its_last_line_end(tmp_path):
    (tmp_path / "key").write_text("secret\n")

    assert value("${file:key}", folder=tmp_path) == "secret"


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UsageError) as caught:
        value("${file:gone}", folder=tmp_path)

    assert caught.value.code == "PRV141"
    assert caught.value.__cause__ is None


def test_a_file_that_is_no_text_is_an_error_without_its_bytes(tmp_path):
    (tmp_path / "key").write_bytes(b"\xff\xfesecret")

    with pytest.raises(UsageError) as caught:
        value("${file:key}", folder=tmp_path)

    assert "secret" not in str(caught.value)


def test_a_file_that_is_too_large_is_an_error(tmp_path):
    (tmp_path / "key").write_bytes(b"x" * 70_000)

    with pytest.raises(UsageError) as caught:
        value("${file:key}", folder=tmp_path)

    assert caught.value.code == "PRV141"


def test_a_form_that_nobody_knows_is_an_error():
    with pytest.raises(UsageError) as caught:
        value("${1A}")

    assert caught.value.code == "PRV142"


def test_references_are_named_without_being_expanded():
    assert references(SecretRef(text="${A}-${B:-x}-${file:/run/k}-$${C}")) == ("A", "B", "file:/run/k")


def test_paths_are_relative_to_the_file_that_writes_them(tmp_path):
    ref = SecretRef(text="${DIR:-db}", folder=tmp_path)

    assert resolve_path(ref, {}) == tmp_path / "db"
    assert str(resolve_path(ref, {"DIR": "/var/db"})) == "/var/db"


def test_a_reference_shows_nothing_of_its_text():
    assert "s3cr3t" not in repr(SecretRef(text="postgresql://u:s3cr3t@h"))


@pytest.mark.parametrize(
    "text",
    [
        "sources: { a: { url: 'postgresql://u:pw@h/d' } }",
        "sources: { a: { url: 'postgresql://u@h/d?password=pw' } }",
        "sources: { a: { url: 'host=h password=pw' } }",
        "keys: { ring: { default: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' } }",
    ],
)
def test_a_secret_that_is_written_out_is_a_warning(tmp_path, text):
    write_files(tmp_path, provision=f"version: 1\n{text}\n", recipe="version: 1\nname: a\nsource: { embedded: db }\n")

    loaded = load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY)

    assert [finding.code for finding in loaded.findings] == ["PRV132"]
    assert "AAEC" not in str(loaded.findings[0])
    assert ":pw@" not in str(loaded.findings[0])


@pytest.mark.parametrize(
    "text",
    [
        "sources: { a: { url: 'postgresql://u:${PW}@h/d' }, b: { url: '${URL}' }, c: { url: 'postgresql://u@h/d' } }",
        "keys: { ring: { default: '${file:key}' } }",
        "store: { url: s3://bucket, sign: 'file:keys/sign.pem' }",
    ],
)
def test_references_are_no_warning(tmp_path, text):
    write_files(tmp_path, provision=f"version: 1\n{text}\n", recipe="version: 1\nname: a\nsource: { embedded: db }\n")

    assert load_recipe(tmp_path / "recipe.yaml", folder=tmp_path, today=TODAY).findings == ()


def test_a_project_is_read_without_the_environment_it_needs(tmp_path):
    write_files(tmp_path, provision="version: 1\nsources: { prod: { url: '${NOT_SET:?set it}' } }\n")

    project = load_project(tmp_path)

    with pytest.raises(UsageError) as caught:
        resolve(project.source("prod").url, {})
    assert str(caught.value.at) == "provision.yaml:2:25"
