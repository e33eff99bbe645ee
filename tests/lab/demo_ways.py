#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make demo` takes Linux where it can, else the bench, and says why in one line; builds that
fail, hang or are interrupted leave nothing behind.

    demo_ways.py RUN_PY
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

results = []

# In the place of make: what each goal does is a line `GOAL COMMAND` in the file `goals`.
MAKE = """#!/bin/bash
command=$(sed -n "s/^$2 //p" "$1")
echo "$2" >> "$1.made"
eval "$command"
"""


def check(name, good):
    print(f"{'ok    ' if good else 'FAILED'} {name}")
    results.append(good)


class Place:
    """A folder with a make, a QEMU or none, and goals."""

    def __init__(self, folder, goals, qemu):
        self.folder = pathlib.Path(folder)
        make = self.folder / "make"
        make.write_text(MAKE)
        make.chmod(0o755)
        self.goals = self.folder / "goals"
        self.goals.write_text("\n".join(f"{goal} {command}" for goal, command in goals.items()) + "\n")
        self.qemu = self.folder / "qemu"
        if qemu:
            self.qemu.touch()

    def start(self, limit=20):
        return subprocess.Popen([sys.executable, sys.argv[1], "--make", f"{self.folder}/make {self.goals}", "--out",
                                 self.folder / "out", "--qemu", self.qemu, "--limit", str(limit), "--", "--none"],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                # which may be ignored by a background job's processes
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def made(self):
        path = self.folder / "goals.made"
        return path.read_text().split() if path.exists() else []

    def gone(self):
        """Nothing runs any more: what was killed needs a moment for that."""
        end = time.monotonic() + 10
        while self.left() and time.monotonic() < end:
            time.sleep(0.05)
        return not self.left()

    def left(self):
        """Processes of the stub's builds that still run."""
        return subprocess.run(["pgrep", "-f", f"sleep 98765.{os.getpid()}"], capture_output=True,
                              check=False).returncode == 0


GOOD = {"demo-linux-needs": "true", "demo-rtl": "true", "demo-bench": "echo BENCH"}
HANGS = f"sleep 98765.{os.getpid()}"


def way(name, goals, qemu, said, bench, status, limit=20):
    with tempfile.TemporaryDirectory(prefix="demo-ways-") as folder:
        place = Place(folder, {**GOOD, **goals}, qemu)
        run = place.start(limit)
        output = run.communicate(timeout=60)[0]
        lines = [line for line in output.splitlines() if "no Linux" in line]
        check(f"{name}: says so", len(lines) == (1 if bench else 0) and said in output)
        check(f"{name}: the bench", (bench and output.rstrip().endswith("BENCH")) or
              (not bench and "demo-bench" not in place.made()))
        check(f"{name}: status", (run.returncode == 0) == (status == 0))
        check(f"{name}: nothing goes on", place.gone())


def interrupted(name, number):
    with tempfile.TemporaryDirectory(prefix="demo-ways-") as folder:
        place = Place(folder, {**GOOD, "demo-linux-needs": f"({HANGS}; true) & wait", "demo-rtl": HANGS}, True)
        run = place.start()
        end = time.monotonic() + 20
        while not place.left() and time.monotonic() < end:
            time.sleep(0.1)
        check(f"{name}: it builds", place.left())
        run.send_signal(number)
        try:
            output = run.communicate(timeout=20)[0]
        except subprocess.TimeoutExpired:
            run.terminate()
            output = "BENCH" + run.communicate()[0]
        check(f"{name}: ends", run.returncode == 128 + number and "BENCH" not in output)
        check(f"{name}: nothing goes on", place.gone())


def main():
    way("no QEMU", {}, False, "QEMU 11 is not installed", True, 0)
    way("Linux is not built", {"demo-linux-needs": "false"}, True, "Linux cannot be built", True, 0)
    way("Linux takes too long", {"demo-linux-needs": f"{HANGS} & wait"}, True, "not built within 1 s", True, 0, 1)
    way("the RTL is not built", {"demo-rtl": "false"}, True, "the RTL cannot be built", False, 1)
    way("the bench fails", {"demo-bench": "echo BENCH; false"}, False, "QEMU 11", True, 1)
    # linux.py does not know --none: as it would fail by itself, it is no reason for the bench.
    way("Linux fails", {}, True, "usage", False, 2)
    interrupted("Ctrl-C", signal.SIGINT)
    interrupted("terminated", signal.SIGTERM)
    print(f"{sum(map(bool, results))} passed, {len(results) - sum(map(bool, results))} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
