from __future__ import annotations

from pathlib import Path

import pytest

from provision.errors import UsageError
from provision.model.project import LoadMode, SecretRef, TargetEntry
from provision.model.secret import Secret
from provision.wiring import rooms


def test_all_masks_are_found_and_described():
    found = rooms.mask_specs()

    assert {"keep", "nullify", "email", "name", "phone", "fpe", "template"} <= set(found)
    assert all(spec.summary and spec.accepts for spec in found.values())


def test_a_plug_in_beside_the_project_file_brings_its_mask(tmp_path):
    (tmp_path / "our_masks.py").write_text(
        '"""Ours."""\n'
        "from provision.model.plan import Family, Strength\n"
        "from provision.registry import mask\n"
        "@mask(name='shout', strength=Strength.LOSSY, accepts={Family.TEXT})\n"
        "def shout(values, *, key):\n"
        '    """Shout."""\n'
        "    return values\n"
    )

    assert "shout" in rooms.mask_specs(("our_masks",), folder=tmp_path)


def test_a_plug_in_that_is_not_there_is_named():
    with pytest.raises(UsageError) as caught:
        rooms.mask_specs(("no_such_module",))

    assert caught.value.code == "PRV804"
    assert "no_such_module" in str(caught.value)


def test_a_url_of_a_database_that_no_dialect_reads_is_refused():
    with pytest.raises(UsageError) as caught:
        rooms.open_source_url("prod", Secret("mysql://u:hunter2@h/db"))

    assert caught.value.code == "PRV805"
    assert "hunter2" not in str(caught.value)


def test_a_load_mode_that_is_not_built_is_refused(tmp_path):
    entry = TargetEntry(name="dev", url=SecretRef(text="postgresql://h/db", folder=Path()), load=LoadMode.UPSERT)

    with pytest.raises(UsageError) as caught:
        rooms.open_target(entry, {}, source=None, source_name="")

    assert caught.value.code == "PRV806"
