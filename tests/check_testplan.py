#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the test plan against the feature rows and against the tests that exist.

The plan is a CSV file with a line for each row of the feature checklist (R1 to R308) and
for each corner (C1 to C25); the column of a suite holds the names of the tests that show
the row, with spaces between. It is an error if a row is missing, doubled or unknown, if it
has no test, if a test that it names does not exist, or if a test exists that no row names. A row that the suite cannot
show has `none:` and the reason instead of tests.
"""

import argparse
import collections
import csv
import pathlib
import sys

FEATURES = 308
CORNERS = 25
ROWS = [f"R{n}" for n in range(1, FEATURES + 1)] + [f"C{n}" for n in range(1, CORNERS + 1)]


def read_plan(path: pathlib.Path, column: str,
              split: bool = True) -> tuple[dict[str, list[str]], list[str]]:
    """Tests by row (or the text itself), and what is wrong with the file itself."""
    plan: dict[str, list[str]] = {}
    errors: list[str] = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"row", "feature", column} - set(reader.fieldnames or [])
        if missing:
            return {}, [f"{path}: the header has no {', '.join(sorted(missing))}"]
        for entry in reader:
            place = f"{path}:{reader.line_num}"
            row = entry["row"].strip()
            if None in entry or None in entry.values():
                errors.append(f"{place}: {row}: not as many fields as the header has")
                continue
            if row not in ROWS:
                errors.append(f"{place}: there is no row {row}")
            elif row in plan:
                errors.append(f"{place}: row {row} is there twice")
            if not entry["feature"].strip():
                errors.append(f"{place}: row {row} has no feature")
            text = entry[column].strip()
            if split and text.startswith("none:"):
                reasons = plan.setdefault(row, [])
                reasons.append("none:")
                if not text.removeprefix("none:").strip():
                    errors.append(f"{place}: row {row} has no test, and no reason")
                continue
            plan.setdefault(row, []).extend(text.split() if split else [text])
    return plan, errors


def check(plan: dict[str, list[str]], tests: list[str]) -> list[str]:
    errors = []
    known = set(tests)
    for row in ROWS:
        names = plan.get(row)
        if names is None:
            errors.append(f"row {row} is missing")
        elif not names:
            errors.append(f"row {row} has no test")
    for row, names in plan.items():
        for name, count in collections.Counter(names).items():
            if count > 1:
                errors.append(f"row {row} names {name} {count} times")
            if name not in known and name != "none:":
                errors.append(f"row {row} names {name}, which does not exist")
    named = {name for names in plan.values() for name in names}
    errors += [f"no row names the test {name}" for name in tests if name not in named]
    errors += [f"the list of tests has {name} {count} times"
               for name, count in collections.Counter(tests).items() if count > 1]
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=pathlib.Path, required=True, metavar="FILE",
                        help="names of the tests that exist, one a line (the output of --list)")
    parser.add_argument("--plan", type=pathlib.Path, metavar="FILE",
                        default=pathlib.Path(__file__).resolve().parent / "testplan.csv",
                        help="the plan (default: testplan.csv beside this program)")
    parser.add_argument("--column", default="model", help="the suite's column (default: model)")
    args = parser.parse_args()

    try:
        plan, errors = read_plan(args.plan, args.column)
        tests = args.tests.read_text(encoding="utf-8").split()
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    if plan:
        errors += check(plan, tests)
    for error in errors:
        print(error)
    print(f"{len(plan)} rows, {len(tests)} tests")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
