#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast the lab is: the case `speed` in Linux, with nothing, the model, or the RTL as IOMMU.

    bench.py OUT.json RTL_SERVER COMMAND...   COMMAND is lab.py with all arguments but --iommu and
                                              --cases; RTL_SERVER is the server with the RTL in it
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

WAYS = {
    "none": ["--iommu", "none"],
    "model, passthrough": ["--iommu", "model", "--append", "iommu.passthrough=1"],
    "model, lazy": ["--iommu", "model", "--append", "iommu.strict=0"],
    "model, strict": ["--iommu", "model", "--append", "iommu.strict=1"],
    "rtl, passthrough": ["--iommu", "rtl", "--append", "speed=16 iommu.passthrough=1"],
    "rtl, strict": ["--iommu", "rtl", "--append", "speed=16 iommu.strict=1"],
    "both, strict": ["--iommu", "both", "--append", "speed=16 iommu.strict=1"],
}


def main():
    out, server, command = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    figures = {}
    for name, way in WAYS.items():
        arguments = [*way, *(["--server", server, "--config", "base"] if way[1] in ("rtl", "both") else [])]
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log"
            run = subprocess.run([*command, *arguments, "--cases", "speed", "--log", log],
                                 stdout=subprocess.PIPE, text=True, check=False)
            text = log.read_text() if log.exists() else ""
        figures[name] = {key: int(value) for key, value in
                         re.findall(r"SPEED (\w+) (\d+)", text)}
        if run.returncode or not figures[name]:
            print(run.stdout)
            print(f"bench-lab: {name}: no figures")
            return 1
    keys = sorted({key for row in figures.values() for key in row})
    for key in keys:
        print(key)
        for name, row in figures.items():
            if key in row:
                print(f"    {name:20} {row[key]:>14,}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
