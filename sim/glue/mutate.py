#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break these modules in one place at a time: the bench must notice each.

All mutants are built into one program; an input of the test bench selects one.
"""

import collections
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/mutate"))

from code_place import only_place  # noqa: E402

# Unit, an expression of it (between brackets, if what stands around it tells which), and what
# it becomes.
EXPRESSIONS = [
    ("iommu_fault_arbiter", "(fault_valid_i & later_q) != '0", "1'b0"),
    ("iommu_fault_arbiter", "take   = [[!full_q]];", "1'b1"),
    ("iommu_fault_arbiter", "full_d   = [[full_q && !record_ready_i]];", "1'b0"),
    ("iommu_fault_arbiter", "later_d[i-1] || choice[i-1]", "later_d[i-1]"),
    ("iommu_debug", "rsp_i.fault || rsp_i.target == TARGET_MRIF", "rsp_i.fault"),
    ("iommu_debug", "state_q == ASK && !hold_i", "state_q == ASK"),
    ("iommu_debug", "debug_i.go && !uncounted_q", "debug_i.go"),
    ("iommu_debug", "identity: [[identity_q]], iova", "debug_i.identity"),
    ("iommu_debug", "rsp_i.log2 > 6'd12", "rsp_i.log2 >= 6'd12"),
    ("iommu_debug", "sized_page(52'(rsp_i.ppn), rsp_i.log2)", "sized_page(52'(rsp_i.ppn), 6'd12)"),
    ("iommu_transition", "!cq_inval_valid_i || inval_done_i", "1'b1"),
    ("iommu_transition", "inval_done_i && !own_inval", "inval_done_i"),
    ("iommu_transition", "owner_q == SELF && all_drained", "all_drained"),
    ("iommu_transition", "if ([[!ats_waiting_i]])", "1'b1"),
    ("iommu_transition", "= [[drained == '1]]", "drained != '0"),
    ("iommu_transition", ": [[~drained_q]];", "'1"),
    ("iommu_transition", "writes_d = [[cq_drain_writes_i]];", "1'b1"),
    ("iommu_transition", "state_q != IDLE || ddtp_changed_i", "state_q != IDLE"),
    ("iommu_transition", "ddtp_busy_o || flushing_i || fctl_changed_i",
     "ddtp_busy_o || flushing_i"),
    ("iommu_quiesce", "calm_q == count_t'(Settle) && busy_i == '0", "calm_q == count_t'(Settle)"),
    ("iommu_quiesce", "busy_i != '0 || (quiesce_req_i && !stop_q)", "busy_i != '0"),
    ("iommu_quiesce", "(ack_q || settled)", "settled"),
    ("iommu_quiesce", "(ack_q || !arriving_i)", "1'b1"),
    ("iommu_mrif", "{req_q.mrif.address, identity[10:6], 4'h0}",
     "{req_q.mrif.address, identity[10:6], 4'h8}"),
    ("iommu_mrif", "[[req_q.iova[2]]];", "1'b0"),
    ("iommu_mrif", "req_q.iova[11:3] == '0", "1'b1"),
    ("iommu_mrif", "identity[31:11] == '0", "1'b1"),
    ("iommu_mrif", "= [[req_q.write]] &&", "1'b1"),
    ("iommu_mrif", "!req_q.word", "1'b0"),
    ("iommu_mrif", "cause_d = [[req_q.access == ACCESS_WRITE]] ?", "1'b1"),
    ("iommu_mrif", "cause_d = [[req_q.access == ACCESS_WRITE]] ?", "1'b0"),
    ("iommu_mrif", "if (!ok_d) state_d = [[req_q.dtf]] ?", "1'b0"),
    ("iommu_mrif", "[[mem_rsp_i.status == MEM_POISON]] ?", "1'b0"),
    ("iommu_mrif", "64'(notice_address)", "req_q.iova"),
    ("iommu_mrif", "? [[req_valid_i & later_q]] :", "req_valid_i"),
    ("iommu_ats", "[[ats_req_i.no_write]] ?", "1'b1"),
    ("iommu_ats", "execute: [[ats_req_i.execute]], identity", "1'b0"),
    ("iommu_ats", "request.pasid_valid && request.kind != ATS_INVALIDATION_COMPLETION",
     "request.pasid_valid"),
    ("iommu_ats", "asked.pasid_valid && asked.privileged", "asked.privileged"),
    ("iommu_ats", "12'(rsp.cause) == '0", "1'b1"),
    ("iommu_ats", "{5'b0, rsp.gpa_high, rsp.ppn}", "{8'b0, rsp.ppn}"),
    ("iommu_ats", "rsp.is_global && asked.pasid_valid && rsp.target == TARGET_MEMORY",
     "rsp.is_global && rsp.target == TARGET_MEMORY"),
    ("iommu_ats", "rsp.is_global && asked.pasid_valid && rsp.target == TARGET_MEMORY",
     "rsp.is_global && asked.pasid_valid"),
    ("iommu_ats", "rsp.perms.x && rsp.perms.r && asked.execute", "rsp.perms.x && asked.execute"),
    ("iommu_ats", "rsp.perms.x && rsp.perms.r && asked.execute", "rsp.perms.x && rsp.perms.r"),
    ("iommu_ats", "= [[rsp.target == TARGET_MRIF]];", "1'b0"),
    ("iommu_ats", "if ([[rsp_i.fault]]) begin", "1'b0"),
    ("iommu_ats", "if ([[rsp_i.fault]]) state_d = REPORT", "rsp_i.fault && !rsp_i.flags.dtf"),
    ("iommu_ats", "page.l && !(page.pv && !page.r && !page.w)", "page.l"),
    ("iommu_ats", "page.l && !(page.pv && !page.r && !page.w)", "!(page.pv && !page.r && !page.w)"),
    ("iommu_ats", "rsp_i.flags.prpr && !rsp_i.fault", "rsp_i.flags.prpr"),
    ("iommu_ats", "cause_d == CAUSE_TRANS_TYPE_DISALLOWED", "!rsp_i.fault"),
    ("iommu_ats", "cause_d == CAUSE_TRANS_TYPE_DISALLOWED", "1'b1"),
    ("iommu_ats", "else if ([[!rsp_i.flags.dtf]])", "1'b1"),
    ("iommu_ats", "([[is_page && rsp_i.flags.en_pri]])", "is_page"),
    ("iommu_ats", "([[!is_page && rsp_i.flags.en_ats]])", "!is_page"),
    ("iommu_ats", "result_i == RECORD_FULL", "result_i == RECORD_OFF"),
    ("iommu_ats", "result_i == RECORD_FULL", "result_i inside {RECORD_FULL, RECORD_MEMORY_FAULT}"),
    ("iommu_ats", "result_i != RECORD_STORED && respond", "respond"),
    ("iommu_ats", "page.exec = [[message_q.execute]];", "1'b0"),
    ("iommu_ats", "(prpr || code == PRGR_CODE_RESPONSE_FAILURE)", "prpr"),
    ("iommu_ats", "(offered_q ? ahead_q == '0 : count_q == '0 && !answered)", "1'b1"),
    ("iommu_ats", "(offered_q ? ahead_q == '0 : count_q == '0 && !answered)", "count_q == '0"),
    ("iommu_ats", "ahead_q - [[count_t'(pop)]] :", "'0"),
    ("iommu_ats", ": [[count_d]];", "count_q"),
    ("iommu_ats", "ask_valid_q && !hold_i", "ask_valid_q"),
    ("iommu_ats", "translation && !stop_i && ask_free", "translation && ask_free"),
    ("iommu_ats", "(!stop_i || ats_req_i.kind == ATS_INVALIDATION_COMPLETION)", "1'b1"),
    ("iommu_ats", "[[cq_i.unsolicited]] ?", "1'b1"),
    ("iommu_ats", "[[cq_i.unsolicited]] ?", "1'b0"),
    ("iommu_ats", "busy_q != '1", "1'b1"),
    ("iommu_ats", "[[is_page]] ? CodePageRequest", "1'b1"),
    ("iommu_ats", "count_q != '0 || out_valid_q", "out_valid_q"),
    ("iommu_ats", "busy_q == '0 && state_q == IDLE", "busy_q == '0"),
    ("iommu_ats", "busy_q == '0 && state_q == IDLE", "state_q == IDLE"),
]

# Unit, a statement of it, and what it becomes.
STATEMENTS = [
    ("iommu_transition", "if (inval_done_i) state_d = DRAIN;",
     "if (inval_done_i) state_d = MESSAGES;"),
    ("iommu_mrif", "state_d = NOTICE;", "state_d = ANSWER;"),
    ("iommu_mrif", "mem.half      = 1'b1;", ""),
    ("iommu_mrif", "mem.rcid = req_q.rcid;", ""),
    ("iommu_mrif", "cause_d = CAUSE_MSI_WRITE_ACCESS_FAULT;", "ok_d = mem_rsp_i.status == MEM_OK;"),
    ("iommu_mrif", "fault_o.identity = '0;", ""),
    ("iommu_ats", "response.segment_valid = 1'b1;", ""),
]

WORK = pathlib.Path("build/mutate-glue")
SELECTED = "tb_glue.mutant_i"


def pieces(old: str) -> tuple[str, str, str]:
    """What stands before the expression, the expression, what stands behind it."""
    if "[[" not in old:
        return "", old, ""
    before, rest = old.split("[[")
    cut = rest.rindex("]]")
    return before, rest[:cut], rest[cut + 2:]


def mutants() -> list[tuple[str, str, str]]:
    return EXPRESSIONS + STATEMENTS


def write_sources() -> None:
    """All mutants at once: number 0 is the design as it is."""
    texts = {}
    places = collections.defaultdict(list)
    for number, (unit, old, new) in enumerate(mutants(), 1):
        places[unit, old].append((number, new))
    for (unit, old), changes in places.items():
        text = texts.setdefault(unit, pathlib.Path(f"rtl/{unit}.sv").read_text())
        before, expression, behind = pieces(old)
        whole = before + expression + behind
        try:
            [(start, end)] = only_place(text, whole)
        except ValueError as error:
            sys.exit(f"{unit}: {error}")
        if any((unit, old, new) in STATEMENTS for _, new in changes):
            result = expression
            for number, new in changes:
                result = f"if ({SELECTED} == {number}) begin {new} end else begin {result} end"
        else:
            result = f"({expression})"
            for number, new in changes:
                result = f"({SELECTED} == {number} ? ({new}) : {result})"
        texts[unit] = text[:start] + before + result + behind + text[end:]
    (WORK / "rtl").mkdir(parents=True, exist_ok=True)
    for unit, text in texts.items():
        path = WORK / "rtl" / f"{unit}.sv"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def build() -> pathlib.Path:
    bench = WORK / "sim" / "glue"
    bench.unlink(missing_ok=True)
    made = subprocess.run(
        ["make", str(bench), f"GLUE_FROM={WORK}/rtl", f"GLUE_BUILD={WORK}/sim",
         "VERILATOR_FLAGS=--cc --exe --build -O3 --assert -Wno-fatal -j 2", *sys.argv[1:]],
        capture_output=True, text=True, check=False)
    if not bench.exists():
        sys.exit("the mutants do not build:\n" + made.stdout[-3000:] + made.stderr[-500:])
    return bench


def run(bench: pathlib.Path, number: int) -> bool:
    """Does the bench accept it?"""
    done = subprocess.run(["env", f"MUTANT={number}", "timeout", "120", str(bench), "1", "100"],
                          capture_output=True, text=True, check=False)
    return done.returncode == 0


def main() -> int:
    write_sources()
    bench = build()
    if not run(bench, 0):
        sys.exit("the bench does not accept the design itself")
    missed = 0
    for number, (unit, old, new) in enumerate(mutants(), 1):
        accepted = run(bench, number)
        missed += accepted
        result = "MISSED" if accepted else "caught"
        print(f"{number:2} {unit}: {old} -> {new}: {result}", flush=True)
    print(f"{len(mutants()) - missed} passed, {missed} failed")
    return missed != 0


if __name__ == "__main__":
    sys.exit(main())
