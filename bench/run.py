"""Runs every benchmark of this folder; each prints figures with what they were measured against, in one run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the benchmarks one after another; the first that fails ends it."""
    for script in sorted(Path(__file__).parent.glob("*.py")):
        if script.name != Path(__file__).name:
            print(f"== {script.stem}", flush=True)
            if code := subprocess.run([sys.executable, script], check=False).returncode:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
