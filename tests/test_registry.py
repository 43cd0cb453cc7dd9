from __future__ import annotations

from types import ModuleType

import polars as pl
import pytest

from provision import registry
from provision.model.plan import Family, Strength
from provision.registry import MaskSpec, collect, mask


def described(function, **more) -> MaskSpec:
    return mask(name="m", strength=Strength.LOSSY, accepts={Family.TEXT}, **more)(function)


def test_a_spec_is_read_off_the_function():
    def shift(values: pl.Series, subjects: pl.Series, *, key: object, facts: object, most: int = 3) -> pl.Series:
        """Shift values.

        By a little.
        """
        return values

    spec = described(shift)

    assert (spec.summary, spec.keyed, spec.wants_facts, spec.by, spec.by_required) == (
        "Shift values.",
        True,
        True,
        True,
        True,
    )
    assert [(p.name, p.annotation, p.default, p.required) for p in spec.parameters] == [("most", int, 3, False)]


def test_a_subject_with_a_default_may_be_left_out():
    def shift(values: pl.Series, subjects: pl.Series | None = None) -> pl.Series:
        """Shift values."""
        return values

    spec = described(shift)

    assert (spec.by, spec.by_required, spec.keyed, spec.wants_facts) == (True, False, False, False)


def test_two_plug_ins_of_one_name_are_refused(monkeypatch):
    package = ModuleType("package")
    package.__path__ = ["nowhere"]
    modules = {}
    for name in ("package.one", "package.two"):
        modules[name] = ModuleType(name)
        modules[name].spec = described(lambda values: values)
    monkeypatch.setattr(registry.pkgutil, "iter_modules", lambda *_: [type("M", (), {"name": n}) for n in modules])
    monkeypatch.setattr(registry.importlib, "import_module", modules.__getitem__)

    with pytest.raises(ValueError, match="two plug-ins are called m"):
        collect(package, MaskSpec)
