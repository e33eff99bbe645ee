#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How deep the logic of a mapped netlist is: the paths with the most levels.

Reads the netlist that synth.py leaves (ecp5.json). A level is a LUT4, with the multiplexers that
make larger LUTs of several, the way into or out of a carry chain, or a read of distributed
memory. For each pair of where a path begins and where it ends (a register, a port, a memory; of
a module, if the register has lost its name) the deepest is printed; wires are not counted, and on an
FPGA take longer than the levels do.
"""

import argparse
import collections
import json
import re
import sys
from pathlib import Path

LOGIC = {"LUT4", "PFUMX", "L6MUX21", "CCU2C", "TRELLIS_DPR16X4"}
DATA_PINS = {"TRELLIS_FF": {"DI", "M", "CE", "LSR"}}


class Netlist:
    def __init__(self, path):
        module = json.loads(Path(path).read_text(encoding="utf-8"))["modules"]["core"]
        self.cells, self.ports = module["cells"], module["ports"]
        self.names = {}
        for name, net in module["netnames"].items():
            for bit in net["bits"]:
                if not name.startswith("$") and len(name) < len(self.names.get(bit, name + "x")):
                    self.names[bit] = name
        self.sources = {}  # bit: what drives it, if that is no logic
        self.arcs = {}     # bit: [(bit before, levels)]
        for name, cell in self.cells.items():
            self.add(name, cell)
        self.levels = {}

    def pins(self, cell, direction):
        return [(pin, bit) for pin, bits in cell["connections"].items()
                if cell["port_directions"][pin] == direction for bit in bits
                if isinstance(bit, int)]

    def add(self, name, cell):
        kind = cell["type"]
        for pin, bit in self.pins(cell, "output"):
            if kind not in LOGIC:
                self.sources[bit] = self.cell_name(name)
                continue
            self.arcs[bit] = [(before, self.levels_of(kind, pin, into))
                              for into, before in self.pins(cell, "input")
                              if kind != "TRELLIS_DPR16X4" or into == "RAD"]

    @staticmethod
    def levels_of(kind, pin, into):
        """From one pin of a cell to another."""
        if kind in ("PFUMX", "L6MUX21"):
            return 0 if into in ("ALUT", "BLUT", "D0", "D1") else 1
        if kind == "CCU2C" and into == "CIN":
            return 0 if pin == "COUT" else 1
        return 1

    def cell_name(self, name):
        """A register's own name, else the module that it is in; a memory's instance."""
        cell = self.cells[name]
        if cell["type"] != "TRELLIS_FF":
            return "memory " + re.sub(r"\.(g_plain|g_block|g_any|mem).*", "", name)
        found = self.names.get(cell["connections"]["Q"][0])
        if found:
            return re.sub(r"\[\d+\]", "", found)
        files = re.findall(r"(\w+)\.sv:", cell["attributes"].get("src", ""))
        return f"a register of {files[0]}" if files else "a register"

    def level(self, bit):
        """The most levels to a bit, and the bit before it on that way. No recursion: it is deep."""
        stack = [bit]
        while stack:
            at = stack[-1]
            if at in self.levels:
                stack.pop()
                continue
            ways = self.arcs.get(at, [])
            todo = [before for before, _ in ways if before not in self.levels]
            if todo:
                if len(stack) > len(self.arcs):
                    sys.exit("a loop of logic")
                stack += todo[:1]
                continue
            best = max(((self.levels[before][0] + more, before) for before, more in ways),
                       key=lambda way: way[0], default=(0, None))
            self.levels[at] = best
            stack.pop()
        return self.levels[bit][0]

    def begin_of(self, bit):
        while self.levels[bit][1] is not None:
            bit = self.levels[bit][1]
        return self.sources.get(bit) or self.names.get(bit, "a constant")

    def ends(self):
        for name, cell in self.cells.items():
            if cell["type"] in LOGIC - {"TRELLIS_DPR16X4"}:
                continue
            for pin, bit in self.pins(cell, "input"):
                if pin not in ("CLK", "CLKA", "CLKB", "WCK", "RAD") and \
                        pin in DATA_PINS.get(cell["type"], {pin}):
                    yield bit, f"{self.cell_name(name)}{' (enable)' if pin == 'CE' else ''}"
        for name, port in self.ports.items():
            if port["direction"] == "output":
                yield from ((bit, name) for bit in port["bits"] if isinstance(bit, int))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("netlist", help="ecp5.json of synth.py")
    parser.add_argument("--paths", type=int, default=25, help="how many to print")
    args = parser.parse_args()
    netlist = Netlist(args.netlist)
    count = collections.Counter()
    deepest = {}
    for bit, end in netlist.ends():
        levels = netlist.level(bit)
        count[levels] += 1
        pair = (netlist.begin_of(bit), end)
        deepest[pair] = max(levels, deepest.get(pair, 0))
    print("levels: ends of paths")
    for low in range(0, max(count) + 1, 4):
        print(f"{low:3} to {low + 3:2}: {sum(count[n] for n in range(low, low + 4)):6}")
    print("\nthe deepest, by where they begin and end")
    for (begin, end), levels in sorted(deepest.items(), key=lambda entry: -entry[1])[:args.paths]:
        print(f"{levels:3}  {begin} -> {end}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
