# SPDX-License-Identifier: Apache-2.0
"""Byte mutations of every input, for a bounded time: no crash, and JSON stays JSON."""

import json
import pathlib
import random
import shutil
import time

import scenarios
from check_scenarios import inputs
from harness import elf, intel_hex

FAILURE = pathlib.Path(__file__).parents[2] / "build" / "explain-fuzz-failure"
SPECIAL = [0, 1, 0x0A, 0x20, 0x2A, 0x3A, 0x3D, 0x40, 0x7F, 0x80, 0xFE, 0xFF]


def mutate(generator, content):
    """Change, insert, delete or copy some bytes, mostly at few places."""
    data = bytearray(content)
    for _ in range(generator.choice([1, 1, 2, 4, 16])):
        if not data:
            break
        at = generator.randrange(len(data))
        kind = generator.randrange(6)
        if kind == 0:
            data[at] ^= 1 << generator.randrange(8)
        elif kind == 1:
            data[at] = generator.choice(SPECIAL)
        elif kind == 2:
            data.insert(at, generator.randrange(256))
        elif kind == 3:
            del data[at : at + generator.choice([1, 2, 8, 64])]
        elif kind == 4:
            end = at + generator.randrange(1, 32)
            data[at:end] = data[generator.randrange(len(data)) :][: end - at]
        else:
            data = data[:at] if generator.randrange(4) == 0 else data
    return bytes(data)


def mutate_tables(generator, ranges, entries):
    """Change bits of the entries that are in use, so that the file itself stays legal."""
    ranges = [(address, bytearray(data)) for address, data in ranges]
    for _ in range(generator.choice([1, 2, 4])):
        which, offset = generator.choice(entries)
        data = ranges[which][1]
        data[offset] ^= 1 << generator.randrange(8)
    return [(address, bytes(data)) for address, data in ranges]


class Seed:
    """The files of a scenario."""

    def __init__(self, harness, function):
        scenario = function()
        base = inputs(harness, scenario, "seed")
        self.ranges = scenario.system.memory.ranges()
        self.entries = [
            (which, offset)
            for which, (_, data) in enumerate(self.ranges)
            for offset, byte in enumerate(data)
            if byte
        ]
        self.hex = (harness.folder / base[1]).read_bytes()
        self.registers = (harness.folder / base[3]).read_bytes()
        self.requests = "\n".join(scenario.requests).encode()


def one_round(harness, generator, seed):
    image, registers, requests = seed.hex, seed.registers, seed.requests
    kind = generator.choice(["hex", "elf", "elf32", "ihex", "registers", "requests", "tables"])
    if kind == "hex":
        image = mutate(generator, image)
    elif kind == "elf":
        image = elf(seed.ranges)
        image = mutate(generator, image[:256]) + image[256:]
    elif kind == "elf32":
        image = elf(seed.ranges, bits=32)
        image = mutate(generator, image[:128]) + image[128:]
    elif kind == "ihex":
        image = mutate(generator, intel_hex([(a, d[:512]) for a, d in seed.ranges]).encode())
    elif kind == "registers":
        registers = mutate(generator, registers)
    elif kind == "requests":
        requests = mutate(generator, requests)
    else:
        image = elf(mutate_tables(generator, seed.ranges, seed.entries))
    harness.write("fuzz.image", image)
    harness.write("fuzz.regs", registers)
    harness.write("fuzz.requests", requests)
    options = ["-m", "fuzz.image", "-r", "fuzz.regs", "-Q", "--limit", "16"]
    if requests:
        options += ["-R", "fuzz.requests"]
    if generator.randrange(2):
        options.append("-D")
    as_json = generator.randrange(2)
    result = harness.run(*options, *(["--json"] if as_json else ["--color"]))
    if as_json and result.returncode != 2:
        try:
            json.loads(result.stdout)
        except ValueError as error:
            harness.check("fuzz: valid JSON", False, str(error))
            return False
    return not result.crashed


def run(harness, seconds, seed):
    print(f"fuzz: seed {seed}, {seconds:g} s")
    functions = [f for f in scenarios.SCENARIOS if f().system.memory.bytes]
    seeds = [Seed(harness, function) for function in functions]
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        # each round from its own number, so that one can be repeated without the others
        generator = random.Random(f"{seed}/{rounds}")
        if not one_round(harness, generator, generator.choice(seeds)):
            print(f"fuzz: seed {seed}, round {rounds} failed; its inputs are in {FAILURE}")
            save(harness.folder)
            break
        rounds += 1
    harness.check(f"fuzz: {rounds} rounds", rounds > 0)
    print(f"fuzz: {rounds} rounds")


def save(folder):
    """Keep the inputs of a failure."""
    FAILURE.mkdir(parents=True, exist_ok=True)
    for name in ("fuzz.image", "fuzz.regs", "fuzz.requests"):
        shutil.copy(folder / name, FAILURE / name)
