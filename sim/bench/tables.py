#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables and figures of docs/performance.md, from what bench-rtl and synth have measured."""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

COLUMNS = [("L", "latency", "{}"), ("Q", "window", "{}"), ("wires", "ideal_cycles", "{}"),
           ("iommu", "iommu_cycles", "{}"), ("ratio", "ratio", "{:.3f}"),
           ("/bound", "ratio_of_bound", "{:.3f}"), ("reads", "walk_reads_per_miss", "{:.2f}"),
           ("p50", "added_latency_p50", "{}"), ("p99", "added_latency_p99", "{}"),
           ("wait", "longest_wait", "{}"), ("over wires", "wires_wait", "{}"),
           ("limit", "wait_limit", "{}")]


def table(heads, lines):
    rule = "|" + "---|" * len(heads)
    return "\n".join(["| " + " | ".join(heads) + " |", rule] +
                     ["| " + " | ".join(line) + " |" for line in lines])


def rows_table(rows):
    below = [row for row in rows if row["ratio_of_bound"] < 0.95]
    product = 1.0
    for row in rows:
        product *= row["ratio_of_bound"] ** (1 / len(rows))
    worst = min(row["ratio_of_bound"] for row in rows)
    head = (f"{len(rows)} rows; bound / iommu: geometric mean {product:.3f}, worst {worst:.3f}, "
            f"{len(below)} rows below 0.95.\n\n")
    return head + table(["row"] + [column[0] for column in COLUMNS],
                        [[f"{row['workload']} {row['variant']}"] +
                         [form.format(row[key]) for _, key, form in COLUMNS] for row in rows])


def unmaps_table(events):
    return table(["cycles", "L", "iommu", "limit"],
                 [[event["what"], str(event["latency"]), str(event["cycles"]),
                   str(event["limit"])] for event in events])


def synth_table(rows):
    lines = []
    for row in rows:
        xilinx = row.get("xc7", {})
        lines.append([row["config"].capitalize(), str(row["lut4"]), str(row["ff"]),
                      str(row["bram"]), str(row.get("fmax_mhz", "not routed")),
                      str(xilinx.get("lut", "not mapped")), str(xilinx.get("ff", "")),
                      str(xilinx.get("bram18", "")), str(xilinx.get("carry4", ""))])
    return table(["configuration", "LUT4", "FF", "DP16KD", "MHz",
                  "7-series: LUT", "FF", "RAMB18", "CARRY4"], lines)


def put(text, name, content):
    pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
    if not re.search(pattern, text, re.S):
        sys.exit(f"no place for {name}")
    return re.sub(pattern, lambda found: found[1] + "\n" + content + "\n\n" + found[2], text,
                  flags=re.S)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=Path("build/bench"))
    parser.add_argument("--page", type=Path, default=Path("docs/performance.md"))
    args = parser.parse_args()
    text = args.page.read_text(encoding="utf-8")
    for name, file, make in (("rows", "rtl.json", rows_table),
                             ("unmaps", "unmaps.json", unmaps_table),
                             ("synth", "synth.json", synth_table)):
        path = args.bench / file
        if path.exists():
            text = put(text, name, make(json.loads(path.read_text(encoding="utf-8"))))
        else:
            print(f"{path} is not there: {name} stay as they are", file=sys.stderr)
    args.page.write_text(text, encoding="utf-8")
    if (args.bench / "rtl.json").exists():
        subprocess.run([sys.executable, Path(__file__).with_name("plot.py"),
                        args.bench / "rtl.json", "--out", args.page.parent / "figures"], check=True)


if __name__ == "__main__":
    main()
