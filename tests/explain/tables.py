# SPDX-License-Identifier: Apache-2.0
"""Builders of in-memory structures, written from the specification, not from the model."""

V, R, W, X, U, G, A, D = (1 << bit for bit in range(8))
RWX = V | R | W | X | U | A | D
BARE = 0
SV39, SV48, SV57 = 8, 9, 10
SV32 = 8

TC_V, EN_ATS, EN_PRI, T2GPA, DTF, PDTV, PRPR, GADE, SADE, DPE, SBE, SXL = (
    1 << bit for bit in range(12)
)

# Bits of the capabilities register.
CAP = {
    "Sv32": 8, "Sv39": 9, "Sv48": 10, "Sv57": 11, "Svrsw60t59b": 14, "Svpbmt": 15,
    "Sv32x4": 16, "Sv39x4": 17, "Sv48x4": 18, "Sv57x4": 19, "AMO_MRIF": 21,
    "MSI_FLAT": 22, "MSI_MRIF": 23, "AMO_HWAD": 24, "ATS": 25, "T2GPA": 26, "END": 27,
    "HPM": 30, "DBG": 31, "PD8": 38, "PD17": 39, "PD20": 40, "QOSID": 41, "NL": 42, "S": 43,
}


def capabilities(*names, igs=2, pas=56):
    value = 0x10 | igs << 28 | pas << 32
    for name in names:
        value |= 1 << CAP[name]
    return value


EVERYTHING = capabilities(*CAP)


class Memory:
    """Sparse memory, with an allocator of zeroed pages."""

    def __init__(self, base=0x8000_0000, big_endian=False):
        self.bytes = {}  # pages: bytearrays by page number
        self.next = base
        self.big_endian = big_endian

    def page(self, count=1, align=4096):
        address = -(-self.next // align) * align
        self.next = address + 4096 * count
        for number in range(address >> 12, self.next >> 12):
            self.bytes[number] = bytearray(4096)
        return address

    def store(self, address, *words, size=8, big_endian=None):
        order = "big" if (self.big_endian if big_endian is None else big_endian) else "little"
        for word in words:
            page = self.bytes.setdefault(address >> 12, bytearray(4096))
            offset = address & 0xFFF
            page[offset : offset + size] = word.to_bytes(size, order)
            address += size

    def drop(self, address):
        """Take a page out of the image."""
        del self.bytes[address >> 12]

    def ranges(self):
        """Consecutive pages as (address, bytes)."""
        result = []
        for number in sorted(self.bytes):
            if result and result[-1][0] + len(result[-1][1]) == number << 12:
                result[-1][1].extend(self.bytes[number])
            else:
                result.append((number << 12, bytearray(self.bytes[number])))
        return [(address, bytes(data)) for address, data in result]


def entry(address, flags=V):
    """A non-leaf DDT or PDT entry, or a PTE."""
    return address >> 12 << 10 | flags


class System:
    """Tables in memory and register values."""

    def __init__(self, mode=4, caps=EVERYTHING, fctl=0, base=0x8000_0000):
        self.big_endian = bool(fctl & 1)
        self.gxl = bool(fctl & 4)
        self.memory = Memory(base, self.big_endian)
        self.caps = caps
        self.extended = bool(caps >> CAP["MSI_FLAT"] & 1)
        self.mode = mode
        self.ddt = self.memory.page() if mode >= 2 else 0
        self.registers = {
            "capabilities": caps,
            "fctl": fctl,
            "ddtp": entry(self.ddt, mode),
        }

    def store(self, *arguments, **options):
        self.memory.store(*arguments, **options)

    def load(self, address, big_endian=None):
        page = self.memory.bytes[address >> 12]
        offset = address & 0xFFF
        big = self.big_endian if big_endian is None else big_endian
        return int.from_bytes(page[offset : offset + 8], "big" if big else "little")

    def dc_address(self, device_id):
        """Find the slot of a device context; make non-leaf entries on the way."""
        leaf = 6 if self.extended else 7
        page = self.ddt
        for level in range(self.mode - 2, 0, -1):
            slot = page + 8 * (device_id >> leaf + 9 * (level - 1) & 0x1FF)
            if not self.load(slot) & V:
                self.store(slot, entry(self.memory.page()))
            page = self.load(slot) >> 10 << 12
        size = 64 if self.extended else 32
        return page + size * (device_id & (1 << leaf) - 1)

    def device(self, device_id, tc=TC_V, iohgatp=0, ta=0, fsc=0, msi=(0, 0, 0)):
        address = self.dc_address(device_id)
        self.store(address, tc, iohgatp, ta, fsc)
        if self.extended:
            self.store(address + 32, *msi, 0)
        return address

    def table(self, levels, second=False, big_endian=None):
        """A page table of 8-byte PTEs."""
        pages = 4 if second else 1
        return Table(self, self.memory.page(pages, pages * 4096), levels, second, big_endian)

    def pc(self, pdt, mode, process_id, ta, fsc, big_endian=None, translate=lambda a: a):
        """Store a process context; `translate` maps the addresses in entries to memory."""
        page = pdt
        for level in range(mode - 1, 0, -1):
            slot = translate(page) + 8 * (process_id >> 8 + 9 * (level - 1) & 0x1FF)
            if not self.load(slot, big_endian) & V:
                self.store(slot, entry(self.memory.page()), big_endian=big_endian)
            page = self.load(slot, big_endian) >> 10 << 12
        address = translate(page) + 16 * (process_id & 0xFF)
        self.store(address, ta, fsc, big_endian=big_endian)
        return address


class Table:
    """A page table whose pages are mapped one to one in what it hangs behind."""

    def __init__(self, system, root, levels, second, big_endian=None):
        self.system = system
        self.root = root
        self.levels = levels
        self.second = second
        self.big_endian = big_endian

    def slot(self, address, level=0):
        """The address of the PTE of a level; pointers on the way are made."""
        page = self.root
        for at in range(self.levels - 1, level, -1):
            slot = page + 8 * self.index(address, at)
            if not self.system.load(slot, self.big_endian) & V:
                self.system.store(
                    slot, entry(self.system.memory.page()), big_endian=self.big_endian
                )
            page = self.system.load(slot, self.big_endian) >> 10 << 12
        return page + 8 * self.index(address, level)

    def index(self, address, level):
        bits = 11 if self.second and level == self.levels - 1 else 9
        return address >> 12 + 9 * level & (1 << bits) - 1

    def map(self, address, to, flags=RWX, level=0):
        slot = self.slot(address, level)
        self.system.store(slot, entry(to, flags), big_endian=self.big_endian)
        return slot


def record(cause, ttyp, did, iotval=0, iotval2=0, pid=None, priv=False):
    """A fault record's four doublewords."""
    first = cause | ttyp << 34 | did << 40
    if pid is not None:
        first |= pid << 12 | 1 << 32 | int(priv) << 33
    return [first, 0, iotval, iotval2]
