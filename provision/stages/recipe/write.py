"""Writes recipes and policies back as YAML in their normalised form: ``provision check --print-effective``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from provision.stages.recipe.compose import decode_scalar, is_yaml_1_1
from provision.stages.recipe.plain import plain_policy, plain_recipe

if TYPE_CHECKING:
    from provision.model.policy import Policy
    from provision.model.recipe import Recipe

LINE_CHARS = 120


class _Dumper(yaml.SafeDumper):
    """Plain where the YAML 1.2 core schema reads the same value back, quoted elsewhere; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002  # as the base class has it
        return True

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:  # noqa: ANN401
        """The tag that a plain scalar would be read as."""
        if kind is not yaml.ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # PyYAML has no types here
        decoded = decode_scalar(value)
        names = {type(None): "null", bool: "bool", int: "int", float: "float", str: "str"}
        return f"tag:yaml.org,2002:{names[type(decoded)]}"


class _Key(str):
    """A key, which is never taken for a boolean."""

    __slots__ = ()


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if is_yaml_1_1(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _key(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Key, _key)


def write(recipe: Recipe) -> str:
    """The recipe as YAML with all short forms written out; reading it in the same folder gives an equal recipe."""
    return _dump(plain_recipe(recipe))


def write_policy(policy: Policy) -> str:
    """The policy as YAML with all short forms written out; reading it gives an equal policy."""
    return _dump(plain_policy(policy))


def _dump(data: dict[str, Any]) -> str:
    text: str = yaml.dump(_keyed(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=LINE_CHARS)
    return text


def _keyed(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {_Key(key): _keyed(item) for key, item in value.items()}
    return [_keyed(item) for item in value] if isinstance(value, list) else value
