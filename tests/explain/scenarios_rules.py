# SPDX-License-Identifier: Apache-2.0
"""Rules and limits that are met less often, and what is said of each of them."""

from scenario import (
    DEVICE, BUFFER, READ, WRITE, EXECUTE, ATS, Expect, fault, Scenario, single_stage,
)
from tables import (
    A, CAP, D, DPE, EN_ATS, EN_PRI, EVERYTHING, G, PDTV, PRPR, R, RWX, SADE, SBE, SV32, SV39,
    SV48, SXL, TC_V, U, V, W, X, System, capabilities, entry, record,
)

NOWHERE = 0x7000_0000
ONE_TO_ONE = V | R | W | U | A | D


def identity(system, second, first_page):
    """Map all pages from first_page on one to one."""
    for number in range(first_page >> 12, system.memory.next >> 12):
        second.map(number << 12, number << 12, ONE_TO_ONE)


def ats_denials():
    """Each permission that an ATS request can ask for in vain, and who withholds it."""
    system, table, dc = single_stage(mode=2)
    system.store(dc, TC_V | EN_ATS)
    table.map(0x3000, BUFFER, V | R | W | U | A | D)
    table.map(0x4000, BUFFER, V | X | U | A)
    table.map(0x5000, BUFFER, V | R | W | X | U | A)
    second = system.table(3, second=True)
    second.map(0x1000, BUFFER, V | R | U | A | D)
    second.map(0x2000, BUFFER)
    system.device(2, tc=TC_V | EN_ATS, iohgatp=SV39 << 60 | second.root >> 12)
    pdt = system.memory.page()
    system.pc(pdt, 1, 3, 1 | 2 | 4, SV39 << 60 | table.root >> 12)  # ENS, SUM
    system.device(3, tc=TC_V | EN_ATS | PDTV, fsc=1 << 60 | pdt >> 12)
    device = DEVICE & 63
    system.device(device, tc=TC_V | EN_ATS, fsc=SV39 << 60 | table.root >> 12)
    denied = Expect("denied", rule="ATS_PERMISSION")
    return Scenario(
        system,
        [
            f"device={device} type=ats access=rx address=0x3000",
            f"device={device} type=ats access=rwx address=0x4000",
            f"device={device} type=ats access=w address=0x5000",
            "device=2 type=ats access=rwx address=0x1000",
            "device=2 type=ats access=rwx address=0x2000",
            "device=3 type=ats access=rx process=3 privileged address=0x1000",
        ],
        [
            denied,
            denied,
            Expect("denied", cause=15, rule="PTE_ACCESSED"),
            denied,
            Expect(address=BUFFER),
            denied,
        ],
    )


def ats_completions():
    """What a completion can carry: Priv, Global, CXL.io, U, S; QoS IDs."""
    system = System(mode=2)
    table = system.table(3)
    table.map(0x1000, BUFFER, V | R | W | G | A | D)
    table.map(0x4020_0000, 0xA000_0000, level=1)
    table.map(0x2000, BUFFER, RWX | 1 << 61)  # NC
    pdt = system.memory.page()
    system.pc(pdt, 1, 3, 1 | 2, SV39 << 60 | table.root >> 12)
    system.device(
        1, tc=TC_V | EN_ATS | EN_PRI | PRPR | PDTV, ta=5 << 40 | 6 << 52, fsc=1 << 60 | pdt >> 12
    )
    second = system.table(3, second=True)
    files = system.memory.page()
    system.store(files, 0x9100_0200 >> 9 << 7 | 1 << 1 | V, 0x2801_0000 >> 12 << 10 | 7)
    system.store(files + 16, entry(0x2800_0000, V | 3 << 1), 0)
    system.device(3, ta=6 << 52)
    system.device(
        2, tc=TC_V | EN_ATS, iohgatp=SV39 << 60 | second.root >> 12,
        msi=(1 << 60 | files >> 12, 1, 0x2800_0000 >> 12),
    )
    return Scenario(
        system,
        [
            "device=1 type=ats access=rw process=3 privileged address=0x1000",
            "device=1 type=ats access=r process=3 address=0x40201000",
            "device=1 type=ats access=r process=3 cxl=yes address=0x2000",
            "device=1 type=a access=r process=3 cxl=no address=0x2000",
            "device=2 type=ats access=rw address=0x28000000",
            "device=2 type=ats access=rw cxl=1 address=0x28001000",
            "device=1 type=ats access=r process=4 address=0x2000",
            "device=3 address=0x8",
        ],
        [
            Expect(address=BUFFER),
            Expect(address=0xA000_1000),
            Expect(address=BUFFER),
            Expect(address=BUFFER),
            Expect(),
            Expect(address=0x2800_0000),
            Expect("denied", cause=266, rule="PC_NOT_VALID"),
            Expect(address=8),
        ],
    )


def wide_ids():
    """IDs beyond the directories: base format, one level; PD8."""
    caps = EVERYTHING & ~(0b111 << CAP["AMO_MRIF"])
    system = System(mode=2, caps=caps)
    pdt = system.memory.page()
    system.device(1, tc=TC_V | PDTV, fsc=1 << 60 | pdt >> 12)
    return Scenario(
        system,
        ["device=128 address=0x1000", "device=1 process=0x100 address=0x1000 access=w"],
        [
            fault(260, "DEVICE_ID_WIDE", record(260, READ, 128, 0x1000)),
            fault(260, "PROCESS_ID_WIDE", record(260, WRITE, 1, 0x1000, pid=0x100)),
        ],
    )


def sv32_mistakes():
    """PTEs of 4 bytes: a superpage out of line, pointers out of memory, the other byte order."""
    system = System(mode=2, fctl=4)
    table, leaves = system.memory.page(), system.memory.page()
    words = [entry(leaves), entry(BUFFER + 0x1000, RWX), entry(NOWHERE), entry(BUFFER + 0x2000)]
    for number, word in enumerate(words):
        system.store(table + 4 * number, word, size=4)
    system.store(leaves, entry(BUFFER, V | W), size=4)
    system.store(leaves + 4, entry(BUFFER, RWX), size=4, big_endian=True)
    system.device(1, tc=TC_V | SXL, fsc=SV32 << 60 | table >> 12)
    system.device(2, tc=TC_V, fsc=SV32 << 60 | table >> 12)
    system.device(3, tc=TC_V | SXL, fsc=9 << 60 | table >> 12)
    system.device(4, tc=TC_V | SXL, iohgatp=9 << 60 | table >> 14 << 2)
    return Scenario(
        system,
        [
            "device=1 address=0x400123 access=w",
            "device=1 address=0x801000",
            "device=1 address=0x8",
            "device=1 address=0x1008",
            "device=1 address=0xc02000",
            "device=2 address=0x8",
            "device=3 address=0x8",
            "device=4 address=0x8",
        ],
        [
            fault(15, "PTE_MISALIGNED", record(15, WRITE, 1, 0x40_0123)),
            fault(5, "PTE_ACCESS", record(5, READ, 1, 0x80_1000)),
            fault(13, "PTE_WRITE_ONLY", record(13, READ, 1, 8)),
            fault(13, "PTE_NOT_VALID", record(13, READ, 1, 0x1008)),
            fault(5, "PTE_ACCESS", record(5, READ, 1, 0xC0_2000)),
            fault(259, "DC_SXL", record(259, READ, 2, 8)),
            fault(259, "DC_IOSATP_MODE", record(259, READ, 3, 8)),
            fault(259, "DC_IOHGATP_MODE", record(259, READ, 4, 8)),
        ],
    )


def controls():
    """Byte order and XLEN that do not fit fctl, where fctl can change and where not."""
    caps = EVERYTHING & ~(1 << CAP["END"])
    system = System(mode=2, caps=caps)
    system.device(1, tc=TC_V | SBE)
    system.device(2, tc=TC_V | SXL, fsc=0)
    return Scenario(
        system,
        ["device=1 address=0x8", "device=2 address=0x100000008"],
        [
            fault(259, "DC_SBE_END", record(259, READ, 1, 8)),
            Expect(address=0x1_0000_0008),
        ],
    )


def big_endian_controls():
    """The same on an IOMMU that is big-endian and nothing else."""
    system = System(mode=2, caps=EVERYTHING & ~(1 << CAP["END"]), fctl=1)
    system.device(1)
    system.device(2, tc=TC_V | SBE)
    return Scenario(
        system,
        ["device=1 address=0x8", "device=2 address=0x8"],
        [fault(259, "DC_SBE_END", record(259, READ, 1, 8)), Expect(address=8)],
    )


def no_modes():
    """Contexts on an IOMMU that translates nothing."""
    system = System(mode=2, caps=capabilities("MSI_FLAT"))
    system.device(1, fsc=SV39 << 60)
    system.device(2, iohgatp=SV39 << 60)
    return Scenario(
        system,
        ["device=1 address=0x8", "device=2 address=0x8"],
        [
            fault(259, "DC_IOSATP_MODE", record(259, READ, 1, 8)),
            fault(259, "DC_IOHGATP_MODE", record(259, READ, 2, 8)),
        ],
    )


def implicit_rights():
    """Rights of the second stage that the IOMMU itself needs, for the tables of the first."""
    system = System(mode=2)
    second = system.table(3, second=True)
    begin = system.memory.next
    table = system.table(3)
    leaf = table.map(0x1000, BUFFER, V | R | W | U | A)
    table.map(0x4000_0000, BUFFER)
    table.map(0x8000_0000, BUFFER)
    identity(system, second, begin)
    second.map(BUFFER, BUFFER)

    def pages(address):
        return [table.slot(address, level) & ~0xFFF for level in (1, 0)]

    second.map(leaf & ~0xFFF, leaf & ~0xFFF, V | R | W | U | A)  # without D
    second.map(pages(0x4000_0000)[1], pages(0x4000_0000)[1], V | X | U | A)
    second.map(pages(0x8000_0000)[0], pages(0x8000_0000)[0], V | R | W | U)  # without A
    system.device(
        1, tc=TC_V | SADE, iohgatp=SV39 << 60 | second.root >> 12,
        fsc=SV39 << 60 | table.root >> 12,
    )
    unreadable, unaccessed = table.slot(0x4000_0000), table.slot(0x8000_0000, 1)
    return Scenario(
        system,
        [
            "device=1 address=0x1008 access=w",
            "device=1 address=0x40000008",
            "device=1 address=0x80000008",
        ],
        [
            fault(23, "PTE_ACCESSED", record(23, WRITE, 1, 0x1008, leaf | 3)),
            fault(21, "PTE_PERMISSION", record(21, READ, 1, 0x4000_0008, unreadable | 1)),
            fault(21, "PTE_ACCESSED", record(21, READ, 1, 0x8000_0008, unaccessed | 1)),
        ],
    )


def guest_processes():
    """A process directory in guest memory, and what goes wrong on the way to it."""
    system = System(mode=2)
    second = system.table(3, second=True)
    begin = system.memory.next
    table, pdt = system.table(3), system.memory.page()
    table.map(0x1000, BUFFER)
    good = system.pc(pdt, 3, 0x12345, 1 | 9 << 12, SV39 << 60 | table.root >> 12)
    bad = system.pc(pdt, 3, 0x12346, 1 | 1 << 3, 0)  # reserved
    system.pc(pdt, 3, 0x12347, 1, SV48 << 60 | NOWHERE >> 12)
    system.pc(pdt, 3, 0x12348, 1, 3 << 60)  # no such mode
    system.store(pdt + 8, entry(NOWHERE))
    system.store(pdt + 16, entry(pdt, V | 2))  # a reserved bit
    identity(system, second, begin)
    second.map(BUFFER, BUFFER, RWX)
    assert good >> 12 == bad >> 12
    iohgatp = SV39 << 60 | 7 << 44 | second.root >> 12
    system.device(1, tc=TC_V | PDTV, iohgatp=iohgatp, fsc=3 << 60 | pdt >> 12)
    system.device(2, tc=TC_V | PDTV, iohgatp=iohgatp, fsc=3 << 60 | NOWHERE >> 12)
    system.device(3, tc=TC_V | PDTV | DPE, fsc=3 << 60 | NOWHERE >> 12)
    return Scenario(
        system,
        [
            "device=1 process=0x12345 address=0x1010",
            "device=1 process=0x12346 address=0x1010",
            "device=1 process=0x12347 address=0x1010",
            "device=1 process=0x12348 address=0x1010",
            "device=1 process=0x20000 address=0x1010",
            "device=1 process=0x40000 address=0x1010",
            "device=2 process=1 address=0x1010 access=x",
            "device=3 address=0x1010",
        ],
        [
            Expect(address=BUFFER + 0x10),
            fault(267, "PC_RESERVED", record(267, READ, 1, 0x1010, pid=0x12346)),
            fault(21, "PTE_NOT_VALID",
                  record(21, READ, 1, 0x1010, NOWHERE | 1, pid=0x12347)),
            fault(267, "PC_MODE", record(267, READ, 1, 0x1010, pid=0x12348)),
            fault(21, "PTE_NOT_VALID", record(21, READ, 1, 0x1010, NOWHERE | 1, pid=0x20000)),
            fault(267, "PDTE_RESERVED", record(267, READ, 1, 0x1010, pid=0x40000)),
            fault(20, "PTE_NOT_VALID", record(20, EXECUTE, 2, 0x1010, NOWHERE | 1, pid=1)),
            # DPE's process is not the request's: PV is 0
            fault(265, "PDTE_ACCESS", record(265, READ, 3, 0x1010)),
        ],
    )


def lost_directory():
    """A ddtp that leads nowhere, for it holds the address where the page number should be."""
    system, _, _ = single_stage(mode=3, base=0x10_0000)
    system.registers["ddtp"] = system.ddt << 10 | 3
    return Scenario(
        system,
        ["device=01:00.5 address=0x1000"],
        [fault(257, "DDTE_ACCESS", record(257, READ, DEVICE, 0x1000))],
    )


def replays():
    """Records of every type, and what has become of their requests since."""
    system, table, dc = single_stage()
    system.store(dc, TC_V | EN_ATS)
    pdt = system.memory.page()
    system.pc(pdt, 1, 3, 1 | 2, SV39 << 60 | table.root >> 12)
    system.device(DEVICE + 1, tc=TC_V | PDTV, fsc=1 << 60 | pdt >> 12)
    faults = system.memory.page()
    records = [
        record(1, EXECUTE, DEVICE, 0x1000),  # the access failed, not the translation
        record(5, READ, DEVICE, 0x1000),
        record(5, READ, DEVICE, 0x9000),  # another fault now
        record(7, WRITE, DEVICE, 0x1000),
        record(12, 5, DEVICE, 0x1000),  # translated
        record(13, 6, DEVICE, 0x1000),
        record(15, 7, DEVICE, 0x1000),
        record(13, ATS, DEVICE, 0x1000),
        record(13, READ, DEVICE + 1, 0x1000, pid=3, priv=True),
        record(13, READ, DEVICE + 1, 0x9000, pid=3),
        record(256, 4, DEVICE, 0x1000),  # no such type
        record(256, 0, DEVICE, 0x1000),
        record(260, 9, DEVICE, 0x1000),  # a message
        record(260, 33, DEVICE, 0x1000),  # for custom use
        record(260, 10, DEVICE, 0x1000),  # reserved
    ]
    for number, words in enumerate(records):
        system.store(faults + 32 * number, *words)
    system.registers |= {"fqb": entry(faults, 3), "fqh": 0, "fqt": len(records)}
    return Scenario(
        system,
        [],
        [
            Expect(address=BUFFER),
            Expect(address=BUFFER),
            fault(13, "PTE_NOT_VALID", record(13, READ, DEVICE, 0x9000)),
            Expect(address=BUFFER),
            Expect(address=0x1000),
            Expect(address=0x1000),
            Expect(address=0x1000),
            Expect(address=BUFFER),
            fault(13, "PTE_SUPERVISOR",
                  record(13, READ, DEVICE + 1, 0x1000, pid=3, priv=True)),
            fault(13, "PTE_NOT_VALID", record(13, READ, DEVICE + 1, 0x9000, pid=3)),
        ],
        ["--replay", "--queues"],
    )
