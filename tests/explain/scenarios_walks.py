# SPDX-License-Identifier: Apache-2.0
"""Walks through each kind of table and mode, most of which succeed."""

from scenario import DEVICE, BUFFER, READ, WRITE, EXECUTE, Expect, fault, Scenario, single_stage
from tables import (
    A, CAP, D, DPE, EN_ATS, EVERYTHING, GADE, PDTV, R, RWX, SADE, SBE, SV32, SV39, SV48, SXL,
    T2GPA, TC_V, U, V, W, X, System, entry, record,
)


def good_sv39():
    system, table, _ = single_stage()
    table.map(0x4020_0000, 0xA000_0000, level=1)
    table.map(0xFFFF_FFFF_FFFF_F000, BUFFER, V | X | U | A)
    return Scenario(
        system,
        [
            "device=01:00.5 address=0x1abc access=w",
            "device=0x105 address=0x40234567",
            "device=01:00.5 address=0xffffffffffffff00 access=x",
        ],
        [
            Expect(address=BUFFER + 0xABC),
            Expect(address=0xA003_4567),
            Expect(address=BUFFER + 0xF00),
        ],
    )


def nested_system():
    """First stage Sv48 behind a second stage Sv39x4: pages of the first are guest pages."""
    system = System(mode=3)
    second = system.table(3, second=True)
    table = system.table(4)
    guest = 0x1_0000_0000  # guest address of what lies at 0x8000_0000
    for page in list(system.memory.bytes):
        second.map(guest + (page << 12) - 0x8000_0000, page << 12)

    def to_guest(address):
        return address - 0x8000_0000 + guest

    return system, second, table, to_guest


def nested():
    system, second, table, to_guest = nested_system()
    # the first stage by hand: its PPNs are guest pages
    pages = [table.root] + [system.memory.page() for _ in range(3)]
    for page in pages:
        second.map(to_guest(page), page)
    for page, following in zip(pages, pages[1:]):
        system.store(page, entry(to_guest(following)))
    system.store(pages[3] + 8 * 5, entry(0x2_0000_0000, RWX))
    system.store(pages[3] + 8 * 6, entry(0x2_0000_1000, RWX))
    system.store(pages[3] + 8 * 7, entry(0x2_0000_2000, RWX))
    system.store(pages[2] + 8, entry(0x3_0000_0000))
    second.map(0x2_0000_0000, BUFFER)
    second.map(0x2_0000_1000, BUFFER, V | R | U | A | D)
    system.device(
        DEVICE,
        iohgatp=SV39 << 60 | 9 << 44 | second.root >> 12,
        ta=5 << 12,
        fsc=SV48 << 60 | to_guest(table.root) >> 12,
    )
    return Scenario(
        system,
        [
            "device=01:00.5 address=0x5010 access=w",
            "device=01:00.5 address=0x6010 access=w",
            "device=01:00.5 address=0x7010",
            "device=01:00.5 address=0x205010",
        ],
        [
            Expect(address=BUFFER + 0x10),
            fault(23, "PTE_PERMISSION", record(23, WRITE, DEVICE, 0x6010, 0x2_0000_1010)),
            fault(21, "PTE_NOT_VALID", record(21, READ, DEVICE, 0x7010, 0x2_0000_2010)),
            # the guest address of a first-stage PTE: implicit, so bit 0 of iotval2 is set
            fault(
                21, "PTE_NOT_VALID",
                record(21, READ, DEVICE, 0x205010, 0x3_0000_0000 + 8 * 5 | 1),
            ),
        ],
    )


def msi():
    system = System(mode=2)
    second = system.table(3, second=True)
    second.map(0x1000, BUFFER)
    table = system.memory.page()
    system.store(table, entry(0x2800_0000, V | 3 << 1), 0)  # file 0: basic translate
    mrif, notice = 0x9100_0200, 0x2801_0000
    system.store(table + 16, mrif >> 9 << 7 | 1 << 1 | V, notice >> 12 << 10 | 1 << 60 | 5)
    system.store(table + 48, 2 << 1 | V, 0)  # file 3: reserved mode
    system.device(
        0x5,
        iohgatp=SV39 << 60 | 9 << 44 | second.root >> 12,
        msi=(1 << 60 | table >> 12, 0x3, 0x2800_0000 >> 12),
    )
    return Scenario(
        system,
        [
            "device=5 address=0x28000000 access=w length=4",
            "device=5 address=0x28001000 access=w length=4",
            "device=5 address=0x28002000 access=w length=4",
            "device=5 address=0x28003000 access=w length=4",
            "device=5 address=0x28000000 access=x length=4",
            "device=5 address=0x1000 access=w length=4",
        ],
        [
            Expect(address=0x2800_0000),
            Expect(address=mrif),
            fault(262, "MSI_PTE_NOT_VALID", record(262, WRITE, 5, 0x2800_2000)),
            fault(263, "MSI_PTE_MODE", record(263, WRITE, 5, 0x2800_3000)),
            fault(1, "MSI_EXECUTE", record(1, EXECUTE, 5, 0x2800_0000)),
            Expect(address=BUFFER),
        ],
    )


def processes():
    system = System(mode=2)
    table = system.table(3)
    table.map(0x1000, BUFFER, V | R | W | A | D)  # a supervisor page
    table.map(0x2000, BUFFER, RWX)
    pdt = system.memory.page()
    fsc = SV39 << 60 | table.root >> 12
    system.pc(pdt, 2, 0, 1 | 1 << 12, fsc)
    system.pc(pdt, 2, 0x123, 1 | 2 | 4 | 7 << 12, fsc)  # ENS, SUM
    system.pc(pdt, 2, 0x124, 1 | 2 | 8 << 12, fsc)  # ENS
    system.device(1, tc=TC_V | PDTV | DPE, fsc=2 << 60 | pdt >> 12)
    return Scenario(
        system,
        [
            "device=1 process=0x123 privileged address=0x1000 access=w",
            "device=1 process=0x123 privileged address=0x2000",
            "device=1 process=0x124 privileged address=0x2000",
            "device=1 process=0x123 address=0x1000",
            "device=1 address=0x2008",
            "device=1 process=0x125 address=0x1000",
            "device=1 process=0x400 address=0x1000",
            "device=1 process=0x20000 address=0x1000",
            "device=1 process=0 privileged address=0x1000",
        ],
        [
            Expect(address=BUFFER),
            Expect(address=BUFFER),
            fault(13, "PTE_SUPERVISOR", record(13, READ, 1, 0x2000, pid=0x124, priv=True)),
            fault(13, "PTE_USER", record(13, READ, 1, 0x1000, pid=0x123)),
            Expect(address=BUFFER + 8),
            fault(266, "PC_NOT_VALID", record(266, READ, 1, 0x1000, pid=0x125)),
            fault(266, "PDTE_NOT_VALID", record(266, READ, 1, 0x1000, pid=0x400)),
            fault(260, "PROCESS_ID_WIDE", record(260, READ, 1, 0x1000, pid=0x20000)),
            fault(260, "SUPERVISOR_DISABLED", record(260, READ, 1, 0x1000, pid=0, priv=True)),
        ],
    )


def t2gpa():
    system = System(mode=2)
    second = system.table(3, second=True)
    second.map(0x5000, BUFFER)
    table = system.memory.page()
    second.map(table, table)
    system.store(table + 8, entry(0x5000, RWX))
    for level in range(2):
        page = system.memory.page()
        system.store(page, entry(table))
        second.map(page, page)
        table = page
    system.device(
        2,
        tc=TC_V | EN_ATS | T2GPA,
        iohgatp=SV39 << 60 | second.root >> 12,
        fsc=SV39 << 60 | table >> 12,
    )
    return Scenario(
        system,
        [
            "device=2 type=ats access=rw address=0x1000",
            "device=2 type=translated access=w address=0x5010",
            "device=2 type=translated access=w address=0x6010",
        ],
        [
            Expect(address=0x5000),
            Expect(address=BUFFER + 0x10),
            fault(23, "PTE_NOT_VALID", record(23, 7, 2, 0x6010, 0x6010)),
        ],
    )


def ad_updates():
    """A and D set by hardware; the second request shows that no image changed."""
    system = System(mode=2)
    table = system.table(3)
    table.map(0x1000, BUFFER, V | R | W | U)
    system.device(1, tc=TC_V | SADE, fsc=SV39 << 60 | table.root >> 12)
    return Scenario(
        system,
        ["device=1 address=0x1000 access=w", "device=1 address=0x1000"],
        [Expect(address=BUFFER), Expect(address=BUFFER)],
    )


def ad_updates_nested():
    """Both stages set A and D. The entry of the first stage is updated in memory that the
    second stage maps: that mapping needs D, which is set by way of the same walk."""
    system = System(mode=2)
    second = system.table(3, second=True)
    table = system.table(3)
    table.map(0x1000, 0x5000, V | R | W | U)
    for number in range(table.root >> 12, system.memory.next >> 12):
        second.map(number << 12, number << 12, V | R | W | U)
    second.map(0x5000, BUFFER, V | R | W | U)
    system.device(
        1,
        tc=TC_V | SADE | GADE,
        iohgatp=SV39 << 60 | second.root >> 12,
        fsc=SV39 << 60 | table.root >> 12,
    )
    read_only = system.table(3, second=True)
    for number in range(table.root >> 12, system.memory.next >> 12):
        read_only.map(number << 12, number << 12, V | R | U | A)
    system.device(
        2,
        tc=TC_V | SADE,
        iohgatp=SV39 << 60 | read_only.root >> 12,
        fsc=SV39 << 60 | table.root >> 12,
    )
    entry_address = table.slot(0x1000)
    return Scenario(
        system,
        ["device=1 address=0x1000 access=w", "device=2 address=0x1000 access=w"],
        [
            Expect(address=BUFFER),
            # an implicit write: bits 0 and 1 of iotval2
            fault(23, "PTE_PERMISSION", record(23, WRITE, 2, 0x1000, entry_address | 3)),
        ],
    )


def big_endian():
    system = System(mode=2, fctl=1)
    table = system.table(3, big_endian=True)
    table.map(0x1000, BUFFER)
    system.device(1, tc=TC_V | SBE, fsc=SV39 << 60 | table.root >> 12)
    little = system.table(3, big_endian=False)
    little.map(0x1000, BUFFER)
    system.device(2, tc=TC_V | SBE, fsc=SV39 << 60 | little.root >> 12)
    faults = system.memory.page()
    system.store(faults, *record(13, READ, 2, 0x1000))
    system.registers |= {"fqb": entry(faults, 4), "fqt": 1}
    return Scenario(
        system,
        ["device=1 address=0x1000", "device=2 address=0x1000"],
        [
            Expect(address=BUFFER),
            fault(13, "PTE_NOT_VALID", record(13, READ, 2, 0x1000)),
        ],
        ["--queues", "--ddt"],
    )


def sv32():
    """GXL and SXL: Sv32 behind Sv32x4; PTEs of 4 bytes."""
    system = System(mode=2, fctl=4)
    second = system.memory.page(4, 16384)
    leaves = system.memory.page()
    pages = [system.memory.page() for _ in range(2)]

    def second_map(guest, to, flags):
        system.store(second + 4 * (guest >> 22), entry(leaves), size=4)
        system.store(leaves + 4 * (guest >> 12 & 0x3FF), entry(to, flags), size=4)

    guest = 0x3_0000_0000
    for number, page in enumerate(pages):
        second_map(guest + 4096 * number, page, RWX)
    second_map(guest + 0x5000, BUFFER, RWX)
    system.store(pages[0] + 4 * (0x1000_0000 >> 22), entry(guest + 4096), size=4)
    system.store(pages[1] + 4 * 1, entry(guest + 0x5000, RWX), size=4)
    system.store(pages[1] + 4 * 2, entry(guest + 0x6000, RWX), size=4)
    system.device(
        1, tc=TC_V | SXL, iohgatp=8 << 60 | second >> 12, fsc=SV32 << 60 | guest >> 12
    )
    return Scenario(
        system,
        [
            "device=1 address=0x10001004 access=w",
            "device=1 address=0x10002004 access=w",
            "device=1 address=0x110002004 access=w",
        ],
        [
            Expect(address=BUFFER + 4),
            fault(23, "PTE_NOT_VALID", record(23, WRITE, 1, 0x1000_2004, guest + 0x6004)),
            fault(15, "SXL_IOVA_WIDE", record(15, WRITE, 1, 0x1_1000_2004)),
        ],
    )


def base_format():
    """Without MSI_FLAT: contexts of 32 bytes, another split of the device_id."""
    system, _, _ = single_stage(caps=EVERYTHING & ~(0b111 << CAP["AMO_MRIF"]))
    return Scenario(
        system,
        ["device=01:00.5 address=0x1004"],
        [Expect(address=BUFFER + 4)],
    )


def pass_through():
    system = System(mode=1)
    return Scenario(
        system,
        ["device=3 address=0x12345678 access=w", "device=3 address=0x1000 type=translated"],
        [
            Expect(address=0x1234_5678),
            fault(260, "BARE_TYPE", record(260, 6, 3, 0x1000)),
        ],
    )
