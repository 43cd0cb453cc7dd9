"""Error codes 4xx: masks and keys."""

from provision.errors.codes.code import ErrorCode

MASKING: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV401",
        title="A mask failed or broke its contract",
        why="The mask raised an error, lost rows, or changed the column's type. Its own words are not shown: they may quote values.",
        fix="Report it as a mistake in the mask, and choose another mask for the column.",
    ),
    ErrorCode(
        code="PRV410",
        title="A masking key is not base64.",
        why="Keys are handed over as base64 text; this one has other characters or a wrong length.",
        fix="Make one with `provision key new`, and check that the variable holds the whole text.",
    ),
    ErrorCode(
        code="PRV411",
        title="A masking key is too short.",
        why="Whoever guesses the key can undo the masks, so at least 256 random bits are needed.",
        fix="Make one with `provision key new`.",
    ),
    ErrorCode(
        code="PRV412",
        title="A masking key is not random.",
        why="It is printable text or a pattern, which can be guessed.",
        fix="Make one with `provision key new`.",
    ),
    ErrorCode(
        code="PRV413",
        title="There is no masking key of that id.",
        why="The keyring does not hold the kid that is asked for, or the kid has characters that ids may not have.",
        fix="Add the key under keys: in provision.yaml, or set PROVISION_KEY for the kid default.",
    ),
    ErrorCode(
        code="PRV420",
        title="FF1 cannot encrypt a value.",
        why="NIST SP 800-38G asks for at least a million values of each length, over one alphabet of at most 36 characters.",
        fix="Use the method feistel, which takes any length.",
    ),
    ErrorCode(
        code="PRV421",
        title="Values are no whole numbers.",
        why="The mask integer permutes whole numbers that the column's type holds, and never lets another value pass.",
        fix="Choose the mask hash or fpe for the column.",
    ),
    ErrorCode(
        code="PRV422",
        title="Values are no UUIDs.",
        why="The mask uuid takes 32 hexadecimal digits in one case, with dashes or without.",
        fix="Choose the mask hash or fpe for the column.",
    ),
    ErrorCode(
        code="PRV423",
        title="Values cannot be masked by their shape.",
        why="They have no digit or letter at all, or letters of a script whose alphabet fpe does not know.",
        fix="Choose the mask hash or redact for the column, or set invalid: redact.",
    ),
    ErrorCode(
        code="PRV430",
        title="A unique column holds values that are no phone numbers.",
        why="What is no phone gets keyed digits of its length, and these could be the same for two values.",
        fix="Choose the mask hash or fpe for the column.",
    ),
    ErrorCode(
        code="PRV431",
        title="A word list is gone or has changed.",
        why="The file of a dictionary mask has another content than when the run was planned.",
        fix="Restore the file, or write its new sha256 into the recipe.",
    ),
)
