#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bench itself: the stand-in must pass as it is, and fail broken in each way."""

import subprocess
import sys

# What fake.c does wrong with --break N.
BREAKAGES = {
    1: "first-stage PTEs grant reading, whatever they say",
    2: "fault records carry another cause",
    3: "a fence's store is lost now and then",
    4: "interrupt messages are sent twice",
    5: "A/D updates always set D",
    6: "an access goes to the neighbouring page now and then",
    7: "the memory type is wrong now and then",
    8: "a byte of write data changes now and then",
    9: "IOTINVAL does nothing",
    10: "an answer of one AXI ID overtakes another",
    11: "a refused write is answered with OKAY",
    12: "a fence does not wait for what is under way",
    13: "a fault leaves no record now and then",
    14: "the process_id of a record is lost",
    15: "idle_o lets the clock stop while there are requests",
    16: "no fence tells of a time-out",
    17: "a time-out is told again when the fence is tried again",
    18: "a change of ddtp does not wait for accesses of before",
    19: "some requests are translated by the ddtp of before",
    20: "the fault queue stays where it was",
    21: "a page request is forgotten now and then",
    22: "DDT walks count twice",
}
REQUESTS = "60000"


def run(program: str, breakage: int) -> bool:
    """@return whether the bench was content"""
    command = [program] + (["--break", str(breakage)] if breakage else [])
    return subprocess.run(command + ["--requests", REQUESTS], stdout=subprocess.DEVNULL,
                          check=False).returncode == 0


def main() -> int:
    programs = sys.argv[1:]
    passed = failed = 0
    for program in programs:
        good = run(program, 0)
        print(f"{program}: as it is: {'passes' if good else 'FAILS'}")
        passed, failed = passed + good, failed + (not good)
    for number, text in BREAKAGES.items():
        caught = [program for program in programs if not run(program, number)]
        print(f"{number:2} {text}: {'caught' if caught else 'NOT CAUGHT'}")
        passed, failed = passed + bool(caught), failed + (not caught)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
