"""Error codes 6xx: loading."""

from provision.errors.codes.code import ErrorCode

LOADING: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV601",
        title="The target is the source.",
        why="An advisory lock taken on the source is seen on the target: both URLs lead to one database.",
        fix="Point the target at another database.",
    ),
    ErrorCode(
        code="PRV602",
        title="The target cannot be told from the source.",
        why="Both servers have the same system identifier and the databases the same name, as physical copies and standbys do.",
        fix="Say physical_copy_of: SOURCE on a target that is a copy and may be overwritten.",
    ),
    ErrorCode(
        code="PRV603",
        title="The target is older than the source.",
        why="An older server does not know all that the source's schema may say.",
        fix="Use a target of the source's major version or later.",
    ),
    ErrorCode(
        code="PRV604",
        title="The output of pg_dump cannot be read.",
        why="It broke off, is not in the custom format, or comes from a version that is not known.",
        fix="Use pg_dump 15 to 18.",
    ),
    ErrorCode(
        code="PRV605",
        title="There is no pg_dump that fits.",
        why="pg_dump must not be older than the source's server.",
        fix="pip install 'provision-data[embedded]', or install postgresql-client of that version.",
    ),
    ErrorCode(
        code="PRV606",
        title="pg_dump failed.",
        why="Mostly a missing privilege or a lock; the message says which.",
        fix="Grant what the message names, or skip the table.",
    ),
    ErrorCode(
        code="PRV607",
        title="The snapshot's schema is not trusted.",
        why="Its statements would run on the target, and nobody whom the project trusts has signed them.",
        fix="Have the snapshot signed by a key under trust:, or look at its schema and give --trust-schema.",
    ),
    ErrorCode(
        code="PRV608",
        title="The role that loads may not do it.",
        why="load: replace needs CREATEDB and the target's ownership, load: refresh the tables' ownership.",
        fix="Run the statement of the message as an administrator, or load as the owner.",
    ),
    ErrorCode(
        code="PRV609",
        title="Sessions are in the way.",
        why="A database with open sessions cannot be renamed; a locked table cannot be emptied.",
        fix="Close them, set sessions: terminate or wait, or try again later.",
    ),
    ErrorCode(
        code="PRV610",
        title="Another load is at work.",
        why="Only one load of a target runs at a time.",
        fix="Try again when it is done.",
    ),
    ErrorCode(
        code="PRV611",
        title="The target cannot be replaced.",
        why="Prepared transactions, replication slots and subscriptions keep a database from being renamed or dropped.",
        fix="End or drop them, or use load: refresh.",
    ),
    ErrorCode(
        code="PRV612",
        title="An entry of the schema cannot be made.",
        why="The target lacks an extension, or the entry does not fit its server.",
        fix="Look at the entry that the message names; the target was left as it was.",
    ),
    ErrorCode(
        code="PRV613",
        title="The target does not hold what the snapshot says.",
        why="Rows were lost or a constraint is not valid after loading; nothing was put in place.",
        fix="Run `provision snapshot verify`, then load again.",
    ),
    ErrorCode(
        code="PRV614",
        title="The target's schema is not the snapshot's.",
        why="load: refresh renews rows of the same tables, columns and types.",
        fix="Migrate the target, take a new snapshot, or use load: replace.",
    ),
    ErrorCode(
        code="PRV615",
        title="Tables outside the snapshot refer to it.",
        why="Their rows would point at rows that a refresh takes away.",
        fix="Take these tables into the recipe, or use load: replace.",
    ),
    ErrorCode(
        code="PRV620",
        title="The role that loads is a superuser.",
        why="A snapshot's schema could do anything on the target's server.",
        fix="Load as a role with CREATEDB that is no superuser.",
    ),
    ErrorCode(
        code="PRV621",
        title="The target's server lacks the source's locale.",
        why="The operating system or the build does not have it, so the server's own is used.",
        fix="Install the locale on the target's server.",
    ),
    ErrorCode(
        code="PRV622",
        title="A setting of the database was not copied.",
        why="The role that loads may not set it.",
        fix="Set it again as a role that may.",
    ),
    ErrorCode(
        code="PRV623",
        title="A materialised view could not be filled.",
        why="Its query failed on the new rows, or relies on a search_path.",
        fix="Run REFRESH MATERIALIZED VIEW in the target to see why.",
    ),
    ErrorCode(
        code="PRV624",
        title="The replaced database could not be dropped.",
        why="Something holds it; the target itself is the new one.",
        fix="The next load tries again, or drop it yourself.",
    ),
    ErrorCode(
        code="PRV625",
        title="What a broken load had left was cleared away.",
        why="A load was killed before or after it put its database in place.",
        fix="Nothing has to be done.",
    ),
    ErrorCode(
        code="PRV626",
        title="A policy was left out.",
        why="It names a role that the target's server does not have.",
        fix="Make the role there and load again.",
    ),
    ErrorCode(
        code="PRV627",
        title="A column of the target is not in the snapshot.",
        why="It was added since; its rows get the default.",
        fix="Take a new snapshot when the source has it too.",
    ),
)
