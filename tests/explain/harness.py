# SPDX-License-Identifier: Apache-2.0
"""Running the tool, counting checks, and writing images in each format."""

import os
import struct
import subprocess

SANITIZERS = (b"AddressSanitizer", b"LeakSanitizer", b"runtime error:")
TIMEOUT = 60


class FirstFailure(Exception):
    """A check failed, and the first that fails shall be the last."""


class Harness:
    def __init__(self, tool, folder, stop=False):
        self.tool = tool
        self.folder = folder
        self.passed = 0
        self.failed = 0
        self.stop = stop

    def check(self, name, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {name}" + (f": {detail}" if detail else ""))
            if self.stop:
                raise FirstFailure
        return good

    def run(self, *arguments, environment=None, stdin=b""):
        """Run the tool in the folder. A crash or a sanitizer's report is a failed check."""
        env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        env |= {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"} | (environment or {})
        result = subprocess.run(
            [str(self.tool), *map(str, arguments)],
            cwd=self.folder, input=stdin, capture_output=True, timeout=TIMEOUT, env=env,
        )
        bad = result.returncode not in (0, 1, 2) or any(s in result.stderr for s in SANITIZERS)
        if bad:
            self.check(
                "no crash", False,
                f"{' '.join(map(str, arguments))}: status {result.returncode}\n"
                + result.stderr.decode(errors="replace"),
            )
        result.crashed = bad
        return result

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name


def hex_text(ranges):
    lines = []
    for address, data in ranges:
        previous = None
        for offset in range(0, len(data), 16):
            row = data[offset : offset + 16]
            if row == previous:
                if lines[-1] != "*":
                    lines.append("*")
                continue
            lines.append(f"{address + offset:x}: {row.hex(' ')}")
            previous = row
        if lines[-1] == "*":
            lines.append(f"{address + len(data):x}:")
    return "\n".join(lines) + "\n"


def intel_hex(ranges):
    def line(kind, address, data):
        body = bytes([len(data), address >> 8, address & 0xFF, kind]) + data
        return ":" + body.hex().upper() + f"{-sum(body) & 0xFF:02X}"

    lines = []
    for start, data in ranges:
        for offset in range(0, len(data), 16):
            address = start + offset
            if offset == 0 or address & 0xFFFF == 0:
                lines.append(line(4, 0, (address >> 16).to_bytes(2, "big")))
            lines.append(line(0, address & 0xFFFF, data[offset : offset + 16]))
    return "\n".join([*lines, line(1, 0, b"")]) + "\n"


def elf(ranges, bits=64, kind=2, machine=243, trailing_zeros=0):
    """A program (or core) with one loadable segment for each range."""
    wide = bits == 64
    header_size, entry_size = (64, 56) if wide else (52, 32)
    word = "Q" if wide else "I"
    offset = header_size + entry_size * len(ranges)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    header = ident + struct.pack(
        f"<HHI{word}{word}{word}IHHHHHH",
        kind, machine, 1, ranges[0][0], header_size, 0, 0, header_size, entry_size,
        len(ranges), 0, 0, 0,
    )
    table = body = b""
    for address, data in ranges:
        stored = data.rstrip(b"\0") if trailing_zeros else data
        sizes = (len(stored), len(data))
        # a virtual address that differs, to see that the physical one is taken
        virtual = address ^ 0x4000_0000
        if wide:
            table += struct.pack("<IIQQQQQQ", 1, 6, offset, virtual, address, *sizes, 4096)
        else:
            table += struct.pack("<IIIIIIII", 1, offset, virtual, address, *sizes, 6, 4096)
        body += stored
        offset += len(stored)
    return header + table + body


def registers_text(registers):
    return "".join(f"{name} = {value:#x}\n" for name, value in registers.items())
