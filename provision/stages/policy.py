"""Who decides about a column: policies by class or by name, the recipe on top, and the rule that it never weakens.

Strength: ``nullify, constant, redact > lossy > injective > bijective > keep``. Of several policies the strongest wins.
A recipe may strengthen and may decide what policies left open; weakening needs a policy's exception. Columns that
nobody decided about stop the run, with a fragment of policy ready to paste.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from provision.errors import RecipeError, SafetyError
from provision.model.names import ColumnName
from provision.model.plan import Decision, Family, MaskUse, Strength, Treatment, family_of
from provision.model.policy import UnclassifiedAction
from provision.model.report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from provision.model.catalog import Catalog, Column, Table
    from provision.model.location import Location
    from provision.model.names import TableName
    from provision.model.policy import ClassifyRule, ColumnMask, MaskEntry, Policy
    from provision.model.recipe import Recipe
    from provision.registry import MaskSpec

# What a fragment proposes for a column that nobody decided about: the strongest that its type takes.
PROPOSED = {Family.BOOLEAN: "choice", Family.ENUM: "choice", Family.UUID: "uuid", Family.INTEGER: "noise"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Treatments by column, what is wrong, and the columns that nobody decided about."""

    treatments: Mapping[ColumnName, Treatment]
    findings: tuple[Finding, ...] = ()  # mistakes in the user's files: exit 2
    weakened: tuple[Finding, ...] = ()  # exit 6
    undecided: tuple[ColumnName, ...] = ()  # exit 6

    def demand(self, catalog: Catalog, more: Sequence[Finding] = ()) -> None:
        """Raise what is wrong, all of it at once: a refusal for safety goes before mistakes, and lists them too.

        Args: more: mistakes that others found in the same files.
        Raises: SafetyError PRV220 or PRV221. RecipeError.
        """
        mistakes = sorted([*more, *self.findings], key=lambda f: (str(f.at or ""), f.code, f.message))
        if self.undecided:
            raise SafetyError(
                "PRV220",
                f"{len(self.undecided)} columns have no decision, so nothing was read",
                fix="decide in a policy; this fragment is ready to paste and to review:\n"
                + fragment(self.undecided, catalog),
                findings=[*self.weakened, *mistakes],
            )
        if self.weakened:
            raise SafetyError(
                "PRV221",
                f"the recipe weakens what a policy decided for {len(self.weakened)} columns",
                fix="take the recipe's lines out, or have the policy's owner add an exception",
                findings=[*self.weakened, *mistakes],
            )
        if mistakes:
            raise RecipeError(mistakes)


def resolve(
    recipe: Recipe,
    policies: Sequence[Policy],
    *,
    catalog: Catalog,
    needed: Mapping[TableName, Sequence[Column]],
    masks: Mapping[str, MaskSpec],
    today: date,
) -> Resolution:
    """Decide about every column that policies or the recipe speak of.

    Args: needed: columns that need a decision, by table; others may be decided and need not. today: the day on which
    exceptions are judged.
    """
    court = _Court(
        recipe=recipe,
        policies=policies,
        catalog=catalog,
        masks=masks,
        today=today,
        named=_named(policies, catalog),
    )
    treatments: dict[ColumnName, Treatment] = {}
    weakened: list[Finding] = []
    undecided: list[ColumnName] = []
    for table in catalog.tables:
        wanted = {column.name for column in needed.get(table.name, ())}
        for column in table.columns:
            name = ColumnName(table.name, column.name)
            treatment, objection = court.judge(table, column, name)
            if objection is not None and wanted:
                weakened.append(objection)
            if treatment is not None:
                treatments[name] = treatment
            elif column.name in wanted:
                fallback = court.unclassified(column)
                if fallback is None:
                    undecided.append(name)
                else:
                    treatments[name] = fallback
    return Resolution(
        treatments=treatments,
        findings=tuple(court.mistakes()),
        weakened=tuple(weakened),
        undecided=tuple(undecided),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Court:
    """Hears policies and the recipe about one column after another."""

    recipe: Recipe
    policies: Sequence[Policy]
    catalog: Catalog
    masks: Mapping[str, MaskSpec]
    today: date
    named: Mapping[str, frozenset[str]]  # regular expression -> column names that it is found in

    def judge(self, table: Table, column: Column, name: ColumnName) -> tuple[Treatment | None, Finding | None]:
        """The column's treatment, and an objection where the recipe is weaker than a policy allows."""
        spoken = [(policy, said) for policy in self.policies if (said := self._policy(policy, table, column, name))]
        entry = self.recipe.masked(name)
        strongest = max((said for _, said in spoken), key=lambda said: said.strength.rank, default=None)
        if entry is None or entry.entry.mask not in self.masks:
            return strongest, None
        asked = self._treatment(entry.entry, f"recipe {self.recipe.name}", domain=str(name), named=True)
        for policy, said in spoken:
            if said.strength.rank > asked.strength.rank and not self._excepted(policy, name, asked.strength):
                return strongest, self._objection(policy, said, asked, name, entry.entry.at)
        return asked, None

    def unclassified(self, column: Column) -> Treatment | None:
        """What policies say of a column that no rule speaks of: the strictest of them; None stops the run."""
        actions = [policy.unclassified for policy in self.policies]
        if not actions or any(said.action is UnclassifiedAction.FAIL for said in actions):
            return None
        masking = next((said for said in actions if said.action is UnclassifiedAction.MASK), None)
        if masking is not None:
            mask = "redact" if column.not_null or column.type.domain_not_null else "nullify"
            decision = Decision(rule="unclassified: mask", reason="no rule speaks of the column", at=masking.at)
            return Treatment(use=MaskUse(mask=mask), strength=self.masks[mask].strength, decision=decision)
        kept = actions[0]
        decision = Decision(rule="unclassified: keep", reason=kept.reason, at=kept.at)
        return Treatment(use=None, strength=Strength.KEEP, decision=decision)

    def mistakes(self) -> Iterable[Finding]:
        """Names in the recipe and in policies that the catalog does not have."""
        known = {ColumnName(t.name, column.name) for t in self.catalog.tables for column in t.columns}
        named: list[tuple[ColumnMask, str]] = [(entry, "recipe") for entry in self.recipe.mask]
        for entry, _ in named:
            if entry.column not in known:
                yield _unknown(entry.column, entry.at, known)
            else:
                yield from self._unknown_by(entry)
        for policy in self.policies:
            for entry in policy.columns:
                # A policy serves many databases: it may speak of tables that this one does not have, not of columns.
                if entry.column in known:
                    yield from self._unknown_by(entry)
                elif entry.column.table in self.catalog.by_name:
                    yield _unknown(entry.column, entry.at, known)

    def _unknown_by(self, entry: ColumnMask) -> Iterable[Finding]:
        table = self.catalog.table(entry.column.table)
        for written in entry.entry.by:
            if not table.has(_bare(written)):
                close = difflib.get_close_matches(_bare(written), [column.name for column in table.columns], n=1)
                yield Finding(
                    code="PRV216",
                    message=f"{table.name} has no column {_bare(written)} for `by`",
                    at=entry.entry.place("by"),
                    fix=f"did you mean {close[0]}?" if close else "name a column of the same table",
                )

    def _matches(self, rule: ClassifyRule, table: Table, column: Column, name: ColumnName) -> bool:
        """Whether the column meets all of the rule's conditions."""
        if rule.columns and not any(pattern.matches(name) for pattern in rule.columns):
            return False
        if rule.name is not None and column.name not in self.named[rule.name]:
            return False
        family = family_of(column.type)
        if rule.types and family not in rule.types:
            return False
        if rule.keys:
            key = table.primary_key
            return key is not None and column.name in key.columns and family in {Family.INTEGER, Family.UUID}
        return bool(rule.columns or rule.name is not None or rule.types)

    def _policy(self, policy: Policy, table: Table, column: Column, name: ColumnName) -> Treatment | None:
        if (named := policy.decision(name)) is not None and named.entry.mask in self.masks:
            return self._treatment(named.entry, f"policy {policy.name}: {name}", domain=str(name), named=True)
        rule = next((rule for rule in policy.classify if self._matches(rule, table, column, name)), None)
        if rule is None or (treat := policy.treatment(rule.class_)) is None or treat.entry.mask not in self.masks:
            return None
        words = f"policy {policy.name}: class {rule.class_}"
        return self._treatment(treat.entry, words, domain=rule.class_, class_=rule.class_)

    def _treatment(
        self, entry: MaskEntry, rule: str, *, domain: str, class_: str = "", named: bool = False
    ) -> Treatment:
        spec = self.masks[entry.mask]
        decision = Decision(rule=rule, reason=entry.reason, at=entry.at)
        if spec.strength is Strength.KEEP:
            return Treatment(use=None, strength=Strength.KEEP, decision=decision, class_=class_, named=named)
        use = MaskUse(
            mask=entry.mask,
            parameters=entry.parameters,
            # A domain that nobody named: columns of one class share a mapping, a column decided by name has its own.
            # Along references the leading column's domain reaches all.
            domain=entry.domain or domain,
            by=tuple(_bare(written) for written in entry.by),
        )
        return Treatment(use=use, strength=spec.strength, decision=decision, class_=class_, named=named)

    def _excepted(self, policy: Policy, name: ColumnName, asked: Strength) -> bool:
        return any(
            asked.rank >= exception.allow.rank
            and self.today <= exception.expires
            and any(pattern.matches(name) for pattern in exception.columns)
            for exception in policy.exceptions
        )

    def _objection(
        self, policy: Policy, said: Treatment, asked: Treatment, name: ColumnName, at: Location | None
    ) -> Finding:
        expired = any(
            asked.strength.rank >= exception.allow.rank and any(pattern.matches(name) for pattern in exception.columns)
            for exception in policy.exceptions
        )
        place = f" at {said.decision.at}" if said.decision.at else ""
        why = "; its exception has expired" if expired else ""
        return Finding(
            code="PRV221",
            message=f"{name}: {asked.strength.value} is weaker than {said.strength.value} of {said.decision.rule}{place}{why}",
            where=str(name),
            at=at,
            fix=f"ask the owner of policy {policy.name} for an exception, or choose a stronger mask",
        )


def _bare(written: str) -> str:
    """The column of ``id`` or ``customers.id``."""
    return written.rsplit(".", 1)[-1].strip('"')


def _named(policies: Sequence[Policy], catalog: Catalog) -> dict[str, frozenset[str]]:
    """Which column names each regular expression of the policies is found in.

    Patterns come from files: Rust's regular expressions run in linear time. All names at once, because a call for each
    rule and column would take seconds on a thousand tables.
    """
    names = pl.Series(sorted({column.name for table in catalog.tables for column in table.columns}), dtype=pl.String)
    patterns = {rule.name for policy in policies for rule in policy.classify if rule.name is not None}
    return {pattern: frozenset(names.filter(names.str.contains(pattern)).to_list()) for pattern in patterns}


def _unknown(column: ColumnName, at: Location | None, known: Iterable[ColumnName]) -> Finding:
    written = str(column)
    close = difflib.get_close_matches(written, [str(name) for name in known], n=1, cutoff=0.7)
    return Finding(
        code="PRV202",
        message=f"there is no column {written} in the source",
        where=written,
        at=at,
        fix=f"did you mean {close[0]}?" if close else "take the line out, or correct the name",
    )


def fragment(undecided: Sequence[ColumnName], catalog: Catalog) -> str:
    """A fragment of policy for columns that nobody decided about, ready to paste and to review."""
    lines = ["columns:"]
    entries = []
    for name in undecided:
        column = catalog.table(name.table).column(name.column)
        family = family_of(column.type)
        mask = PROPOSED.get(family, "redact") if column.not_null else "nullify"
        more = (
            ", values: [" + ", ".join(column.type.labels[:1]) + "]" if mask == "choice" and column.type.labels else ""
        )
        more = ", values: [true, false]" if mask == "choice" and family is Family.BOOLEAN else more
        null = "" if column.not_null else ", may be null"
        entries.append((f'  {_key(name)}: {{ use: {mask}{more}, reason: "…" }}', f"# {column.type.sql}{null}"))
    width = min(max(len(entry) for entry, _ in entries), 90)
    lines += [f"{entry:<{width}}  {comment}" for entry, comment in entries]
    return "\n".join(lines)


def _key(name: ColumnName) -> str:
    """The column's name as a YAML key."""
    text = str(name)
    return f"'{text}'" if '"' in text or text[0] in "*&!%@`" or ": " in text or " #" in text else text
