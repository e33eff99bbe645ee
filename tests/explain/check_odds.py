# SPDX-License-Identifier: Apache-2.0
"""Odd but legal input, and notes that are made of it."""

import json

import scenarios
from check_scenarios import inputs
from harness import elf, hex_text, registers_text
from tables import CAP, EVERYTHING, System

REQUEST = "device=01:00.5 address=0x1abc access=w"
MODES = 0b1111 << CAP["Sv32x4"]


def check_words(harness, base):
    """Each way to write a request's values."""
    same = {
        "access": [("w", "write"), ("r", "read"), ("x", "execute")],
        "type": [("untranslated", "u"), ("translated", "t"), ("ats", "a")],
        "cxl": [("1", "yes"), ("0", "no")],
    }
    for key, pairs in same.items():
        more = " type=ats" if key == "cxl" else ""
        for first, second in pairs:
            outputs = [harness.run(*base, f"device=1 address=0x10 {key}={word}{more}")
                       for word in (first, second)]
            harness.check(f"{key}={first} is {key}={second}",
                          outputs[0].stdout == outputs[1].stdout != b""
                          and outputs[0].returncode != 2, outputs[1].stderr.decode())
    wordy = harness.run(*base, "device=1 address=0x10 type=ats cxl").stdout
    harness.check("a flag needs no value",
                  wordy == harness.run(*base, "device=1 address=0x10 type=ats cxl=1").stdout)
    one = harness.run(*base, f"{REQUEST} length=1").stdout
    harness.check("one byte", b", 1 byte\n" in one)
    harness.check("two bytes", b", 2 bytes\n" in harness.run(*base, f"{REQUEST} length=2").stdout)
    capital = harness.run(*base, "device=01:00.5 address=0X1ABC access=w").stdout
    harness.check("0X is 0x", capital == harness.run(*base, REQUEST).stdout)
    blanks = "device=01:00.5\faddress=0x1abc\vaccess=w\r\n\n".encode()
    harness.check("blanks of every kind", harness.run(*base, "-R", "-", stdin=blanks).stdout
                  == harness.run(*base, REQUEST).stdout)
    auto = harness.run(*base, "--color=auto", REQUEST)
    harness.check("--color=auto", auto.stdout == harness.run(*base, REQUEST).stdout)


def check_images(harness, base, scenario):
    """Places and pieces of images."""
    data = hex_text(scenario.system.memory.ranges())
    wanted = harness.run(*base, "-b", REQUEST).stdout
    folder = harness.folder / "at@1"
    folder.mkdir()
    (folder / "image.hex").write_text(data)
    named = harness.run("-m", "at@1/image.hex", *base[2:], "-b", REQUEST)
    harness.check("an @ in a folder's name is no load address", named.stdout == wanted,
                  named.stderr.decode())
    ranges = scenario.system.memory.ranges()
    empty = elf([*ranges, (0x9000_0000, b"")])
    result = harness.run("-m", harness.write("empty.elf", empty), *base[2:], "-b", REQUEST)
    harness.check("an ELF segment without bytes", result.stdout == wanted, result.stderr.decode())
    lines = [":0400000300000000F9", "", ":0400000500000000F7", ":02000004800179", ":0100000055AA",
             ":00000001FF"]
    image = harness.write("start.ihex", "\n".join(lines) + "\n")
    result = harness.run("-m", image, *base, "-b", REQUEST)
    harness.check("Intel HEX says where to start", result.returncode == 0, result.stderr.decode())
    words = harness.write("short.hex", "80000000: 0x0401 0x2000 0x0000 0x0000\n")
    tiny = harness.write("tiny.hex", "80000000: 0x01 0x04 0x00 0x20 0x00 0x00 0x00 0x00\n")
    bytewise = harness.run("-m", tiny, "-s", "ddtp=0x20000004", "device=0 address=0").stdout
    harness.check("words of one byte", b"0000000020000401" in bytewise, bytewise.decode())
    half = harness.run("-m", words, "-s", "ddtp=0x20000004", "device=0 address=0").stdout
    harness.check("words of two bytes", b"0000000020000401" in half, half.decode())
    patches = harness.write("patches.hex", "80000000: 00\n80000008: 00\n90000000: 00\n")
    result = harness.run(*base, "-m", patches, "-b", "device=01:00.5 address=0x9000")
    harness.check("covered pieces are counted",
                  b"patches.hex covers 2 bytes of earlier images" in result.stdout)
    single = harness.write("single.hex", "80000000: 00\n")
    result = harness.run(*base, "-m", single, "-b", "device=01:00.5 address=0x9000")
    harness.check("one covered byte", b"covers 1 byte of earlier images" in result.stdout)
    gap = harness.write("gap.hex", "80000000: 00\n80000010: 00\n")
    over = harness.write("over.hex", "7ffffff0: " + "00" * 64 + "\n")
    result = harness.run("-m", gap, "-m", over, *base[2:], "-b", "device=01:00.5 address=0x9000")
    harness.check("gaps are not covered", b"over.hex covers 2 bytes" in result.stdout)
    many = [arg for _ in range(40) for arg in ("-m", single)]
    result = harness.run("-m", single, *many, *base[2:], "-b", REQUEST)
    harness.check("more notes than there is room for",
                  0 < result.stdout.count(b"covers 1 byte") < 40
                  or b"covers" in result.stdout, result.stderr.decode())


def check_directory_ends(harness):
    """Base format: the root has room for device_ids of 25 bits, of which there are 24."""
    system = System(mode=4, caps=EVERYTHING & ~(0b111 << CAP["AMO_MRIF"]))
    system.device(0xFFFFFF)
    page = system.load(system.ddt + 8 * 255)
    system.store(system.ddt + 8 * 256, page)
    base = [
        "-m", harness.write("ends.hex", hex_text(system.memory.ranges())),
        "-r", harness.write("ends.regs", registers_text(system.registers)),
    ]
    report = json.loads(harness.run(*base, "--ddt", "--json").stdout)
    ids = [context["device_id"] for context in report["device_contexts"]]
    harness.check("device_ids end at 24 bits", ids == ["0xffffff"], str(ids))


def check_widths(harness):
    """MGPAW: the bits of msi_addr_pattern that are reserved go with the capabilities."""
    widths = {"Sv57x4": 59, "Sv48x4": 50, "Sv39x4": 41, "Sv32x4": 34, None: 40}
    for index, (name, width) in enumerate(widths.items()):
        caps = EVERYTHING & ~MODES & ~(63 << 32 | 1 << CAP["T2GPA"]) | 40 << 32
        for lower in list(widths)[index:]:
            caps |= 1 << CAP[lower] if lower else 0
        for bit, reserved in ((width - 13, False), (width - 12, True)):
            system = System(mode=2, caps=caps)
            system.device(1, msi=(0, 0, 1 << bit), fsc=0)
            base = [
                "-m", harness.write("width.hex", hex_text(system.memory.ranges())),
                "-r", harness.write("width.regs", registers_text(system.registers)),
            ]
            shown = harness.run(*base, "device=1 address=0x10").stdout
            harness.check(f"{name}: bit {bit} of msi_addr_pattern is "
                          f"{'reserved' if reserved else 'there'}",
                          (f"msi_addr_pattern: reserved bits are set: {bit} ".encode() in shown)
                          == reserved == (b"DC_RESERVED" in shown), shown.decode()[:3000])


def check_registers(harness, base, system):
    caps = system.registers["capabilities"]
    busy = harness.run(*base, "-s", f"ddtp={system.registers['ddtp'] | 16:#x}", "-b", REQUEST)
    harness.check("ddtp.busy is noted", b"ddtp.busy is 1" in busy.stdout and busy.returncode == 0)
    ddtp = f"ddtp={system.registers['ddtp']:#x}"
    wired = harness.run(*base[:2], "-s", f"capabilities={caps & ~(3 << 28) | 1 << 28:#x}", "-s",
                        ddtp, "-b", REQUEST)
    harness.check("fctl.WSI that is fixed", wired.returncode == 0, wired.stderr.decode())
    unnamed = harness.run(*base[:2], "-s", f"capabilities={caps:#x}", "-s", "ddtp=0xb",
                          "-b", REQUEST)
    harness.check("a value of the command line reads back",
                  b"ddtp: 0xb reads back as" in unnamed.stdout, unnamed.stdout.decode())
    modes = {0: "Off", 1: "Bare", 5: "reserved", 14: "custom"}
    for mode, name in modes.items():
        shown = harness.run(*base[:2], "-s", f"capabilities={caps:#x}", "-s", f"ddtp={mode:#x}",
                            "-Q", "-s", "cqb=0x20000000", "-s", "cqt=0")
        text = f"{mode} ({name})" if name == "reserved" else name
        harness.check(f"ddtp.iommu_mode {mode} is {name}",
                      f"iommu_mode={text}".encode() in shown.stdout, shown.stdout.decode())


def check_queues(harness):
    scenario = scenarios.queues()
    base = inputs(harness, scenario, "odd-queues")
    full = harness.run(*base, "-Q", "-s", "fqh=4").stdout
    harness.check("a full queue", b"the queue is full" in full)
    for name in ("fqh", "fqt"):
        beyond = harness.run(*base, "-Q", "-s", f"{name}=16").stdout
        harness.check(f"{name} beyond the end", b"beyond the end of the queue" in beyond)
    off = harness.run(*base, "-Q", "-s", "ddtp=0").stdout
    harness.check("without a directory every DID fits", b"DID is wider" not in off)
    at_zero = harness.run(*base, "-Q", "-s", "pqb=0", "-s", "pqcsr=0x10000").stdout
    harness.check("a queue at address 0 that is on", b"page-request queue: 2 entries at 0x0"
                  in at_zero, at_zero.decode())
    no_head = harness.run(*base[:2], *(f"-s{name}={value:#x}" for name, value in
                                       scenario.system.registers.items()
                                       if name not in ("fqh", "fqt", "fqcsr")),
                          "device=01:00.5 address=0xa000")
    harness.check("a fault queue without head and tail", no_head.returncode == 1
                  and b"lost" not in no_head.stdout, no_head.stdout.decode())
    memory_fault = harness.run(*base, "-s", "fqcsr=0x10101", "device=01:00.5 address=0xa000").stdout
    harness.check("fqmf is noted", b"lost in hardware until fqcsr.fqmf" in memory_fault)
    gone = harness.run(*base, "-Qj", "-s", "fqb=0x1c000003").stdout
    harness.check("a queue in no image, in JSON", b'"fq"' in gone)


def run(harness):
    scenario = scenarios.good_sv39()
    base = inputs(harness, scenario, "odds")
    check_words(harness, base)
    check_images(harness, base, scenario)
    check_directory_ends(harness)
    check_widths(harness)
    check_registers(harness, base, scenario.system)
    check_queues(harness)
