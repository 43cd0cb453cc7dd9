from __future__ import annotations

import subprocess
import sys

import pytest

from provision import masks
from provision.registry import MaskSpec, collect
from provision.stages.recipe.index import INDEX, built_in, index_text
from provision.stages.recipe.masking import shape_of


@pytest.fixture(scope="module")
def specs():
    return collect(masks, MaskSpec)


def test_the_file_says_what_the_masks_say(specs):
    assert INDEX.read_text() == index_text(specs), "run `make docs`: the masks have changed"


def test_specs_of_the_file_are_read_and_written_alike(specs):
    assert index_text(built_in()) == index_text(specs)
    for name, spec in built_in().items():
        assert spec.strength is specs[name].strength
        assert spec.accepts == specs[name].accepts
        assert [shape_of(p.annotation).what for p in spec.parameters] == [
            shape_of(p.annotation).what for p in specs[name].parameters
        ]


def test_a_spec_of_the_file_cannot_be_called():
    with pytest.raises(RuntimeError):
        built_in()["email"].function()


def test_reading_a_recipe_imports_neither_polars_nor_the_masks():
    script = (
        "import sys; from provision.stages.recipe.load import load_recipe; from provision.stages.recipe.index import "
        "built_in; built_in(); print([m for m in ('polars', 'numpy', 'pyarrow', 'pydantic', 'provision.masks') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
