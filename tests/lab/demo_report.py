#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the demonstration's report calls the accesses that were refused: sim/demo against a journal
that is made up here."""
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "sim" / "demo"))
import journal  # noqa: E402
import linux  # noqa: E402

ENGINES = {0x10: "engine 1", 0x18: "engine 2"}
BUFFER, BEYOND, KERNEL, FILE = 0x123450000, 0x123490000, 0x80202000, 0x24001000
THROUGH, GUEST_READ, GUEST_WRITE, READ, WRITE, TYPE = 0, 21, 23, 13, 15, 260
NO_PROCESSES = "a request with process_id, and PDTV is clear"

# (device, write, address, cause, reason, what the report is to call it)
STORY = [
    (0x10, 0, BUFFER, THROUGH, "", None),
    (0x10, 0, BEYOND, GUEST_READ, "a PTE has V=0", "reach what is not mapped, or not any more"),
    (0x10, 0, BUFFER, TYPE, NO_PROCESSES, "name a process_id that nobody has set up"),
    (0x10, 0, BUFFER, THROUGH, "", None),
    (0x10, 1, FILE, GUEST_WRITE, "no such file", "raise interrupts that are others'"),
    (0x10, 0, KERNEL, GUEST_READ, "a PTE has V=0", "read the kernel's memory"),
    # in quarantine, where the second engine is not
    (0x10, 0, KERNEL, READ, "a PTE has V=0", "read the kernel's memory, in quarantine"),
    (0x10, 1, BUFFER, WRITE, "a PTE has V=0", "go on in quarantine"),
    (0x18, 0, BUFFER, TYPE, NO_PROCESSES, "name a process_id that nobody has set up"),
    (0x18, 0, BUFFER, THROUGH, "", None),
    (0x10, 0, BUFFER, TYPE, NO_PROCESSES, "go on in quarantine"),
    # and after its end
    (0x10, 0, BUFFER, THROUGH, "", None),
    (0x10, 0, BUFFER, TYPE, NO_PROCESSES, "name a process_id that nobody has set up"),
    (0x10, 0, BEYOND, GUEST_READ, "a PTE has V=0", "reach what is not mapped, or not any more"),
]


def lines():
    for time, (device, write, address, cause, why, _) in enumerate(STORY):
        numbers = [time, device, write, 8, f"{address:x}", 10, 0, 0, 0, 0, 0, int(cause != 0), cause]
        yield "\t".join(["B", *map(str, numbers), f"cause {cause}", why])
    yield f"T\t{len(STORY)}\t1000"


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "journal"
        path.write_text("\n".join(lines()) + "\n", encoding="utf-8")
        steps = [{"name": "all", "begin": 0, "end": len(STORY)}]
        data = journal.figures(path, ENGINES, steps, linux.refused, linux.LATENCY)
    expected = [(ENGINES[story[0]], story[5]) for story in STORY if story[3] != THROUGH]
    told = [data["attempts"][of["attempt"]]["what"] for of in data["blocked"]]
    failed = 0
    for (engine, what), line in zip(expected, told, strict=True):
        if not line.startswith(f"{engine}: {what} ("):
            print(f"{line}: is to be '{engine}: {what}'")
            failed += 1
    print(f"{len(expected) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
