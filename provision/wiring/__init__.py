"""The only room with every key: names and URLs become objects, files become runs. What commands and tests call.

::

    rooms    opens what names and URLs mean: masks, sources, targets, stores, keys
    lanes    what a worker process does
    runs     plan, run, load, why, status: from a recipe's path to a report
    lists    what there is: masks, dialects, checks, JSON Schemas
"""

from provision.wiring.lists import listing as listing
from provision.wiring.lists import schema as schema
from provision.wiring.runs import Held as Held
from provision.wiring.runs import load as load
from provision.wiring.runs import plan as plan
from provision.wiring.runs import run as run
from provision.wiring.runs import statuses as statuses
from provision.wiring.runs import why as why
from provision.wiring.snapshots import log as log
from provision.wiring.snapshots import show as show
from provision.wiring.snapshots import snapshots as snapshots
from provision.wiring.snapshots import tag as tag
from provision.wiring.snapshots import verify as verify
