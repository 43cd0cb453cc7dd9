"""References to the environment and to files: ``${NAME}``, ``${NAME:-default}``, ``${NAME:?message}``, ``${file:PATH}``.

They are read and checked as text, and expanded only when a value is used, by `resolve`. ``$$`` is a dollar sign.
Expanded are url, key, sign and path fields of the project file, and of a recipe's inline forms without one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from provision.errors import UsageError
from provision.model.project import SecretRef
from provision.model.report import Severity
from provision.model.secret import Secret
from provision.stages.recipe.shapes import Json, Live, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.stages.recipe.nodes import Node, Problems

MAX_SECRET_BYTES = 65_536  # a file named by ``${file:…}`` holds a key or a URL, not a dump
FORMS = "write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}; $$ is a dollar sign"
STORE_SCHEMES = ("file", "s3", "gs", "az", "memory")

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<body>[^{}]*)\})")
_BODY = re.compile(r"file:(?P<file>.+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<kind>:[-?])(?P<rest>.*))?", re.DOTALL)
_PASSWORD = re.compile(r"://[^/@:]*:(?P<userinfo>[^/@]+)@|[?&\s]password=(?P<query>[^&\s]+)|^password=(?P<first>\S+)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def references(ref: SecretRef) -> tuple[str, ...]:
    """Names of the variables, and ``file:PATH``, that a text refers to, in order."""
    bodies = [_BODY.fullmatch(found["body"]) for found in _REFERENCE.finditer(ref.text) if not found["dollar"]]
    return tuple(f"file:{body['file']}" if body["file"] else body["name"] for body in bodies if body is not None)


def resolve(ref: SecretRef, environ: Mapping[str, str]) -> Secret:
    """The value with all references expanded. A variable that is set but empty counts as unset, as in ``sh``.

    Raises: UsageError PRV140 for an unset variable, PRV141 for a file that cannot be read, PRV142 for a bad form.
    """
    return Secret(_REFERENCE.sub(lambda found: _expand(found, ref, environ), ref.text))


def resolve_path(ref: SecretRef, environ: Mapping[str, str]) -> Path:
    """The path with all references expanded, absolute: relative ones are below the file that wrote them.

    Raises: as `resolve`.
    """
    return Path(ref.folder, Path(resolve(ref, environ).text()).expanduser()).absolute()


def _expand(found: re.Match[str], ref: SecretRef, environ: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    body = _BODY.fullmatch(found["body"])
    if body is None:
        raise UsageError("PRV142", "not a reference to a variable or a file", fix=FORMS, at=ref.at)
    if body["file"]:
        return _read(body["file"], ref)
    value = environ.get(body["name"], "")
    if value or body["kind"] == ":-":
        return value or body["rest"]
    reason = f": {body['rest']}" if body["kind"] == ":?" and body["rest"] else ""
    message = f"the variable {body['name']} is not set{reason}"
    raise UsageError("PRV140", message, fix=f"export {body['name']}=…", at=ref.at)


def _read(name: str, ref: SecretRef) -> str:
    try:
        with Path(ref.folder, name).open("rb") as file:
            data = file.read(MAX_SECRET_BYTES + 1)
        if len(data) > MAX_SECRET_BYTES:
            raise UsageError(
                "PRV141", f"{name} is too large for a key or a URL", fix="name a file of one line", at=ref.at
            )
        return data.decode().rstrip("\r\n")
    except (OSError, ValueError):  # UnicodeDecodeError, and NUL in a path, are ValueErrors
        fix = "the file must exist, be readable and hold UTF-8 text"
        raise UsageError("PRV141", f"cannot read {name}", fix=fix, at=ref.at) from None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reference(Text):
    """A text that may hold references. ``kind`` says what is to be warned about when it is written out."""

    kind: Literal["url", "store", "key", "sign", "path"] = "url"

    def read(self, node: Node, problems: Problems) -> SecretRef:  # type: ignore[override]  # more than its text
        """The text unexpanded, with its folder."""
        text = super(Reference, self).read(node, problems)
        if "${" in _REFERENCE.sub(_known, text):
            raise problems.add("PRV142", "not a reference to a variable or a file", at=node.at, fix=FORMS)
        ref = SecretRef(text=text, folder=problems.folders.get(node.at.file, Path()), at=node.at)
        if self.kind == "store" and (scheme := _SCHEME.match(text)) and scheme[1].lower() not in STORE_SCHEMES:
            fix = f"write a path, or one of {', '.join(f'{known}://' for known in STORE_SCHEMES)}"
            raise problems.add("PRV114", "a store cannot be there", at=node.at, fix=fix)
        if _literal(text, self.kind):
            thing = "a password" if self.kind in {"url", "store"} else "a key"
            fix = "put it into the environment or a file: ${NAME} or ${file:/run/secrets/name}"
            problems.add("PRV132", f"{thing} is written out here", at=node.at, fix=fix, severity=Severity.WARN)
        return ref

    def schema(self, live: Live) -> Json:  # noqa: ARG002
        """A string."""
        return {"type": "string"} if self.empty else {"type": "string", "minLength": 1}


def _known(found: re.Match[str]) -> str:
    """Nothing for a reference that can be expanded, the text itself for one that cannot."""
    return "" if found["dollar"] or _BODY.fullmatch(found["body"]) else found[0]


def _literal(text: str, kind: str) -> bool:
    """Whether a secret is written out: a password that is no reference, a key without any."""
    bare = _REFERENCE.sub(lambda found: "" if found["dollar"] is None else "$", text)
    if kind in {"url", "store"}:
        # A reference leaves nothing behind, so a password that remains was written out.
        return any(any(found.groupdict().values()) for found in _PASSWORD.finditer(bare))
    if kind == "key":
        return bool(bare.strip())
    return kind == "sign" and bool(bare) and ":" not in text and len(bare) >= 32


URL = Reference("a database URL")
STORE_URL = Reference("a path or URL of a store", kind="store")
KEY = Reference("a key, base64", kind="key")
SIGN = Reference("a signing key: a path or URI", kind="sign", empty=True)
PATH = Reference("a path", kind="path")
