#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of iommu-explain.

    python3 tests/explain/run.py TOOL [--update] [--fuzz SECONDS] [--seed N]

TOOL is the program, best built with sanitizers. --only PART runs one part of the checks,
--first stops at the first that fails. --update rewrites golden/ and the outputs
in docs/iommu-explain.md (then read the difference). --fuzz mutates inputs for so many
seconds (default 10, 0: not at all); --seed repeats a run.
"""

import argparse
import pathlib
import random
import sys
import tempfile

import check_cli
import check_docs
import check_failures
import check_formats
import check_fuzz
import check_malformed
import check_odds
import check_scenarios
from harness import FirstFailure, Harness

PARTS = {
    "scenarios": lambda harness, arguments, _: check_scenarios.run(harness, arguments.update),
    "formats": lambda harness, *_: check_formats.run(harness),
    "cli": lambda harness, *_: check_cli.run(harness),
    "odds": lambda harness, *_: check_odds.run(harness),
    "failures": lambda harness, arguments, _: check_failures.run(
        harness, str(pathlib.Path(arguments.preload).resolve())),
    "malformed": lambda harness, *_: check_malformed.run(harness),
    "docs": lambda harness, arguments, _: check_docs.run(harness, arguments.update),
    "fuzz": lambda harness, arguments, seed: check_fuzz.run(harness, arguments.fuzz, seed),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("--update", action="store_true", help="rewrite golden/")
    parser.add_argument("--fuzz", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", action="append", choices=list(PARTS), metavar="PART")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--preload", metavar="LIBRARY",
                        help="fails.c, built: for a TOOL without sanitizers")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    with tempfile.TemporaryDirectory(prefix="iommu-explain-") as folder:
        harness = Harness(pathlib.Path(arguments.tool).resolve(), pathlib.Path(folder),
                          arguments.first)
        try:
            for part in arguments.only or PARTS:
                if part == "failures" and not arguments.preload:
                    continue
                if part != "fuzz" or arguments.fuzz > 0:
                    PARTS[part](harness, arguments, seed)
        except FirstFailure:
            pass
    print(f"{harness.passed} passed, {harness.failed} failed")
    return 1 if harness.failed else 0


if __name__ == "__main__":
    sys.exit(main())
