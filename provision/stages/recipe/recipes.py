"""The shape of a recipe file, with the inline forms of source, store and targets."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from provision.model.policy import ColumnMask
from provision.model.project import StoreEntry
from provision.model.recipe import Keep, PolicyRef, Recipe, SnapshotRule, SourceRef, TargetRef
from provision.stages.recipe.checking import CHECKS, SANITIZERS
from provision.stages.recipe.fields import ByForm, Field, Fields, ListOf, MapOf
from provision.stages.recipe.making import FABRICATE
from provision.stages.recipe.masking import Mask
from provision.stages.recipe.nodes import Node, Problems, Scalar
from provision.stages.recipe.projects import SOURCE, STORE, TARGET
from provision.stages.recipe.secrets import STORE_URL
from provision.stages.recipe.shapes import Json, Live, Text, Whole
from provision.stages.recipe.subset import SUBSET
from provision.stages.recipe.versions import VERSION
from provision.stages.recipe.words import COLUMN, DURATION, NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from provision.registry import MaskSpec
    from provision.stages.recipe.fields import Got

COUNT = Whole(least=0, most=1_000_000)


class SourceName:
    """A source of the project file by name."""

    what = "the name of a source"

    def read(self, node: Node, problems: Problems) -> SourceRef:
        """The reference."""
        return SourceRef(name=NAME.read(node, problems), at=node.at)

    def schema(self, live: Live) -> Json:
        """A name."""
        return NAME.schema(live)


class InlineSource(SourceName):
    """A source written inside the recipe."""

    def read(self, node: Node, problems: Problems) -> SourceRef:
        """The source."""
        return SourceRef(inline=SOURCE.read(node, problems), at=node.at)

    def schema(self, live: Live) -> Json:
        """An object."""
        return SOURCE.schema(live)


class TargetName:
    """A target of the project file by name."""

    what = "the name of a target"

    def read(self, node: Node, problems: Problems) -> TargetRef:
        """The reference."""
        return TargetRef(name=NAME.read(node, problems), at=node.at)

    def schema(self, live: Live) -> Json:
        """A name."""
        return NAME.schema(live)


class InlineTarget(TargetName):
    """A target written inside the recipe."""

    def read(self, node: Node, problems: Problems) -> TargetRef:
        """The target."""
        return TargetRef(inline=TARGET.read(node, problems), at=node.at)

    def schema(self, live: Live) -> Json:
        """An object."""
        return TARGET.schema(live)


class PolicyName:
    """A policy file by its path, or a built-in pack by a bare word."""

    what = "the path of a policy file"

    def read(self, node: Node, problems: Problems) -> PolicyRef:
        """The reference, its path absolute."""
        text = Text(self.what).read(node, problems)
        if "/" not in text and "." not in text:
            return PolicyRef(name=text, at=node.at)
        folder = problems.folders.get(node.at.file, Path())
        return PolicyRef(name=text, path=Path(os.path.normpath(folder / text)), at=node.at)

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A string."""
        return {"type": "string", "minLength": 1}


class StoreUrl:
    """A store by its path or URL alone."""

    what = STORE_URL.what

    def read(self, node: Node, problems: Problems) -> StoreEntry:
        """The store."""
        url = STORE_URL.read(node, problems)
        return StoreEntry(url=url, folder=url.folder, at=node.at)

    def schema(self, live: Live) -> Json:
        """A string."""
        return STORE_URL.schema(live)


class Tagged:
    """How long tagged snapshots are kept."""

    what = "forever, or a duration"

    def read(self, node: Node, problems: Problems) -> timedelta | None:
        """The duration; None for ever."""
        if isinstance(node, Scalar) and node.value == "forever":
            return None
        return DURATION.read(node, problems)

    def schema(self, live: Live) -> Json:
        """The word or a duration."""
        return {"anyOf": [{"const": "forever"}, DURATION.schema(live)]}


KEEP = Fields(
    "keep",
    lambda got, _: Keep(**got.values),
    {
        "last": Field(COUNT, "So many of the newest."),
        "hourly": Field(COUNT, "The newest of each of so many hours."),
        "daily": Field(COUNT, "The newest of each of so many days."),
        "weekly": Field(COUNT, "The newest of each of so many weeks."),
        "monthly": Field(COUNT, "The newest of each of so many months."),
        "yearly": Field(COUNT, "The newest of each of so many years."),
        "tagged": Field(Tagged(), "How long snapshots with a tag are kept; forever unless said otherwise."),
    },
)

SNAPSHOT = Fields(
    "snapshot",
    lambda got, _: SnapshotRule(tags=got.get("tags", ()), keep=got.get("keep"), store=got.get("store"), at=got.at),
    {
        "tags": Field(ListOf(NAME), "Tags that the snapshot gets when all checks have passed."),
        "keep": Field(KEEP, "Snapshots of this recipe that outlive `provision snapshot prune`."),
        "store": Field(ByForm("a path, URL or mapping", scalar=StoreUrl(), entries=STORE), "Where snapshots live, where there is no project file."),
    },
)  # fmt: skip


def recipe_shape(masks: Mapping[str, MaskSpec]) -> Fields[Recipe]:
    """The shape of a recipe file, with the masks that may be named; any where there are none."""
    return Fields(
        "a recipe",
        _recipe,
        {
            "version": VERSION,
            "name": Field(NAME, "What snapshots, reports and messages call it.", required=True),
            "source": Field(
                ByForm("the name of a source, or a mapping", scalar=SourceName(), entries=InlineSource()),
                "Where rows come from: a source of provision.yaml, or { url: … }.",
                required=True,
            ),
            "policies": Field(ListOf(PolicyName()), "Policy files; the strongest wins. Without one the pack strict applies."),
            "seed": Field(Whole(), "Samples and made-up rows follow from it."),
            "subset": Field(SUBSET, "Which rows are taken; without it, all.", null=False),
            "mask": Field(MapOf(COLUMN, Mask(masks)), "Columns that the policies left open, or that are treated more strongly."),
            "sanitize": Field(SANITIZERS, "Suspicious rows that are taken out after masking."),
            "fabricate": Field(FABRICATE, "Rows that are made up."),
            "checks": Field(CHECKS, "What must hold before the snapshot is tagged and loaded."),
            "snapshot": Field(SNAPSHOT, "What becomes of the snapshot."),
            "load": Field(
                ListOf(ByForm("the name of a target, or a mapping", scalar=TargetName(), entries=InlineTarget())),
                "Where the snapshot is loaded: targets of provision.yaml, or { url: … }.",
            ),
        },
    )  # fmt: skip


def _recipe(got: Got, problems: Problems) -> Recipe:
    folder = problems.folders.get(got.at.file, Path())
    return Recipe(
        name=got["name"],
        source=got["source"],
        policies=tuple(_from(folder, ref) for ref in got.get("policies", ())),
        seed=got.get("seed", 0),
        subset=got.get("subset"),
        mask=tuple(ColumnMask(column=name, entry=entry, at=at) for name, entry, at in got.get("mask", ())),
        sanitize=got.get("sanitize", ()),
        fabricate=got.get("fabricate", ()),
        checks=got.get("checks", ()),
        snapshot=got.get("snapshot", SnapshotRule()),
        load=got.get("load", ()),
        version=got["version"],
        file=got.at.file,
        at=got.at,
    )


def _from(folder: Path, ref: PolicyRef) -> PolicyRef:
    """The reference with its name as the recipe's own folder sees it: it may come from a file that was extended."""
    if ref.path is None or os.path.normpath(folder / ref.name) == str(ref.path):
        return ref
    return replace(ref, name=Path(os.path.relpath(ref.path, folder)).as_posix())
