"""Error codes 2xx: planning."""

from provision.errors.codes.code import ErrorCode

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
        code="PRV218",
        title="Dangling references of a table without a key cannot become null",
        why="Rows that point at nothing are told apart from the others by their key, and the table has none.",
        fix="Use `keep`, `drop` or `fail` for the relation, or give the table a primary key.",
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
