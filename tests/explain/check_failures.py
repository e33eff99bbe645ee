# SPDX-License-Identifier: Apache-2.0
"""Memory that is short and files that cannot be read, by a preloaded library (fails.c).

Only for a program without sanitizers: their allocator is not to be replaced.
"""

import scenarios
from check_scenarios import inputs
from harness import elf

ALLOCATIONS_MAX = 400


def clean_error(result, words):
    """One line on standard error, nothing on standard output."""
    error = result.stderr.decode(errors="replace")
    return (result.returncode == 2 and result.stdout == b"" and error.count("\n") == 1
            and any(word in error for word in words))


def check_memory(harness, name, arguments, library, stdin=b""):
    """Let each allocation fail: an error every time, until there are no more of them."""
    wanted = harness.run(*arguments, stdin=stdin)
    for number in range(1, ALLOCATIONS_MAX):
        result = harness.run(*arguments, stdin=stdin, environment={
            "LD_PRELOAD": library, "FAIL_MEMORY": str(number)})
        if result.crashed:
            return
        if result.returncode == wanted.returncode and result.stdout == wanted.stdout:
            continue  # the C library did without
        if not harness.check(f"{name}: allocation {number} fails",
                             clean_error(result, ["memory", "cannot be written"]),
                             f"status {result.returncode}: {result.stderr.decode()}"):
            return
    harness.check(f"{name}: with memory", result.stdout == wanted.stdout)


def check_reads(harness, name, arguments, library, stdin=b""):
    wanted = harness.run(*arguments, stdin=stdin)
    failed = 0
    for number in range(1, 40):
        result = harness.run(*arguments, stdin=stdin, environment={
            "LD_PRELOAD": library, "FAIL_READ": str(number)})
        if result.crashed or result.stdout == wanted.stdout != b"":
            break
        failed += 1
        if not harness.check(f"{name}: read {number} fails",
                             clean_error(result, ["cannot be read", "truncated"]),
                             f"status {result.returncode}: {result.stderr.decode()}"):
            return
    harness.check(f"{name}: reads were made to fail", failed > 0)
    patient = harness.run(*arguments, stdin=stdin, environment={
        "LD_PRELOAD": library, "INTERRUPT": "1"})
    harness.check(f"{name}: interrupted reads are repeated", patient.stdout == wanted.stdout,
                  patient.stderr.decode())
    blind = harness.run(*arguments, stdin=stdin, environment={
        "LD_PRELOAD": library, "FAIL_STAT": "1"})
    harness.check(f"{name}: nothing is known about a file",
                  clean_error(blind, ["cannot be read"]), blind.stderr.decode())


def run(harness, library):
    scenario = scenarios.ad_updates()
    base = inputs(harness, scenario, "failures")
    (address, raw), *_ = scenario.system.memory.ranges()
    requests = harness.write("failures.requests",
                             "".join(f"{request}\n" for request in scenario.requests * 5))
    data = (harness.folder / "failures.hex").read_bytes()
    raw_image = ["-m", harness.write("failures.raw", raw) + f"@{address:#x}"]
    pieces = "".join(f"{at:x}: 00\n" for at in range(0, 64, 2))
    cases = {
        "text": [*base, *scenario.requests],
        "JSON": [*base, "-R", requests, "--json", "--ddt"],
        "directory": [*raw_image, *base[2:], "--ddt"],
        "ELF": ["-m", harness.write("failures.elf", elf(scenario.system.memory.ranges())),
                *base[2:], *scenario.requests],
        "raw image": [*raw_image, *base[2:], *scenario.requests],
        "pieces": ["-m", harness.write("pieces.hex", pieces + "100: 00\n*\n200:\n"), *base,
                   "-b", *scenario.requests],
    }
    for name, arguments in cases.items():
        check_memory(harness, f"short memory, {name}", arguments, library)
        check_reads(harness, f"bad reads, {name}", arguments, library)
    stream = ["-m", "-", *base[2:], *scenario.requests]
    check_memory(harness, "short memory, stream", stream, library, data)
    check_reads(harness, "bad reads, stream", stream, library, data)
