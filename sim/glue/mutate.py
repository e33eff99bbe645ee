#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break these modules in one place at a time: the bench must notice each."""

import pathlib
import shutil
import subprocess
import sys

# Unit, what stands there, what is put in its place.
CHANGES = [
    ("iommu_fault_arbiter", "fault_valid_i & later_q : fault_valid_i;", "fault_valid_i : '0;"),
    ("iommu_fault_arbiter", "take   = !full_q || record_ready_i;", "take   = 1'b1;"),
    ("iommu_fault_arbiter", "full_d   = full_q && !record_ready_i;", "full_d   = 1'b0;"),
    ("iommu_fault_arbiter", "later_d[i-1] || choice[i-1];", "later_d[i-1] || choice[i];"),
    ("iommu_debug", "rsp_i.fault || rsp_i.target == TARGET_MRIF", "rsp_i.fault"),
    ("iommu_debug", "state_q == ASK && !hold_i", "state_q == ASK"),
    ("iommu_debug", "identity: identity_q,", "identity: debug_i.identity,"),
    ("iommu_debug", "rsp_i.log2 > 6'd12", "rsp_i.log2 >= 6'd12"),
    ("iommu_debug", "sized_page(52'(rsp_i.ppn), rsp_i.log2)", "sized_page(52'(rsp_i.ppn), 6'd12)"),
    ("iommu_transition", "TURN: if (!cq_inval_valid_i || inval_done_i)", "TURN: if (1'b1)"),
    ("iommu_transition", "cq_inval_done_o = inval_done_i && !own_inval", "cq_inval_done_o = inval_done_i"),
    ("iommu_transition", "FLUSH: if (inval_done_i) state_d = DRAIN", "FLUSH: if (inval_done_i) state_d = MESSAGES"),
    ("iommu_transition", "owner_q == SELF && all_drained", "all_drained"),
    ("iommu_transition", "MESSAGES: if (!ats_waiting_i)", "MESSAGES: if (1'b1)"),
    ("iommu_transition", "all_drained = drained == '1", "all_drained = drained != '0"),
    ("iommu_transition", "'0 : ~drained_q", "'0 : '1"),
    ("iommu_transition", "writes_d = cq_drain_writes_i", "writes_d = 1'b1"),
    ("iommu_transition", "state_q != IDLE || ddtp_changed_i", "state_q != IDLE"),
    ("iommu_transition", "ddtp_busy_o || flushing_i || fctl_changed_i", "ddtp_busy_o || flushing_i"),
    ("iommu_quiesce", "count_t'(Settle) && busy_i == '0", "count_t'(Settle)"),
    ("iommu_quiesce", "busy_i != '0 || (quiesce_req_i && !stop_q)", "busy_i != '0"),
    ("iommu_quiesce", "(ack_q || settled)", "settled"),
    ("iommu_quiesce", "settled && !access_i && (ack_q || !arriving_i)", "settled && !access_i"),
    ("iommu_mrif", "{req_q.mrif.address, identity[10:6], 4'h0}", "{req_q.mrif.address, identity[10:6], 4'h8}"),
    ("iommu_mrif", "big_endian = req_q.iova[2]", "big_endian = 1'b0"),
    ("iommu_mrif", "req_q.iova[11:3] == '0 &&", ""),
    ("iommu_mrif", "identity[31:11] == '0 &&", ""),
    ("iommu_mrif", "interrupt  = req_q.write && ", "interrupt  = "),
    ("iommu_mrif", "if (!req_q.word)", "if (1'b0)"),
    ("iommu_mrif", "req_q.access == ACCESS_WRITE ? CAUSE_WRITE_ADDR_MISALIGNED", "1'b1 ? CAUSE_WRITE_ADDR_MISALIGNED"),
    ("iommu_mrif", "if (!ok_d) state_d = req_q.dtf ? ANSWER : REPORT;", "if (!ok_d) state_d = REPORT;"),
    ("iommu_mrif", "mem_rsp_i.status == MEM_POISON ? CAUSE_MSI_MRIF", "1'b0 ? CAUSE_MSI_MRIF"),
    ("iommu_mrif", "cause_d = CAUSE_MSI_WRITE_ACCESS_FAULT;", "ok_d = mem_rsp_i.status == MEM_OK;"),
    ("iommu_mrif", "fault_o.iotval   = 64'(notice_address);", ""),
    ("iommu_mrif", "mem.half      = 1'b1;", ""),
    ("iommu_mrif", "req_valid_i & later_q : req_valid_i;", "req_valid_i : req_valid_i;"),
    ("iommu_mrif", "SET_DONE: if (mem_rsp_valid_i)", "SET_DONE: if (1'b1)"),
    ("iommu_mrif", "mem.rcid = req_q.rcid;", ""),
    ("iommu_ats", "ats_req_i.no_write ? ACCESS_READ : ACCESS_WRITE", "ACCESS_READ"),
    ("iommu_ats", "execute: ats_req_i.execute, identity", "execute: 1'b0, identity"),
    ("iommu_ats", "if (request.pasid_valid && request.kind != ATS_INVALIDATION_COMPLETION)", "if (request.pasid_valid)"),
    ("iommu_ats", "payload[4] = asked.pasid_valid && asked.privileged", "payload[4] = asked.privileged"),
    ("iommu_ats", "if (12'(rsp.cause) == '0) begin", "begin"),
    ("iommu_ats", "{5'b0, rsp.gpa_high, rsp.ppn}", "{8'b0, rsp.ppn}"),
    ("iommu_ats", "rsp.is_global && asked.pasid_valid && rsp", "rsp.is_global && rsp"),
    ("iommu_ats", "rsp.target == TARGET_MEMORY;", "rsp.target != TARGET_MRIF;"),
    ("iommu_ats", "rsp.perms.x && rsp.perms.r && asked.execute", "rsp.perms.x && asked.execute"),
    ("iommu_ats", "rsp.perms.x && rsp.perms.r && asked.execute", "rsp.perms.x && rsp.perms.r"),
    ("iommu_ats", "rsp.target == TARGET_MRIF; // untranslated", "1'b0; // untranslated"),
    ("iommu_ats", "CAUSE_DDT_NOT_VALID, CAUSE_DDT_MISCONFIGURED,\n                         CAUSE_TRANS", "CAUSE_DDT_NOT_VALID,\n                         CAUSE_TRANS"),
    ("iommu_ats", "page.l && !(page.pv && !page.r && !page.w)", "page.l"),
    ("iommu_ats", "respond = is_page && page.l && !(", "respond = is_page && !("),
    ("iommu_ats", "prpr_d  = rsp_i.flags.prpr && !rsp_i.fault", "prpr_d  = rsp_i.flags.prpr"),
    ("iommu_ats", "cause_d = rsp_i.fault ? rsp_i.cause :", "cause_d = rsp_i.cause != cause_e'(0) ? rsp_i.cause :"),
    ("iommu_ats", "cause_d == CAUSE_TRANS_TYPE_DISALLOWED ? PRGR_CODE_INVALID", "!rsp_i.fault ? PRGR_CODE_INVALID"),
    ("iommu_ats", "else if (!rsp_i.flags.dtf) state_d = REPORT", "else if (1'b1) state_d = REPORT"),
    ("iommu_ats", "if (rsp_i.fault) state_d = REPORT", "if (rsp_i.fault && !rsp_i.flags.dtf) state_d = REPORT"),
    ("iommu_ats", "result_i == RECORD_FULL ? PRGR_CODE_SUCCESS", "result_i == RECORD_OFF ? PRGR_CODE_SUCCESS"),
    ("iommu_ats", "result_i != RECORD_STORED && respond", "respond"),
    ("iommu_ats", "page.exec = message_q.execute;", ""),
    ("iommu_ats", "(prpr || code == PRGR_CODE_RESPONSE_FAILURE)", "prpr"),
    ("iommu_ats", "offered_q ? ahead_q == '0 : count_q == '0 && !answered", "1'b1"),
    ("iommu_ats", "(offered_q ? ahead_q == '0 : count_q == '0 && !answered)", "count_q == '0"),
    ("iommu_ats", "ahead_q - count_t'(pop && ahead_q != '0) : count_d", "ahead_q - count_t'(pop && ahead_q != '0) : count_q"),
    ("iommu_ats", "ask_valid_q && !hold_i", "ask_valid_q"),
    ("iommu_ats", "translation && !stop_i && ask_free", "translation && ask_free"),
    ("iommu_ats", "(!stop_i || ats_req_i.kind == ATS_INVALIDATION_COMPLETION)", "1'b1"),
    ("iommu_ats", "cq_i.unsolicited ? LOCATE : IDLE", "LOCATE"),
    ("iommu_ats", "ask_free && !locate &&\n                       busy_q != '1", "ask_free && !locate"),
    ("iommu_ats", "is_page ? CodePageRequest : CodeInvalidationCompletion", "CodePageRequest"),
    ("iommu_ats", "waiting_o = count_q != '0 || out_valid_q", "waiting_o = out_valid_q"),
    ("iommu_ats", "response.segment_valid = 1'b1;", ""),
]

WORK = pathlib.Path("build/mutate-glue")


def outcome(unit: str, old: str, new: str) -> str:
    """Build the changed design and run the bench on it."""
    shutil.rmtree(WORK / "rtl", ignore_errors=True)
    shutil.copytree("rtl", WORK / "rtl", ignore=shutil.ignore_patterns("regs"))
    path = WORK / "rtl" / f"{unit}.sv"
    text = path.read_text()
    if text.count(old) != 1:
        return "STALE: not exactly once in the source"
    path.write_text(text.replace(old, new))
    bench = WORK / "sim" / "glue"
    bench.unlink(missing_ok=True)
    build = subprocess.run(
        ["make", str(bench), f"GLUE_FROM={WORK}/rtl", f"GLUE_BUILD={WORK}/sim",
         "VERILATOR_FLAGS=--cc --exe --build -O3 --assert -Wno-fatal -j 1", "GLUE_OPTIMIZE=-O0",
         *sys.argv[1:]],
        capture_output=True, text=True, check=False)
    if not bench.exists():
        return "STALE: does not build: " + build.stdout[-300:] + build.stderr[-200:]
    run = subprocess.run(["timeout", "120", str(bench), "1", "100"],
                         capture_output=True, text=True, check=False)
    return "caught" if run.returncode else "MISSED"


def main() -> int:
    missed = 0
    for number, change in enumerate(CHANGES):
        result = outcome(*change)
        missed += result != "caught"
        print(f"{number:2} {change[0]}: {change[2]}: {result}", flush=True)
    print(f"{len(CHANGES) - missed} passed, {missed} failed")
    return missed != 0


if __name__ == "__main__":
    sys.exit(main())
