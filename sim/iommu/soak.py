#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the lockstep bench in shards, each with a seed of its own, and keep a ledger.

A line of it: commit, state of the RTL (without comments and blanks), configuration, seed, compared
requests, result. A shard that is in the ledger for this RTL is not run again, so that a soak that
was interrupted goes on where it was. Ends when so many requests have been compared on this RTL,
or at a difference.
"""

import argparse
import hashlib
import pathlib
import re
import subprocess
import sys

COMPARED = re.compile(r"(\d+) requests compared in")
CONFIGS = ("small", "base", "full")


def commit() -> str:
    """HEAD, with a mark if RTL, bench or model have changes that are not in it."""
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True,
                              check=True).stdout.strip()
    changed = git("status", "--porcelain", "--", "rtl", "sim/iommu", "sw-model")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def state_of_rtl() -> str:
    """The RTL without what does not count: comments, blanks."""
    digest = hashlib.sha256()
    for path in sorted(pathlib.Path("rtl").glob("*.sv")):
        text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        digest.update("".join(text.split()).encode())
    return digest.hexdigest()[:12]


def done(ledger: pathlib.Path, rtl: str) -> dict[tuple[str, int], int]:
    """Compared requests of each shard of this RTL, by configuration and seed."""
    shards = {}
    if ledger.exists():
        for line in ledger.read_text(encoding="utf-8").splitlines():
            fields = line.split()
            if len(fields) == 6 and fields[1] == rtl and fields[5] == "passed":
                shards[fields[2], int(fields[3])] = int(fields[4])
    return shards


def report(ledger: pathlib.Path) -> int:
    """Print what the ledger says of each state of the RTL."""
    rows: dict[tuple[str, str], dict[int, tuple[int, str]]] = {}
    for line in ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else []:
        fields = line.split()
        if len(fields) == 6:
            rows.setdefault((fields[1], fields[2]), {})[int(fields[3])] = \
                (int(fields[4]), fields[5])
    print(f"{'RTL':12} {'':8} {'shards':>7} {'seeds':>15} {'requests':>11} {'failed':>7}")
    for (rtl, config), shards in sorted(rows.items()):
        passed = sum(count for count, result in shards.values() if result == "passed")
        failed = sum(result != "passed" for _, result in shards.values())
        print(f"{rtl:12} {config:8} {len(shards):7} {min(shards):7} to {max(shards):4} "
              f"{passed:11,} {failed:7}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True,
                        help="folder of the benches and of the ledger")
    parser.add_argument("--requests", type=int, default=10_000_000, help="in all")
    parser.add_argument("--shard", type=int, default=100_000, help="in each shard")
    parser.add_argument("--seed", type=int, default=1000, help="of the first shard")
    parser.add_argument("--keep-going", action="store_true", help="go on after a difference")
    parser.add_argument("--report", action="store_true", help="only say what the ledger has")
    args = parser.parse_args()

    ledger = args.build / "soak.ledger"
    if args.report:
        return report(ledger)
    name, rtl = commit(), state_of_rtl()
    shards = done(ledger, rtl)
    total = sum(shards.values())
    seed, failures = args.seed, 0
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
                file.write(f"{name} {rtl} {config} {seed} {compared} {result}\n")
            total += compared if result == "passed" else 0
            print(f"{config} seed {seed}: {compared} requests, {result}; {total} in all",
                  flush=True)
            if run.returncode != 0:
                failures += 1
                print(run.stdout[-6000:], flush=True)
                if not args.keep_going:
                    return 1
        seed += 1
    print(f"{total} requests compared on RTL {rtl}, {failures} shards with a difference")
    return failures != 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; the ledger knows what is done")
        sys.exit(130)
