#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break the RTL of the queues in one place at a time: the bench must notice each."""

import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/mutate"))

from code_place import chosen_numbers, replaced  # noqa: E402

# Unit, what stands there, what is put in its place.
CHANGES = [
    ("iommu_cq_fetch",
     "if (Cfg.BothEndian && fctl_i.be) cmd_o", "if (1'b0) cmd_o"),
    ("iommu_cq_fetch",
     "3'd4 - 3'(index_q[1:0])",
     "3'd4"),
    ("iommu_cq_fetch",
     "fault: mem_rsp_i.status != MEM_OK",
     "fault: mem_rsp_i.status == MEM_ACCESS_FAULT"),
    ("iommu_cq_fetch",
     "count_t'(Words - 8)",
     "count_t'(Words + 8)"),
    ("iommu_cq_decode",
     "gvma && cmd.pscv ?",
     "1'b0 ?"),
    ("iommu_cq_decode",
     "iotinval.av && (iotinval.gv || iotinval.func3 == FUNC3_IOTINVAL_VMA)",
     "iotinval.av"),
    ("iommu_cq_decode",
     "(iodir.did & wide) != '0",
     "(iodir.did & (wide >> 1)) != '0"),
    ("iommu_cq",
     "nl: iotinval.nl && command_q.av",
     "nl: iotinval.nl"),
    ("iommu_cq",
     "state_d = done ? READY : FAULT",
     "state_d = READY; done = 1'b1"),
    ("iommu_cq",
     "if (fetch_idle) state_d = IDLE",
     "state_d = IDLE"),
    ("iommu_cq",
     "choose_store    = store_valid && !fetch_offered_q",
     "choose_store    = store_valid"),
    ("iommu_cq",
     "clear_timed_out = !state_i.on;",
     "clear_timed_out = 1'b0;"),
    ("iommu_cq",
     "if (iofence.pr || iofence.pw) state_d",
     "if (iofence.pr) state_d"),
    ("iommu_cq",
     "fence.addr[61:PhysicalBits-2] != '0",
     "1'b0"),
    ("iommu_record_queue",
     "full       = next_index == state_i.head",
     "full       = index == state_i.head"),
    ("iommu_record_queue",
     "stored   = mem_rsp_valid_i && !failed_q &&",
     "stored   = mem_rsp_valid_i &&"),
    ("iommu_record_queue",
     "end else if (alone) begin",
     "end else begin"),
    ("iommu_record_queue",
     "status_o.idle             = alone && phase_q == DECIDE",
     "status_o.idle             = 1'b1"),
    ("iommu_memory",
     "step: upper_cas ? DATA_KEEP : DATA_PLAIN",
     "step: DATA_PLAIN"),
    ("iommu_memory",
     "hold_r_d  = b_valid_q && !b_take",
     "hold_r_d  = 1'b0"),
    ("iommu_memory",
     "merged.status != MEM_OK)",
     "merged.status == MEM_POISON)"),
    ("iommu_memory",
     "data: r_take || !HasAtomics ? r_i.data : merged.data",
     "data: r_i.data"),
    ("iommu_memory",
     "return (asks & later) != '0 ? first(asks & later) : first(asks);",
     "return first(asks);"),
    ("iommu_memory",
     "!(is_atomic[i] && atomics_full)",
     "1'b1"),
    ("iommu_memory",
     "w_free = !owner_q.valid || w_end",
     "w_free = 1'b1"),
    ("iommu_itags",
     "asked == answering",
     "1'b1"),
    ("iommu_itags",
     "begun_q[look_q] ? left_of[look_q] : completion_i.count - 3'd1",
     "begun_q[look_q] ? left_of[look_q] : completion_i.count"),
    ("iommu_write_beats",
     "left_d = 4'(req_i.beats) + 4'd1",
     "left_d = 4'(req_i.beats)"),
]

WORK = pathlib.Path("build/mutate-queues")


def outcome(unit: str, old: str, new: str) -> str:
    """Build the changed design and run the bench on it."""
    shutil.rmtree(WORK / "rtl", ignore_errors=True)
    shutil.copytree("rtl", WORK / "rtl", ignore=shutil.ignore_patterns("regs"))
    path = WORK / "rtl" / f"{unit}.sv"
    text = path.read_text()
    try:
        path.write_text(replaced(text, old, new))
    except ValueError as error:
        return f"STALE: {error}"
    bench = WORK / "sim" / "queues-full"
    bench.unlink(missing_ok=True)
    build = subprocess.run(
        ["make", str(bench), f"QUEUES_FROM={WORK}/rtl", f"QUEUES_BUILD={WORK}/sim",
         "VERILATOR_FLAGS=--cc --exe --build -O3 --assert -Wno-fatal -j 2"],
        capture_output=True, text=True, check=False)
    if not bench.exists():
        return "STALE: does not build: " + build.stderr[-200:]
    run = subprocess.run(["timeout", "300", str(bench), "1", "300", "6000"],
                         capture_output=True, text=True, check=False)
    return "caught" if run.returncode else "MISSED"


def main() -> int:
    chosen = chosen_numbers(__doc__, len(CHANGES))
    missed = 0
    for number in chosen:
        result = outcome(*CHANGES[number])
        missed += result != "caught"
        print(f"{number:2} {CHANGES[number][0]}: {CHANGES[number][2]}: {result}", flush=True)
    print(f"{len(chosen) - missed} passed, {missed} failed")
    return missed != 0


if __name__ == "__main__":
    sys.exit(main())
