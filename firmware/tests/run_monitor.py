#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Talk to the monitor over its UART, while devices make faults from outside."""

import argparse
import re
import sys

from qemu import Machine, Results
from run_boot_guard import ALLOWED, DEVICES, FORBIDDEN, MACHINES, Edu, changes

PROMPT = "iommu> "
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
TARGET = 0x84000000


class Terminal:
    def __init__(self, machine):
        self.machine = machine

    def ask(self, keys):
        """Type, and give back what comes until the next prompt, without what is typed."""
        start = len(self.machine.output)
        self.machine.send(keys + "\r")
        # The line is drawn anew at each key; the answer starts after the newline.
        self.machine.wait_for(r"\n(?:.*\n)*?\x1b\[Kiommu> $", 20, start)
        answer = self.machine.output[start:].split("\n", 1)
        return answer[1] if len(answer) > 1 else ""


def look(expect, terminal):
    answer = terminal.ask("help")
    for command in ("caps", "ddt", "walk", "try", "faults", "queues", "counters", "map", "block",
                    "unblock", "off"):
        expect(re.search(rf"^  {command} ", answer, re.MULTILINE), f"help lists {command}", answer)
    answer = terminal.ask("caps")
    expect("version 1.0" in answer and " Sv39 " in answer and " MSI_FLAT " in answer and
           "AMO_HWAD" not in answer, "caps decodes", answer)
    answer = terminal.ask("queues")
    expect(re.search(r"commands  at \w+, 256 entries, head (\d+), tail \1, .*: on", answer) and
           re.search(r"faults    at \w+, 128 entries, head 0, tail 0, .*: on", answer) and
           re.search(r"requests  at .*: off", answer), "queues shows all three", answer)
    expect("0 devices have a context" in terminal.ask("ddt"), "ddt is empty at first")
    expect("no command wlak" in terminal.ask("wlak"), "unknown commands are told")
    expect("walk DEVICE IOVA" in terminal.ask("walk 10"), "missing words are told")
    expect("zz is no hexadecimal number" in terminal.ask("walk 10 zz"), "bad numbers are told")


def work(expect, terminal, machine):
    bus = machine.bus
    first, second = Edu(bus, ALLOWED, 0x40000000), Edu(bus, FORBIDDEN, 0x40100000)
    expect(not changes(machine, first, 0x5000, TARGET), "a device is blocked")
    answer = terminal.ask("faults")
    expect("000010 (00:02.0) write of 5000: device is blocked (no context) (258)" in answer,
           "faults says so in words", answer)
    expect("ok" in terminal.ask(f"map 10 5000 {TARGET:x} 2000"), "map opens a window")
    expect(changes(machine, first, 0x5010, TARGET + 0x10), "the device works")
    expect(not changes(machine, second, 0x5010, TARGET + 0x10), "another does not")
    answer = terminal.ask("ddt")
    expect(re.search(r"000010 \(00:02.0\)  tc 1 ", answer) and "1 devices have" in answer,
           "ddt lists it", answer)
    answer = terminal.ask("walk 10 5008")
    expect(len(re.findall(r"^  DDTE", answer, re.MULTILINE)) >= 1 and
           len(re.findall(r"^  DC ", answer, re.MULTILINE)) == 1 and
           len(re.findall(r"^  PTE \d .* V", answer, re.MULTILINE)) == 3 and
           f"leads to {TARGET + 8:x}" in answer, "walk prints each entry", answer)
    expect(re.search(r"PTE 0 .* VRW-U-AD$", answer, re.MULTILINE), "with its bits", answer)
    expect("not valid: page fault" in terminal.ask("walk 10 7000"), "walk tells a page fault")
    expect("not valid: device is blocked" in terminal.ask("walk 18 5000"), "walk tells a block")
    expect("beyond the directory" in terminal.ask("walk 1000000 0"), "walk tells a wide device_id")
    expect("exists already" in terminal.ask(f"map 10 6000 {TARGET:x} 1000"), "map refuses a second")
    expect("ok" in terminal.ask(f"map 10 9000 {TARGET:x} 1000 ro"), "map takes ro")
    answer = terminal.ask("try 10 9000 w")
    expect("translation fault" in answer and "write page fault (15)" in answer, "try faults",
           answer)
    expect("leads to" in terminal.ask("try 10 9000 r"), "try translates")
    expect("ok" in terminal.ask("block 10"), "block takes a device")
    expect(not changes(machine, first, 0x5010, TARGET + 0x10), "which is blocked then")
    expect("not found" in terminal.ask("block 10"), "and cannot be blocked twice")
    expect("ok" in terminal.ask("unblock 10"), "unblock gives it back")
    expect(changes(machine, first, 0x5010, TARGET + 0x10), "and it works again")
    expect("not found" in terminal.ask("unblock 18"), "unblock gives nothing that was not there")
    answer = terminal.ask("counters")
    value = re.search(r"^  1 (\d+) untranslated requests", answer, re.MULTILINE)
    expect(value and int(value[1]) > 0, "counters count", answer)


def edit(expect, terminal):
    expect("version 1.0" in terminal.ask("cpas\x7f\x7f\x7faps"), "backspace")
    expect("version 1.0" in terminal.ask("aps" + LEFT * 3 + "c"), "arrows left, insertion")
    expect("version 1.0" in terminal.ask("aps\x01c\x05"), "^A and ^E")
    expect("version 1.0" in terminal.ask("garbage\x15caps"), "^U")
    expect("version 1.0" in terminal.ask("caps and more" + LEFT * 9 + "\x0b"), "^K")
    expect("no command xy" in terminal.ask("xy"), "history: one")
    expect("version 1.0" in terminal.ask("caps"), "history: two")
    expect("no command xy" in terminal.ask(UP + UP), "history: back twice")
    expect("no command xy" in terminal.ask(UP + UP + DOWN), "history: and forth")
    expect("no command xyz" in terminal.ask(UP + "z"), "history: edited")
    expect("no command " + "y" * 79 in terminal.ask("y" * 200), "a line has an end")
    expect("version 1.0" in terminal.ask("\x1b[Zcaps" + RIGHT), "other escapes do nothing")
    for _ in range(12):
        terminal.ask("queues")
    expect("commands" in terminal.ask(UP * 20), "history: the oldest is where it ends")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image")
    args = parser.parse_args()
    results = Results()
    for name, arguments in MACHINES.items():
        def expect(good, text, detail="", name=name):
            results.expect(good, f"{name}: {text}", detail)

        try:
            with Machine(["-m", "256", "-bios", args.image, *arguments, *DEVICES], bus=True) as m:
                m.wait_for(PROMPT)
                terminal = Terminal(m)
                look(expect, terminal)
                work(expect, terminal, m)
                edit(expect, terminal)
                m.send("off\r")
                expect(m.finish(10) == 0 and "all DMA is blocked" in m.output, "off powers off")
        except (OSError, EOFError) as error:
            expect(False, "to the end", error)
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
