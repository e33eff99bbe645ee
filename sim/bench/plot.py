#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of docs/performance.md from build/bench/rtl.json."""

import argparse
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

LATENCIES = (20, 100, 200)
COLOURS = {20: "#4c9f70", 100: "#3a6ea5", 200: "#b5533c"}

# What the nearest peer reaches of plain wires (docs/performance.md tells where from), by our row:
# workload, the beginning of the variant, window.
PEER = [
    ("stream\n64 B", "W2", "64 B, 4 KiB pages, reads", 16, (1.000, 0.643, 0.577)),
    ("stream\n256 B", "W2", "256 B, 4 KiB pages, reads", 16, (1.000, 0.998, 0.610)),
    ("stream\n2 KB", "W2", "2048 B, 4 KiB pages, reads", 16, (1.000, 0.998, 0.837)),
    ("random\n64 B", "W3", "16 MB, 4 KiB pages, reads", 16, (0.120, 0.026, 0.022)),
    ("8\ndevices", "W6", "8 devices, reads", 16, (0.910, 0.623, 0.572)),
    ("16\ndevices", "W6", "16 devices, reads", 16, (0.267, 0.070, 0.060)),
    ("NIC\nring", "W5", "4 KiB pages", 16, (1.000, 0.613, 0.313)),
]


def style(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)


def save(figure, path):
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)


def plot_bound(rows, path):
    """Each row's distance from its bound, by workload and latency."""
    workloads = sorted({row["workload"] for row in rows})
    figure, axes = plt.subplots(figsize=(8, 3.4))
    for row in rows:
        place = LATENCIES.index(row["latency"])
        same = [r for r in rows if r["workload"] == row["workload"]
                and r["latency"] == row["latency"]]
        spread = (same.index(row) / max(len(same) - 1, 1) - 0.5) * 0.2
        axes.plot(workloads.index(row["workload"]) + (place - 1) * 0.26 + spread,
                  row["ratio_of_bound"], "o", markersize=2.5, color=COLOURS[row["latency"]],
                  markeredgewidth=0)
    axes.axhline(0.95, linewidth=0.8, linestyle="--", color="black")
    axes.set_xticks(range(len(workloads)), workloads)
    axes.set_ylabel("bound / cycles")
    axes.set_ylim(min(0.6, min(row["ratio_of_bound"] for row in rows) - 0.05), None)
    axes.legend(handles=[plt.Line2D([], [], marker="o", linestyle="", color=COLOURS[latency],
                                    label=f"L = {latency}") for latency in LATENCIES],
                frameon=False, ncols=3, loc="lower left")
    style(axes)
    save(figure, path)


def plot_peer(rows, path):
    """Throughput over that of plain wires, beside the nearest peer's."""
    figure, axes = plt.subplots(figsize=(8, 3.4))
    width = 0.13
    found = {(row["workload"], row["variant"], row["window"], row["latency"]): row["ratio"]
             for row in rows}
    for place, (_, workload, variant, window, peer) in enumerate(PEER):
        for i, latency in enumerate(LATENCIES):
            own = found.get((workload, variant, window, latency), 0)
            axes.bar(place + (2 * i - 2.5) * width, own, width, color=COLOURS[latency])
            axes.bar(place + (2 * i - 1.5) * width, peer[i], width, color=COLOURS[latency],
                     alpha=0.35)
    axes.set_xticks(range(len(PEER)), [case[0] for case in PEER])
    axes.set_ylabel("throughput / plain wires")
    axes.legend(handles=[plt.Rectangle((0, 0), 1, 1, color=COLOURS[latency], label=f"L = {latency}")
                         for latency in LATENCIES] +
                [plt.Rectangle((0, 0), 1, 1, color="grey", alpha=0.35, label="nearest peer")],
                frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    style(axes)
    save(figure, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    args = parser.parse_args()
    rows = json.loads(args.rows.read_text(encoding="utf-8"))
    if not rows:
        sys.exit(f"{args.rows} has no rows")
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "portcullis", "font.size": 9,
                         "font.family": "sans-serif"})
    args.out.mkdir(parents=True, exist_ok=True)
    plot_bound(rows, args.out / "bound.svg")
    plot_peer(rows, args.out / "peer.svg")


if __name__ == "__main__":
    main()
