#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot Linux behind the boot guard, and attack from devices before and after it has come up."""

import argparse
import pathlib
import re
import sys
import tempfile

from qemu import Machine, Results
from run_boot_guard import (ALLOWED, DEVICES, ECAM, FORBIDDEN, GUARD, GUARD_END, MACHINES, OUTSIDE,
                            POLICY, WINDOW, WINDOW_IOVA, Edu, changes, device_tree, registers)


def archive(path, init, module=None):
    """A cpio archive (newc) of /init, the console, and the IOMMU's driver."""
    def entry(name, mode, data=b"", device=(0, 0)):
        fields = [1, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    path.write_bytes(entry("dev", 0o40755) + entry("dev/console", 0o20600, device=(5, 1)) +
                     entry("init", 0o100755, init.read_bytes()) +
                     (entry("riscv-iommu.ko", 0o100644, module.read_bytes()) if module else b"") +
                     entry("TRAILER!!!", 0))


def bar(bus, device_id):
    """Where the operating system has put BAR 0."""
    return bus.read(ECAM + (device_id << 12) + 0x10) & ~15


def linux(args, folder, tree, machine):
    return Machine(["-m", "256", "-smp", "2", "-bios", args.guard, "-kernel", args.kernel,
                    "-initrd", str(folder / "initramfs"), "-append", "console=ttyS0 panic=-1", "-dtb", tree,
                    *machine, *DEVICES], bus=True)


def take_over(results, args, folder):
    """The Linux driver takes the IOMMU over from the guard, and nothing opens meanwhile."""
    def expect(good, text, detail=""):
        return results.expect(good, f"driver: {text}", detail)

    machine = MACHINES["sys"]
    archive(folder / "initramfs", args.init, args.module)
    tree = device_tree(folder, machine, POLICY % 0, "driver")
    with linux(args, folder, tree, machine) as m:
        if not expect(m.wait_for("^init: up", 60), "Linux comes up", m.output):
            return
        allowed = Edu(m.bus, ALLOWED, bar(m.bus, ALLOWED))
        forbidden = Edu(m.bus, FORBIDDEN, bar(m.bus, FORBIDDEN))
        expect(changes(m, allowed, WINDOW_IOVA, WINDOW), "a window is open before")
        expect(not changes(m, forbidden, OUTSIDE, OUTSIDE), "others are stopped before")
        m.send("module\n")
        through = 0
        while not m.wait_for("init: module .*\n", 0.05):
            through += changes(m, forbidden, OUTSIDE, OUTSIDE)
            through += changes(m, allowed, OUTSIDE + 8, OUTSIDE + 8)
        expect("init: module loaded" in m.output, "the driver is loaded", m.output[-1500:])
        expect(through == 0, "nothing gets through meanwhile")
        expect(m.bus.read(registers(m) + 0x10) & 0xF >= 2, "a directory is in force")
        expect(not changes(m, forbidden, OUTSIDE, OUTSIDE), "others are stopped after")
        expect(not changes(m, allowed, OUTSIDE, OUTSIDE), "the first is outside its window")
        m.send("off\n")
        expect(m.finish(30) == 0, "Linux powers off", m.output[-1000:])


def boot(results, name, machine, args, folder):
    def expect(good, text, detail=""):
        return results.expect(good, f"{name}: {text}", detail)

    tree = device_tree(folder, machine, POLICY % 60000, name)
    archive(folder / "initramfs", args.init)
    with linux(args, folder, tree, machine) as m:
        m.wait_for("observing for")
        early = Edu(m.bus, FORBIDDEN, 0x40100000)
        expect(not changes(m, early, OUTSIDE, OUTSIDE), "a DMA before Linux is stopped")
        expect(m.wait_for(rf"blocked: device 000018 write of {OUTSIDE:x}, cause 258"),
               "and logged", m.output)
        m.send("\n")
        if not expect(m.wait_for("^init: up", 60), "Linux comes up to its initramfs", m.output):
            return
        base = registers(m)
        expect(m.bus.read(base + 0x10) & 0xF == 4, "the guard's directory is in force")
        before = m.bus.memory(GUARD, GUARD_END - GUARD)
        m.send("fill\n")
        filled = m.wait_for(r"init: filled (\d+) MiB", 60)
        expect(filled and int(filled[1]) > 180, "Linux fills the rest of RAM", m.output[-2000:])
        expect(m.bus.memory(GUARD, GUARD_END - GUARD) == before, "the guard's memory is unchanged")
        allowed = Edu(m.bus, ALLOWED, bar(m.bus, ALLOWED))
        forbidden = Edu(m.bus, FORBIDDEN, bar(m.bus, FORBIDDEN))
        expect(changes(m, allowed, WINDOW_IOVA + 0x40, WINDOW + 0x40),
               "a device with a window works")
        expect(not changes(m, forbidden, WINDOW, WINDOW), "a device without one does not")
        expect(not changes(m, allowed, OUTSIDE, OUTSIDE), "nor does the first outside its windows")
        m.send("off\n")
        expect(m.finish(30) == 0, "Linux powers off", m.output[-1000:])
        reserved = re.findall(r"^init: +(\w+)-(\w+) : Reserved", m.output, re.MULTILINE)
        print(f"     {filled[1]} MiB filled; reserved: {reserved}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guard", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--init", required=True, type=pathlib.Path)
    parser.add_argument("--module", type=pathlib.Path, help="the IOMMU's driver")
    args = parser.parse_args()
    results = Results()
    with tempfile.TemporaryDirectory(prefix="linux-") as name:
        for form, machine in MACHINES.items():
            try:
                boot(results, form, machine, args, pathlib.Path(name))
            except (OSError, EOFError) as error:
                results.expect(False, f"{form}: to the end", error)
        if args.module:
            try:
                take_over(results, args, pathlib.Path(name))
            except (OSError, EOFError) as error:
                results.expect(False, "driver: to the end", error)
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
