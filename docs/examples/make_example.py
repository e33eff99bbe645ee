#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the example of iommu-explain: a small memory image and a register file.

    python3 docs/examples/make_example.py [FOLDER]

A device, 00:05.0, is attached to an IOMMU with a directory of three levels. Its first
stage (Sv39) maps two pages at IOVA 0x40000000: the first for reading and writing, the
second for reading only. The driver then lets the device write into the second one: the
fault queue holds the record, and the command queue an IOTINVAL.VMA and an IOFENCE.C.
"""

import pathlib
import sys

# Where things are in memory, one 4-KiB page each.
DDT_LEVEL_2 = 0x8000_0000
DDT_LEVEL_1 = 0x8000_1000
DDT_LEVEL_0 = 0x8000_2000
PT_LEVEL_2 = 0x8000_3000
PT_LEVEL_1 = 0x8000_4000
PT_LEVEL_0 = 0x8000_5000
COMMAND_QUEUE = 0x8000_6000
FAULT_QUEUE = 0x8000_7000
END = 0x8000_8000
BUFFER_A = 0x8123_4000
BUFFER_B = 0x8123_5000

DEVICE = 0x00 << 8 | 5 << 3 | 0  # 00:05.0
IOVA = 0x4000_0000

# Bits of a PTE.
V, R, W, X, U, G, A, D = (1 << bit for bit in range(8))

memory = {}  # 8-byte words by address


def store(address, *words):
    """Store doublewords, as the driver would."""
    for word in words:
        memory[address] = word
        address += 8


def entry(page, flags):
    """A directory entry or a PTE: the page number in bits 53:10."""
    return page >> 12 << 10 | flags


def device_directory():
    """With MSI_FLAT, a context has 64 bytes, and device_id splits into 9, 9 and 6 bits."""
    ddi = (DEVICE & 0x3F, DEVICE >> 6 & 0x1FF, DEVICE >> 15)
    store(DDT_LEVEL_2 + 8 * ddi[2], entry(DDT_LEVEL_1, V))
    store(DDT_LEVEL_1 + 8 * ddi[1], entry(DDT_LEVEL_0, V))
    sv39 = 8
    store(
        DDT_LEVEL_0 + 64 * ddi[0],
        V,  # tc
        0,  # iohgatp: Bare
        7 << 12,  # ta: PSCID 7
        sv39 << 60 | PT_LEVEL_2 >> 12,  # fsc
    )


def page_table():
    """Sv39: 9 bits of the address for each level."""
    vpn = [IOVA >> 12 + 9 * level & 0x1FF for level in range(3)]
    store(PT_LEVEL_2 + 8 * vpn[2], entry(PT_LEVEL_1, V))
    store(PT_LEVEL_1 + 8 * vpn[1], entry(PT_LEVEL_0, V))
    store(PT_LEVEL_0 + 8 * vpn[0], entry(BUFFER_A, V | R | W | U | A | D))
    store(PT_LEVEL_0 + 8 * (vpn[0] + 1), entry(BUFFER_B, V | R | U | A))


def queues():
    iotinval_vma = 1 | 0 << 7
    psc_valid = 1 << 32
    iofence_c = 2 | 0 << 7
    store(COMMAND_QUEUE, iotinval_vma | psc_valid | 7 << 12, 0)
    store(COMMAND_QUEUE + 16, iofence_c, 0)
    write_page_fault = 15
    untranslated_write = 3
    store(
        FAULT_QUEUE,
        write_page_fault | untranslated_write << 34 | DEVICE << 40,
        0,
        IOVA + 0x1040,
        0,
    )


CAPABILITIES = (
    0x10  # version 1.0
    | 1 << 9  # Sv39
    | 1 << 17  # Sv39x4
    | 1 << 22  # MSI_FLAT
    | 2 << 28  # IGS: MSI and WSI
    | 56 << 32  # PAS
    | 1 << 38  # PD8
)

REGISTERS = f"""\
portcullis-iommu-registers 1
# SPDX-License-Identifier: Apache-2.0
# Made by make_example.py: registers of the example, as a driver dumps them
capabilities: {CAPABILITIES:#018x}
fctl: 0x0
ddtp: {entry(DDT_LEVEL_2, 4):#018x}
cqb: {entry(COMMAND_QUEUE, 5):#018x}
cqh: 0x0
cqt: 0x2
cqcsr: 0x00010001
fqb: {entry(FAULT_QUEUE, 4):#018x}
fqh: 0x0
fqt: 0x1
fqcsr: 0x00010003
ipsr: 0x00000002
"""


def hex_text():
    """Lines of 16 bytes; `*` repeats the line before it, as in hexdump."""
    lines = [
        "# SPDX-License-Identifier: Apache-2.0",
        "# Made by make_example.py: memory of the example, address: bytes",
    ]
    previous = None
    for address in range(min(DDT_LEVEL_2, *memory), END, 16):
        words = [memory.get(address, 0), memory.get(address + 8, 0)]
        if words == previous:
            if lines[-1] != "*":
                lines.append("*")
            continue
        data = b"".join(word.to_bytes(8, "little") for word in words)
        lines.append(f"{address:08x}: {data[:8].hex(' ')}  {data[8:].hex(' ')}")
        previous = words
    lines.append(f"{END:08x}:")
    return "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    device_directory()
    page_table()
    queues()
    (folder / "example.hex").write_text(hex_text(), encoding="ascii")
    (folder / "example.regs").write_text(REGISTERS, encoding="ascii")


if __name__ == "__main__":
    main()
