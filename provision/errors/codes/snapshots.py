"""Error codes 5xx: snapshots and stores."""

from provision.errors.codes.code import ErrorCode

SNAPSHOTS: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV501",
        title="The URL names no store.",
        why="The scheme is none of file, s3, gs, az and memory, or the URL holds credentials or lacks its bucket.",
        fix="Name a folder, or use file:///path, s3://bucket/path, gs://bucket/path, az://container/path or memory://.",
    ),
    ErrorCode(
        code="PRV502",
        title="The store cannot be read or written.",
        why="Disk, quota, mode, network, bucket or credentials stand in the way.",
        fix="Do what the message says and run again: a broken write leaves the store as it was.",
    ),
    ErrorCode(
        code="PRV503",
        title="This is no store that this version can read.",
        why="STORE.json is missing, damaged or of another format.",
        fix="Check the store's address; a store of a newer format needs a newer provision.",
    ),
    ErrorCode(
        code="PRV504",
        title="Another run of the recipe is at work.",
        why="A lease in the store says that a run of the same recipe is alive.",
        fix="Wait until it is done; a run that was killed lets go after half an hour, on its own machine at once.",
    ),
    ErrorCode(
        code="PRV505",
        title="There is no such snapshot.",
        why="No recipe, tag or id of this name is in the store.",
        fix="List what there is with `provision snapshot list`.",
    ),
    ErrorCode(
        code="PRV506",
        title="The name means more than one snapshot.",
        why="The beginning of an id is too short, or a recipe and a tag share the name.",
        fix="Give more digits of the id, or write tag:NAME or recipe:NAME.",
    ),
    ErrorCode(
        code="PRV507",
        title="A stored file is not what its name or its manifest says.",
        why="Its bytes were changed after they were written: by a failing disk, a broken copy or a hand.",
        fix="Restore the file from a copy of the store, or load another snapshot.",
    ),
    ErrorCode(
        code="PRV508",
        title="A document of the store is malformed.",
        why="It is not in the canonical form that this version writes, or it has fields that it must not have.",
        fix="Restore the file from a copy of the store; a newer format needs a newer provision.",
    ),
    ErrorCode(
        code="PRV509",
        title="A file of the snapshot is missing.",
        why="It was deleted, or the store was copied in part.",
        fix="Restore the file from a copy of the store, or load another snapshot.",
    ),
    ErrorCode(
        code="PRV510",
        title="A signature does not hold.",
        why="The signed text or the signature was changed.",
        fix="Do not load the snapshot; find out who wrote to the store.",
    ),
    ErrorCode(
        code="PRV511",
        title="A ref is not the one that was written here.",
        why="An entry was moved from another name or store, or an entry of its history was changed or removed.",
        fix="Do not load the snapshot by this name; find out who wrote to the store.",
    ),
    ErrorCode(
        code="PRV512",
        title="A part's rows are not those of the manifest.",
        why="The file is no Parquet of the table's columns, or the manifest was made by something else than provision.",
        fix="Do not load the snapshot; make it anew.",
    ),
    ErrorCode(
        code="PRV513",
        title="The signing key cannot be used.",
        why="The key file is not an Ed25519 key, or others may read or change it.",
        fix="Run chmod 600 on the key file, or name another one in the project file.",
    ),
    ErrorCode(
        code="PRV514",
        title="A snapshot, recipe or tag cannot have this name.",
        why="Names are 1 to 100 letters, digits, dots, dashes and underscores, begin with a letter or digit, and do not look like an id.",
        fix="Choose another name.",
    ),
    ErrorCode(
        code="PRV515",
        title="Rows cannot be staged.",
        why="A batch has other columns or types than the plan says.",
        fix="This is a mistake in a mask or in provision: report it.",
    ),
    ErrorCode(
        code="PRV516",
        title="The snapshot is not signed by a trusted key.",
        why="No statement of it carries a signature of this project's own key or of one in trust:.",
        fix="Run the recipe again here, or add the signer's public key to trust: in the project file.",
    ),
)
