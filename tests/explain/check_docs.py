# SPDX-License-Identifier: Apache-2.0
"""The usage page: its outputs are the tool's, its JSON keys are complete; the example's
files are what their generator writes."""

import json
import pathlib
import re
import shlex
import subprocess
import sys

import scenarios
from check_scenarios import inputs

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs" / "iommu-explain.md"
EXAMPLES = ROOT / "docs" / "examples"
BLOCK = re.compile(r"```\n\$ (iommu-explain [^\n]*)\n(.*?)```\n", re.DOTALL)


def outputs(harness, update):
    """Each block that starts with `$ iommu-explain` holds what the command prints."""
    page = PAGE.read_text(encoding="utf-8")

    def real(match):
        command = shlex.split(match.group(1))
        result = subprocess.run(
            [harness.tool, *command[1:]], cwd=ROOT, capture_output=True, check=False
        )
        return f"```\n$ {match.group(1)}\n{result.stdout.decode()}```\n"

    written = BLOCK.sub(real, page)
    if update:
        PAGE.write_text(written, encoding="utf-8")
        page = written
    harness.check("docs: there are outputs", len(BLOCK.findall(page)) >= 3)
    harness.check("docs: outputs are the tool's", written == page, "run with --update")


def example(harness):
    subprocess.run(
        [sys.executable, EXAMPLES / "make_example.py", harness.folder], check=True
    )
    for name in ("example.hex", "example.regs"):
        made = (harness.folder / name).read_bytes()
        harness.check(f"docs: {name} is current", made == (EXAMPLES / name).read_bytes())


def keys_of(value, skip="fields"):
    """All keys in a JSON value, without the specification's field names."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if isinstance(value, dict):
        inner = (keys_of(v) for k, v in value.items() if k != skip)
        return set(value).union(*inner)
    return set()


def keys(harness):
    page = PAGE.read_text(encoding="utf-8")
    seen = set()
    for function in scenarios.SCENARIOS:
        scenario = function()
        arguments = [*inputs(harness, scenario, "keys"), *scenario.requests]
        lost = (scenarios.pass_through, scenarios.off, scenarios.lost_directory)
        options = [] if function in lost else ["-D"]
        result = harness.run(*arguments, "-Q", *options, "--json")
        seen |= keys_of(json.loads(result.stdout))
    for key in sorted(seen):
        harness.check(f"docs: JSON key {key} is documented", f"`{key}`" in page)


def run(harness, update):
    outputs(harness, update)
    example(harness)
    keys(harness)
