#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the test plan's column `rtl` against what tests of the RTL there are, and what they met.

For each row the column has one of these, or several of the first three with spaces between:

  cosim        coverage points of the lockstep bench that begin with the row's name; each must
               have been met in one of the configurations
  regs:NAME    a test of sim/regs by its name
  SUITE        a suite of `make test`, by its name there
  none:REASON  nothing of it is in hardware, or nothing of it can be seen

It is an error if a row has nothing, if what it names does not exist, if a point was never met and
is not among the holes that are explained, if such a hole was met after all, or if a row has points
and does not say `cosim`.
"""

import argparse
import pathlib
import re
import sys

import check_testplan

DIRECTED = pathlib.Path("sim/regs/directed.c")
RANDOM = re.compile(r"random_[0-3]_[0-3]$")
ROW = re.compile(r"([RC]\d+) ")


def read_coverage(paths: list[pathlib.Path]) -> dict[str, int]:
    """Counts of the points of all configurations, added up."""
    points: dict[str, int] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            count, _, name = line.partition(" ")
            points[name] = points.get(name, 0) + int(count)
    return points


def read_holes(path: pathlib.Path) -> dict[str, str]:
    """Points that need not be met, and why: `POINT: REASON`, `#` begins a comment."""
    holes = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.rpartition(": ")
            holes[name.strip()] = reason.strip()
    return holes


def check_name(row: str, name: str, suites: list[str], directed: set[str]) -> list[str]:
    if name.startswith("regs:"):
        test = name.removeprefix("regs:")
        if test not in directed and not RANDOM.match(test):
            return [f"row {row} names {name}, which does not exist"]
    elif name != "cosim" and name not in suites:
        return [f"row {row} names the suite {name}, which does not exist"]
    return []


def check_rows(plan: dict[str, str], points: dict[str, int], suites: list[str],
               directed: set[str]) -> list[str]:
    errors = []
    with_points = {match[1] for match in map(ROW.match, points) if match}
    for row in check_testplan.ROWS:
        value = plan.get(row, "").strip()
        if value.startswith("none:"):
            if len(value) < len("none:") + 10:
                errors.append(f"row {row} has no evidence, and no reason")
            names = []
        else:
            names = value.split()
            if not names:
                errors.append(f"row {row} has no evidence in the RTL's tests")
        for name in names:
            errors += check_name(row, name, suites, directed)
        if "cosim" in names and row not in with_points:
            errors.append(f"row {row} says cosim, and no point is of it")
        if row in with_points and "cosim" not in names:
            errors.append(f"row {row} has points, and does not say cosim")
    errors += [f"points are of {row}, which is no row"
               for row in sorted(with_points - set(check_testplan.ROWS))]
    return errors


def check_points(points: dict[str, int], holes: dict[str, str]) -> list[str]:
    errors = [f"never met: {name}" for name, count in points.items()
              if count == 0 and name not in holes]
    for name, reason in holes.items():
        if name not in points:
            errors.append(f"explained as a hole, and no point: {name}")
        elif points[name] != 0:
            errors.append(f"explained as a hole, and met: {name}")
        if not reason:
            errors.append(f"a hole without a reason: {name}")
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    here = pathlib.Path(__file__).resolve().parent
    parser.add_argument("--plan", type=pathlib.Path, default=here / "testplan.csv")
    parser.add_argument("--holes", type=pathlib.Path, default=here / "rtl-holes.txt")
    parser.add_argument("--suites", nargs="+", required=True, help="names of the suites")
    parser.add_argument("--coverage", nargs="+", type=pathlib.Path, required=True,
                        help="what the lockstep bench met, by configuration")
    args = parser.parse_args()

    try:
        plan, errors = check_testplan.read_plan(args.plan, "rtl", split=False)
        points = read_coverage(args.coverage)
        holes = read_holes(args.holes)
        directed = set(re.findall(r'\{"(\w+)", \w+\}', DIRECTED.read_text(encoding="utf-8")))
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    values = {row: " ".join(names) for row, names in plan.items()}
    if plan:
        errors += check_rows(values, points, args.suites, directed)
    errors += check_points(points, holes)
    for error in errors:
        print(error)
    shown = [row for row in check_testplan.ROWS
             if values.get(row) and not values[row].startswith("none:")]
    of_rows = [name for name in points if ROW.match(name)]
    met = sum(count != 0 for count in points.values())
    print(f"{len(check_testplan.ROWS)} rows, {len(shown)} with evidence in tests of the RTL, "
          f"{len(check_testplan.ROWS) - len(shown)} with a reason why not")
    print(f"{len(points)} points ({len(of_rows)} of rows), {met} met, "
          f"{len(points) - met} not, {len(holes)} of them explained")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
