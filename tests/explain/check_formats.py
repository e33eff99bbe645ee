# SPDX-License-Identifier: Apache-2.0
"""The same memory in every image format gives the same walk."""

import scenarios
from check_scenarios import inputs
from harness import elf, hex_text, intel_hex

REQUESTS = [
    "device=01:00.5 address=0x1abc access=w",
    "device=01:00.5 address=0x9000",
    "device=01:00.6 address=0",
]


def words_text(ranges, size):
    """As GDB and QEMU's monitor print memory: little-endian words."""
    lines = []
    for address, data in ranges:
        for offset in range(0, len(data), 16):
            row = data[offset : offset + 16]
            words = (row[i : i + size] for i in range(0, 16, size))
            lines.append(
                f"0x{address + offset:016x}:\t" + "\t".join("0x" + w[::-1].hex() for w in words)
            )
    return "\n".join(lines) + "\n"


def run(harness):
    scenario = scenarios.good_sv39()
    base = inputs(harness, scenario, "formats")
    ranges = scenario.system.memory.ranges()
    registers = base[2:]
    wanted = harness.run(*base, "--brief", *REQUESTS).stdout
    harness.check("formats: a walk to compare with", b"TRANSLATED 0x90000abc" in wanted)
    (address, raw), *_ = ranges
    first, second = raw[:4096], raw[4096:]
    crlf = "# CRLF, comments\r\n" + hex_text(ranges).replace("\n", " ; end\r\n")
    grouped = "".join(
        f"0x{address + i:x}: {raw[i:i+32].hex()} | text\n" for i in range(0, len(raw), 32)
    )
    cases = {
        "elf64": [harness.write("i.elf64", elf(ranges))],
        "elf32": [harness.write("i.elf32", elf(ranges, bits=32))],
        "elf core": [harness.write("i.core", elf(ranges, kind=4))],
        "elf with zeros": [harness.write("i.bss", elf(ranges, trailing_zeros=1))],
        "intel hex": [harness.write("i.ihex", intel_hex(ranges))],
        "raw": [harness.write("i.raw", raw) + f"@{address:#x}"],
        "two raw": [
            harness.write("i.raw1", first) + f"@{address:#x}",
            harness.write("i.raw2", second) + f"@{address + 4096}",
        ],
        "8-byte words": [harness.write("i.w8", words_text(ranges, 8))],
        "4-byte words": [harness.write("i.w4", words_text(ranges, 4))],
        "crlf": [harness.write("i.crlf", crlf)],
        "grouped": [harness.write("i.grouped", grouped)],
    }
    for name, images in cases.items():
        arguments = [argument for image in images for argument in ("-m", image)]
        result = harness.run(*arguments, *registers, "--brief", *REQUESTS)
        harness.check(f"formats: {name}", result.stdout == wanted, result.stderr.decode())
    check_segments(harness)
    stdin = harness.run("-m", "-", *registers, "--brief", *REQUESTS, stdin=elf(ranges))
    harness.check("formats: standard input", stdin.stdout == wanted, stdin.stderr.decode())
    check_covering(harness, registers, raw, address)


def check_segments(harness):
    """Intel HEX with segment addresses, which are shifted by 4; and zeros of ELF."""
    lines = [":020000021000EC", ":080000000104002000000000D3", ":00000001FF"]
    image = harness.write("i.segment", "\n".join(lines))
    walk = harness.run("-m", image, "-s", "ddtp=0x4004", "device=0 address=0")
    harness.check(
        "formats: Intel HEX segments", b"0000000020000401" in walk.stdout, walk.stderr.decode()
    )
    zeros = elf([(0x8000_0000, bytes(4096))], trailing_zeros=1)
    image = harness.write("i.zeros", zeros)
    walk = harness.run("-m", image, "-s", "ddtp=0x20000002", "-D", "device=3 address=0")
    harness.check("formats: bytes that ELF does not store", b"entry is zero" in walk.stdout)
    harness.check("formats: no contexts in zeros", b"none is valid" in walk.stdout)


def check_covering(harness, registers, raw, address):
    """A later image covers an earlier one, and the tool says so."""
    whole = harness.write("whole.raw", raw) + f"@{address:#x}"
    patch = harness.write("patch.hex", f"{address:x}: 00 00 00 00 00 00 00 00\n")
    request = REQUESTS[0]
    later = harness.run("-m", whole, "-m", patch, *registers, "--brief", request)
    harness.check("covering: later image wins", b"DDTE_NOT_VALID" in later.stdout)
    harness.check(
        "covering: is said", b"patch.hex covers 8 bytes of earlier images" in later.stdout
    )
    earlier = harness.run("-m", patch, "-m", whole, *registers, "--brief", request)
    harness.check("covering: earlier image loses", b"TRANSLATED" in earlier.stdout)
    # an entry that lies half in the one, half in the other
    half = harness.write("half.hex", f"{address + 4:x}: ff ff ff ff\n")
    mixed = harness.run("-m", whole, "-m", half, *registers, "--brief", request)
    harness.check("covering: an entry in two images", b"DDTE_RESERVED" in mixed.stdout)
