# SPDX-License-Identifier: Apache-2.0
"""Input that makes no sense: one line that names file, line and field; exit status 2."""

import os
import struct

from harness import elf, intel_hex

PAGE = [(0x8000_0000, bytes(range(256)) * 16)]
REQUEST = "device=1 address=0x1000"


def patched(content, offset, layout, value):
    size = struct.calcsize(layout)
    return content[:offset] + struct.pack(layout, value) + content[offset + size :]


def images():
    """Name, contents, and what the message must have in it."""
    good = elf(PAGE)
    small = elf(PAGE, bits=32)
    ihex = intel_hex(PAGE)
    first = ihex.splitlines()[1]
    return [
        ("empty", b"", "is empty"),
        ("elf-magic-only", b"\x7fELF", "truncated ELF header"),
        ("elf-short", good[:40], "truncated ELF header"),
        ("elf-class", patched(good, 4, "B", 7), "ELF class 7"),
        ("elf-big-endian", patched(good, 5, "B", 2), "not a little-endian"),
        ("elf-machine-wide", elf(PAGE, machine=0x1F3), "for RISC-V (e_machine 499)"),
        ("elf-machine", elf(PAGE, machine=62), "not an ELF file for RISC-V (e_machine 62)"),
        ("elf-no-headers", patched(good, 56, "<H", 0), "no program headers"),
        ("elf-xnum", patched(good, 56, "<H", 0xFFFF), "more than 65534 program headers"),
        ("elf-many-headers", patched(good, 56, "<H", 300), "truncated program header"),
        ("elf-entry-size", patched(good, 54, "<H", 8), "e_phentsize is 8"),
        ("elf-phoff", patched(good, 32, "<Q", 1 << 63), "truncated program header 0"),
        ("elf-phoff-wraps", patched(good, 32, "<Q", (1 << 64) - 8), "truncated program header 0"),
        ("elf-offset", patched(good, 72, "<Q", 1 << 62), "program header 0: segment lies beyond"),
        ("elf-offset-wraps", patched(good, 72, "<Q", (1 << 64) - 1), "segment lies beyond"),
        ("elf-filesz", patched(good, 96, "<Q", (1 << 64) - 1), "p_filesz is larger than p_memsz"),
        ("elf-truncated", good[:-1], "program header 0: segment lies beyond"),
        ("elf-memsz-wraps", patched(good, 104, "<Q", (1 << 64) - 1), "runs past 2^64"),
        ("elf-paddr-wraps", patched(good, 88, "<Q", (1 << 64) - 16), "runs past 2^64"),
        ("elf-not-load", patched(good, 64, "<I", 4), "no loadable segment"),
        ("elf-twice", elf(PAGE + PAGE), "address 0x80000000 is given more than once"),
        ("elf32-offset", patched(small, 56, "<I", 0xFFFFFFFF), "segment lies beyond"),
        ("elf32-short", small[:50], "truncated ELF header"),
        ("binary", b"\x00\x01\x02\x03" * 64, "for raw bytes give the address"),
        ("high-bytes", b"\xff\xfe" * 64, "for raw bytes give the address"),
        ("hex-odd", "80000000: 00 1", "1: 1 has an odd number of hexadecimal digits"),
        ("hex-digit", "# a\n80000000: 0g", "hex-digit:2: 0g is not hexadecimal"),
        ("hex-no-colon", "hello world\n", 'has no "address:" at its start'),
        ("hex-no-address", "a: 00\n: 00\n", "hex-no-address:2: address: "),
        ("hex-address", "12x4: 00\n", "hex-address:1: address: 12x4 is not a number"),
        ("hex-address-wide", "10000000000000000: 00\n", "does not fit 64 bits"),
        ("hex-wraps", "ffffffffffffffff: 00 00\n", "data run past address 2^64"),
        ("hex-word", "80000000: 0x123\n", "needs 2, 4, 8 or 16 digits"),
        ("hex-word-digit", "80000000: 0x12g4\n", "is not a hexadecimal word"),
        ("hex-no-bytes", "# nothing\n", "holds no bytes"),
        ("hex-only-address", "80000000:\n", "holds no bytes"),
        ("hex-overlap", "80000000: 00 01\n80000001: 02\n", "0x80000001 is given more than once"),
        ("hex-star-first", "*\n80000000: 00\n", "has no line before it to repeat"),
        ("hex-star-last", "80000000: 00\n*\n", "up to which address is not known"),
        ("hex-star-back", "80000010: 00\n*\n80000000: 00\n", 'does not fit the "*"'),
        ("hex-star-part", "0: 00 01\n*\n5: 00\n", 'does not fit the "*"'),
        ("hex-star-huge", "0: 00\n*\nffffffffffffffff:\n", "repeats more than 64 MiB"),
        ("hex-star-big", "0: 00\n*\n4000001:\n", "repeats more than 64 MiB"),
        ("hex-nul", b"80000000: 0\0\n", "hex-nul:1:"),
        ("hex-control", b"80000000: \x1b[2J\n", "?[2J is not hexadecimal"),
        ("bytes-80", b"\x80\x01\x02\x03", "neither ELF nor text"),
        ("bytes-01", b"\x01\x02\x03\x04", "neither ELF nor text"),
        ("bytes-10", b"\x10\x02\x03\x04", "neither ELF nor text"),
        ("hex-underscore", "80000000: 0x12_4\n", "is not a hexadecimal word"),
        ("ihex-digit", ":0z000001FF\n", "is not hexadecimal"),
        ("ihex-word", first + "\nword\n", "is not a record, which starts with a colon"),
        ("ihex-digits", first[:-1] + "\n", "odd number of hexadecimal digits"),
        ("ihex-char", first[:-2] + "zz\n", "is not hexadecimal"),
        ("ihex-sum", first[:-2] + f"{int(first[-2:], 16) ^ 1:02x}\n", "has a wrong checksum"),
        ("ihex-count", ":02000000ff00\n", "byte count that is not its length"),
        ("ihex-short", ":0000\n", "no legal length"),
        ("ihex-type", ":00000009F7\n", "unknown record type"),
        ("ihex-end", "".join(ihex.splitlines(True)[:-1]), "has no end record"),
        ("ihex-after", ihex + ":00000001FF\n", "follows the end record"),
        ("ihex-base", ":0100000400FB\n:00000001FF\n", "needs 2 bytes of address"),
        ("ihex-nothing", ":00000001FF\n", "holds no bytes"),
        ("ihex-mixed", ":00000001FF\n80000000: 00\n", "follows the end record"),
        ("ihex-overlap", first + "\n" + first + "\n:00000001FF\n", "is given more than once"),
    ]


REGISTERS = [
    ("ddtp = 0xzz", ":1: ddtp: 0xzz is not a number"),
    ("# x\n\nddtp: 0x1_", ":3: ddtp: 0x1_ is not a number"),
    ("ddtp =", ":1: ddtp: (nothing) is not a number"),
    ("ddtp", ':1: "ddtp" is not of the form name = value'),
    ("ddtp = 1 2", "1 2 is not a number"),
    ("ddtp = -1", "-1 is not a number"),
    ("ddtp = 0x10000000000000000", "does not fit 64 bits"),
    ("fctl = 0x100000000", ":1: fctl: 0x100000000 does not fit 32 bits"),
    ("ddtq = 1", ':1: there is no register "ddtq"'),
    ("= 1", 'there is no register ""'),
    ("msi_addr_16 = 1", 'there is no register "msi_addr_16"'),
    ("iohpmctr0 = 1", 'there is no register "iohpmctr0"'),
    ("ddtp = 1\nddtp = 2", ":2: ddtp: was given on line 1 already"),
    ("portcullis-iommu-registers 2\n", ":1: format version 2 is not known here, only 1"),
    ("portcullis-iommu-registers\n", 'format version: ""'),
    ("portcullis-iommu-registers x\n", 'format version: "x" is not a number'),
    ("ddtp = \x1b[31m", "?[31m is not a number"),
    ("x" * 100000 + " = 1", '..."'),
    ("capabilities = 0x0\nddtp=0", "capabilities: capabilities.version"),
    ("capabilities = 0x210\nddtp=0", "capabilities: capabilities.PAS"),
    (f"capabilities = {0x10 | 1 << 9 | 56 << 32:#x}\nfctl = 2\nddtp = 0", ":2: fctl: fctl_reset"),
]

REQUESTS = [
    ("device=1", "address is missing"),
    ("address=1", "device is missing"),
    ("device=one address=1", 'device: "one" is not a number'),
    ("device=1a address=1", 'device: "1a" is not a number'),
    ("device=_1 address=1", 'device: "_1" is not a number'),
    ("device=1 address=1 length=x", 'length: "x" is not a number'),
    ("device=1 address=1 cxl=", "cxl: has no value"),
    ("device=1 address=", "address: has no value"),
    ("device=1 address=0x", 'address: "0x" is not a number'),
    ("device=1 address=0x10000000000000000", "does not fit 64 bits"),
    ("device=0x1000000 address=0", "does not fit the 24 bits of a device_id"),
    ("device=00:20.0 address=0", "too large (ff:1f.7)"),
    ("device=00:00.8 address=0", "too large (ff:1f.7)"),
    ("device=100:00.0 address=0", "too large (ff:1f.7)"),
    ("device=100:00:00.0 address=0", "segment above ff"),
    ("device=00:00 address=0", "is not [segment:]bus:device.function"),
    ("device=0:0:0:0.0 address=0", "is not [segment:]bus:device.function"),
    ("device=: address=0", "is not [segment:]bus:device.function"),
    ("device=:. address=0", "is not [segment:]bus:device.function"),
    ("device=1 address=0 access=rwxx", "is none of r, w, x"),
    ("device=1 address=0 access=rwx", "only an ATS request can ask for w and x"),
    ("device=1 address=0 type=x", "is none of untranslated, translated, ats"),
    ("device=1 address=0 process=0x100000", "does not fit the 20 bits of a process_id"),
    ("device=1 address=0 privileged", "privileged: needs a process"),
    ("device=1 address=0 privileged=2 process=1", "is neither 0 nor 1"),
    ("device=1 address=0 cxl", "has a meaning for ATS requests only"),
    ("device=1 address=0 length=0x100000000", "does not fit 32 bits"),
    ("device=1 address=0xffffffffffffffff length=2", "runs past address 2^64"),
    ("device=1 device=2 address=0", "device is given more than once"),
    ("device=1 address=0 colour=red", '"colour" is none of'),
    ("=", '"" is none of'),
]

USAGE = [
    ([], "nothing to explain"),
    (["-m"], "unknown option, or its value is missing"),
    (["--frobnicate"], "--frobnicate: unknown option"),
    (["good.hex"], "is no request of the form"),
    (["-m", "good.hex"], "nothing to explain"),
    (["-m", "good.hex", REQUEST], "ddtp is not given"),
    (["-c", "huge", "-s", "ddtp=0", REQUEST], '--config: "huge"'),
    (["-s", "ddtp", REQUEST], "not of the form name = value"),
    (["-d", "1", "-s", "ddtp=0"], "address is missing"),
    (["-a", "1", "-s", "ddtp=0"], "device is missing"),
    (["-d", "1", "-d", "2"], "more than once"),
    (["--color=red"], '--color: "red"'),
    (["--limit", "x"], "--limit: x is not a number"),
    (["-s", "ddtp=0", "--ddt"], "is Off: there is no directory"),
    (["-s", "ddtp=1", "--ddt"], "is Bare: there is no directory"),
    (["-s", "ddtp=0x20000004", "--ddt"], "0x80000000, which is in no image"),
    (["-s", "ddtp=0", "--replay"], "--replay: fqb is not given"),
    (["-s", "ddtp=0", "-s", "fqb=0x20000000", "-s", "fqt=1", "--replay"], "is in no image"),
    (["-m", "good.hex@0x1z", "-s", "ddtp=0", REQUEST], "load address: 0x1z is not a number"),
    (["-m", "good.hex@", "-s", "ddtp=0", REQUEST], "is not a number"),
    (["-m", "good.hex@0xffffffffffffffff", "-s", "ddtp=0", REQUEST], "run past 2^64"),
    (["-m", "no-such-file", "-s", "ddtp=0", REQUEST], "no-such-file: cannot be opened"),
    (["-m", "folder", "-s", "ddtp=0", REQUEST], "folder: is a directory"),
    (["-m", "/dev/zero@0", "-s", "ddtp=0", REQUEST], "more than 64 MiB from a stream"),
    (["-m", "/dev/null", "-s", "ddtp=0", REQUEST], "/dev/null: is empty"),
    (["-r", "folder", REQUEST], "folder: is a directory"),
    (["-r", "huge.regs", REQUEST], "huge.regs: text of more than 64 MiB"),
    (["-m", "huge.regs", "-s", "ddtp=0", REQUEST], "huge.regs: neither ELF nor text"),
    (["-R", "folder"], "folder: is a directory"),
]


def expect(harness, name, arguments, message):
    result = harness.run(*arguments)
    if result.crashed:
        return
    error = result.stderr.decode(errors="replace")
    good = (
        result.returncode == 2
        and result.stdout == b""
        and error.count("\n") == 1
        and error.endswith("\n")
        and message in error
        and len(error) < 600
        and all(c.isprintable() for c in error[:-1])
    )
    harness.check(
        f"malformed {name}", good, f"status {result.returncode}, {error[:300]!r}, not {message!r}"
    )


def run(harness):
    harness.write("good.hex", "80000000: 00\n")
    (harness.folder / "folder").mkdir()
    with open(harness.folder / "huge.regs", "wb") as huge:
        huge.truncate(65 << 20)  # a hole: it takes no room
    for name, content, message in images():
        harness.write(name, content)
        arguments = ["-m", name, "-s", "ddtp=0x20000004", REQUEST]
        expect(harness, name, arguments, message)
        if content:
            expect(harness, f"{name}, named", arguments, f"{name}:")
    for number, (text, message) in enumerate(REGISTERS):
        name = harness.write(f"bad{number}.regs", text)
        arguments = ["-r", name, "-m", "good.hex", REQUEST]
        expect(harness, f"registers {text[:40]!r}", arguments, message)
    for number, (text, message) in enumerate(REQUESTS):
        name = harness.write(f"bad{number}.requests", f"\n{text}\n")
        base = ["-m", "good.hex", "-s", "ddtp=0"]
        expect(harness, f"request {text!r}", [*base, text], message)
        expect(harness, f"request file {text!r}", [*base, "-R", name], f"{name}:2: ")
    for arguments, message in USAGE:
        expect(harness, f"usage {' '.join(arguments)}", arguments, message)
    if os.geteuid() != 0:  # root reads everything
        harness.write("secret", "80000000: 00\n")
        (harness.folder / "secret").chmod(0)
        expect(harness, "unreadable", ["-m", "secret", "-s", "ddtp=0", REQUEST], "cannot be opened")
    check_many(harness)
    check_large(harness)


def check_many(harness):
    """More pieces and requests than the tool takes."""
    pieces = "".join(f"{address:x}: 00\n" for address in range(0, 2 * ((1 << 20) + 1), 2))
    harness.write("many.hex", pieces)
    base = ["-s", "ddtp=0"]
    expect(harness, "many pieces", ["-m", "many.hex", *base, REQUEST], "separate pieces")
    harness.write("many.requests", f"{REQUEST}\n" * 65537)
    arguments = ["-m", "good.hex", *base, "-R", "many.requests"]
    expect(harness, "many requests", arguments, "more than 65536 requests")


def check_large(harness):
    """A raw image of 1 TiB (a hole): only what is read is loaded."""
    with open(harness.folder / "large.raw", "wb") as large:
        large.truncate(1 << 40)
    result = harness.run(
        "-m", "large.raw@0", "-s", "ddtp=0x20000004", "-Db", "device=1 address=0"
    )
    harness.check("an image of 1 TiB", b"DDTE_NOT_VALID" in result.stdout, result.stderr.decode())
