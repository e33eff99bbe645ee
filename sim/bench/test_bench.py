#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bench tries itself, without RTL: cycles and bounds that can be worked out by hand, a design
that keeps up with them, and the same design broken in four ways, each of which must show."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

BURSTS = 4096


class Bench:
    def __init__(self, program):
        self.program = program
        self.passed = self.failed = 0

    def check(self, what, good, told=""):
        self.passed += good
        self.failed += not good
        if not good:
            print(f"FAILED {what}: {told}")

    def run(self, *options):
        """Status, output and rows of a run."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.json"
            done = subprocess.run([self.program, "--bursts", str(BURSTS), "--json", path, *options],
                                  capture_output=True, text=True, check=False)
            rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return done.returncode, done.stdout, rows


def by_hand(bench):
    """Rows whose figures follow from the memory's definition and the bound's."""
    _, _, rows = bench.run("--perfect", "--only", "W1", "--only", "W2 stream, 2048 B, 4 KiB")
    bench.check("rows", len(rows) == 18, len(rows))
    for row in rows:
        latency, window = row["latency"], row["window"]
        each = BURSTS // 2 if "both" in row["variant"] else BURSTS
        name = f"{row['workload']} {row['variant']} L={latency}"
        if row["workload"] == "W1":
            # One a cycle, or a window each time that its answers are there.
            steady = max(each, each / window * (latency + 1))
            bench.check(f"{name}, wires", abs(row["ideal_cycles"] - steady) <= latency + window,
                        f"{row['ideal_cycles']}, not about {steady}")
            # Five reads at the most: the device's context, and three levels of tables.
            bound = max(each, each * (latency + 3) / window)
            bench.check(f"{name}, bound", bound <= row["bound_cycles"] <=
                        bound + 5 * (latency + 1) / window + 1, f"{row['bound_cycles']}: {bound}")
            bench.check(f"{name}, added", row["added_latency_p50"] >= 1, row["added_latency_p50"])
        else:
            bench.check(f"{name}, bound", row["bound_cycles"] == each * 256, row["bound_cycles"])
            bench.check(f"{name}, wires", 0 <= row["ideal_cycles"] - each * 256 <= latency + 1,
                        row["ideal_cycles"])


def perfect(bench):
    """The design that loses no cycle: nothing fails, and streams are not below their bound."""
    status, output, rows = bench.run("--perfect")
    bench.check("perfect", status == 0 and len(rows) == 255, output[-300:])
    for row in rows:
        name = f"{row['workload']} {row['variant']} L={row['latency']} Q={row['window']}"
        bench.check(name, row["iommu_cycles"] >= row["ideal_cycles"], "faster than wires")
        bench.check(name, row["ratio_of_bound"] < 1.03, "far above the bound")
        if row["workload"] in ("W4", "W5", "W8"):
            bench.check(name, row["ratio_of_bound"] > 0.95, row["ratio_of_bound"])


def broken(bench):
    for number, what in ((1, "an address"), (2, "order"), (3, "a lost request")):
        status, output, _ = bench.run("--perfect", "--break", str(number), "--only",
                                      "W3 random, 16 MB, 4 KiB pages, reads", "--latency", "100")
        bench.check(f"broken: {what}", status == 1 and output.count("FAILED") == 2, output[-300:])
    status, _, rows = bench.run("--perfect", "--break", "4", "--only", "W1", "--latency", "100")
    bench.check("broken: slow hits", status == 0 and
                all(row["ratio_of_bound"] < 0.6 and row["added_latency_p50"] >= 99
                    for row in rows), rows)


def usage(bench):
    for options, status in ((["--help"], 0), (["--nonsense"], 2), (["--bursts", "x"], 2)):
        done = subprocess.run([bench.program, *options], capture_output=True, check=False)
        bench.check(" ".join(options), done.returncode == status, done.returncode)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="build/bench-wires")
    bench = Bench(parser.parse_args().program)
    for part in (by_hand, perfect, broken, usage):
        part(bench)
    print(f"{bench.passed} passed, {bench.failed} failed")
    return bench.failed > 0


if __name__ == "__main__":
    sys.exit(main())
