"""The snapshot stage: sorted runs become parts, a manifest, a statement and refs; and are read, listed and verified.

::

    lanes:        write_run ──→ run files ┐
    coordinator:  begin ──→ Draft.finish_table ──→ Draft.assemble ──→ Draft.publish      or Draft.abandon
    later:        open_snapshot, verify, list_snapshots, log, tag, past_runs

The format is described in ``docs/reference/format.md``.
"""

from provision.stages.snapshot.draft import Draft as Draft
from provision.stages.snapshot.draft import Published as Published
from provision.stages.snapshot.draft import begin as begin
from provision.stages.snapshot.draft import merge_table as merge_table
from provision.stages.snapshot.draft import sweep as sweep
from provision.stages.snapshot.history import LogEntry as LogEntry
from provision.stages.snapshot.history import SnapshotInfo as SnapshotInfo
from provision.stages.snapshot.history import list_snapshots as list_snapshots
from provision.stages.snapshot.history import log as log
from provision.stages.snapshot.history import past_runs as past_runs
from provision.stages.snapshot.history import tag as tag
from provision.stages.snapshot.read import Snapshot as Snapshot
from provision.stages.snapshot.read import open_snapshot as open_snapshot
from provision.stages.snapshot.runs import RunFile as RunFile
from provision.stages.snapshot.runs import write_run as write_run
from provision.stages.snapshot.signing import PublicKey as PublicKey
from provision.stages.snapshot.signing import SigningKey as SigningKey
from provision.stages.snapshot.verification import verify as verify
