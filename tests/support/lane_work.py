"""Work that a lane under test does."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

from provision.errors import SafetyError


def start(secrets, setup):
    def work(unit):
        if unit == "inspect":
            return {
                "secret": secrets.get("key"),
                "environ": Path("/proc/self/environ").read_bytes(),
                "cmdline": Path("/proc/self/cmdline").read_bytes(),
                "core_limit": resource.getrlimit(resource.RLIMIT_CORE)[0],
                "pid": os.getpid(),
            }
        if unit == "refuse":
            raise SafetyError("PRV701", "no", fix="do not")
        if unit == "stumble":
            raise ValueError("jane@x.test is no number")
        if unit == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return unit + setup.get("add", 0)

    return work
