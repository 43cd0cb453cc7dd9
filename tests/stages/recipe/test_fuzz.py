"""Whatever a file holds, reading it ends in a recipe or in findings; never in a traceback."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provision.errors import RecipeError, SafetyError
from provision.stages.recipe.index import built_in
from provision.stages.recipe.load import load_policy, load_project, load_recipe
from support.recipe_files import TODAY

GOOD = Path(__file__).parent / "good"
TEXTS = [path.read_text() for path in sorted(GOOD.rglob("*.yaml"))]
WORDS = sorted({word for text in TEXTS for word in text.replace(":", " ").split()})
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(WORDS))
KEYS = st.one_of(
    st.sampled_from(
        [
            "version",
            "name",
            "source",
            "policies",
            "seed",
            "subset",
            "mask",
            "sanitize",
            "fabricate",
            "checks",
            "snapshot",
            "load",
            "roots",
            "table",
            "where",
            "limit",
            "tables",
            "relations",
            "from",
            "to",
            "when",
            "ignore",
            "dangling",
            "use",
            "on",
            "row_count",
            "in_set",
            "classify",
            "treat",
            "columns",
            "exceptions",
            "as",
            "unclassified",
            "text",
            "url",
            "embedded",
            "keys",
            "ring",
            "current",
            "store",
            "trust",
            "targets",
            "sources",
            "extends",
            "+load",
        ]
    ),
    st.text(max_size=5),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=20,
)


def read(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.yaml")
        path.write_bytes(data)
        for load in (
            lambda: load_recipe(path, folder=Path(folder), masks=built_in(), today=TODAY),
            lambda: load_policy(path, folder=Path(folder), masks=built_in()),
            lambda: load_project(Path(folder), file=path),
        ):
            with suppress(RecipeError, SafetyError):
                load()


@FUZZ
@given(tree=TREES)
def test_any_tree_gives_findings(tree):
    read(yaml.safe_dump(tree, allow_unicode=True).encode(errors="replace"))


@FUZZ
@given(tree=st.dictionaries(KEYS, TREES, max_size=6))
def test_any_mapping_with_a_good_head_gives_findings(tree):
    read(yaml.safe_dump({"version": 1, "name": "dev", "source": {"embedded": "db"}, **tree}).encode(errors="replace"))


@FUZZ
@given(data=st.binary(max_size=60))
@example(b"\0")
@example(b"a: \xff")
@example(b"\xff\xfea")
@example(b"? ? ?")
@example(b"!!python/object:os.system [x]")
@example(b"%YAML 9.9\n---\na")
@example(b"&a [*a]")
@example(b"a: " + b"9" * 5000)
@example(b"version: 1\nextends: .")
@example(b'version: 1\nextends: "\\0"')
@example(b'version: 1\nname: a\nsource: {embedded: x}\npolicies: ["a\\0.yaml"]')
def test_any_bytes_give_findings(data):
    read(data)


@FUZZ
@given(text=st.sampled_from(TEXTS), data=st.data())
def test_a_good_file_that_was_cut_and_mended_wrongly_gives_findings(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    piece = data.draw(
        st.one_of(
            st.sampled_from(["", "[", "{", "}", "*", "&a ", "'", '"', "- ", ": ", "\t", "\n", "->"]),
            st.text(max_size=4),
        )
    )

    read((text[:start] + piece + text[end:]).encode(errors="replace"))
