"""The only door from unmasked to masked rows: applies a table's column plans to a batch and keeps evidence of it.

No state is kept between batches: what a value becomes depends on the value, the key and the plan alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from provision import keyed
from provision.errors import ProvisionError, RunError
from provision.model.batch import RawBatch, SafeBatch
from provision.model.evidence import EMPTY_SKETCH, ColumnEvidence, Sketch
from provision.model.names import ColumnName
from provision.model.plan import ColumnPlan, Family, Origin, Strength, TablePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provision.keyed import Keyring
    from provision.registry import MaskSpec

# Below this share of distinct values in a probe, a column is masked once per distinct value and gathered back
# (26 M/s against 3.6 M/s for HMAC masks over 3k distinct values of 1M; notes of the first measurements in bench).
DISTINCT_SHARE = 0.5
PROBE_ROWS = 2_000

# What these leave behind says nothing about the value: a constant, or the mark of redaction, may have been there.
SILENT = (Strength.CONSTANT, Strength.REDACT, Strength.NULLIFY)
# With two or five values, one that stays is no leak: any deterministic mask of so few is a codebook.
FEW_VALUED = (Family.BOOLEAN, Family.ENUM)


@dataclass(frozen=True, slots=True)
class Masker:
    """Masks batches of any table of a plan.

    ``evidence_key`` is an ephemeral key of this run alone (32 bytes); hashes under it are compared and thrown away.
    """

    masks: Mapping[str, MaskSpec]
    keyring: Keyring
    evidence_key: bytes

    def mask(self, batch: RawBatch, plan: TablePlan) -> tuple[SafeBatch, tuple[ColumnEvidence, ...]]:
        """Mask every column as its plan says.

        Returns: the masked batch with the same rows in the same order, and evidence for every masked column.
        Raises: MaskError-coded ProvisionErrors of masks; RunError PRV401 for a mask that breaks its contract.
        """
        columns: list[pl.Series] = []
        evidence: list[ColumnEvidence] = []
        for column in plan.stored:
            values = batch.frame.get_column(column.column.name)
            if column.origin is Origin.NULLED:
                columns.append(pl.Series(values.name, [None], dtype=values.dtype).new_from_index(0, len(values)))
            elif column.mask is None:
                columns.append(values)
            else:
                masked = self._apply(values, column, batch)
                columns.append(masked)
                evidence.append(self._witness(plan, column, values, masked))
        return SafeBatch(table=batch.table, frame=pl.DataFrame(columns)), tuple(evidence)

    def _apply(self, values: pl.Series, column: ColumnPlan, batch: RawBatch) -> pl.Series:
        use = column.mask
        if use is None:
            return values
        spec = self.masks[use.mask]
        arguments: dict[str, object] = dict(use.parameters)
        if spec.keyed:
            arguments["key"] = self.keyring.domain(use.domain, kid=use.kid or None)
        if spec.wants_facts:
            arguments["facts"] = column.facts
        others = [batch.frame.get_column(name) for name in use.by]

        def call(series: pl.Series) -> pl.Series:
            try:
                return spec.function(series, *others, **arguments)
            except ProvisionError:
                raise
            except Exception as error:  # noqa: BLE001  # plug-in and polars errors quote values: only the class is told
                raise RunError(
                    "PRV401",
                    f"mask {spec.name} failed on {column.facts.column} with {type(error).__name__}",
                    fix="this is a mistake in the mask: report it, or choose another mask for the column",
                ) from None

        masked = call(values) if others else _over_distinct(values, call)
        if len(masked) != len(values) or masked.dtype != values.dtype:
            raise RunError(
                "PRV401",
                f"mask {spec.name} changed the number of rows or the type of {column.facts.column}",
                fix="this is a mistake in the mask: report it, or choose another mask for the column",
            )
        return masked.rename(values.name)

    def _witness(self, plan: TablePlan, column: ColumnPlan, before: pl.Series, after: pl.Series) -> ColumnEvidence:
        spec = self.masks[column.mask.mask] if column.mask else None
        telling = spec is not None and spec.strength not in SILENT and column.family not in FEW_VALUED
        same = (before == after).fill_null(value=False)
        survivors = int(same.sum()) if telling else 0
        if survivors and spec is not None and spec.fixed:
            # Values that tell nothing (zero, infinity) may stay: the mask says which.
            survivors = int((~before.filter(same).cast(pl.String).str.contains(spec.fixed)).sum())
        # Permutations and word lists meet source values by chance; a keyed hash of 96 bits or more must not. Of a
        # permutation the values that survived are sketched, to be counted once each.
        searched = telling and spec is not None and spec.strength is Strength.INJECTIVE
        counted = survivors > 0 and spec is not None and spec.strength is Strength.BIJECTIVE
        return ColumnEvidence(
            column=ColumnName(plan.name, column.column.name),
            mask=column.mask.mask if column.mask else "",
            rows=len(before) - before.null_count(),
            survivors=survivors,
            before=self._sketch(before.filter(same) if counted else before) if searched or counted else EMPTY_SKETCH,
            after=self._sketch(after) if searched else EMPTY_SKETCH,
        )

    def _sketch(self, values: pl.Series) -> Sketch:
        hashed = keyed.ephemeral(values.drop_nulls().unique().cast(pl.String), self.evidence_key)
        return Sketch.of(hashed.to_numpy())


def _over_distinct(values: pl.Series, call: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Apply a row mask to distinct values only where these are few."""
    if len(values) <= PROBE_ROWS:
        return call(values)
    if values.head(PROBE_ROWS).n_unique() > PROBE_ROWS * DISTINCT_SHARE:
        return call(values)
    distinct = values.unique(maintain_order=False)
    if len(distinct) > len(values) * DISTINCT_SHARE:
        return call(values)
    encoded = values.to_arrow().dictionary_encode()
    dictionary = pl.Series(values.name, encoded.dictionary, dtype=values.dtype)
    return call(dictionary).gather(pl.Series(encoded.indices))
