"""Everything that is done with a masking key: the only room that imports cryptography and polars-hash.

::

    Keyring ──domain──→ DomainKey ──→ hex, bits, below        HMAC-SHA256 of a canonical text
                                  ──→ permutation, feistel    AES over an enumerated domain, and back
                                  ──→ ff1                     FF1 of NIST SP 800-38G
                                  ──→ variant                 keeps apart what shares a canonical form

``canonical`` makes one text of all spellings of a value. ``public_hash`` and ``part_hash`` need no key,
``ephemeral`` takes one that lives for one run. All of it is published with vectors: ``docs/reference/canonical.md``.
"""

from provision.keyed.alphabet import alphabet_error as alphabet_error
from provision.keyed.canonical import FORMS as FORMS
from provision.keyed.canonical import as_compared as as_compared
from provision.keyed.canonical import canonical as canonical
from provision.keyed.canonical import plain as plain
from provision.keyed.domain import DomainKey as DomainKey
from provision.keyed.ff1 import FF1 as FF1
from provision.keyed.keyring import Keyring as Keyring
from provision.keyed.permutation import Feistel as Feistel
from provision.keyed.permutation import Permutation as Permutation
from provision.keyed.public import ephemeral as ephemeral
from provision.keyed.public import part_hash as part_hash
from provision.keyed.public import public_hash as public_hash
from provision.keyed.shape import shaped as shaped
from provision.keyed.text import bytes_of as bytes_of
from provision.keyed.text import texts_of_bytes as texts_of_bytes
