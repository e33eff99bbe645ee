#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of the driver's own suite in the lab, a boot for each way to start the driver.

    driver.py --logs FOLDER [--boots A,B,...] -- LAB...   LAB starts the lab; options are added
"""
import argparse
import pathlib
import re
import subprocess
import sys

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)

# name: (kernel command line, cases). In this order: some count from zero, and those behind give
# the engine to VFIO.
BOOTS = {
    "strict": ("", "boot switch selftest translated kunit errors perf dump pasid rogue quarantine "
                   "processes ranges"),
    "lazy": ("iommu.strict=0", "boot translated rogue"),
    "passthrough": ("iommu.passthrough=1", "passthrough"),
    "cpus": ("", "cpus"),
    "recovery": ("", "recovery"),
    "reload": ("", "reload"),
    "sv39": ("module=first_bits=39,second_bits=39", "boot translated"),
    "sv57": ("module=first_bits=57,second_bits=57", "boot translated"),
    "shared": ("module=isolate_msi=0", "vfio msi nested"),
    # With the RTL.
    "rtl": ("module=isolate_msi=0 rounds=6", "boot translated perf pasid rogue nested processes ranges "
                                             "dirty ats pri"),
}
NOT_WITH_RTL = [name for name in BOOTS if name != "rtl"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=pathlib.Path, required=True)
    parser.add_argument("--boots", default=",".join(NOT_WITH_RTL))
    parser.add_argument("lab", nargs="+")
    args = parser.parse_args()
    total = [0, 0, 0]
    for name in args.boots.split(","):
        append, cases = BOOTS[name]
        run = subprocess.run([*args.lab, "--append", append, "--cases", cases.replace(" ", ","),
                              "--log", args.logs / f"driver-{name}.log"],
                             stdout=subprocess.PIPE, text=True, check=False)
        print(f"{name}:\n{run.stdout}", flush=True)
        counts = COUNTS.search(run.stdout)
        numbers = [int(group or 0) for group in counts.groups()] if counts else [0, 1, 0]
        total = [a + b for a, b in zip(total, numbers)]
    print(f"{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
