#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot OpenSBI and a next stage behind the boot guard, with devices that attack.

The attacks come from outside: the test programs `edu` devices over QEMU's qtest socket while
the guard, OpenSBI or the next stage runs. The next stage is the payload image, which fills all
RAM that the device tree does not reserve.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from qemu import EDU, QEMU, Machine, Results

ECAM, EDU_BUFFER = 0x30000000, 0x40000
GUARD, GUARD_END, OPENSBI = 0x80000000, 0x800F0000, 0x80100000
WINDOW_IOVA, WINDOW, READ_ONLY, OUTSIDE = 0x50000000, 0x84000000, 0x84100000, 0x84200000
ALLOWED, FORBIDDEN, BRIDGED, PORT = 0x10, 0x18, 0x100, 0x20  # device_ids

POLICY = """
    boot-policy {
        compatible = "portcullis,boot-policy";
        observe-ms = <%d>;
        work {
            device-id = <0x10>;
            iova = <0x0 0x50000000>; address = <0x0 0x84000000>; size = <0x4000>;
        };
        look { device-id = <0x10>; address = <0x84100000>; size = <0x1000>; read-only; };
        steal-guard { device-id = <0x10>; address = <0x80001000>; size = <0x1000>; };
        steal-opensbi { device-id = <0x10>; address = <0x80140000>; size = <0x1000>; };
        nowhere { device-id = <0x10>; address = <0x70000000>; size = <0x1000>; };
        crooked { device-id = <0x10>; address = <0x84300800>; size = <0x1000>; };
        wide { device-id = <0x1000000>; address = <0x84300000>; size = <0x1000>; };
        again { device-id = <0x10>; iova = <0x50002000>; address = <0x84300000>; size = <0x4000>; };
        far { device-id = <0x10>; iova = <0x4000 0x0>; address = <0x84300000>; size = <0x1000>; };
        empty { device-id = <0x10>; address = <0x84300000>; };
    };
"""
REFUSED = {0x80001000: "the firmware's memory", 0x80140000: "the firmware's memory",
           0x70000000: "not within RAM", 0x84300800: "not whole pages"}

MACHINES = {
    "sys": ["-M", "virt,iommu-sys=on,aia=aplic-imsic"],
    "pci": ["-M", "virt,aia=aplic-imsic", "-device", "riscv-iommu-pci,addr=1.0"],
}
# Out of reset this one lets everything through: ddtp is Bare, not Off.
BARE = ["-M", "virt,aia=aplic-imsic", "-device", "riscv-iommu-pci,addr=1.0,off=off"]
DEVICES = ["-device", f"{EDU},addr=2.0", "-device", f"{EDU},addr=3.0",
           "-device", "pcie-root-port,id=rp,addr=4.0,chassis=1", "-device", f"{EDU},bus=rp"]


class Edu:
    """An `edu` device, driven from outside."""

    def __init__(self, bus, device_id, address, offset=0):
        self.bus, self.base = bus, address
        config = ECAM + (device_id << 12)
        if bus.read(config) != 0x11E81234:
            raise OSError(f"no edu device at {device_id:#x}")
        bus.write(config + 0x10, address)
        bus.write(config + 4, 6, 2)  # memory space, bus master

    def run(self, source, destination, size, command):
        for register, value in ((0x80, source), (0x88, destination), (0x90, size),
                                (0x98, command | 1)):
            self.bus.write(self.base + register, value, 8)
        for _ in range(100):
            time.sleep(0.02)
            if not self.bus.read(self.base + 0x98, 8) & 1:
                return
        raise OSError("the device does not finish")

    def write(self, iova, size=4):
        self.run(EDU_BUFFER, iova, size, 2)

    def read(self, iova, size=4):
        self.run(iova, EDU_BUFFER, size, 0)


def open_port(bus):
    """Number the bus behind the root port, and lead a megabyte of addresses there."""
    config = ECAM + (PORT << 12)
    bus.write(config + 0x18, 0x00010100)
    bus.write(config + 0x20, 0x41004100)
    bus.write(config + 4, 6, 2)


def device_tree(folder, machine, policy, name="tree", bootargs=None):
    """QEMU's own tree for a machine, with a policy in /chosen."""
    path = folder / name
    subprocess.run([QEMU, "-display", "none", "-m", "256", "-smp", "2",
                    *dump(machine, f"{path}.dtb"), *DEVICES], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    source = subprocess.run(["dtc", "-q", "-O", "dts", f"{path}.dtb"], check=True,
                            capture_output=True, text=True).stdout
    head, tail = source.split("chosen {", 1)
    properties, rest = tail.split("};", 1)
    # Properties come before nodes.
    body = (f'bootargs = "{bootargs}";' if bootargs else "") + properties + policy
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", f"{path}.dtb", "-"], check=True,
                   input=f"{head}chosen {{{body}}};{rest}", text=True)
    return f"{path}.dtb"


def dump(machine, path):
    """Arguments that write a machine's tree. The PCI IOMMU puts its node into any tree, also
    into one given by -dtb, so it must not be there already."""
    return ["-M", machine[1] + f",dumpdtb={path}"]


def quick(results, name, machine, images, tree):
    """The whole way, with attacks at each station."""
    arguments = ["-m", "256", "-smp", "2", "-bios", images["guard"], "-kernel", images["payload"],
                 "-dtb", tree, *machine, *DEVICES]

    def expect(good, text, detail=""):
        results.expect(good, f"{name}: {text}", detail)

    with Machine(arguments, bus=True) as m:
        match = m.wait_for(r"guarding (\d+)-bit device_ids after (\d+) instructions")
        expect(match and match[1] == "24", "guards all 2^24 device_ids", m.output)
        m.wait_for("observing for")
        check_windows(expect, m.output)
        open_port(m.bus)
        allowed = Edu(m.bus, ALLOWED, 0x40000000)
        forbidden = Edu(m.bus, FORBIDDEN, 0x40100000)
        bridged = Edu(m.bus, BRIDGED, 0x41000000)
        attack_early(expect, m, allowed, forbidden, bridged)
        m.send("\n")
        if not m.wait_for("payload: ready"):
            expect(False, "the next stage starts", m.output)
            return
        expect(re.search(r"boot-guard: (\d+) requests blocked", m.output)[1] == "6",
               "counts what was blocked", m.output)
        check_payload(expect, m, allowed, forbidden)
        m.send("b")
        expect(m.finish(20) == 0, "powers off by OpenSBI", m.output[-300:])


def check_windows(expect, output):
    expect(re.search(r"window 000010 50000000\+4000 to 84000000: open", output),
           "opens a window", output)
    expect(re.search(r"window 000010 84100000\+1000 to 84100000: open", output),
           "opens a window without an iova of its own", output)
    for address, reason in REFUSED.items():
        expect(re.search(rf"to {address:x}: refused, {reason}", output),
               f"refuses a window to {address:#x}", output)
    for what, reason in (("1000000 84300000", "device_id beyond the directory"),
                         ("000010 50002000", "overlaps another one"),
                         ("000010 400000000000", "iova out of range")):
        expect(re.search(rf"window {what}\+.*refused, {reason}", output),
               f"refuses a window: {reason}", output)
    expect("window empty is incomplete" in output, "refuses an incomplete window", output)


def changes(m, device, iova, address):
    """Does a write of the device to an IOVA change memory at an address?"""
    m.bus.write(address, 0xDEADBEEF)
    device.write(iova)
    return m.bus.read(address) != 0xDEADBEEF


def attack_early(expect, m, allowed, forbidden, bridged):
    """While the guard observes."""
    expect(changes(m, allowed, WINDOW_IOVA + 0x10, WINDOW + 0x10), "a device writes in its window")
    m.bus.write(READ_ONLY, 0x12345678)
    allowed.read(READ_ONLY)
    allowed.write(WINDOW_IOVA + 0x20)
    expect(m.bus.read(WINDOW + 0x20) == 0x12345678, "a device reads in its read-only window")
    expect(not changes(m, allowed, OUTSIDE, OUTSIDE), "a write outside the windows is stopped")
    expect(not changes(m, allowed, READ_ONLY + 0x800, READ_ONLY + 0x800),
           "a write to the read-only window is stopped")
    expect(not changes(m, forbidden, WINDOW, WINDOW), "a device without a window is stopped")
    expect(not changes(m, bridged, WINDOW, WINDOW), "a device behind a bridge is stopped")
    before = m.bus.memory(GUARD, 0x1000)
    forbidden.write(GUARD + 0x100)
    allowed.write(GUARD + 0x100)
    expect(m.bus.memory(GUARD, 0x1000) == before, "the guard's code cannot be written")
    log = m.wait_for(r"blocked: device 000010 write of 80000100.*\n")
    lines = set(re.findall(r"blocked: device (\w+) (\w+) of (\w+), cause (\d+)", m.output))
    expected = {("000010", "write", f"{OUTSIDE:x}", "15"),
                ("000018", "write", f"{WINDOW:x}", "258"),
                ("000100", "write", f"{WINDOW:x}", "258"), ("000018", "write", "80000100", "258"),
                ("000010", "write", "80000100", "15")}
    # Whether a write to a page that was read before is recorded is up to what the machine
    # caches; QEMU does.
    expected.add(("000010", "write", f"{READ_ONLY + 0x800:x}", "15"))
    expect(log and lines == expected, "each is logged with device, address and cause",
           f"{lines ^ expected}")


def registers(m):
    """Where the IOMMU's registers are: the platform device, or BAR 0 of function 00:01.0, which
    an operating system without a driver for it may have moved and switched off."""
    config = ECAM + (0x08 << 12)
    if m.bus.read(config) & 0xFFFF != 0x1B36:
        return 0x3010000
    m.bus.write(config + 4, m.bus.read(config + 4, 2) | 2, 2)
    return m.bus.read(config + 0x14) << 32 | m.bus.read(config + 0x10) & ~15


def check_payload(expect, m, allowed, forbidden):
    """While the next stage runs, before and after it has filled memory."""
    expect(re.search(r"reserved boot-guard@80000000 80000000\+f0000 no-map", m.output),
           "the guard's memory is a no-map reservation", m.output)
    expect(re.search(r"reserved boot-window@84000000 84000000\+4000$", m.output, re.MULTILINE),
           "a window's memory is a reservation", m.output)
    before = m.bus.memory(GUARD, GUARD_END - GUARD)
    m.send("a")
    filled = m.wait_for(r"filled (\d+) MiB")
    expect(filled and int(filled[1]) > 250, "the next stage fills the rest of RAM", m.output)
    expect(m.bus.memory(GUARD, GUARD_END - GUARD) == before, "the guard's memory is unchanged")
    expect(m.bus.read(OUTSIDE) == 0xA5A5A5A5, "while other memory is changed")
    base = registers(m)
    tail = m.bus.read(base + 0x34)
    expect(changes(m, allowed, WINDOW_IOVA + 0x30, WINDOW + 0x30), "a device with a window works")
    expect(not changes(m, forbidden, WINDOW, WINDOW), "a device without one does not")
    expect(not changes(m, forbidden, OPENSBI + 0x40000, OUTSIDE + 4), "nor into OpenSBI")
    queue = m.bus.read(base + 0x28, 8)
    record = (queue >> 10 << 12) + tail * 32
    expect(m.bus.read(base + 0x34) == tail + 2, "both are in the fault queue for the next owner")
    expect(m.bus.read(record, 8) & 0xFFF == 258 and m.bus.read(record, 8) >> 40 == FORBIDDEN and
           m.bus.read(record + 16, 8) == WINDOW, "with device, cause and address")


def heedless(results, images, folder):
    """The check of the guard's memory can fail: a next stage that ignores the reservation."""
    tree = device_tree(folder, MACHINES["sys"], "", "heedless", bootargs="ignore")
    with Machine(["-m", "256", "-bios", images["guard"], "-kernel", images["payload"], "-dtb", tree,
                  *MACHINES["sys"], *DEVICES, "-smp", "2"], bus=True) as m:
        m.wait_for("payload: ready")
        before = m.bus.memory(GUARD, 0x10000)
        m.send("a")
        m.wait_for("filled")
        results.expect(m.bus.memory(GUARD, 0x10000) != before,
                       "heedless: without the reservation the guard is overwritten",
                       m.output[-300:])


def described(results, images, folder):
    """The tree that the next stage gets, as dtc reads it."""
    tree = device_tree(folder, MACHINES["sys"], POLICY % 0, "described")
    with Machine(["-m", "256", "-smp", "2", "-bios", images["guard"], "-kernel", images["payload"],
                  "-dtb", tree, *MACHINES["sys"], *DEVICES], bus=True) as m:
        m.wait_for("payload: ready")
        (folder / "final.dtb").write_bytes(m.bus.memory(GUARD_END, 0x10000))
    result = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", str(folder / "final.dtb")],
                            check=False, capture_output=True, text=True)
    text = result.stdout
    results.expect(result.returncode == 0, "described: dtc reads the tree", result.stderr)
    guard = re.search(r"boot-guard@80000000 \{(.*?)\};", text, re.DOTALL)
    results.expect(guard and "no-map" in guard[1] and '"portcullis,boot-guard"' in guard[1],
                   "described: the guard", text)
    window = re.search(r"boot-window@84000000 \{(.*?)\};", text, re.DOTALL)
    device = re.search(r"device@2 \{(.*?)\};", text, re.DOTALL)
    addresses = window and re.search(r"iommu-addresses = <(0x\w+) 0x2000000 0x00 0x50000000 0x00 "
                                     r"0x4000>", window[1])
    results.expect(addresses is not None, "described: a window's iommu-addresses", text)
    results.expect(device and f"phandle = <{addresses[1]}>" in device[1] and
                   "reg = <0x1000 0x00 0x00 0x00 0x00>" in device[1] and
                   len(re.search(r"memory-region = <(.*?)>", device[1])[1].split()) == 2,
                   "described: the device with its memory-region", text)


def instructions(results, images):
    """Instructions to guard: counted, so the same each time."""
    counts = []
    for machine in MACHINES.values():
        found = set()
        for _ in range(2):
            with Machine(["-m", "256", "-icount", "shift=0,sleep=off", "-seed", "1", "-rtc",
                          "base=2026-01-01,clock=vm", "-bios", images["guard"], "-kernel",
                          images["payload"], *machine, *DEVICES]) as m:
                match = m.wait_for(r"after (\d+) instructions")
                found.add(int(match[1]) if match else None)
        results.expect(len(found) == 1 and None not in found, f"instructions: repeatable, {found}")
        counts.append(max(value or 0 for value in found))
    print(f"     {counts[0]} (platform) and {counts[1]} (PCI) instructions to guard")
    results.expect(all(0 < count < 2_000_000 for count in counts), "instructions: below 2 million")


def second_iommu(folder, name, address):
    """A tree with one more IOMMU."""
    path = device_tree(folder, MACHINES["sys"], "", name)
    source = subprocess.run(["dtc", "-q", "-O", "dts", path], check=True, capture_output=True,
                            text=True).stdout
    node = f'iommu@1 {{ compatible = "riscv,iommu"; reg = <0x0 {address:#x} 0x0 0x1000>; }};'
    source = source.replace("rtc@101000 {", node + "rtc@101000 {")
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path, "-"], check=True, input=source, text=True)
    return path


def refusals(results, images, folder):
    """What cannot be guarded is not started."""
    stray = second_iommu(folder, "stray", 0x10001000)  # a virtio device, in truth
    cases = {
        "no IOMMU": (["-M", "virt"], "stopped: no IOMMU"),
        "no next stage": (MACHINES["sys"], "stopped: no usable next stage"),
        "a second IOMMU that is none": ([*MACHINES["sys"], "-dtb", stray],
                                        "stopped: an IOMMU cannot be set up"),
    }
    for name, (machine, text) in cases.items():
        kernel = [] if name == "no next stage" else ["-kernel", images["payload"]]
        with Machine(["-m", "256", "-bios", images["guard"], *kernel, *machine]) as m:
            results.expect(m.wait_for(text, 20), f"refusals: {name}", m.output)
            results.expect(not m.wait_for("OpenSBI", 1), f"refusals: {name}: nothing is started")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guard", required=True)
    parser.add_argument("--payload", required=True)
    args = parser.parse_args()
    images = {"guard": args.guard, "payload": args.payload}
    results = Results()
    with tempfile.TemporaryDirectory(prefix="boot-guard-") as name:
        folder = pathlib.Path(name)
        instructions(results, images)
        for machine, arguments in {**MACHINES, "bare": BARE}.items():
            tree = device_tree(folder, arguments, POLICY % 60000, machine)
            try:
                quick(results, machine, arguments, images, tree)
            except (OSError, EOFError) as error:
                results.expect(False, f"{machine}: to the end", error)
        described(results, images, folder)
        heedless(results, images, folder)
        refusals(results, images, folder)
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
