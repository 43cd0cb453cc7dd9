"""Recipes and policies as text, for tests of the language: files in a folder, and random ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from provision.model.graph import Condition
from provision.model.names import ColumnName, TableName
from provision.model.plan import Dangling, Family, Root, Rows, Strength, TableRule
from provision.model.policy import (
    ClassifyRule,
    ClassTreatment,
    ColumnMask,
    ColumnPattern,
    MaskEntry,
    OnHit,
    Pairs,
    Policy,
    PolicyException,
    TextRule,
    Unclassified,
    UnclassifiedAction,
)
from provision.model.project import LoadMode, SecretRef, Sessions, SourceEntry, StoreEntry, TargetEntry
from provision.model.recipe import (
    Action,
    Arrow,
    Budget,
    CheckRule,
    DeclaredRelation,
    FabricateRule,
    GeneratorEntry,
    Keep,
    ModelEntry,
    PerParent,
    PolicyRef,
    Recipe,
    SnapshotRule,
    SourceRef,
    Subset,
    TargetRef,
)
from provision.model.report import Severity

TODAY = datetime(2026, 11, 25, tzinfo=UTC).date()
HEAD = "version: 1\nname: dev\nsource: { embedded: db }\n"


def write_files(folder, **files):
    """Write files, their names without ``.yaml``; returns the folder."""
    for name, text in files.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


# Characters that YAML can carry; everything that a quoted name may hold.
CHARS = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\u2028\u2029\ufeff"
)
TEXTS = st.text(CHARS, min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
ODD = st.sampled_from(
    ["yes", "no", "on", "true", "null", "~", "1", "0o7", "0x1f", "1e3", ".inf", "1_000", "2027-03-31", "# x"]
)
PARTS = st.one_of(
    st.sampled_from(["orders", "customers", "a b", 'say "x"', "x.y", "a*b", "a->b", "a,b", "(a)", "Ünïcode"]), TEXTS
)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,12}", fullmatch=True)
TABLES = st.builds(TableName, st.sampled_from(["public", "shop", "Odd Schema"]), PARTS)
COLUMNS = st.builds(ColumnName, TABLES, PARTS)
SQL = st.sampled_from(
    ["x = 1", "total >= 0 and name = 'it''s'", "placed_at > :as_of - interval '1 day'", "a::text = '--;'"]
)
GLOBS = st.sampled_from(
    ["*.email", "users.*", "shop.orders.total", "*.*", '"a*b".c', "public.*.x", "audit_*.ip_*", '*."x y"']
)
PATTERNS = GLOBS.map(ColumnPattern.parse)
TABLE_PATTERNS = TABLES.map(lambda table: ColumnPattern.parse(f"{table}.*"))
SCALARS = st.one_of(
    TEXTS, ODD, st.integers(-(10**12), 10**12), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(TEXTS, ODD), inner, max_size=3).map(lambda found: Pairs(found.items())),
    ),
    max_leaves=5,
)
PARAMETERS = st.dictionaries(st.sampled_from(["value", "values", "a", "z_1"]), VALUES, max_size=3).map(
    lambda found: tuple(sorted(found.items()))
)
REASONS = st.one_of(TEXTS, ODD)
ENTRIES = st.builds(
    MaskEntry,
    mask=st.sampled_from(["email", "nullify", "keep", "fpe"]),
    parameters=PARAMETERS,
    domain=st.one_of(st.just(""), NAMES),
    by=st.lists(st.sampled_from(["id", "customers.id", '"a b".c']), max_size=2).map(tuple),
    reason=REASONS,
)
COUNTS = st.one_of(st.none(), st.integers(0, 10**6))


def unique(strategy, key):
    return st.lists(strategy, max_size=3, unique_by=key).map(tuple)


@st.composite
def arrows(draw):
    size = draw(st.integers(1, 3))
    columns = st.lists(PARTS, min_size=size, max_size=size, unique=True).map(tuple)
    return Arrow(child=draw(TABLES), child_columns=draw(columns), parent=draw(TABLES), parent_columns=draw(columns))


@st.composite
def relations(draw):
    if draw(st.booleans()):
        return DeclaredRelation(arrow=draw(arrows()), ignore=True)
    when = st.lists(st.builds(Condition, column=PARTS, value=st.one_of(TEXTS, ODD, st.just("it's"))), max_size=2).map(
        tuple
    )
    return DeclaredRelation(
        arrow=draw(arrows()), when=draw(when), dangling=draw(st.one_of(st.none(), st.sampled_from(Dangling)))
    )


@st.composite
def roots(draw):
    limit = draw(COUNTS)
    return Root(
        table=draw(TABLES),
        where=draw(st.one_of(st.none(), SQL)),
        limit=limit,
        order_by=None if limit is None else draw(st.one_of(st.none(), st.just("a desc, b"))),
        include=draw(
            st.lists(st.lists(st.one_of(TEXTS, ODD), min_size=1, max_size=2).map(tuple), max_size=2).map(tuple)
        ),
        sample=draw(st.sampled_from(["stable", "fast"])),
    )


@st.composite
def rules(draw):
    limit = draw(COUNTS)
    return TableRule(
        table=draw(TABLES),
        rows=draw(st.sampled_from([Rows.ALL, Rows.RELATED, Rows.EMPTY, Rows.SKIP])),
        where=draw(st.one_of(st.none(), SQL)),
        limit=limit,
        order_by=None if limit is None else draw(st.one_of(st.none(), st.just("a"))),
        children=draw(st.one_of(st.none(), st.booleans())),
    )


SUBSETS = st.builds(
    Subset,
    default=st.sampled_from([Rows.ALL, Rows.RELATED, Rows.EMPTY, Rows.SKIP]),
    roots=st.lists(roots(), min_size=1, max_size=2).map(tuple),
    depth=st.one_of(st.none(), st.integers(0, 9)),
    tables=unique(rules(), lambda rule: rule.table),
    relations=st.lists(relations(), max_size=2).map(tuple),
    expand=st.lists(arrows(), max_size=2).map(tuple),
    max_rows=st.one_of(st.none(), st.integers(1, 10**9)),
)
BUDGETS = st.one_of(
    st.none(),
    st.builds(Budget, rows=st.integers(0, 10**9)),
    st.builds(Budget, share=st.integers(0, 1000).map(lambda tenths: float(f"{tenths / 10}") / 100)),
)
DURATIONS = st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def checks(draw, *, sanitize):
    kinds = {
        "not_null": (PATTERNS, st.just(())),
        "in_set": (PATTERNS, st.lists(SCALARS, min_size=1, max_size=3).map(lambda found: (("values", tuple(found)),))),
        "expression": (TABLE_PATTERNS, SQL.map(lambda sql: (("sql", sql),))),
        "duplicates": (TABLE_PATTERNS, st.just(())),
        "range": (PATTERNS, st.integers(0, 9).map(lambda low: (("max", low + 1), ("min", low)))),
    }
    if not sanitize:
        kinds["row_count"] = (TABLE_PATTERNS, st.integers(0, 9).map(lambda low: (("min", low),)))
        kinds["freshness"] = (PATTERNS, DURATIONS.map(lambda age: (("max_age", age),)))
        kinds["drift"] = (PATTERNS, st.just((("baseline", "tag:golden"), ("psi", 0.2))))
    kind = draw(st.sampled_from(sorted(kinds)))
    on, parameters = kinds[kind]
    return CheckRule(
        kind=kind,
        on=draw(st.lists(on, min_size=1, max_size=2).map(tuple)),
        parameters=draw(parameters),
        where=draw(st.one_of(st.none(), SQL)),
        budget=draw(BUDGETS),
        severity=draw(st.sampled_from([Severity.ERROR, Severity.WARN])),
        action=draw(st.sampled_from([Action.FAIL, Action.WARN, Action.QUARANTINE])) if sanitize else Action.FAIL,
        name=draw(st.one_of(st.just(""), NAMES)),
        reason=draw(st.one_of(st.just(""), TEXTS, ODD)),
    )


@st.composite
def fabricated(draw):
    kind = draw(st.sampled_from(["rows", "add", "per_parent", "learned"]))
    ranges = st.tuples(st.integers(0, 5), st.integers(5, 9)).map(lambda found: {"least": found[0], "most": found[1]})
    per_parent = st.lists(TABLES, min_size=1, max_size=2, unique=True).map(
        lambda found: tuple(PerParent(parent=table, **draw(st.one_of(ranges, st.just({})))) for table in found)
    )
    return FabricateRule(
        table=draw(TABLES),
        rows=draw(st.integers(1, 99)) if kind == "rows" else None,
        add=draw(st.integers(1, 99)) if kind == "add" else None,
        per_parent=draw(per_parent) if kind == "per_parent" else (),
        learned=kind == "learned",
        model=draw(st.one_of(st.none(), st.builds(ModelEntry, use=NAMES, parameters=PARAMETERS))),
        columns=draw(
            unique(st.builds(GeneratorEntry, column=PARTS, use=NAMES, parameters=PARAMETERS), lambda e: e.column)
        ),
        rules=draw(st.lists(SQL, max_size=2).map(tuple)),
    )


def refs(text):
    return SecretRef(text=text)


TARGETS = st.builds(
    TargetRef,
    inline=st.builds(
        TargetEntry,
        name=st.just(""),
        url=st.sampled_from(["postgresql://h/${DB:-x}", "postgresql://u@h/d"]).map(refs),
        load=st.sampled_from(LoadMode),
        sessions=st.sampled_from(Sessions),
        template=st.booleans(),
        connections=st.integers(1, 8),
    ),
)
KEEPS = st.builds(Keep, last=COUNTS, daily=COUNTS, tagged=st.one_of(st.none(), DURATIONS))
RECIPES = st.builds(
    Recipe,
    name=NAMES,
    source=st.just(SourceRef(inline=SourceEntry(name="", embedded=refs("${DIR:-db}"), connections=3))),
    policies=st.sampled_from([(), (PolicyRef(name="strict"),)]),
    seed=st.integers(0, 2**63 - 1),
    subset=st.one_of(st.none(), SUBSETS),
    mask=unique(st.builds(ColumnMask, column=COLUMNS, entry=ENTRIES), lambda line: line.column),
    sanitize=st.lists(checks(sanitize=True), max_size=2).map(tuple),
    fabricate=st.lists(fabricated(), max_size=2).map(tuple),
    checks=st.lists(checks(sanitize=False), max_size=3).map(tuple),
    snapshot=st.builds(
        SnapshotRule,
        tags=st.lists(NAMES, max_size=2).map(tuple),
        keep=st.one_of(st.none(), KEEPS),
        store=st.one_of(st.none(), st.builds(StoreEntry, url=st.just(refs("s3://bucket/${STAGE:-dev}")))),
    ),
    load=st.lists(TARGETS, max_size=2).map(tuple),
)


@st.composite
def classify_rules(draw):
    rule = ClassifyRule(
        class_=draw(NAMES),
        columns=draw(st.lists(PATTERNS, max_size=2).map(tuple)),
        name=draw(st.one_of(st.none(), st.sampled_from(["(?i)^mail$", "a|b", "\\d+", "yes"]))),
        types=draw(st.lists(st.sampled_from(Family), max_size=2).map(tuple)),
        keys=draw(st.booleans()),
    )
    given = rule.columns or rule.name is not None or rule.types or rule.keys
    return rule if given else ClassifyRule(class_=rule.class_, keys=True)


POLICIES = st.builds(
    Policy,
    name=NAMES,
    owner=st.one_of(st.just(""), TEXTS),
    unclassified=st.one_of(
        st.sampled_from([UnclassifiedAction.FAIL, UnclassifiedAction.MASK]).map(
            lambda action: Unclassified(action=action)
        ),
        REASONS.map(lambda reason: Unclassified(action=UnclassifiedAction.KEEP, reason=reason)),
    ),
    classify=st.lists(classify_rules(), max_size=3).map(tuple),
    treat=unique(st.builds(ClassTreatment, class_=NAMES, entry=ENTRIES), lambda line: line.class_),
    columns=unique(st.builds(ColumnMask, column=COLUMNS, entry=ENTRIES), lambda line: line.column),
    exceptions=st.lists(
        st.builds(
            PolicyException,
            columns=st.lists(PATTERNS, min_size=1, max_size=2).map(tuple),
            allow=st.sampled_from([Strength.KEEP, Strength.BIJECTIVE, Strength.INJECTIVE, Strength.LOSSY]),
            reason=REASONS,
            expires=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
        ),
        max_size=2,
    ).map(tuple),
    text=st.one_of(st.none(), st.builds(TextRule, scan=st.booleans(), on_hit=st.sampled_from(OnHit))),
)
