#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is a wrong retirement trace noticed? One event of each kind is lost, told twice, or told
wrong on its way from the design to the bench, which must end the run because of it."""

import subprocess
import sys

KINDS = ["access", "refusal", "mrif", "debug", "ats", "fault", "record", "command"]
WAYS = ["lost", "twice", "wrong"]


def main() -> int:
    program = sys.argv[1]
    passed = failed = 0
    for number, kind in enumerate(KINDS):
        for way in WAYS:
            run = subprocess.run([program, "--requests", "60000", "--spoil-trace",
                                  f"{number}-{way}"], capture_output=True, text=True, check=False)
            said = [line for line in run.stdout.splitlines()
                    if line.startswith("cycle ") and "the trace" in line]
            if run.returncode == 1 and said:
                passed += 1
            else:
                failed += 1
                print(f"{kind} {way}: not noticed\n{run.stdout[-400:]}")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
