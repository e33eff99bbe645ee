#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break the RTL of the device port in one place at a time: the bench must notice each.

All changes are built into one program, and +mutant=N switches one of them on. Assertions of
the RTL are left out, so that it is the bench that has to notice.
"""

import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/mutate"))

from code_place import chosen_numbers, only_place  # noqa: E402

# Unit, where (the expression is in brackets), what it becomes.
CHANGES = [
    ("iommu_utlb", "allowed && [[entry.ask.identity == ask.identity]]", "1'b1"),
    ("iommu_utlb", "[[entry.ask.translated == ask.translated]];", "1'b1"),
    ("iommu_utlb", "allowed = [[entry.perms.w]];", "1'b1"),
    ("iommu_utlb", "allowed = [[entry.perms.x]];", "entry.perms.r"),
    ("iommu_utlb", "([[entry.superpage || entry.ask.page[8:0] == ask.page[8:0]]])", "1'b1"),
    ("iommu_utlb", "if ([[held_grant[p].superpage]]) grant_o", "1'b0"),
    ("iommu_utlb", "    if ([[clear_i]]) begin", "1'b0"),
    ("iommu_utlb", "valid_d = [[valid_q | victim_q]];", "valid_q"),
    ("iommu_outstanding", "if (mark_i) old_d = [[busy_d]];", "busy_q"),
    ("iommu_outstanding", "(passes || (!same && [[added_r.count == answered_next.count]]))", "1'b1"),
    ("iommu_outstanding", "assign marked_o = [[old_q != '0]] || late ||", "old_q[0]"),
    ("iommu_outstanding", "answered_next.count == ([[later_r ? before_r.count : added_r.count]])",
     "added_r.count"),
    ("iommu_outstanding", "(add && ([[!later_a]] || late))", "1'b1"),
    ("iommu_outstanding", "(add && (!later_a || [[late]]))", "1'b0"),
    ("iommu_pending", "hit_i && [[!hold_i]] && !bad;", "1'b1"),
    ("iommu_pending", "hit_i && !hold_i && [[!bad]];", "1'b1"),
    ("iommu_pending", "hit && [[!waiting_q[ax_chain]]] && out_free", "1'b1"),
    ("iommu_pending", "[[!id_full_i[0]]] && order_ready_i && ring_empty", "1'b1"),
    ("iommu_pending", "[[leader_ask_q == ask_o]];", "leader_ask_q.page == ask_o.page"),
    ("iommu_pending", "[[!leader_answered]] && leader_ask_q", "1'b1"),
    ("iommu_pending", "rsp_valid_i && leads && [[!rsp_special]] && !put_back_i &&", "1'b1"),
    ("iommu_pending", "([[wake]] ? follows : '0)", "1'b0"),
    ("iommu_pending", "([[wake]] ? '0 : follows)", "1'b1"),
    ("iommu_pending", "copy_valid_d = [[leads]];", "1'b0"),
    ("iommu_pending", "rsp_valid_i && [[!rsp_i.fault]], rsp_slot", "1'b1"),
    ("iommu_pending", "if (put_back_i || [[inval_i || hold_i]]) fresh_d", "1'b0"),
    ("iommu_pending", "leader_valid_q && [[!hold_i]] &&", "1'b1"),
    ("iommu_pending", "question_valid_q && [[!hold_i]];", "1'b1"),
    ("iommu_pending", "([[next_answered]] ? moves", "1'b0"),
    ("iommu_pending", "([[becomes_oldest && ax_answered]] ? comes", "ax_answered"),
    ("iommu_pending", "bypass    = rsp_valid_i && [[is_oldest]] &&", "1'b1"),
    ("iommu_pending", "id: answer_id, special: [[rsp_special]],", "1'b0"),
    ("iommu_pending", "([[s_q.direct]] ? '0 : stored.answer)", "1'b0"),
    ("iommu_pending", "by_hit = [[s_request.hit && !s_told_now]];", "1'b0"),
    ("iommu_pending", "!put_back_i && [[!id_busy_i[1]]] &&", "1'b1"),
    ("iommu_pending", "{grant.ppn, [[going.addr]]};", "{going.addr[11:3], 3'd0}"),
    ("iommu_pending", "PBMT_IO: out_d.cache = [[CACHE_DEVICE]];", "going.cache"),
    ("iommu_pending", "out_d.user = '{pbmt: [[grant.pbmt]],", "PBMT_PMA"),
    ("iommu_pending", "rcid: grant.rcid, mcid: [[grant.mcid]]};", "grant.rcid"),
    ("iommu_pending", "fill_o.superpage      = [[s_answer.superpage]];", "1'b1"),
    ("iommu_pending", "assign eligible = oldest_here_q | [[one_chain(!ring_empty, front_chain)]];",
     "~chains_t'(0)"),
    ("iommu_pending", "next_eligible = [[next_here]] ||", "1'b1"),
    ("iommu_pending", "[[(next_refused ? moves : '0)]] | (becomes_oldest && bad", "chains_t'(0)"),
    ("iommu_pending", "turn_d = turn_d & [[turn_refused_d]];", "~chains_t'(0)"),
    ("iommu_pending", "moved_d = (moved_q & ~([[becomes_oldest]] ? comes", "1'b0"),
    ("iommu_pending", "answer.superpage = rsp.log2 >= [[6'd21]];", "6'd16"),
    ("iommu_pending", "[[!s_request.lock]] &&", "1'b1"),
    ("iommu_pending", "request.dtf        = [[s_answer.dtf]];", "1'b0"),
    ("iommu_pending", "([[asks && !direct_ask]] ? enters", "asks"),
    ("iommu_port_pkg", "process_id       = [[mmu.process_id_valid]] ?", "1'b1"),
    ("iommu_port_pkg", "privileged       = [[mmu.process_id_valid]] &&", "1'b1"),
    ("iommu_port_pkg", "BURST_INCR:  bad = [[left[11:8] == '0 && ax.len > left[7:0]]];", "1'b0"),
    ("iommu_port_pkg", "bad || [[32'(ax.size) > widest]];", "1'b0"),
    ("iommu_port_pkg", "default:     bad = [[1'b1]];", "1'b0"),
    ("iommu_write_data", "(stream && w_valid_i && [[!now.absorb]])", "1'b1"),
    ("iommu_write_data", "!now.buffered && [[!collecting]] &&", "1'b1"),
    ("iommu_write_data", "[[streams_q == '0]] &&", "1'b1"),
    ("iommu_write_data", "[[32'(collect_len_i) < 32'(free_count_q)]];", "1'b1"),
    ("iommu_write_data", "at_d = [[has_following]] ?", "1'b0"),
    ("iommu_write_data", "link_passes_d = [[take_beat && place_q == at_d]];", "1'b0"),
    ("iommu_write_data", "buffer_take) && [[at_q != place_q]];", "1'b1"),
    ("iommu_refusal", "len_d   = [[refuse_i.atop == ATOP_COMPARE]] ?", "1'b0"),
    ("iommu_refusal", "if ([[strobes[lane] != 4'hf]])", "1'b0"),
    ("iommu_refusal", "request_d.data = [[words[lane]]];", "words[0]"),
    ("iommu_refusal", "r_left_d  = !Write || [[atop_reads(refuse_i.atop)]];", "1'b0"),
    ("iommu_responder", "!middle_q && [[!offered_q]] &&", "1'b1"),
    ("iommu_responder", "b_own       = b_valid && [[!b_offered_q]];", "1'b1"),
    ("iommu_responder", "b_own       = [[b_valid]] && ", "b_valid && !b_valid_i"),
    ("iommu_responder", "r_data_o  = [[own]] ?", "1'b0"),
    ("iommu_responder", "marked_d = [[(marked_q | mark_i) & ~idle]];", "2'b00"),
    ("iommu_port", "full_reads[0] | [[answering[0]]]", "2'b00"),
    ("iommu_port", "full_reads[1] | [[answering[1]]]", "2'b00"),
    ("iommu_port", "{[[leave[1] && leave_reads]], leave[0]}", "1'b0"),
    ("iommu_port", "mark         = [[drain_begin]] ?", "1'b0"),
    ("iommu_port", "clear_i([[inval_i || hold_i]])", "inval_i"),
    ("iommu_port", "[[dev_ar_valid_i && dev_ar_ready_o]],", "dev_ar_valid_i"),
    # Sound, but slow or unfair: the cycles that measure.c expects tell.
    ("iommu_pending", "chained   = [[leave]] && has_next &&", "1'b0"),
    ("iommu_pending", "copy_begin = [[rsp_valid_i]] && leads", "1'b0"),
    ("iommu_pending", "fill_valid_o = [[leave_out]] &&", "1'b0"),
    ("iommu_pending", "direct_ask    = [[asks]] &&", "1'b0"),
    ("iommu_pending", "      leader_valid_d = [[1'b1]];", "1'b0"),
    ("iommu_pick", "member = [[rest != '0]] ?", "1'b0"),
]

WORK = pathlib.Path("build/mutate-port")
NUMBER = "mutant_pkg::number"


def sources() -> None:
    """Copy the RTL and the bench's top, with every change in them."""
    shutil.rmtree(WORK / "rtl", ignore_errors=True)
    shutil.copytree("rtl", WORK / "rtl", ignore=shutil.ignore_patterns("regs"))
    edits: dict[str, list[tuple[int, int, str]]] = {}
    for number, (unit, where, new) in enumerate(CHANGES):
        before, old, after = re.fullmatch(r"(.*?)\[\[(.*)\]\](?!\])(.*)", where).groups()
        text = (WORK / "rtl" / f"{unit}.sv").read_text()
        try:
            _, (start, end), _ = only_place(text, before, old, after)
        except ValueError as error:
            raise SystemExit(f"{number}: {unit}: {error}") from error
        edits.setdefault(unit, []).append((start, end, number, new))
    for unit, places in edits.items():
        path = WORK / "rtl" / f"{unit}.sv"
        text = path.read_text()
        # An expression may have several changes: the later ones go inside.
        for start, end, number, new in sorted(places, key=lambda place: -place[0]):
            text = (f"{text[:start]}({NUMBER} == {number} ? ({new}) : ({text[start:end]}))"
                    f"{text[end:]}")
        path.write_text(text)
    package = WORK / "rtl" / "iommu_reg_pkg.sv"
    package.write_text("package mutant_pkg;\n  int number = -1;\nendpackage\n" +
                       package.read_text())
    top = pathlib.Path("sim/port/tb_port.sv").read_text()
    top = top.replace("\nendmodule", f"\n  initial if (!$value$plusargs(\"mutant=%d\", {NUMBER})) "
                      f"{NUMBER} = -1;\nendmodule")
    (WORK / "tb_port.sv").write_text(top)


def build() -> pathlib.Path:
    bench = WORK / "sim" / "port-full"
    run = subprocess.run(
        ["make", str(bench), f"PORT_FROM={WORK}/rtl", f"PORT_PACKAGES={WORK}/rtl",
         f"PORT_TOP={WORK}/tb_port.sv", f"PORT_BUILD={WORK}/sim",
         "VERILATOR_FLAGS=--cc --exe --build -O3 --no-assert -Wno-fatal -j 2"],
        capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit("the changes do not build:\n" + run.stdout[-2000:] + run.stderr[-500:])
    return bench


def fails(bench: pathlib.Path, number: int) -> bool:
    run = subprocess.run(["timeout", "300", str(bench), "1", "300", "3000", f"+mutant={number}"],
                         capture_output=True, text=True, check=False)
    return run.returncode != 0


def main() -> int:
    chosen = chosen_numbers(__doc__, len(CHANGES))
    sources()
    bench = build()
    if fails(bench, -1):
        raise SystemExit("the bench fails without a change")
    missed = 0
    for number in chosen:
        unit, where, new = CHANGES[number]
        caught = fails(bench, number)
        missed += not caught
        print(f"{number:2} {'caught' if caught else 'MISSED'}  {unit}: {where} -> {new}", flush=True)
    print(f"{len(chosen) - missed} passed, {missed} failed")
    return missed != 0


if __name__ == "__main__":
    sys.exit(main())
