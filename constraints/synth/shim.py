#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A module `iommu` with the ports of rtl/iommu.sv around the netlist `core`, for the benches."""

import re
import sys
from pathlib import Path


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: shim.py rtl/iommu.sv NETLIST")
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    found = re.search(r"^module iommu\b.*?^\);\n", text, re.S | re.M)
    if not found:
        sys.exit(f"no module header in {sys.argv[1]}")
    netlist = Path(sys.argv[2]).read_text(encoding="utf-8")
    ports = re.search(r"^module core\((.*?)\);", netlist, re.S | re.M)[1]
    names = ", ".join(f".{name.strip()}" for name in ports.split(","))
    print(f"// Made by constraints/synth/shim.py.\n{found[0]}\n  core u_core ({names});\nendmodule")


if __name__ == "__main__":
    main()
