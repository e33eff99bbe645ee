# SPDX-License-Identifier: Apache-2.0
"""The lab's journal (sim/lab/journal.h) as figures for a report, in the form that page.py reads."""

import collections
import pathlib
from collections.abc import Callable

SLICE = 50_000     # microseconds
WHOLE = 256        # beats of the longest burst: its address does not wait for its data
MICRO_TLB = 1      # cycles
LEVELS = 4         # of the page tables that the driver makes: Sv48, Sv48x4
STRUCTURES = 12
FILES = range(0x24000000, 0x2c000000)  # interrupt files of QEMU's machine
Burst = collections.namedtuple("Burst", "time device write bytes iova cycles ddt pdt first second "
                               "msi refused cause text why")


def burst_of(words: list[str]) -> Burst:
    numbers = [int(word, 16 if i == 4 else 10) for i, word in enumerate(words[:13])]
    return Burst(*numbers, words[13], words[14])


def read(path: pathlib.Path) -> tuple[list[Burst], list[list[str]], list[dict], int, int]:
    """@return bursts, fault records, own accesses by structure, comparisons, cycles"""
    bursts, faults, structures, compared, cycles = [], [], [], 0, 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            kind, *words = line.rstrip("\n").split("\t")
            if kind == "B":
                bursts.append(burst_of(words))
            elif kind == "F":
                faults.append(words)
            elif kind == "S":
                structures.append({"reads": int(words[1]), "stores": int(words[2])})
            elif kind == "T":
                compared, cycles = map(int, words)
    return bursts, faults, structures, compared, cycles


def wait(burst: Burst) -> int:
    """Cycles of translation: a write's address also waits for the data of a short burst."""
    beats = (burst.bytes + (burst.iova & 7) + 7) // 8
    return burst.cycles - (beats if burst.write and beats < WHOLE else 0)


def walked(burst: Burst, latency: int) -> bool:
    """Did it wait for a table? Reads without a wait were ahead of need."""
    return burst.first + burst.second + burst.ddt + burst.pdt + burst.msi > 0 and burst.cycles >= latency


def caches(bursts: list[Burst], latency: int) -> dict:
    """Hits and lookups of each cache."""
    through = [burst for burst in bursts if not burst.refused]
    micro = [burst for burst in through if not walked(burst, latency) and wait(burst) <= MICRO_TLB]
    walks = [burst for burst in through if walked(burst, latency) and burst.first + burst.second]
    slow = len(through) - len(micro)
    missed = sum(walked(burst, latency) for burst in through)
    return {
        "micro-TLB": [len(micro), len(through)],
        "IOTLB": [slow - missed, slow],
        "context cache": [slow - sum(burst.ddt > 0 for burst in through), slow],
        "walk cache": [sum(max(0, LEVELS - burst.first - burst.second) for burst in walks),
                       LEVELS * len(walks)],
    }


def device(name: str, number: int, bursts: list[Burst], begin: int, slices: int, latency: int) -> dict:
    own = [burst for burst in bursts if burst.device == number]
    through = [burst for burst in own if not burst.refused]
    per_slice = [0] * slices
    for burst in through:
        per_slice[min(slices - 1, max(0, (burst.time - begin) // SLICE))] += burst.bytes
    return {
        "name": name, "id": number,
        "reads": sum(not burst.write for burst in through),
        "writes": sum(burst.write for burst in through),
        "refused": len(own) - len(through),
        "bytes_read": sum(burst.bytes for burst in through if not burst.write),
        "bytes_written": sum(burst.bytes for burst in through if burst.write),
        "interrupts": sum(burst.write and burst.iova in FILES for burst in through),
        "slices": per_slice, "latency": [burst.cycles for burst in through],
        "caches": caches(own, latency),
    }


def refusals(bursts: list[Burst], devices: list[dict], what: Callable[[Burst, list[Burst]], str],
             begin: int) -> tuple[list[dict], list[dict]]:
    """What was blocked, and kinds of attempts: the same device, purpose and reason. `what` is also
    given what of the same device was refused since something last got through."""
    kinds: dict = {}
    blocked = []
    numbers = [of["id"] for of in devices]
    before: dict = {number: [] for number in numbers}
    for burst in bursts:
        if burst.device not in numbers:
            continue
        if not burst.refused:
            before[burst.device] = []
            continue
        who, text = numbers.index(burst.device), what(burst, before[burst.device])
        before[burst.device].append(burst)
        key = (who, text, burst.text, burst.write)
        kind = kinds.setdefault(key, {
            "what": f"{devices[who]['name']}: {text} ({'write' if burst.write else 'read'}"
                    f" of {burst.iova:#x})", "times": 0, "blocked": 0})
        kind["times"] += 1
        kind["blocked"] += 1
        blocked.append({"cycle": burst.time - begin, "who": who, "attempt": list(kinds).index(key),
                        "cause": burst.cause, "text": burst.text, "why": burst.why})
    return blocked, list(kinds.values())


def record(words: list[str], begin: int) -> dict:
    """A fault record; see Fault/Event queue in the specification."""
    first, _, iotval, iotval2 = (int(word, 16) for word in words[1:5])
    return {"read_at": int(words[0]) - begin, "cause": first & 0xfff, "text": words[5],
            "ttyp": first >> 34 & 0x3f, "device": first >> 40, "process": bool(first >> 32 & 1),
            "iotval": f"{iotval:#x}", "iotval2": f"{iotval2:#x}"}


def figures(path: pathlib.Path, names: dict, steps: list[dict],
            what: Callable[[Burst, list[Burst]], str], latency: int) -> dict:
    """`steps`: {"name", "begin", "end"} in microseconds of the monotonic clock."""
    bursts, faults, structures, compared, cycles = read(path)
    begin, end = steps[0]["begin"], steps[-1]["end"]
    slices = (end - begin) // SLICE + 1
    devices = [device(name, number, bursts, begin, slices, latency) for number, name in names.items()]
    blocked, attempts = refusals(bursts, devices, what, begin)
    return {
        "kind": "lab", "cycles": end - begin, "slice": SLICE, "clock": cycles, "latency": latency,
        "compared": compared, "fault_records": len(faults), "structures": structures,
        "devices": devices, "blocked": blocked, "attempts": attempts,
        "records": [record(words, begin) for words in faults],
        "steps": [{**step, "begin": step["begin"] - begin, "end": step["end"] - begin}
                  for step in steps],
        "bursts": len(bursts),
    }


def between(path: pathlib.Path, latency: int, windows: dict) -> dict:
    """Translation in each window {name: (device, begin, end)}: bursts, table reads, waits."""
    bursts = read(path)[0]
    result = {}
    for name, (number, begin, end) in windows.items():
        own = [burst for burst in bursts if burst.device == number and begin <= burst.time <= end]
        waits = sorted(wait(burst) for burst in own)
        result[name] = {
            "bursts": len(own), "reads": sum(burst.first + burst.second + burst.ddt for burst in own),
            "mean": round(sum(waits) / len(waits), 2) if waits else 0,
            "walked": sum(walked(burst, latency) for burst in own),
        }
    return result
