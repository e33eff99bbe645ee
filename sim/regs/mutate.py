#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break the register side on purpose, one way at a time, and see the bench notice.

Each mutant is a copy of rtl/ below build/ with one replacement. Run in the tool root after
`make build/sim-regs-base build/sim-regs-full`, whose objects are reused.
Ends with `N passed, N failed`: a mutant that is noticed is passed.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/mutate"))

from code_place import replaced  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build" / "sim-regs"
CONFIGS = {"small": (0, 32), "base": (1, 64), "full": (2, 64)}
FILES = """iommu_reg_pkg iommu_pkg iommu_csr_pkg iommu_ram iommu_table iommu_queue_regs
iommu_debug_regs iommu_hpm iommu_messages iommu_interrupts iommu_regs iommu_axi_lite""".split()

# file, what it says, what it shall say, configuration that should notice
MUTANTS = [
    ("iommu_axi_lite", "{&q.w_strb[7:4], &q.w_strb[3:0]}", "{|q.w_strb[7:4], &q.w_strb[3:0]}",
     "base"),
    ("iommu_axi_lite", "aw_misaligned ? 2'b00 : half", "half", "base"),
    ("iommu_axi_lite", "d.r_data  = ar_misaligned ? '0 : rdata", "d.r_data  = rdata", "base"),
    ("iommu_axi_lite", "{q.aw_addr[2], !q.aw_addr[2]}", "{!q.aw_addr[2], q.aw_addr[2]}", "small"),
    ("iommu_axi_lite", "can_write = q.aw_full && q.w_full", "can_write = q.aw_full", "base"),
    ("iommu_axi_lite", "if (bready_i) d.b_full = 1'b0;", "d.b_full = 1'b0;", "base"),
    ("iommu_queue_regs", "(own_q + 32'd1) & mask", "own_q + 32'd1", "base"),
    ("iommu_queue_regs", "software_d  = software_q & mask;", "software_d  = software_q;", "base"),
    ("iommu_queue_regs", "software_d = index_data & mask", "software_d = index_data", "base"),
    ("iommu_queue_regs", "        sticky_d = '0;\n", "", "base"),
    ("iommu_queue_regs", "        own_d    = '0;\n", "", "base"),
    ("iommu_queue_regs", "if (write_csr && !busy)", "if (write_csr)", "base"),
    ("iommu_queue_regs", "sticky_d |= set;", "sticky_d |= set & ~{StickyBits{write_csr}};", "base"),
    ("iommu_queue_regs", "|set || (!Commands && status_i.advance)", "|set || status_i.advance", "base"),
    ("iommu_queue_regs", "|sticky_q[StickyBits-2:0]", "|sticky_q", "base"),
    ("iommu_queue_regs", "(enable_q || !status_i.idle)", "enable_q", "base"),
    ("iommu_queue_regs", "32'hffff_fffe <<", "32'hffff_ffff <<", "base"),
    ("iommu_queue_regs", "base_d.reserved_9_5   = '0;", "", "base"),
    ("iommu_debug_regs", "(control_q.go_busy && !debug_i.valid) ||\n", "", "base"),
    ("iommu_debug_regs", "req_i.write && !disable_i", "req_i.write", "base"),
    ("iommu_debug_regs", "control_q.nw ? ACCESS_READ", "!control_q.nw ? ACCESS_READ", "base"),
    ("iommu_interrupts", "((ipsr_q & ~cleared) | raised) & CauseMask",
     "((ipsr_q | raised) & ~cleared) & CauseMask", "base"),
    ("iommu_interrupts", "raised & ~(ipsr_q & ~cleared)", "raised & ~ipsr_q", "base"),
    ("iommu_interrupts", "req_i.wdata[15:0] & VectorMask", "req_i.wdata[15:0]", "base"),
    ("iommu_interrupts", "ipsr_q[i] && fctl_i.wsi", "ipsr_q[i]", "base"),
    ("iommu_interrupts", "fctl_i.wsi ? '0 : rising", "rising", "base"),
    ("iommu_messages", "fctl_i.be ? {<<8{low}} : low", "low", "full"),
    ("iommu_messages", "if (pending_q[i] && !masked_q[i])", "if (pending_q[i])", "base"),
    ("iommu_messages", "(masked_q[vector] || !pending_q[vector]) &&", "", "full"),
    ("iommu_messages", "due_d |= rising_i;", "due_d = rising_i != '0 ? rising_i : due_d;", "full"),
    ("iommu_messages", "mem_rsp_i.status == MEM_OK ? IDLE : FAULT", "IDLE", "base"),
    ("iommu_messages", "req_i.half[1] && !is_data;", "req_i.half[1];", "base"),
    ("iommu_messages", "if (choose) pending_d[chosen] = 1'b0;", "", "base"),
    ("iommu_hpm", "ones &= kept.did_gscid[i];", "", "base"),
    ("iommu_hpm", "EventBits'(HPM_EVENT_DDT_WALK) && value[1] && !kept.idt",
     "EventBits'(HPM_EVENT_DDT_WALK) && value[1]", "base"),
    ("iommu_hpm", "(!kept.dv_gscv || value[2]) &&", "", "base"),
    ("iommu_hpm", "(kept.idt ? value[1] : value[0])", "(kept.idt || value[0])", "base"),
    ("iommu_hpm", "!kept.idt && (!kept.pv_pscv || value[3])", "!kept.idt", "full"),
    ("iommu_hpm", "!req_i.write || kept_new == kept;", "1'b1;", "base"),
    ("iommu_hpm", "step_q == '1;", "step_q == 6'd59;", "base"),
    ("iommu_hpm", "rewriting ? member + 1'b1 : number;", "number;", "base"),
    ("iommu_hpm", "if (evt.eventid > HPM_EVENT_SECOND_STAGE_WALK) kept.eventid = '0;", "", "base"),
    ("iommu_hpm", "'0 : acc_q[i]) +", "'0 : acc_q[i]) | ", "base"),
    ("iommu_hpm", "AccBits = $clog2(Round * AtOnce + 1)", "AccBits = 4", "full"),
    ("iommu_hpm", "overflow_d    = !of_q[place_q];", "overflow_d    = 1'b1;", "base"),
    ("iommu_hpm", "&& !inhibit_q[i] &&", "&&", "base"),
    ("iommu_hpm", "cycles_overflow && !cycles_of_q", "cycles_overflow", "base"),
    ("iommu_regs", "32'(DDTP_MODE_1LVL) + Cfg.DdtLevels", "32'(DDTP_MODE_1LVL) + 3", "small"),
    ("iommu_regs", "req_i.half[0] && off)", "req_i.half[0])", "base"),
    ("iommu_regs", "ddtp.iommu_mode == DDTP_MODE_OFF && !core_i.ddtp_busy &&", "", "base"),
    ("iommu_regs", "flush_d = fctl_d != fctl_q;", "flush_d = 1'b0;", "base"),
    ("iommu_regs", "strap_reset_mode_i ? DDTP_MODE_BARE : DDTP_MODE_OFF", "DDTP_MODE_OFF", "base"),
    ("iommu_regs", "capabilities.dbg = !strap_debug_disable_i;", "", "base"),
    ("iommu_regs", "{pq_interrupt, hpm_overflow, fq_interrupt, cq_interrupt}",
     "{hpm_overflow, pq_interrupt, fq_interrupt, cq_interrupt}", "full"),
]


def build(mutant):
    """@return the simulation's program, or None if verilator refuses the mutant."""
    name, old, new, config = mutant
    work = BUILD / "mutant"  # always the same path, for ccache's sake
    shutil.rmtree(work, ignore_errors=True)
    (work / "rtl").mkdir(parents=True)
    for file in FILES:
        shutil.copy(TOP / "rtl" / f"{file}.sv", work / "rtl")
    path = work / "rtl" / f"{name}.sv"
    text = path.read_text()
    try:
        path.write_text(replaced(text, old, new))
    except ValueError as error:
        sys.exit(f"{name}: {error}")
    index, width = CONFIGS[config]
    flags = f'-O1 -I{TOP}/sim/regs -DCONFIG_NAME=\\"{config}\\" -DDATA_WIDTH={width}'
    command = ["verilator", "--cc", "--exe", "--build", "--assert", "-Wno-fatal", "-Wno-lint",
               "--x-initial", "unique", "--x-assign", "unique", "--top-module", "tb_regs",
               f"-GConfig={index}", f"-GDataWidth={width}", "--Mdir", str(work / "obj"),
               "-CFLAGS", flags, "-o", str(work / "sim")]
    command += [str(work / "rtl" / f"{file}.sv") for file in FILES]
    command += [str(TOP / "sim/regs/tb_regs.sv"), str(TOP / "sim/regs/dut.cpp")]
    command += [str(path) for path in sorted(BUILD.glob("*.o"))]
    command += [str(TOP / "build/model/opt/libiommu-model.a")]
    env = dict(os.environ, OBJCACHE="ccache", CCACHE_DIR=str(TOP / "build" / "ccache"))
    done = subprocess.run(command, capture_output=True, text=True, cwd=TOP, env=env)
    if done.returncode != 0:
        print(done.stdout[-2000:], done.stderr[-2000:])
        return None
    return work / "sim"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", default="300", help="operations per random test")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--last", type=int, default=len(MUTANTS), help="number of the last")
    args = parser.parse_args()
    passed = failed = 0
    for number, mutant in enumerate(MUTANTS):
        if not args.first <= number <= args.last:
            continue
        program = build(mutant)
        what = f"{number} {mutant[0]}: {mutant[1].strip()!r} -> {mutant[2].strip()!r}"
        if program is None:
            print(f"FAIL {what}: does not build")
            failed += 1
            continue
        run = subprocess.run([str(program), "--count", args.count], capture_output=True, text=True)
        if run.returncode != 0:
            passed += 1
            lines = run.stdout.splitlines()
            reason = [line for line in lines if "cycle" in line or "ssert" in line]
            print(f"ok {what}: {(reason or ['stopped'])[0].strip()}", flush=True)
        else:
            failed += 1
            print(f"FAIL {what}: not noticed", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
