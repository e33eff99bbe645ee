# SPDX-License-Identifier: Apache-2.0
"""Queues, the directory, and registers."""

from scenario import DEVICE, BUFFER, READ, WRITE, ATS, Expect, fault, Scenario, single_stage
from tables import BARE, CAP, EVERYTHING, PDTV, SV39, TC_V, V, System, capabilities, entry, record


def queue_system():
    system, _, _ = single_stage()
    commands, faults, pages = (system.memory.page() for _ in range(3))
    system.store(commands + 14 * 16, 1 | 0x123 << 12 | 1 << 32, 0)
    system.store(commands + 15 * 16, 3 | 1 << 33 | DEVICE << 40, 0)  # INVAL_DDT, the last slot
    system.store(commands, 2 | 1 << 10 | 0x55 << 32, 0x8000_0040 >> 2)  # IOFENCE.C, AV
    system.store(commands + 16, 1 | 1 << 7 | 1 << 32, 0)  # GVMA with PSCV: illegal
    system.store(commands + 32, 9, 0)  # no such command
    system.store(commands + 48, 4 | 1 << 33 | DEVICE << 40, 0x1000)  # ATS.INVAL
    system.store(commands + 64, 2 | 1 << 20, 0)  # a reserved bit
    system.store(faults, *record(13, READ, DEVICE, 0xA000))
    system.store(faults + 32, *record(15, WRITE, DEVICE, 0x1000))
    system.store(faults + 64, *record(273, 0, 0, 0x2800_0000))
    system.store(pages, DEVICE << 40 | 1 << 32 | 7 << 12, 0x4000_1000 | 3 | 4 | 5 << 3)
    system.store(pages + 16, DEVICE << 40 | 1 << 32 | 7 << 12, 4)
    system.registers |= {
        "cqb": entry(commands, 3), "cqh": 14, "cqt": 5, "cqcsr": 0x1_0401,
        "fqb": entry(faults, 3), "fqh": 0, "fqt": 3, "fqcsr": 0x1_0201,
        "pqb": entry(pages, 1), "pqh": 0, "pqt": 2, "pqcsr": 0x0_0000,
    }
    return system


def queues():
    return Scenario(queue_system(), [], [], ["--queues"])


def queue_refused():
    """Commands that an IOMMU of few capabilities refuses."""
    system = System(mode=2, caps=capabilities("Sv39", "Sv39x4"))
    commands = system.memory.page()
    words = [
        (2 | 1 << 11, 0),  # IOFENCE.C, WSI while fctl.WSI is 0
        (3 | 1 << 7 | 1 << 40, 0),  # INVAL_PDT without DV
        (3 | 5 << 12, 0),  # INVAL_DDT with a PID
        (3 | 1 << 33 | 0x100 << 40, 0),  # a DID that 1LVL does not have
        (4 | 1 << 33, 0),  # ATS.INVAL without capabilities.ATS
        (1 | 1 << 34, 0),  # NL without capabilities.NL
        (1 | 1 << 10, 1 << 9),  # S without capabilities.S
        (0x40, 0),  # custom
        (1 | 2 << 7, 0),  # no such function
        (2 | 1 << 12 | 1 << 13, 0),  # good
        (1 | 1 << 7, 0),  # GVMA, good
        (1 | 1 << 10 | 9 << 12 | 1 << 32 | 1 << 33 | 7 << 44, 0x12345 << 10),  # VMA, good
        (3 | 1 << 7 | 1 << 33 | 5 << 40 | 7 << 12, 0),  # INVAL_PDT, good
    ]
    for number, pair in enumerate(words):
        system.store(commands + 16 * number, *pair)
    system.registers |= {"cqb": entry(commands, 3), "cqh": 0, "cqt": len(words)}
    return Scenario(system, [], [], ["--queues"])


def replay():
    return Scenario(
        queue_system(),
        [],
        [
            fault(13, "PTE_NOT_VALID", record(13, READ, DEVICE, 0xA000)),
            Expect(address=BUFFER),
        ],
        ["--replay"],
    )


def directory():
    system, _, dc = single_stage()
    system.device(0x2_0000, tc=TC_V | PDTV, fsc=3 << 60 | 0x80100, ta=0)
    system.device(
        0x2_0001, iohgatp=SV39 << 60 | 3 << 44 | 0x80104, fsc=BARE,
        msi=(1 << 60 | 0x80200, 0xFF, 0x28000),
    )
    system.device(0x2_0002, tc=TC_V | 1 << 30, fsc=5 << 60)
    system.store(system.ddt + 8 * 0x10, entry(0x7000_0000))
    system.store(system.ddt + 8 * 0x11, entry(dc, V | 0x20))
    return Scenario(system, [], [], ["--ddt"])


def base_directory():
    """Contexts of 32 bytes: 7 bits of the device_id, and 256 entries in the root."""
    caps = EVERYTHING & ~(0b111 << CAP["AMO_MRIF"])
    system = System(caps=caps)
    for device in (0x7F, 0x80, 0xFF_FFFF):
        system.device(device, fsc=SV39 << 60 | 0x80100)
    return Scenario(system, [], [], ["--ddt"])


def registers_only():
    system = queue_system()
    system.registers |= {
        "iommu_qosid": 0x10002, "icvec": 0x3210, "msi_addr_0": 0x2800_0000, "msi_data_0": 5,
        "iohpmevt1": 0x8001, "tr_req_ctl": DEVICE << 40 | 8, "ipsr": 0x3, "iocountinh": 1,
    }
    return Scenario(system, [], [])
