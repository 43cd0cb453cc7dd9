"""The shape of a policy file: classes and how to tell them, treatments, named decisions, exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.model.plan import Family, Strength
from provision.model.policy import (
    ClassifyRule,
    ClassTreatment,
    ColumnMask,
    OnHit,
    Policy,
    PolicyException,
    TextRule,
    Unclassified,
    UnclassifiedAction,
)
from provision.stages.recipe.fields import ByForm, Field, Fields, ListOf, MapOf
from provision.stages.recipe.masking import Mask
from provision.stages.recipe.shapes import Flag, Json, Live, Text, Word
from provision.stages.recipe.versions import VERSION
from provision.stages.recipe.words import COLUMN, DATE, NAME, PATTERN, REGEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.registry import MaskSpec
    from provision.stages.recipe.fields import Got
    from provision.stages.recipe.nodes import Node, Problems

FAMILIES = Word({family.value: family for family in Family}, "family of types")
# As far down as a recipe may go; below keep there is nothing, and what is stronger needs no exception.
ALLOWED = Word(
    {s.value: s for s in (Strength.KEEP, Strength.BIJECTIVE, Strength.INJECTIVE, Strength.LOSSY)}, "strength"
)


class UnclassifiedWord:
    """``fail`` or ``mask``; keep needs a reason and is a mapping."""

    what = "fail, mask or { keep: REASON }"

    def read(self, node: Node, problems: Problems) -> Unclassified:
        """The action."""
        word = Word({action.value: action for action in UnclassifiedAction}).read(node, problems)
        if word is UnclassifiedAction.KEEP:
            raise problems.add("PRV123", "keep needs a reason", at=node.at, fix='write { keep: "…" }')
        return Unclassified(action=word, at=node.at)

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """The words."""
        return {"enum": ["fail", "mask"]}


UNCLASSIFIED = ByForm(
    UnclassifiedWord.what,
    scalar=UnclassifiedWord(),
    entries=Fields(
        "unclassified",
        lambda got, _: Unclassified(action=UnclassifiedAction.KEEP, reason=got["keep"], at=got.at),
        {"keep": Field(Text(), "Why columns that nobody decided about may be kept.", required=True)},
    ),
)

CLASSIFY = Fields(
    "a rule",
    lambda got, _: ClassifyRule(
        class_=got["as"],
        columns=got.get("columns", ()),
        name=got.get("name"),
        types=got.get("type", ()),
        keys=got.get("keys", False),
        at=got.at,
    ),
    {
        "columns": Field(
            ListOf(PATTERN, least=1, lone=True), "Columns by name: users.email, *.contact_email, countries.*."
        ),
        "name": Field(REGEX, "A regular expression that is searched in the column's name."),
        "type": Field(ListOf(FAMILIES, least=1, lone=True), "The family of the column's type."),
        "keys": Field(Flag(), "Integer and uuid columns of primary keys."),
        "as": Field(NAME, "The class.", required=True),
    },
    at_least_one=("columns", "name", "type", "keys"),
)

EXCEPTION = Fields(
    "an exception",
    lambda got, _: PolicyException(
        columns=got["columns"], allow=got["allow"], reason=got["reason"], expires=got["expires"], at=got.at
    ),
    {
        "columns": Field(ListOf(PATTERN, least=1, lone=True), "Columns where a recipe may be weaker.", required=True),
        "allow": Field(ALLOWED, "The weakest treatment that is allowed.", required=True),
        "reason": Field(Text(), "Why.", required=True),
        "expires": Field(DATE, "The last day on which it holds.", required=True),
    },
)

TEXT_RULE = Fields(
    "text",
    lambda got, _: TextRule(scan=got.get("scan", False), on_hit=got.get("on_hit", OnHit.REDACT), at=got.at),
    {
        "scan": Field(Flag(), "Whether free text that is kept is searched for personal data."),
        "on_hit": Field(Word({hit.value: hit for hit in OnHit}), "What becomes of text in which some is found."),
    },
)


def policy_shape(masks: Mapping[str, MaskSpec]) -> Fields[Policy]:
    """The shape of a policy file, with the masks that may be named; any where there are none."""
    return Fields(
        "a policy",
        _policy,
        {
            "version": VERSION,
            "name": Field(NAME, "What plans, reports and messages call it.", required=True),
            "owner": Field(Text(), "Who answers for it."),
            "unclassified": Field(UNCLASSIFIED, "What becomes of columns that nobody decided about; fail unless said otherwise."),
            "classify": Field(ListOf(CLASSIFY), "What columns are; the first rule that matches wins."),
            "treat": Field(MapOf(NAME, Mask(masks)), "What becomes of the columns of a class."),
            "columns": Field(MapOf(COLUMN, Mask(masks, reasoned=True)), "Named decisions, each with a reason."),
            "exceptions": Field(ListOf(EXCEPTION), "Where a recipe may be weaker than this policy."),
            "text": Field(TEXT_RULE, "Personal data inside free text."),
        },
    )  # fmt: skip


def _policy(got: Got, problems: Problems) -> Policy:  # noqa: ARG001  # the form of all makers
    return Policy(
        name=got["name"],
        owner=got.get("owner", ""),
        unclassified=got.get("unclassified", Unclassified()),
        classify=got.get("classify", ()),
        treat=tuple(ClassTreatment(class_=name, entry=entry, at=at) for name, entry, at in got.get("treat", ())),
        columns=tuple(ColumnMask(column=name, entry=entry, at=at) for name, entry, at in got.get("columns", ())),
        exceptions=got.get("exceptions", ()),
        text=got.get("text"),
        version=got["version"],
        file=got.at.file,
    )
