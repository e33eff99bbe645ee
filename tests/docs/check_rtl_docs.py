#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold docs/integration.md and its neighbours against the RTL.

The instantiation template is compiled as it stands. The table of parameters must name every
field of config_t with the values of the named configurations, and what it calls illegal must
stop elaboration with a message that names the field, while the ends of what it calls legal
elaborate. Every module has a place in the theory of operation, every link leads somewhere.
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/integration.md"
THEORY = ROOT / "docs/theory-of-operation.md"
FILES = ["rtl/lint.vlt", "-f", "rtl/iommu.f"]
CONFIGS = ["Small", "Base", "Full"]


class Results:
    """Counts, and says what failed."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def check(self, ok: bool, what: str) -> None:
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"failed: {what}")


def verilate(build: pathlib.Path, name: str, text: str) -> tuple[int, str]:
    """Check a top module with all of the RTL. Its warnings are errors."""
    path = build / f"{name}.sv"
    path.write_text(text, encoding="utf-8")
    run = subprocess.run(["verilator", "--lint-only", "-Wall", *FILES, str(path),
                          "--top-module", name], cwd=ROOT, capture_output=True, text=True,
                         check=False)
    return run.returncode, run.stdout + run.stderr


def check_template(results: Results, build: pathlib.Path, guide: str) -> None:
    blocks = re.findall(r"^```systemverilog\n(.*?)^```", guide, re.M | re.S)
    results.check(len(blocks) == 1, "one template in docs/integration.md")
    for block in blocks:
        name = re.match(r"module (\w+)", block)
        status, output = verilate(build, name.group(1), block) if name else (1, "no module")
        results.check(status == 0, f"the template elaborates without a warning:\n{output}")


def package_values() -> dict[str, list[int]]:
    """Field of config_t: its values in the three configurations."""
    text = (ROOT / "rtl/iommu_pkg.sv").read_text(encoding="utf-8")
    struct = re.search(r"typedef struct packed \{(.*?)\} config_t;", text, re.S).group(1)
    struct = re.sub(r"//.*", "", struct)
    fields = [name.strip() for line in re.findall(r"(?:int unsigned|logic)\s+([^;]+);", struct)
              for name in line.split(",")]
    values: dict[str, list[int]] = {field: [] for field in fields}
    for config in CONFIGS:
        body = re.search(rf"config_t Config{config} = '\{{(.*?)\}};", text, re.S).group(1)
        for name, value in re.findall(r"(\w+):\s*(?:1'b)?(\d+)", body):
            values[name].append(int(value))
    return values


def table_rows(guide: str) -> list[list[str]]:
    section = guide.split("\n## Parameters\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in section.splitlines() if re.match(r"\| `\w+` \|", line)]


def limits(legal: str) -> tuple[list[int], list[int]]:
    """The ends of what is legal, and values just outside, from the table's words."""
    if match := re.fullmatch(r"(\d+) to (\d+)", legal):
        low, high = int(match[1]), int(match[2])
        return [low, high], ([low - 1] if low else []) + [high + 1]
    if re.fullmatch(r"\d+(, \d+)+", legal):
        ends = [int(value) for value in legal.split(", ")]
        return [ends[0], ends[-1]], [ends[0] // 2, ends[0] + 1, ends[-1] * 2]
    if match := re.fullmatch(r"(0, or )?a power of two from (\d+)", legal):
        low = int(match[2])
        return [0 if match[1] else low, 4 * low], [low // 2, low + 1]
    if match := re.fullmatch(r"from (\d+)", legal):
        return [int(match[1]), int(match[1]) + 1], [int(match[1]) - 1]
    return [], []


def top_with(name: str, changes: dict[str, int]) -> str:
    """A module that only holds the IOMMU, Full with some fields changed."""
    lines = "".join(f"    cfg.{field} = {'1' + chr(39) + 'b' if field in FLAGS else ''}{value};\n"
                    for field, value in changes.items())
    return f"""// verilator lint_off PINMISSING
// verilator lint_off UNDRIVEN
module {name} import iommu_pkg::*; ();
  function automatic config_t changed();
    config_t cfg = ConfigFull;
{lines}    return cfg;
  endfunction
  iommu #(.Cfg(changed())) u_iommu ();
endmodule
"""


FLAGS: set[str] = set()


def check_parameters(results: Results, build: pathlib.Path, guide: str) -> None:
    values = package_values()
    rows = table_rows(guide)
    named = [row[0].strip("`") for row in rows]
    results.check(sorted(named) == sorted(values), "the table has each field of config_t once: "
                  f"{sorted(set(named) ^ set(values))}")
    FLAGS.update(name for name, numbers in values.items() if name[0].isupper() and
                 max(numbers) <= 1 and name not in ("Ports", "Itags"))
    least: dict[str, int] = {}
    most: dict[str, int] = {}
    illegal: list[dict[str, int]] = [{}, {}, {}] # several fields at once: each has its message
    needs: list[tuple[str, str]] = []
    for row in rows:
        name, shown, legal = row[0].strip("`"), row[1:4], row[4]
        results.check([str(value) for value in values.get(name, [])] == shown,
                      f"{name} is {values.get(name)}, the table says {shown}")
        ends, outside = limits(legal)
        if ends:
            least[name], most[name] = ends
        for changes, value in zip(illegal, outside):
            changes[name] = value
        if match := re.match(r"with `(\w+)`", legal):
            needs.append((name, match[1]))
            illegal[0][match[1]] = 0
    for number, changes in enumerate(illegal):
        status, output = verilate(build, f"illegal_{number}", top_with(f"illegal_{number}", changes))
        for name, value in changes.items():
            message = next((rf"iommu: Cfg\.{user} needs Cfg\.{name}\b" for user, used in needs
                            if used == name), rf"iommu: Cfg\.{name} is ")
            results.check(status != 0 and re.search(message, output) is not None,
                          f"{name} = {value} stops elaboration with a message:\n{output[:1500]}")
    for name, changes in (("least", least), ("most", most)):
        status, output = verilate(build, name, top_with(name, changes))
        errors = [line for line in output.splitlines() if line.startswith("%Error")]
        results.check(status == 0, f"{name} of everything elaborates: {changes}\n{errors[:5]}"
                                   f"\n{output[:1500]}")


def check_modules(results: Results) -> None:
    theory = THEORY.read_text(encoding="utf-8")
    for line in (ROOT / "rtl/iommu.f").read_text(encoding="utf-8").split():
        name = pathlib.Path(line).stem
        if name.endswith("_pkg") or not line.endswith(".sv"):
            continue
        results.check(f"`{name}`" in theory, f"{name} is in the theory of operation")
        page = ROOT / f"docs/modules/{name}.md"
        if page.exists():
            results.check(f"../../rtl/{name}.sv" in page.read_text(encoding="utf-8"),
                          f"{page.name} names its source")


def anchors(path: pathlib.Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check_links(results: Results) -> None:
    for page in [GUIDE, THEORY, *sorted((ROOT / "docs/modules").glob("*.md"))]:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            file, _, anchor = target.partition("#")
            path = (page.parent / file).resolve() if file else page
            results.check(path.exists(), f"{page.name}: {target} exists")
            if anchor and path.suffix == ".md" and path.exists():
                results.check(anchor in anchors(path), f"{page.name}: {target} is a heading")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="folder for products")
    args = parser.parse_args()
    build = args.build.resolve()
    build.mkdir(parents=True, exist_ok=True)
    guide = GUIDE.read_text(encoding="utf-8")
    results = Results()
    check_template(results, build, guide)
    check_parameters(results, build, guide)
    check_modules(results)
    check_links(results)
    print(f"{results.passed} passed, {results.failed} failed")
    return results.failed != 0


if __name__ == "__main__":
    sys.exit(main())
