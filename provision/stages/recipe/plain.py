"""Recipes and policies as plain data in their normalised form: what `write` prints and `effective` hashes.

Every short form is written out, every default is said; reading it back gives an equal recipe or policy.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from provision.model.names import quote_part
from provision.model.plan import Rows
from provision.model.policy import Pairs, UnclassifiedAction
from provision.model.project import TargetEntry
from provision.model.recipe import Action, Budget
from provision.model.report import Severity
from provision.stages.recipe.checking import KINDS
from provision.stages.recipe.words import TABLES, write_budget, write_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provision.model.graph import Condition
    from provision.model.names import TableName
    from provision.model.plan import Root, TableRule
    from provision.model.policy import ClassifyRule, ColumnMask, ColumnPattern, MaskEntry, Policy
    from provision.model.project import SourceEntry, StoreEntry
    from provision.model.recipe import CheckRule, DeclaredRelation, FabricateRule, Keep, Recipe, Subset

Plain = dict[str, Any]


def plain_recipe(recipe: Recipe) -> Plain:
    """The recipe as a mapping in the order of the language."""
    snapshot = recipe.snapshot
    source: Any = recipe.source.name if recipe.source.inline is None else _connection(recipe.source.inline)
    return _given(
        version=recipe.version,
        name=recipe.name,
        source=source,
        policies=[ref.name for ref in recipe.policies] or None,
        seed=recipe.seed,
        subset=None if recipe.subset is None else _subset(recipe.subset),
        mask=_columns(recipe.mask),
        sanitize=[_check(rule, budget="max", sanitize=True) for rule in recipe.sanitize] or None,
        fabricate=[_fabricate(rule) for rule in recipe.fabricate] or None,
        checks=[_check(rule, budget="tolerance", sanitize=False) for rule in recipe.checks] or None,
        snapshot=_given(
            tags=list(snapshot.tags) or None,
            keep=None if snapshot.keep is None else _keep(snapshot.keep),
            store=None if snapshot.store is None else _store(snapshot.store),
        )
        or None,
        load=[ref.name if ref.inline is None else _connection(ref.inline) for ref in recipe.load] or None,
    )


def plain_policy(policy: Policy) -> Plain:
    """The policy as a mapping in the order of the language."""
    unclassified: Any = policy.unclassified.action.value
    if policy.unclassified.action is UnclassifiedAction.KEEP:
        unclassified = {"keep": policy.unclassified.reason}
    return _given(
        version=policy.version,
        name=policy.name,
        owner=policy.owner or None,
        unclassified=unclassified,
        classify=[_classify(rule) for rule in policy.classify] or None,
        treat={line.class_: plain_mask(line.entry) for line in policy.treat} or None,
        columns=_columns(policy.columns),
        exceptions=[
            {
                "columns": _patterns(exception.columns),
                "allow": exception.allow.value,
                "reason": exception.reason,
                "expires": exception.expires.isoformat(),
            }
            for exception in policy.exceptions
        ]
        or None,
        text=None if policy.text is None else {"scan": policy.text.scan, "on_hit": policy.text.on_hit.value},
    )


def plain_mask(entry: MaskEntry) -> Plain:
    """A mask as a mapping with ``use``."""
    own = {name: plain_value(value) for name, value in entry.parameters}
    common = _given(
        domain=entry.domain or None,
        by=list(entry.by) or None,
        reason=entry.reason or None,
    )
    return {"use": entry.mask, **own, **common}


def plain_value(value: object) -> Any:  # noqa: ANN401  # plain data
    """A parameter's value as plain data."""
    match value:
        case Pairs():
            return {str(key): plain_value(item) for key, item in value}
        case tuple():
            return [plain_value(item) for item in value]
        case timedelta():
            return write_duration(value)
        case Budget():
            return write_budget(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def plain_pattern(pattern: ColumnPattern) -> str:
    """A pattern in its normalised form."""
    return str(replace(pattern, text=""))


def _given(**values: Any) -> Plain:  # noqa: ANN401
    """What is not None."""
    return {name: value for name, value in values.items() if value is not None}


def _columns(lines: Iterable[ColumnMask]) -> Plain | None:
    return {str(line.column): plain_mask(line.entry) for line in lines} or None


def _patterns(patterns: Iterable[ColumnPattern]) -> list[str]:
    return [plain_pattern(pattern) for pattern in patterns]


def _classify(rule: ClassifyRule) -> Plain:
    return _given(
        columns=_patterns(rule.columns) or None,
        name=rule.name,
        type=[family.value for family in rule.types] or None,
        keys=rule.keys or None,
    ) | {"as": rule.class_}


def _subset(subset: Subset) -> Plain:
    children: Any = "all" if subset.depth is None else subset.depth
    return _given(
        default=subset.default.value,
        roots=[_root(root) for root in subset.roots] or None,
        follow={"parents": "all", "children": children},
        tables={str(rule.table): _rule(rule) for rule in subset.tables} or None,
        relations=[_relation(relation) for relation in subset.relations] or None,
        expand=[str(arrow) for arrow in subset.expand] or None,
        max_rows=subset.max_rows,
    )


def _root(root: Root) -> Plain:
    return _given(
        table=str(root.table),
        where=root.where,
        limit=root.limit,
        order_by=root.order_by,
        include=[list(values) for values in root.include] or None,
        sample=None if root.sample == "stable" else root.sample,
    )


def _rule(rule: TableRule) -> Any:  # noqa: ANN401  # a word or a mapping
    rest = _given(
        where=rule.where,
        limit=rule.limit,
        order_by=rule.order_by,
        children=None if rule.children is None else "all" if rule.children else "skip",
    )
    return {"rows": rule.rows.value, **rest} if rest or rule.rows is Rows.RELATED else rule.rows.value


def _relation(relation: DeclaredRelation) -> Any:  # noqa: ANN401
    if relation.ignore:
        return {"ignore": str(relation.arrow)}
    if not relation.when and relation.dangling is None:
        return str(relation.arrow)
    arrow = relation.arrow
    return {"from": _side(arrow.child, arrow.child_columns), "to": _side(arrow.parent, arrow.parent_columns)} | _given(
        when=" and ".join(map(_when, relation.when)) or None,
        dangling=None if relation.dangling is None else relation.dangling.value,
    )


def _side(table: TableName, columns: tuple[str, ...]) -> str:
    written = [quote_part(column) for column in columns]
    return f"{table}.{written[0]}" if len(written) == 1 else f"{table}.({', '.join(written)})"


def _when(condition: Condition) -> str:
    column = condition.column
    if not re.fullmatch(r"[A-Za-z_]\w*", column):
        column = '"' + column.replace('"', '""') + '"'
    return f"{column} = '" + condition.value.replace("'", "''") + "'"


def _check(rule: CheckRule, *, budget: str, sanitize: bool) -> Plain:
    scope, own = KINDS[rule.kind]
    on = [
        plain_pattern(pattern).removesuffix(".*") if scope is TABLES else plain_pattern(pattern) for pattern in rule.on
    ]
    if budget in own:
        budget = "tolerance"
    return {
        rule.kind: {
            "on": on,
            **{name: plain_value(value) for name, value in rule.parameters},
            **_given(
                where=rule.where,
                severity=None if rule.severity is Severity.ERROR else rule.severity.value,
                action=rule.action.value if sanitize and rule.action is not Action.FAIL else None,
                name=rule.name or None,
                reason=rule.reason or None,
            ),
            **({} if rule.budget is None else {budget: write_budget(rule.budget)}),
        }
    }


def _fabricate(rule: FabricateRule) -> Plain:
    per_parent: Any = {
        str(line.parent): "learned" if line.least is None else f"{line.least}..{line.most}" for line in rule.per_parent
    }
    return _given(
        table=str(rule.table),
        rows=rule.rows,
        add=rule.add,
        per_parent="learned" if rule.learned else per_parent or None,
        model=None if rule.model is None else _use(rule.model.use, rule.model.parameters),
        columns={quote_part(line.column): _use(line.use, line.parameters) for line in rule.columns} or None,
        rules=list(rule.rules) or None,
    )


def _use(use: str, parameters: Iterable[tuple[str, object]]) -> Plain:
    return {"use": use, **{name: plain_value(value) for name, value in parameters}}


def _keep(keep: Keep) -> Mapping[str, Any]:
    given = {line.name: getattr(keep, line.name) for line in fields(keep)}
    return {name: plain_value(value) for name, value in given.items() if value is not None}


def _store(store: StoreEntry) -> Plain:
    return _given(url=store.url.text, sign=None if store.sign is None else store.sign.text)


def _connection(entry: SourceEntry | TargetEntry) -> Plain:
    plain = _given(
        url=None if entry.url is None else entry.url.text,
        embedded=None if entry.embedded is None else entry.embedded.text,
        connections=entry.connections,
    )
    if isinstance(entry, TargetEntry):
        plain |= _given(
            load=entry.load.value,
            sessions=entry.sessions.value,
            template=entry.template or None,
            physical_copy_of=entry.physical_copy_of or None,
        )
    return plain
