"""Every error code with its title and its fix, a file for each range; ``docs/errors.md`` is generated from here.

A test holds the sides together: every code raised is listed, every code listed is raised, tested and on the page.
"""

from provision.errors.codes.checking import CHECKING
from provision.errors.codes.code import ErrorCode
from provision.errors.codes.commands import COMMANDS
from provision.errors.codes.databases import DATABASES
from provision.errors.codes.language import LANGUAGE
from provision.errors.codes.loading import LOADING
from provision.errors.codes.masking import MASKING
from provision.errors.codes.planning import PLANNING
from provision.errors.codes.snapshots import SNAPSHOTS

CODES: dict[str, ErrorCode] = {
    entry.code: entry
    for group in (LANGUAGE, PLANNING, DATABASES, MASKING, SNAPSHOTS, LOADING, CHECKING, COMMANDS)
    for entry in group
}
