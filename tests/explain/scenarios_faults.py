# SPDX-License-Identifier: Apache-2.0
"""Walks that fault, one for each important cause and mistake."""

from scenario import (
    DEVICE, BUFFER, READ, WRITE, EXECUTE, ATS, Expect, fault, Scenario, single_stage,
)
from tables import (
    A, CAP, D, DTF, EN_ATS, EN_PRI, EVERYTHING, GADE, PDTV, PRPR, R, RWX, SADE, SBE, SV32, SV39,
    SV48, SXL, TC_V, U, V, W, X, System, capabilities, entry, record,
)


def off():
    system, _, _ = single_stage()
    system.registers["ddtp"] = 0
    return Scenario(
        system,
        ["device=01:00.5 address=0x1000"],
        [fault(256, "MODE_OFF", record(256, READ, DEVICE, 0x1000))],
    )


def ddt_access():
    """A non-leaf entry that holds the address itself instead of the page number << 10."""
    system, _, dc = single_stage(mode=3)
    system.store(system.ddt + 8 * (DEVICE >> 6), (dc >> 12 << 12) | V)
    return Scenario(
        system,
        ["device=01:00.5 address=0x1000 access=w"],
        [fault(257, "DC_ACCESS", record(257, WRITE, DEVICE, 0x1000))],
    )


def ddt_not_valid():
    """A directory that the driver stored big-endian, and a device that nobody attached."""
    system, _, _ = single_stage()
    slot = system.ddt + 8 * 1
    system.store(slot, entry(0x8000_5000), big_endian=True)
    return Scenario(
        system,
        ["device=80:00.0 address=0x1000", "device=40:00.0 address=0x1000",
         "device=01:00.6 address=0x1000"],
        [
            fault(258, "DDTE_NOT_VALID", record(258, READ, 0x8000, 0x1000)),
            fault(258, "DDTE_NOT_VALID", record(258, READ, 0x4000, 0x1000)),
            fault(258, "DC_NOT_VALID", record(258, READ, 0x106, 0x1000)),
        ],
    )


def dc_misconfigured():
    """One context for each of several mistakes, on an IOMMU with few capabilities."""
    caps = capabilities("Sv39", "Sv39x4", "MSI_FLAT", "PD8")
    system = System(mode=3, caps=caps)
    good = SV39 << 60 | 0x80100
    mistakes = [
        ("DC_RESERVED", {"tc": TC_V | 1 << 12 | 1 << 14, "fsc": good}),
        ("DC_RESERVED", {"ta": 1 << 40, "fsc": good}),
        ("DC_ATS_UNSUPPORTED", {"tc": TC_V | EN_ATS, "fsc": good}),
        ("DC_IOSATP_MODE", {"fsc": SV48 << 60 | 0x80100}),
        ("DC_PDTP_MODE", {"tc": TC_V | PDTV, "fsc": 2 << 60 | 0x80100}),
        ("DC_IOHGATP_MODE", {"iohgatp": 9 << 60 | 0x80100, "fsc": 0}),
        ("DC_IOHGATP_ALIGN", {"iohgatp": SV39 << 60 | 0x80101, "fsc": 0}),
        ("DC_ADE_UNSUPPORTED", {"tc": TC_V | SADE, "fsc": good}),
        ("DC_SBE_END", {"tc": TC_V | SBE, "fsc": good}),
        ("DC_SXL", {"tc": TC_V | SXL}),
        ("DC_MSIPTP_BARE", {"fsc": good, "msi": (1 << 60 | 0x80200, 0, 0)}),
        ("DC_MSIPTP_MODE", {"iohgatp": SV39 << 60 | 0x80100, "msi": (5 << 60 | 0x80200, 0, 0)}),
        ("DC_RESERVED", {"fsc": good, "msi": (0, 1 << 29, 0)}),
        ("DC_ATS_UNSUPPORTED", {"tc": TC_V | EN_PRI, "fsc": good}),
        ("DC_ATS_UNSUPPORTED", {"tc": TC_V | PRPR, "fsc": good}),
        ("DC_ADE_UNSUPPORTED", {"tc": TC_V | GADE, "fsc": good}),
    ]
    requests, expect = [], []
    for device, (rule, fields) in enumerate(mistakes):
        system.device(device, **fields)
        requests.append(f"device={device} address=0x1000")
        expect.append(fault(259, rule, record(259, READ, device, 0x1000)))
    return Scenario(system, requests, expect)


def dc_reserved():
    """Reserved bits; and fields that are reserved for want of QOSID and Svpbmt."""
    missing = 1 << CAP["QOSID"] | 1 << CAP["Svpbmt"]
    system, table, dc = single_stage(caps=EVERYTHING & ~missing)
    system.store(dc, TC_V | 1 << 12 | 1 << 14 | 1 << 40)
    fsc = SV39 << 60 | table.root >> 12
    system.device(DEVICE + 1, ta=3 << 40, fsc=fsc)
    system.device(DEVICE + 2, fsc=fsc)
    table.map(0x3000, BUFFER, RWX | 1 << 61)
    return Scenario(
        system,
        [
            "device=01:00.5 address=0x1000",
            "device=01:00.6 address=0x1000",
            "device=01:00.7 address=0x3000",
        ],
        [
            fault(259, "DC_RESERVED", record(259, READ, DEVICE, 0x1000)),
            fault(259, "DC_RESERVED", record(259, READ, DEVICE + 1, 0x1000)),
            fault(13, "PTE_RESERVED", record(13, READ, DEVICE + 2, 0x3000)),
        ],
    )


def wrong_pointers():
    """Addresses stored without the shift that the field needs, or with another one."""
    system, table, _ = single_stage(base=0x10_0000)
    fsc = SV39 << 60
    system.device(DEVICE + 1, fsc=fsc | table.root)  # the address itself
    system.device(DEVICE + 2, fsc=fsc | table.root >> 2)  # as in a PTE
    system.store(table.slot(0x4000_0000, 2), table.root << 10 | V)  # PPN << 12 << 10
    system.store(table.slot(0x8000_0000, 2), table.root >> 12 | V)  # the PPN from bit 0 on
    return Scenario(
        system,
        [
            "device=01:00.6 address=0x1000",
            "device=01:00.7 address=0x1000",
            "device=01:00.5 address=0x40000000",
            "device=01:00.5 address=0x80000000",
        ],
        [
            fault(5, "PTE_ACCESS", record(5, READ, DEVICE + 1, 0x1000)),
            fault(5, "PTE_ACCESS", record(5, READ, DEVICE + 2, 0x1000)),
            fault(5, "PTE_ACCESS", record(5, READ, DEVICE, 0x4000_0000)),
            fault(5, "PTE_ACCESS", record(5, READ, DEVICE, 0x8000_0000)),
        ],
    )


def type_disallowed():
    system, _, _ = single_stage(mode=3)
    return Scenario(
        system,
        [
            "device=0001:00:00.0 address=0x1000",
            "device=01:00.5 address=0x1000 type=translated access=w",
            "device=01:00.5 address=0x1000 type=ats",
            "device=01:00.5 address=0x1000 process=3",
        ],
        [
            fault(260, "DEVICE_ID_WIDE", record(260, READ, 0x1_0000, 0x1000)),
            fault(260, "ATS_DISABLED", record(260, 7, DEVICE, 0x1000)),
            fault(260, "ATS_DISABLED", record(260, ATS, DEVICE, 0x1000)),
            fault(260, "PROCESS_ID_UNEXPECTED", record(260, READ, DEVICE, 0x1000, pid=3)),
        ],
    )


def page_faults():
    system, table, _ = single_stage()
    table.map(0x3000, BUFFER, V | W | U | A | D)
    table.map(0x4000, BUFFER, RWX | 1 << 60 | 1 << 54)
    table.map(0x5000, BUFFER, V)
    table.map(0x6000, BUFFER, V | R | W | X | U)
    system.store(table.slot(0x7000), entry(BUFFER, RWX | 1 << 63))
    system.store(table.slot(0x4020_0000, 1), entry(0xA000_1000, RWX))
    table.map(0x8000, 0x80_0000_0000_0000, RWX)
    table.map(0x9000, BUFFER, V | R | W | X | A | D)
    wide = 0x123_0000_1000
    system.store(table.slot(0x80_0000, 1), entry(0x7000_0000))
    return Scenario(
        system,
        [
            "device=01:00.5 address=0xa000",
            "device=01:00.5 address=0x2000 access=w",
            "device=01:00.5 address=0x2000 access=x",
            "device=01:00.5 address=0x3000",
            "device=01:00.5 address=0x4000",
            "device=01:00.5 address=0x5000",
            "device=01:00.5 address=0x6000 access=w",
            "device=01:00.5 address=0x7000",
            "device=01:00.5 address=0x40201000",
            "device=01:00.5 address=0x9000",
            f"device=01:00.5 address={wide:#x}",
            "device=01:00.5 address=0x801000",
        ],
        [
            fault(13, "PTE_NOT_VALID", record(13, READ, DEVICE, 0xA000)),
            fault(15, "PTE_PERMISSION", record(15, WRITE, DEVICE, 0x2000)),
            fault(12, "PTE_PERMISSION", record(12, EXECUTE, DEVICE, 0x2000)),
            fault(13, "PTE_WRITE_ONLY", record(13, READ, DEVICE, 0x3000)),
            fault(13, "PTE_RESERVED", record(13, READ, DEVICE, 0x4000)),
            fault(13, "PTE_NO_LEAF", record(13, READ, DEVICE, 0x5000)),
            fault(15, "PTE_ACCESSED", record(15, WRITE, DEVICE, 0x6000)),
            fault(13, "PTE_NAPOT", record(13, READ, DEVICE, 0x7000)),
            fault(13, "PTE_MISALIGNED", record(13, READ, DEVICE, 0x4020_1000)),
            fault(13, "PTE_USER", record(13, READ, DEVICE, 0x9000)),
            fault(13, "IOVA_NOT_CANONICAL", record(13, READ, DEVICE, wide)),
            fault(5, "PTE_ACCESS", record(5, READ, DEVICE, 0x80_1000)),
        ],
    )


def ats():
    system, table, dc = single_stage()
    system.store(dc, TC_V | EN_ATS | EN_PRI)
    table.map(0x3000, BUFFER, V | R | W | U | A)
    system.store(table.slot(0x80_0000, 1), entry(0x7000_0000))
    return Scenario(
        system,
        [
            "device=01:00.5 type=ats access=rw address=0x1000",
            "device=01:00.5 type=ats access=rw address=0x2000",
            "device=01:00.5 type=ats access=r address=0x8000",
            "device=01:00.5 type=ats access=rx address=0x801000",
            "device=01:00.6 type=ats access=r address=0x1000",
            "device=01:00.5 type=translated access=w address=0x9123",
        ],
        [
            Expect(address=BUFFER),
            Expect("denied", rule="ATS_PERMISSION"),
            Expect("denied", cause=13, rule="PTE_NOT_VALID"),
            # CA, and an access fault by the kind of access: a request to read
            fault(None, "PTE_ACCESS"),
            fault(258, "DC_NOT_VALID", record(258, ATS, 0x106, 0x1000)),
            Expect(address=0x9123),
        ],
    )


def lost_pointers():
    """Pointers out of memory at each place; A/D bits without AMO_HWAD; PBMT = 3; QoS."""
    system, table, _ = single_stage(caps=EVERYTHING & ~(1 << CAP["AMO_HWAD"]))
    table.map(0x3000, BUFFER, RWX & ~D)
    table.map(0x4000, BUFFER, RWX | 3 << 61)
    nowhere = 0x7000_0000
    second = system.table(3, second=True)
    second.map(0x1000, nowhere)  # a first-stage table goes here
    pdt = system.memory.page()
    fsc = SV39 << 60
    system.pc(pdt, 1, 3, 1, fsc | nowhere >> 12)
    system.device(DEVICE + 1, iohgatp=SV39 << 60 | second.root >> 12, fsc=fsc | 1)
    system.device(DEVICE + 2, tc=TC_V | PDTV, fsc=1 << 60 | pdt >> 12)
    system.device(0, tc=TC_V | PDTV, fsc=1 << 60 | nowhere >> 12)
    system.device(1, iohgatp=SV39 << 60 | nowhere >> 12)
    system.device(2, ta=5 << 40 | 6 << 52)
    return Scenario(
        system,
        [
            "device=01:00.5 address=0x3000 access=w",
            "device=01:00.5 address=0x4000",
            "device=01:00.6 address=0x8",
            "device=01:00.7 process=3 address=0x8",
            "device=0 process=3 address=0x8",
            "device=1 address=0x8",
            "device=2 address=0x8",
        ],
        [
            fault(15, "PTE_ACCESSED", record(15, WRITE, DEVICE, 0x3000)),
            fault(13, "PTE_RESERVED", record(13, READ, DEVICE, 0x4000)),
            fault(5, "PTE_ACCESS", record(5, READ, DEVICE + 1, 0x8)),
            fault(5, "PTE_ACCESS", record(5, READ, DEVICE + 2, 0x8, pid=3)),
            fault(265, "PC_ACCESS", record(265, READ, 0, 0x8, pid=3)),
            fault(5, "PTE_ACCESS", record(5, READ, 1, 0x8)),
            Expect(address=8),
        ],
    )


def dtf():
    system, _, dc = single_stage()
    system.store(dc, TC_V | DTF)
    return Scenario(
        system,
        ["device=01:00.5 address=0x9000"],
        [fault(13, "PTE_NOT_VALID")],
    )


def wide_addresses():
    """Guest addresses beyond the second stage: of a first-stage table, and of the access."""
    system = System(mode=2)
    second = system.table(3, second=True)
    iohgatp = SV39 << 60 | second.root >> 12
    wide = 1 << 42
    system.device(1, iohgatp=iohgatp, fsc=SV39 << 60 | wide >> 12)
    system.device(2, tc=TC_V | SXL, iohgatp=iohgatp)
    system.device(3, iohgatp=iohgatp)
    system.device(4, tc=TC_V | SXL, iohgatp=iohgatp, fsc=SV32 << 60 | 0x4_0000_0000 >> 12)
    return Scenario(
        system,
        [
            "device=1 address=0x1000",
            "device=2 address=0x400000000 access=w",
            f"device=3 address={wide:#x} access=x",
            "device=4 address=0x1000",
        ],
        [
            fault(21, "GPA_WIDE", record(21, READ, 1, 0x1000, wide | 1)),
            fault(23, "SXL_GPA_WIDE", record(23, WRITE, 2, 0x4_0000_0000, 0x4_0000_0000)),
            fault(20, "GPA_WIDE", record(20, EXECUTE, 3, wide, wide)),
            fault(21, "SXL_GPA_WIDE", record(21, READ, 4, 0x1000, 0x4_0000_0001)),
        ],
        ["--brief"],
    )
