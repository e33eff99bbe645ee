#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the selftest on the simulated RTL, and assert what it skips in each configuration."""

import argparse
import re
import subprocess
import sys

from qemu import Results
from run_selftest import NO_PLIC, NO_TESTDEV, TESTS

NO_REQUESTS = {"page_requests_are_taken": "no device sends page requests"}
NO_ATS = {"page_requests_are_taken": "capabilities lack ATS"}
LACKS = "capabilities lack "


def no_format(*names):
    return {f"dma_through_{name}": LACKS + "this format" for name in names}


SKIPS = {
    "small": {
        **NO_ATS, **NO_PLIC, **NO_TESTDEV, **no_format("sv48", "sv57", "sv48x4", "sv57x4"),
        **{f"processes_of_pd{n}": LACKS + "this process directory" for n in (8, 17, 20)},
        "counters_are_there": LACKS + "HPM",
        "dma_is_counted": "fewer than three counters",
        "hardware_sets_a_and_d": LACKS + "AMO_HWAD",
        "memory_types_are_told": LACKS + "Svpbmt",
        "fault_raises_a_message": "capabilities.IGS lacks messages",
        "msi_is_remapped": LACKS + "MSI_FLAT",
        "msi_into_a_file_in_memory": LACKS + "MSI_MRIF",
    },
    "base": {**NO_ATS, **NO_PLIC, **NO_TESTDEV, **no_format("sv57", "sv57x4"),
             "msi_into_a_file_in_memory": LACKS + "MSI_MRIF"},
    "full": {**NO_REQUESTS, **NO_PLIC, **NO_TESTDEV,
             "msi_into_a_file_in_memory": "the device's accesses are of 8 bytes"},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", choices=SKIPS)
    parser.add_argument("program")
    args = parser.parse_args()
    results = Results()
    run = subprocess.run([args.program], check=False, capture_output=True, text=True, timeout=500)
    skips = SKIPS[args.config]
    found = dict(re.findall(r"^skip (\w+): (.*)$", run.stdout, re.MULTILINE))
    closing = f"{TESTS - len(skips)} passed, 0 failed, {len(skips)} skipped"
    results.expect(run.returncode == 0, "exit status 0", run.stdout + run.stderr)
    results.expect(closing in run.stdout.splitlines(), closing, run.stdout)
    results.expect(found == skips, "skips are those expected",
                   f"missing {skips.items() - found.items()}, more {found.items() - skips.items()}")
    results.expect("note " not in run.stdout, "no deviations", run.stdout)
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
