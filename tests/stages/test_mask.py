from __future__ import annotations

import base64

import polars as pl
import pytest

from provision.errors import RunError
from provision.keyed import Keyring, canonical
from provision.model.batch import RawBatch
from provision.model.evidence import merge_evidence
from provision.model.names import ColumnName, TableName
from provision.model.plan import ColumnPlan, Decision, Family, MaskUse, Origin, Rows, Strength, TablePlan
from provision.model.secret import Secret
from provision.registry import mask
from provision.stages.mask import Masker
from provision.stages.plan.columns import facts_of
from provision.stages.validate import contaminated, leak_checks
from support.catalogs import a_catalog

KEYRING = Keyring.read({"k1": Secret(base64.b64encode(bytes(range(32))))}, "k1")
TABLE = a_catalog("customers(id int4 pk, email text null, born text null, total int4 generated)").tables[0]


@mask(name="code", strength=Strength.INJECTIVE, accepts={Family.TEXT}, keeps={"nulls", "equality"})
def code(values: pl.Series, *, key) -> pl.Series:
    """Hash to a code."""
    return key.hex(canonical(values, "text"), digits=24, purpose="code")


@mask(name="same", strength=Strength.INJECTIVE, accepts={Family.TEXT})
def same(values: pl.Series) -> pl.Series:
    """A mask that forgot to mask."""
    return values


@mask(name="neighbour", strength=Strength.INJECTIVE, accepts={Family.TEXT})
def neighbour(values: pl.Series) -> pl.Series:
    """A mask that hands each row another row's value."""
    return values.gather([*range(1, len(values)), 0])


@mask(name="shorter", strength=Strength.LOSSY, accepts={Family.TEXT})
def shorter(values: pl.Series) -> pl.Series:
    """A mask that loses rows."""
    return values.head(1)


@mask(name="stumble", strength=Strength.LOSSY, accepts={Family.TEXT})
def stumble(values: pl.Series) -> pl.Series:
    """A mask that fails and says on what."""
    raise ValueError(f"cannot mask {values.to_list()}")


@mask(name="subject", strength=Strength.LOSSY, accepts={Family.TEXT})
def subject(values: pl.Series, ids: pl.Series) -> pl.Series:
    """Use another column of the row."""
    return ids.cast(pl.String)


MASKS = {spec.name: spec for spec in (code, same, neighbour, shorter, stumble, subject)}


def a_plan(**masks: MaskUse | Origin) -> TablePlan:
    columns = []
    for column in TABLE.columns:
        what = masks.get(column.name, Origin.DERIVED if column.name == "total" else Origin.KEPT)
        use = what if isinstance(what, MaskUse) else None
        facts = facts_of(TABLE, column)
        columns.append(
            ColumnPlan(
                column=column,
                family=facts.family,
                origin=Origin.MASKED if use else what,
                decision=Decision(rule="test"),
                mask=use,
                facts=facts,
            )
        )
    return TablePlan(table=TABLE, rows=Rows.ALL, reason="test", columns=tuple(columns), key=("id",))


def use(name: str, **more) -> MaskUse:
    return MaskUse(mask=name, domain="d", kid="k1", **more)


def a_batch(emails: list[str | None]) -> RawBatch:
    n = len(emails)
    frame = pl.DataFrame(
        {"id": range(n), "email": emails, "born": [f"1990-01-{i % 28 + 1:02}" for i in range(n)]},
        schema={"id": pl.Int64, "email": pl.String, "born": pl.String},
    )
    return RawBatch(table=TABLE.name, frame=frame)


def masked(batch: RawBatch, plan: TablePlan):
    return Masker(masks=MASKS, keyring=KEYRING, evidence_key=b"e" * 32).mask(batch, plan)


def verdict(evidence):
    return contaminated(leak_checks(merge_evidence(evidence), MASKS))


def test_masked_columns_change_kept_ones_stay_nulls_stay_and_rows_keep_their_order():
    safe, evidence = masked(a_batch(["a@x.test", None, "b@x.test", "a@x.test"]), a_plan(email=use("code")))

    email = safe.frame["email"].to_list()
    assert email[0] == email[3] != email[2]
    assert email[1] is None
    assert safe.frame["id"].to_list() == [0, 1, 2, 3]
    assert safe.frame.columns == ["id", "email", "born"]
    assert verdict(evidence) is None


def test_a_cut_column_becomes_null():
    safe, evidence = masked(a_batch(["a@x.test"]), a_plan(email=Origin.NULLED))

    assert safe.frame["email"].to_list() == [None]
    assert safe.frame.schema["email"] == pl.String
    assert evidence == ()


@pytest.mark.parametrize("broken", ["same", "neighbour"])
def test_a_mask_that_leaves_source_values_in_the_output_contaminates_the_run(broken):
    _, evidence = masked(a_batch([f"p{i}@x.test" for i in range(50)]), a_plan(email=use(broken)))

    error = verdict(evidence)

    assert error is not None
    assert error.exit_code == 6
    assert error.code == "PRV700"
    assert error.findings[0].code == "PRV701"
    assert "customers.email" in str(error)
    assert "@x.test" not in str(error)


def test_a_value_that_leaks_into_another_batch_is_found_when_batches_come_together():
    plan = a_plan(email=use("code"))
    safe, first = masked(a_batch(["a@x.test"]), plan)
    _, second = masked(a_batch([safe.frame["email"][0]]), plan)

    assert verdict(first) is None
    assert verdict(second) is None
    assert verdict([*first, *second]) is not None


@pytest.mark.parametrize("broken", ["shorter", "stumble"])
def test_a_mask_that_breaks_its_contract_is_named_without_a_value(broken):
    with pytest.raises(RunError) as caught:
        masked(a_batch(["a@x.test", "b@x.test"]), a_plan(email=use(broken)))

    assert caught.value.code == "PRV401"
    assert broken in str(caught.value)
    assert "customers.email" in str(caught.value)
    assert "@x.test" not in str(caught.value)


def test_a_mask_may_read_another_column_of_the_row():
    safe, _ = masked(a_batch(["a", "b"]), a_plan(born=use("subject", by=("id",))))

    assert safe.frame["born"].to_list() == ["0", "1"]


def test_columns_of_few_values_are_masked_once_per_value_with_the_same_result():
    few = [None if i % 7 == 0 else f"city{i % 5}" for i in range(10_000)]

    together, _ = masked(a_batch(few), a_plan(email=use("code")))
    alone, _ = masked(a_batch(few[:100]), a_plan(email=use("code")))

    assert together.frame["email"][:100].to_list() == alone.frame["email"].to_list()
    assert together.frame["email"].null_count() == sum(value is None for value in few)
    assert together.frame["email"].n_unique() == 6


def test_batches_and_evidence_never_show_a_value():
    batch = a_batch(["a@x.test"])
    safe, evidence = masked(batch, a_plan(email=use("code")))

    for thing in (batch, safe, *evidence):
        assert "@" not in repr(thing)
    assert ColumnName(TableName("public", "customers"), "email") == evidence[0].column
