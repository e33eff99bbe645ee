#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn the SystemRDL description of the IOMMU into C, SystemVerilog and documentation.

Without --check the generated files are written. With --check nothing is written, and the exit
status says whether the files are up to date.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Callable

from systemrdl import RDLCompileError

from export_c import c_header
from export_md import reference
from export_sv import sv_package
from regmodel import Model, Reader

HERE = Path(__file__).resolve().parent

OUTPUTS: dict[str, Callable[[Model], str]] = {
    "sw-model/include/iommu_regs.h": c_header,
    "rtl/iommu_reg_pkg.sv": sv_package,
    "docs/registers.md": reference,
}


def is_current(path: Path, text: str) -> bool:
    """Whether a file exists and holds this text."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(argv: list[str] | None = None) -> int:
    """Run the exporter; the result is the exit status."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true",
                        help="write nothing; fail if a generated file is not up to date")
    parser.add_argument("--source", type=Path, default=HERE / "iommu.rdl", metavar="FILE",
                        help="the description (default: iommu.rdl beside this program)")
    parser.add_argument("--root", type=Path, default=HERE.parent.parent, metavar="DIR",
                        help="where the generated files belong (default: the repository)")
    args = parser.parse_args(argv)
    try:
        model = Reader(args.source).model()
        texts = {name: generate(model) for name, generate in OUTPUTS.items()}
    except (RDLCompileError, ValueError) as error:
        print(f"export.py: {args.source.name} is not valid: {error}", file=sys.stderr)
        return 2
    stale = [name for name, text in texts.items() if not is_current(args.root / name, text)]
    if args.check:
        for name in stale:
            print(f"export.py: {name} is stale; run rtl/regs/export.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (args.root / name).parent.mkdir(parents=True, exist_ok=True)
        (args.root / name).write_text(texts[name], encoding="utf-8")
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
