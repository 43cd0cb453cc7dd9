"""What people call a snapshot: ``dev``, ``dev@-1``, ``tag:x``, ``recipe:x``, or at least 8 digits of its id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.errors import UsageError
from provision.stages.snapshot import layout, refs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.ports import Store
    from provision.stages.snapshot.layout import RefKind
    from provision.stages.snapshot.refs import RefEntry
    from provision.stages.snapshot.sealed import Sealed
    from provision.stages.snapshot.signing import PublicKey

_NAME = re.compile(r"(?:(?P<kind>tag|recipe):)?(?P<name>[^@:]+)(?:@-(?P<back>[0-9]{1,6}))?")
_KINDS: dict[str, RefKind] = {"tag": "tags", "recipe": "recipes"}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The id that is meant, and the ref's entry that says so; None where the id itself was given."""

    snapshot: str
    ref: Sealed[RefEntry] | None = None


def resolve(store: Store, text: str, *, store_id: str, trusted: Iterable[PublicKey] = ()) -> Resolved:
    """The snapshot that is meant; ``name@-1`` is the one that the name stood for before.

    Raises: UsageError PRV505 if there is none, PRV506 if there is more than one. IntegrityError of the ref's entries.
    """
    if layout.is_id_prefix(text):
        return Resolved(_by_id(store, text))
    match = _NAME.fullmatch(text)
    kind, name = ref_of(store, text)
    back = int(match["back"] or 0) if match else 0
    if back == 0:
        entry = refs.current(store, kind, name, store_id=store_id, trusted=trusted)
    else:
        # Entries that stand for the snapshot before them only renew its signature.
        entries = refs.history(store, kind, name, store_id=store_id, trusted=trusted)
        moves = [
            entry
            for number, entry in enumerate(entries)
            if number + 1 == len(entries) or entries[number + 1].document.snapshot != entry.document.snapshot
        ]
        entry = moves[-1 - back] if back < len(moves) else None
    if entry is None:
        raise UsageError(
            "PRV505",
            f"{text} goes back further than the store does",
            fix=f"`provision snapshot log {name}` shows the versions of {name}",
        )
    return Resolved(entry.document.snapshot, entry)


def ref_of(store: Store, text: str) -> tuple[RefKind, str]:
    """The ref that a name means, whatever its ``@-1``. Raises: UsageError PRV505, PRV506."""
    match = _NAME.fullmatch(text)
    if match is None or not layout.is_ref_name(match["name"]):
        raise _unknown(store, text)
    name = match["name"]
    kinds = [_KINDS[match["kind"]]] if match["kind"] else list(_KINDS.values())
    found = [kind for kind in kinds if refs.numbers(store, kind, name)]
    if len(found) > 1:
        raise UsageError(
            "PRV506", f"{name} is a recipe and a tag", fix=f"write recipe:{name} or tag:{name}, to say which"
        )
    if not found:
        raise _unknown(store, text)
    return found[0], name


def _by_id(store: Store, prefix: str) -> str:
    names = (path.rsplit("/", 1)[1].removesuffix(".json") for path in store.below(layout.MANIFESTS))
    found = [name for name in names if layout.is_hash(name) and name.startswith(prefix)]
    if len(found) > 1:
        raise UsageError("PRV506", f"{len(found)} snapshots begin with {prefix}", fix="give more digits of the id")
    if not found:
        raise _unknown(store, prefix)
    return found[0]


def _unknown(store: Store, text: str) -> UsageError:
    known = [*refs.names(store, "recipes"), *(f"tag:{name}" for name in refs.names(store, "tags"))]
    listed = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
    return UsageError(
        "PRV505",
        f"there is no snapshot {text[:100]!r} in {store.url}",
        fix=f"there are: {listed}" if known else "the store has no snapshot yet: run a recipe first",
    )
