"""Small documents that stand by themselves: refs, leases, log entries, STORE.json.

``{"document": …, "sha256": …, "signatures": […]}``: the hash is over the canonical form of document and signatures, so that a
changed byte shows even where nobody signed; the signatures are DSSE signatures over the canonical document.
One file, so that a document is never there without its signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from provision.errors import IntegrityError
from provision.stages.snapshot import signing
from provision.stages.snapshot.documents import canonical, decode, digest, encode, malformed, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.stages.snapshot.signing import PublicKey, SigningKey

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class Sealed(Generic[Document]):
    """A document as it was read: who is said to have signed it, and who of the trusted keys really did."""

    document: Document
    hash: str  # of the whole file
    signers: tuple[str, ...]
    verified: frozenset[str]


def payload_type(kind: str) -> str:
    """The DSSE payload type of a kind of document."""
    return f"application/vnd.provision.{kind}+json"


def seal(document: object, *, kind: str, signer: SigningKey | None = None) -> bytes:
    """The file of a document; without a signer it has no signatures."""
    plain = encode(document)
    signatures = signer.signatures(canonical(plain), payload_type(kind)) if signer else []
    body = {"document": plain, "signatures": signatures}
    return canonical({**body, "sha256": digest(canonical(body))})


def unseal(
    data: bytes, cls: type[Document], *, kind: str, what: str, trusted: Iterable[PublicKey] = ()
) -> Sealed[Document]:
    """Read such a file.

    Raises: IntegrityError PRV507 for a wrong hash, PRV508 for a malformed document, PRV510 for a wrong signature.
    """
    value = parse(data, what)
    if not isinstance(value, dict) or set(value) != {"document", "sha256", "signatures"}:
        malformed(what)
    body = {"document": value["document"], "signatures": value["signatures"]}
    if digest(canonical(body)) != value["sha256"]:
        raise IntegrityError(
            "PRV507",
            f"{what} of the store was changed after it was written",
            fix="restore the file from a copy of the store",
        )
    payload = canonical(value["document"])
    verified = signing.verified(payload, payload_type(kind), value["signatures"], trusted=trusted, what=what)
    return Sealed(
        decode(cls, value["document"], what), digest(data), signing.signer_ids(value["signatures"], what), verified
    )
