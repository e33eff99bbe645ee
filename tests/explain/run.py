#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of iommu-explain.

    python3 tests/explain/run.py TOOL [--update] [--fuzz SECONDS] [--seed N]

TOOL is the program, best built with sanitizers. --update rewrites golden/ and the outputs
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
import check_formats
import check_fuzz
import check_malformed
import check_scenarios
from harness import Harness


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("--update", action="store_true", help="rewrite golden/")
    parser.add_argument("--fuzz", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    with tempfile.TemporaryDirectory(prefix="iommu-explain-") as folder:
        harness = Harness(pathlib.Path(arguments.tool).resolve(), pathlib.Path(folder))
        check_scenarios.run(harness, arguments.update)
        check_formats.run(harness)
        check_cli.run(harness)
        check_malformed.run(harness)
        check_docs.run(harness, arguments.update)
        if arguments.fuzz > 0:
            check_fuzz.run(harness, arguments.fuzz, seed)
    print(f"{harness.passed} passed, {harness.failed} failed")
    return 1 if harness.failed else 0


if __name__ == "__main__":
    sys.exit(main())
