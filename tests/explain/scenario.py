# SPDX-License-Identifier: Apache-2.0
"""What a scenario is: tables in memory, requests, and what the specification says of them.

What is expected (cause, rule, record, address) was derived from the specification; the text
that the tool prints is compared with golden/.
"""

import dataclasses

from tables import A, R, SV39, U, V, System, record

DEVICE = 0x0105  # 01:00.5
BUFFER = 0x9000_0000
READ, WRITE, EXECUTE, ATS = 2, 3, 1, 8  # TTYP of untranslated requests, and of ATS


@dataclasses.dataclass
class Expect:
    """What one request should come to."""

    verdict: str = "translated"
    address: int = None
    cause: int = 0
    rule: str = None
    record: list = None


def fault(cause, rule, words=None):
    return Expect("fault", None, cause, rule, words)


@dataclasses.dataclass
class Scenario:
    system: System
    requests: list
    expect: list
    options: list = dataclasses.field(default_factory=list)


def single_stage(**options):
    """A device with a Sv39 first stage that maps IOVA 0x1000 and 0x2000 (read only)."""
    system = System(**options)
    table = system.table(3)
    table.map(0x1000, BUFFER)
    table.map(0x2000, BUFFER + 0x1000, V | R | U | A)
    dc = system.device(DEVICE, fsc=SV39 << 60 | table.root >> 12, ta=0x123 << 12)
    return system, table, dc
