"""``extends: other.yaml``: mappings are merged, everything else is replaced, ``+key`` appends to a list.

Merged are the trees, before they are given a meaning, so every value keeps its place in the file that wrote it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from provision.stages.recipe.compose import MAX_BYTES, compose
from provision.stages.recipe.nodes import Entries, Items, Node, Problems, Scalar, quoted
from provision.stages.recipe.versions import Version

if TYPE_CHECKING:
    from provision.model.location import Location

MAX_FILES = 16  # in one chain
EXTENDS = "extends"

# A mapping that says one of these says what the whole thing is: it replaces what it extends.
WHOLE = ("use", "url", "embedded")


def read_tree(path: Path, *, base: Path, problems: Problems, at: Location | None = None) -> Node | None:
    """The tree of a file with all that it extends; None where it cannot be read, with the reasons on the list.

    Args: path: absolute. base: folder that shown names are relative to. at: where the file is named, if it is.
    """
    return _read(Path(os.path.normpath(path)), base=base, problems=problems, at=at, chain=())


def shown_name(path: Path, base: Path) -> str:
    """How messages name the file: relative to the folder of work where it lies below it."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def _read(path: Path, *, base: Path, problems: Problems, at: Location | None, chain: tuple[Path, ...]) -> Node | None:
    name = shown_name(path, base)
    data = _bytes(path)
    if data is None:
        code = "PRV130" if chain else "PRV101"
        problems.add(code, f"cannot read {quoted(name)}", at=at, fix="the file must exist and be readable")
        return None
    problems.folders[name] = path.parent
    tree = compose(data, file=name, problems=problems)
    if not isinstance(tree, Entries):
        if tree is not None:
            problems.add("PRV112", "expected a mapping", at=tree.at, fix="begin with version: 1")
        return None
    if chain:
        _version(tree, problems)
    extends = tree.get(EXTENDS)
    if extends is None:
        return tree
    own = Entries(tuple(pair for pair in tree.entries if pair[0].text != EXTENDS), tree.at)
    if not isinstance(extends, Scalar) or not isinstance(extends.value, str):
        problems.add("PRV112", "expected the path of one file", at=extends.at, fix="write extends: other.yaml")
        return None
    target = Path(os.path.normpath(path.parent / extends.value))
    if target in (*chain, path) or len(chain) >= MAX_FILES:
        problems.add("PRV130", "the files extend each other in a circle", at=extends.at, fix="break the circle")
        return None
    under = _read(target, base=base, problems=problems, at=extends.at, chain=(*chain, path))
    return None if under is None else merge(under, own, problems)


def _bytes(path: Path) -> bytes | None:
    try:
        if not path.is_file():  # a device or a pipe has no end
            return None
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError):  # a NUL in the path is a ValueError
        return None


def _version(tree: Entries, problems: Problems) -> None:
    """A file that is extended says its version too."""
    version = tree.get("version")
    if version is None:
        problems.add("PRV111", "the file needs version", at=tree.at, fix="add version: 1")
    elif not (isinstance(version, Scalar) and version.value == 1):
        problems.add("PRV109", f"expected {Version.what}", at=version.at, fix="write version: 1")


def merge(under: Node, over: Node, problems: Problems) -> Node:
    """``over`` laid on ``under``."""
    if not isinstance(over, Entries):
        return over
    if not isinstance(under, Entries) or any(over.get(word) is not None for word in WHOLE):
        under = Entries((), over.at)
    merged = {key.text: (key, value) for key, value in under.entries}
    for key, value in over.entries:
        name = key.text.removeprefix("+")
        known = merged.get(name)
        if key.text == name:
            merged[name] = (key, value if known is None else merge(known[1], value, problems))
        elif over.get(name) is not None:
            fix = "remove one of the two"
            problems.add("PRV103", f"{quoted(name)} is both replaced and appended to", at=key.at, fix=fix)
        elif not isinstance(value, Items) or not (known is None or isinstance(known[1], Items)):
            problems.add("PRV112", f"{quoted(key.text)} appends lists", at=value.at, fix=f"write {name}: to replace it")
        else:
            before = known[1].items if known is not None and isinstance(known[1], Items) else ()
            plain = Scalar(name, name, key.at) if known is None else known[0]
            merged[name] = (plain, Items((*before, *value.items), value.at))
    return Entries(tuple(merged.values()), over.at)
