#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the lockstep bench in shards, each with a seed of its own, and keep a ledger.

A shard that is in the ledger for this commit is not run again, so that a soak that was
interrupted goes on where it was. Ends when so many requests have been compared on this commit,
or at a failure.
"""

import argparse
import pathlib
import re
import subprocess
import sys

COMPARED = re.compile(r"(\d+) requests compared in")
CONFIGS = ("small", "base", "full")


def commit() -> str:
    """The commit, with a mark if there are changes that are not in it."""
    name = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True,
                          text=True, check=True).stdout.strip()
    changed = subprocess.run(["git", "status", "--porcelain", "--", "rtl", "sim/iommu",
                              "sw-model"], capture_output=True, text=True, check=True).stdout
    return name + ("+" if changed else "")


def done(ledger: pathlib.Path, name: str) -> dict[tuple[str, int], int]:
    """Compared requests of each shard of this commit, by configuration and seed."""
    shards = {}
    if ledger.exists():
        for line in ledger.read_text(encoding="utf-8").splitlines():
            fields = line.split()
            if len(fields) == 5 and fields[0] == name and fields[4] == "passed":
                shards[fields[1], int(fields[2])] = int(fields[3])
    return shards


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True,
                        help="folder of the benches and of the ledger")
    parser.add_argument("--requests", type=int, default=10_000_000, help="in all")
    parser.add_argument("--shard", type=int, default=100_000, help="in each shard")
    args = parser.parse_args()

    ledger = args.build / "soak.ledger"
    name = commit()
    shards = done(ledger, name)
    total = sum(shards.values())
    seed = 1000
    while total < args.requests:
        for config in CONFIGS:
            if (config, seed) in shards or total >= args.requests:
                continue
            program = args.build / f"cosim-{config}"
            run = subprocess.run([str(program), "--seed", str(seed), "--requests",
                                  str(args.shard), "--coverage",
                                  str(args.build / f"coverage.{config}")],
                                 capture_output=True, text=True, check=False)
            match = COMPARED.search(run.stdout)
            compared = int(match.group(1)) if match else 0
            result = "passed" if run.returncode == 0 else "failed"
            with ledger.open("a", encoding="utf-8") as file:
                file.write(f"{name} {config} {seed} {compared} {result}\n")
            total += compared
            print(f"{config} seed {seed}: {compared} requests, {result}; {total} in all",
                  flush=True)
            if run.returncode != 0:
                print(run.stdout[-6000:])
                return 1
        seed += 1
    print(f"{total} requests compared on {name}, without a difference")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; the ledger knows what is done")
        sys.exit(130)
