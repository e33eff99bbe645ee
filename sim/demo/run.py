#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make demo`: Linux in the lab; where that cannot be, the scenario on the lockstep bench.

It builds what is missing, and says in one line why Linux cannot run. What fails once Linux runs
is a failure of the demonstration, and no reason for another one.
"""
import argparse
import ctypes
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PR_SET_PDEATHSIG = 1


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Job:
    """A build in a process group of its own, which ends as a whole, with a limit of time."""

    def __init__(self, what, command, log, limit):
        self.what, self.log, self.limit = what, log, limit
        self.begin = time.monotonic()
        self.late = False
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        with open(log, "wb") as file:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                            env=environment, start_new_session=True,
                                            preexec_fn=end_with_parent)

    def running(self):
        if self.process.poll() is None and time.monotonic() - self.begin > self.limit:
            self.late = True
            self.end()
        return self.process.poll() is None

    def end(self):
        """Nothing of it goes on."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def problem(self):
        """@return what went wrong, in one line; or nothing"""
        if self.late:
            return f"{self.what} was not built within {self.limit} s"
        if self.process.returncode:
            return f"{self.what} cannot be built (see {self.log})"
        return None


def build(jobs):
    """Wait for all, and tell that it goes on."""
    told = begin = time.monotonic()
    try:
        while any([job.running() for job in jobs]):
            time.sleep(0.2)
            now = time.monotonic()
            if now - begin > 2 and (told == begin or now - told > 60):
                names = " and ".join(job.what for job in jobs if job.process.poll() is None)
                print(f"  [{now - begin:3.0f} s] building {names}: some minutes, once", flush=True)
                told = now
    finally:
        for job in jobs:
            job.end()


def stopped(number, _frame):
    sys.exit(128 + number)


def linux(args):
    """@return (why it cannot run, or None; the exit status)"""
    if not args.qemu.exists():
        return "QEMU 11 is not installed (./dev --qemu11)", 0
    make = shlex.split(args.make)
    jobs = [Job("Linux", [*make, "demo-linux-needs"], args.out / "linux-build.log", args.limit),
            Job("the RTL", [*make, "demo-rtl"], args.out / "rtl-build.log", 2 * args.limit)]
    build(jobs)
    if jobs[1].problem():
        print(f"demo: {jobs[1].problem()}", file=sys.stderr)
        return None, 1
    if jobs[0].problem():
        return jobs[0].problem(), 0
    figures = args.out / "figures.json"
    run = subprocess.run([sys.executable, HERE / "linux.py", "--figures", figures, *args.lab], check=False)
    if run.returncode == 0:
        run = subprocess.run([sys.executable, HERE / "page.py", figures, args.out / "index.html"], check=False)
    return None, run.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--make", required=True, help="make, and what it needs to find this build")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for report and logs")
    parser.add_argument("--qemu", type=pathlib.Path, default="/opt/qemu11/bin/qemu-system-riscv64")
    parser.add_argument("--limit", type=int, default=1500, help="seconds for the build of Linux")
    parser.add_argument("lab", nargs="*", help="behind `--`: arguments of lab.py")
    args = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopped)
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        why, status = linux(args)
        if why:
            print(f"demo: no Linux: {why}; instead, four devices on the lockstep bench", flush=True)
            status = subprocess.run([*shlex.split(args.make), "demo-bench"], check=False).returncode
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
