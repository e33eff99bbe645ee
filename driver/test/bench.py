#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a map and an unmap cost, in instructions, and what they ask of the IOMMU.

QEMU runs with one instruction a nanosecond and a seed, so that a run repeats exactly; the
time counter (10 MHz) stands for 100 instructions. Bounds are absolute: what was measured,
with 3 % for other kernels' configurations. They come down when the driver gets better.
"""
import json
import pathlib
import re
import shutil
import sys
import tempfile

import run

MODES = {"strict": run.STRICT, "lazy": run.LAZY, "passthrough": run.PASSTHROUGH}
ICOUNT = "-icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01T00:00:00,clock=vm"
LINE = re.compile(r"BENCH (\S+) rounds (\d+) map (\d+) unmap (\d+)(?: segments (\d+))? "
                  r"commands (\d+) fences (\d+)")
INSTRUCTIONS_PER_TICK = 100
MARGIN = 1.03


def measure(args, mode):
    run.MACHINES["bench"] = (run.PLATFORM, MODES[mode], "bench", [])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="driver-bench-"))
    try:
        log, results = run.boot(args, "bench", folder)
    finally:
        shutil.rmtree(folder)
    (args.logs / f"bench-{mode}.log").write_text(log)
    figures = {}
    for what, rounds, on, off, segments, commands, fences in LINE.findall(log):
        n = int(rounds)
        figures[what] = {"map": int(on) * INSTRUCTIONS_PER_TICK // n,
                         "unmap": int(off) * INSTRUCTIONS_PER_TICK // n,
                         "commands": int(commands) / n, "fences": int(fences) / n}
        if segments:
            figures[what]["segments"] = int(segments)
    return figures, all(ok for _, ok in results) and len(figures) == 4


def main():
    parser = run.arguments(__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--bounds", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.qemu = f"{ICOUNT} {args.qemu}"
    args.smp = 1
    # How fast the host takes the kernel's messages off the terminal must not count either.
    args.append = f"loglevel=5 {args.append}"
    args.logs.mkdir(parents=True, exist_ok=True)
    bounds = json.loads(args.bounds.read_text())
    passed = failed = 0
    report = {"unit": "instructions per call; commands and fences per unmap", "modes": {}}
    for mode in MODES:
        figures, fine = measure(args, mode)
        report["modes"][mode] = figures
        if not fine:
            failed += 1
        for what, values in figures.items():
            print(f"{mode:12} {what:4}", *(f"{k} {v:g}" for k, v in values.items()))
            for name, value in values.items():
                bound = bounds.get(mode, {}).get(what, {}).get(name)
                good = bound is not None and value <= bound * (MARGIN if name in ("map", "unmap") else 1.1)
                if not good:
                    print(f"  {name}: {value:g}, bound {bound}")
                passed += good
                failed += not good
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
