"""Error codes 3xx: databases."""

from provision.errors.codes.code import ErrorCode

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
