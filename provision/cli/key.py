"""``provision key new``: a masking key."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from provision.cli.command import Outcome, Session
from provision.errors import UsageError

KEY_BYTES = 32


def new(
    session: Session,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it to this new file, for nobody but you to read.")
    ] = None,
) -> Outcome:
    """Make a masking key: 32 random bytes in base64.

    Keep it as you keep a password. Whoever has it can tell which masked value stands for which real one, and without it
    no later run masks the same person alike.
    """
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    if out is None:
        return Outcome(data={"key": key}, text=key)
    path = session.path(out)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise UsageError(
            "PRV803",
            f"cannot make {out}: {os.strerror(error.errno or 0)}",
            fix="name a new file in a folder that you may write to; a key that is there is never overwritten",
        ) from None
    with os.fdopen(handle, "w") as file:
        file.write(key + "\n")
    return Outcome(
        data={"file": str(path)}, text=f"a new key is in {out}; name it in provision.yaml as ${{file:{out}}}"
    )
