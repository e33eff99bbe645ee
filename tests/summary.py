#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Add up the results of suites, and end with one line `N passed, N failed`."""

import argparse
import json
import pathlib
import sys


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="+", type=pathlib.Path, help="files of suite.py")
    args = parser.parse_args()

    results = [json.loads(path.read_text(encoding="utf-8")) for path in args.results]
    width = max(len(result["name"]) for result in results)
    print()
    for result in sorted(results, key=lambda result: result["name"]):
        mark = "FAILED" if result["failed"] else "ok"
        print(f"  {mark:6}  {result['name']:{width}}  {result['passed']:7} passed  "
              f"{result['failed']:4} failed  {result['skipped']:4} skipped  "
              f"{result['seconds']:7.1f} s")
    totals = {key: sum(result[key] for result in results)
              for key in ("passed", "failed", "skipped")}
    line = f"{totals['passed']} passed, {totals['failed']} failed"
    if totals["skipped"]:
        line += f", {totals['skipped']} skipped"
    print(f"\n{line}")
    return 1 if totals["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
