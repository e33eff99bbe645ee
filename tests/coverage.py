#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Line and branch coverage of the hand-written C sources, from gcov data.

Runs commands that were built with --coverage (each --run, split like a shell does), then
prints a table, and the source text of all that no test reached. It ends with `N passed,
N failed`; it is a failure if

  - a command fails,
  - less than 95 % of all lines or of all branches were reached, or
  - something was not reached and tests/coverage-exceptions.txt does not explain it, or the
    file explains what was reached or is no longer there.

Nothing is left out: inline functions in headers and every branch that the compiler made
count. An entry of the list of exceptions is

    FILE FUNCTION: line          (the line was not run)
        text of the source line
        = the reason

or `FILE FUNCTION: N branches` for a line that was run, and N of whose branches were not
taken. Entries go by text, not by number, and so survive changes elsewhere in the file.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

LEAST_PERCENT = 95.0
TOP = pathlib.Path(__file__).resolve().parent.parent
HEADING = re.compile(r"^(\S+) (\S+): (?:(line)|(\d+) branch(?:es)?)$")


@dataclasses.dataclass(frozen=True, order=True)
class Key:
    """What an exception is about; lines with equal text in one function are one."""
    file: str
    function: str
    kind: str  # "line" or "branches"
    text: str


@dataclasses.dataclass
class Exception_:
    place: int  # line of the list
    count: int
    reason: str


@dataclasses.dataclass
class Missed:
    key: Key
    number: int
    count: int  # 1, or the branches that were not taken
    total: int


@dataclasses.dataclass
class Tally:
    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_taken: int = 0

    def add(self, other: "Tally") -> None:
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def run_commands(commands: list[str], objects: list[pathlib.Path]) -> int:
    """Collect data anew. @return how many commands failed"""
    for folder in objects:
        for path in folder.rglob("*.gcda"):
            path.unlink()
    failed = 0
    for command in commands:
        print(f"run {command}", flush=True)
        result = subprocess.run(shlex.split(command), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                                errors="replace", check=False)
        tail = result.stdout.splitlines()[-1:]
        print(f"  {tail[0] if tail else ''}", flush=True)
        if result.returncode != 0:
            print(*result.stdout.splitlines()[-30:], sep="\n")
            print(f"FAILED {command}")
            failed += 1
    return failed


def read_coverage(objects: list[pathlib.Path], sources: list[str]) -> dict:
    with tempfile.TemporaryDirectory(prefix="coverage-") as folder:
        report = pathlib.Path(folder) / "report.json"
        command = ["gcovr", "--root", str(TOP), "--json", str(report),
                   "--merge-lines", "--gcov-ignore-errors=no_working_dir_found"]
        for source in sources:
            command += ["--filter", re.escape(source.rstrip("/")) + "/"]
        result = subprocess.run(command + [str(path) for path in objects], cwd=TOP,
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            print(result.stdout + result.stderr)
            sys.exit("gcovr failed")
        return json.loads(report.read_text(encoding="utf-8"))


def examine(file: dict) -> tuple[Tally, list[Missed]]:
    """Count one file, and list what was not reached in it."""
    name = file["file"]
    text = (TOP / name).read_text(encoding="utf-8").splitlines()
    tally = Tally()
    missed = []
    for line in file["lines"]:
        if line.get("gcovr/noncode"):
            continue
        number = line["line_number"]
        branches = [branch["count"] for branch in line["branches"]]
        not_taken = branches.count(0)
        tally.add(Tally(1, int(line["count"] > 0), len(branches), len(branches) - not_taken))
        source = text[number - 1].strip()
        function = line.get("function_name") or "-"
        if line["count"] == 0:
            missed.append(Missed(Key(name, function, "line", source), number, 1, 1))
        elif not_taken:
            missed.append(Missed(Key(name, function, "branches", source), number, not_taken,
                                 len(branches)))
    return tally, missed


def read_exceptions(path: pathlib.Path) -> tuple[dict[Key, Exception_], list[str]]:
    exceptions: dict[Key, Exception_] = {}
    errors: list[str] = []
    heading: re.Match | None = None
    source = ""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if not stripped or line.startswith("#"):
            continue
        if not line[0].isspace():
            heading, source = HEADING.match(line), ""
            if heading is None:
                errors.append(f"{path.name}:{number}: not `FILE FUNCTION: line` or "
                              f"`FILE FUNCTION: N branches`")
        elif heading is None:
            errors.append(f"{path.name}:{number}: belongs to no heading")
        elif not stripped.startswith("= "):
            source = stripped
        else:
            key = Key(heading[1], heading[2], heading[3] or "branches", source)
            if key in exceptions or not source:
                errors.append(f"{path.name}:{number}: no source text, or a double entry")
            exceptions[key] = Exception_(number, int(heading[4] or 0), stripped[2:])
            heading = None
    return exceptions, errors


def print_table(rows: list[tuple[str, Tally]]) -> None:
    width = max(len(name) for name, _ in rows)
    print(f"\n{'':{width}}        lines            branches")
    for name, tally in rows:
        print(f"{name:{width}}  {tally.lines_run:5}/{tally.lines:<5} "
              f"{percent(tally.lines_run, tally.lines):6.1f} %  "
              f"{tally.branches_taken:5}/{tally.branches:<5} "
              f"{percent(tally.branches_taken, tally.branches):6.1f} %")


def judge(missed: list[Missed], exceptions: dict[Key, Exception_]) -> list[str]:
    """Print all that was not reached. @return what is wrong"""
    errors = []
    counts: collections.Counter[Key] = collections.Counter()
    for miss in missed:
        counts[miss.key] += miss.count
    if missed:
        print("\nnot reached:")
    for miss in missed:
        what = ("line not run" if miss.key.kind == "line"
                else f"{miss.count} of {miss.total} branches not taken")
        known = exceptions.get(miss.key)
        print(f"  {miss.key.file}:{miss.number} {miss.key.function}: {what}\n"
              f"      {miss.key.text}\n      {'= ' + known.reason if known else 'NOT EXPLAINED'}")
    for key, count in sorted(counts.items()):
        known = exceptions.get(key)
        if known is None:
            errors.append(f"not explained: {key.file} {key.function}: {key.text}")
        elif key.kind == "branches" and known.count != count:
            errors.append(f"exception in line {known.place}: {count} branches are not taken, "
                          f"not {known.count}")
    for key, known in exceptions.items():
        if key not in counts:
            errors.append(f"exception in line {known.place}: reached now, or no longer there: "
                          f"{key.file} {key.function}: {key.text}")
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=pathlib.Path, action="append", required=True,
                        help="a folder with objects and their data")
    parser.add_argument("--sources", action="append", required=True,
                        help="a folder of sources, from the top of the tree")
    parser.add_argument("--run", action="append", default=[], help="a command that adds data")
    parser.add_argument("--exceptions", type=pathlib.Path,
                        default=TOP / "tests" / "coverage-exceptions.txt")
    args = parser.parse_args()

    failed = run_commands(args.run, args.objects)
    report = read_coverage(args.objects, args.sources)
    rows: list[tuple[str, Tally]] = []
    missed: list[Missed] = []
    total = Tally()
    for file in sorted(report["files"], key=lambda file: file["file"]):
        tally, more = examine(file)
        rows.append((file["file"], tally))
        missed += more
        total.add(tally)
    if not rows:
        sys.exit("no coverage data")
    print_table(rows + [("all", total)])
    exceptions, errors = read_exceptions(args.exceptions)
    errors += judge(missed, exceptions)

    tests = len(args.run) + 3
    print()
    for name, part, whole in (("lines", total.lines_run, total.lines),
                              ("branches", total.branches_taken, total.branches)):
        low = percent(part, whole) < LEAST_PERCENT
        failed += low
        print(f"{'FAILED' if low else 'ok'}: {percent(part, whole):.2f} % of the {name}")
    for error in errors:
        print(f"  {error}")
    failed += bool(errors)
    print(f"{'FAILED' if errors else 'ok'}: {len(exceptions)} exceptions, {len(errors)} errors")
    print(f"{tests - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
