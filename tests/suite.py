#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run one suite of tests, keep its log, and write down its counts.

A suite is a command that ends with a line `N passed, N failed` (or with `, N skipped`
behind it), or one whose exit status is its only result. The result file OUT/NAME is what
make depends on: after a failure it gets a time in the past, so that the suite runs again.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

CLOSING = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")


def counts(output: str, status: int) -> tuple[int, int, int]:
    """Passed, failed and skipped tests, from the last closing line in the output."""
    for line in reversed(output.splitlines()):
        match = CLOSING.match(line.strip())
        if match:
            passed, failed, skipped = (int(group or 0) for group in match.groups())
            # A command that fails without a failed test is itself one.
            return passed, max(failed, 1) if status else failed, skipped
    return (0, 1, 0) if status else (1, 0, 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of results")
    parser.add_argument("name", help="the suite's name")
    parser.add_argument("command", nargs="+", help="behind `--`: what to run")
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    log = args.out / f"{args.name}.log"
    print(f"  ..      {args.name}", flush=True)
    start = time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        try:
            status = subprocess.run(args.command, stdout=file, stderr=subprocess.STDOUT,
                                    stdin=subprocess.DEVNULL, check=False).returncode
        except OSError as error:
            file.write(f"{error}\n")
            status = 127
    seconds = time.monotonic() - start

    output = log.read_text(encoding="utf-8", errors="replace")
    passed, failed, skipped = counts(output, status)
    result = {"name": args.name, "passed": passed, "failed": failed, "skipped": skipped,
              "seconds": round(seconds, 1), "log": str(log)}
    path = args.out / args.name
    path.write_text(json.dumps(result) + "\n", encoding="utf-8")
    if failed:
        os.utime(path, (1, 1))
        tail = "\n".join("      " + line for line in output.splitlines()[-20:])
        print(f"{tail}\n  FAILED  {args.name} (log: {log})", flush=True)
    else:
        note = f", {skipped} skipped" if skipped else ""
        print(f"  ok      {args.name}: {passed} passed{note} in {seconds:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
