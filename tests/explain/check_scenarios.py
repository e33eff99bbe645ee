# SPDX-License-Identifier: Apache-2.0
"""Scenarios: against the specification through JSON, and against golden/ as text."""

import difflib
import json
import pathlib

import scenarios
from harness import hex_text, registers_text

GOLDEN = pathlib.Path(__file__).parent / "golden"
WIDTH = 98
# All of the JSON is compared, too, of scenarios that together have each kind of element.
WHOLE_JSON = {"good_sv39", "msi", "off", "sv32", "ats", "t2gpa", "ad_updates", "queues", "replay",
              "directory", "registers_only", "lost_pointers"}


def inputs(harness, scenario, name):
    """Write the files of a scenario; the arguments that name them."""
    if not scenario.system.memory.bytes:
        scenario.system.memory.page()  # an image may not be empty
    image = harness.write(f"{name}.hex", hex_text(scenario.system.memory.ranges()))
    registers = harness.write(f"{name}.regs", registers_text(scenario.system.registers))
    return ["-m", image, "-r", registers]


def compact(value, indent=""):
    """JSON for reading: what fits a line is on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, (dict, list)):
        return line
    inner = indent + " "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {compact(part, inner)}" for key, part in value.items()]
    else:
        parts = [compact(part, inner) for part in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}{end}"


def check_golden(harness, file, output, update):
    path = GOLDEN / file
    if update:
        path.write_bytes(output)
    expected = path.read_bytes() if path.exists() else b""
    difference = "\n".join(
        difflib.unified_diff(
            expected.decode().splitlines(), output.decode().splitlines(),
            f"golden/{file}", "output", lineterm="", n=1,
        )
    )
    harness.check(f"golden/{file}", output == expected, "\n" + difference)


def compare(name, number, request, expect):
    """What of one request is not as expected."""
    wrong = []

    def same(what, got, wanted):
        if got != wanted:
            wrong.append(f"{name}, request {number}: {what} is {got}, expected {wanted}")

    same("verdict", request["verdict"], expect.verdict)
    rule = request["rule"]
    same("rule", rule and rule["name"], expect.rule)
    if expect.cause is not None:
        same("cause", request["response"]["cause"], expect.cause)
    if expect.address is not None:
        same("address", request["response"]["address"], hex(expect.address))
    if expect.record is not None:
        words = request["fault_record"] and [w["value"] for w in request["fault_record"]]
        same("record", words, [hex(word) for word in expect.record])
    elif expect.verdict != "fault":
        same("record", request["fault_record"], None)
    return wrong


def check_json(harness, name, result, expect, update):
    try:
        report = json.loads(result.stdout)
    except ValueError as error:
        harness.check(f"{name}: valid JSON", False, f"{error}: {result.stderr.decode()}")
        return
    if name in WHOLE_JSON:
        check_golden(harness, f"{name}.json", (compact(report) + "\n").encode(), update)
    harness.check(f"{name}: JSON has its status", report["exit_status"] == result.returncode)
    harness.check(f"{name}: number of requests", len(report["requests"]) == len(expect))
    for number, (request, wanted) in enumerate(zip(report["requests"], expect), 1):
        wrong = compare(name, number, request, wanted)
        harness.check(f"{name}: request {number}", not wrong, "; ".join(wrong))


def run(harness, update):
    GOLDEN.mkdir(exist_ok=True)
    for function in scenarios.SCENARIOS:
        scenario = function()
        name = function.__name__
        arguments = [*inputs(harness, scenario, name), *scenario.options, *scenario.requests]
        status = 1 if any(e.verdict != "translated" for e in scenario.expect) else 0

        text = harness.run(*arguments)
        harness.check(f"{name}: exit status", text.returncode == status, text.stderr.decode())
        harness.check(f"{name}: no escape sequences", b"\033" not in text.stdout)
        check_golden(harness, f"{name}.txt", text.stdout, update)
        check_json(harness, name, harness.run(*arguments, "--json"), scenario.expect, update)
