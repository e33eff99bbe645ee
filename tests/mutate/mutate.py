#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation run of the golden model, or of iommu-explain.

Changes one operator, constant, condition or statement of sw-model/src/*.c at a time, and
runs the tests in tests/model against each such mutant, those first that caught its
neighbours (for iommu-explain: sw-model/explain and tests/explain). A mutant is caught when
a test fails, crashes or exceeds its time; what survives runs once more with sanitizers.
Mutants are drawn by seed, from each file in proportion to its size. Changes that do not
compile are not counted; those that tests/mutate/equivalents.txt shows to be no change are
listed apart.

A run that is interrupted, or out of time, goes on where it was when it is started again, as
long as neither sources nor tests change. Exit status: 0 if enough are caught and no entry of
the list is wrong.
"""

import argparse
import hashlib
import json
import math
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import equivalents  # noqa: E402
from build import Build, BuildError, Layout  # noqa: E402
from csource import Source  # noqa: E402
from families import Families  # noqa: E402
from operators import Mutant, mutants_of  # noqa: E402
from trial import Ledger, ProgramTrial, Trial, Verdict, resumable  # noqa: E402

LIST = pathlib.Path("tests/mutate/equivalents.txt")
COUNT = 400
ENOUGH = 95.0


INCLUDE = pathlib.Path("sw-model/include")
MODEL = pathlib.Path("sw-model/src")
MODEL_TESTS = pathlib.Path("tests/model")
EXPLAIN_TESTS = pathlib.Path("tests/explain")
HERE = pathlib.Path("tests/mutate")


def layout_of_model(args: argparse.Namespace) -> Layout:
    tests = [path for path in sorted(MODEL_TESTS.glob("*.c")) if path.name != "main.c"]
    return Layout(args.cc, args.jobs, args.out, MODEL, [*tests, HERE / "runner.c"],
                  [INCLUDE, MODEL_TESTS], [MODEL_TESTS / "main.c"])


def layout_of_explain(args: argparse.Namespace) -> Layout:
    watched = [path for pattern in ("*.py", "golden/*") for path in EXPLAIN_TESTS.glob(pattern)]
    return Layout(args.cc, args.jobs, args.out, pathlib.Path("sw-model/explain"),
                  [*sorted(MODEL.glob("*.c")), HERE / "selected.c"], [INCLUDE, MODEL],
                  sorted(watched))


class Subject:
    """The files that are changed, and everything that could be changed in them."""

    def __init__(self, layout: Layout) -> None:
        self.sources = {str(p): Source(p) for p in sorted(layout.subject.glob("*.c"))}
        families = Families(INCLUDE / "iommu_regs.h",
                            [INCLUDE / "iommu.h", MODEL / "internal.h",
                             *(s.path for s in self.sources.values())])
        self.mutants = {name: mutants_of(source, families, name)
                        for name, source in self.sources.items()}
        self.function_numbers: dict[str, dict[str, int]] = {}
        total = 0
        for name, source in self.sources.items():
            self.function_numbers[name] = {}
            for function in source.functions:
                self.function_numbers[name][function.name] = total
                total += 1

    def all(self) -> list[Mutant]:
        return [mutant for mutants in self.mutants.values() for mutant in mutants]


def quotas(model: Subject, files: list[str], count: int) -> dict[str, int]:
    """Shares in proportion to the files' lines, with the largest remainders rounded up."""
    lines = {name: len(model.sources[name].line_starts) for name in files}
    total = sum(lines.values())
    exact = {name: count * lines[name] / total for name in files}
    shares = {name: int(exact[name]) for name in files}
    for name in sorted(files, key=lambda n: exact[n] - shares[n], reverse=True):
        if sum(shares.values()) < count:
            shares[name] += 1
    return {name: min(shares[name], len(model.mutants[name])) for name in files}


def rank(mutant: Mutant, seed: int) -> str:
    """Random, but a mutant keeps it while the rest of the file changes."""
    return hashlib.sha256(f"{seed}\n{mutant.key}".encode()).hexdigest()


def draw(model: Subject, build: Build, quota: dict[str, int],
         seed: int) -> tuple[dict[int, Mutant], int]:
    """Draw mutants that compile. @return them by number from 1, and how many did not"""
    def from_file(name: str) -> tuple[list[Mutant], int]:
        deck = sorted(model.mutants[name], key=lambda mutant: rank(mutant, seed))
        source, numbers = model.sources[name], model.function_numbers[name]
        good: list[Mutant] = []
        refused = taken = 0
        while len(good) < quota[name] and taken < len(deck):
            want = quota[name] - len(good)
            trial = dict(enumerate(deck[taken:taken + want]))
            taken += want
            inside = {n: m for n, m in trial.items() if m.function_index >= 0}
            bad = build.uncompilable(source, inside, numbers) if inside else set()
            bad |= {n for n, m in trial.items()
                    if m.function_index < 0 and not build.compiles_alone(source, n, m)}
            refused += len(bad)
            good += [m for n, m in trial.items() if n not in bad]
        return sorted(good, key=lambda m: m.start), refused

    mutants: list[Mutant] = []
    refused = 0
    for good, bad in build.pool.map(from_file, quota):
        mutants += good
        refused += bad
    return dict(enumerate(mutants, 1)), refused


def show(mutant: Mutant, note: str) -> None:
    place = f"{mutant.file}:{mutant.line}"
    print(f"{place}: {mutant.function or 'outside of functions'}: {mutant.change}{note}\n"
          f"    {mutant.text}")


def tally(mutants: dict[int, Mutant], verdicts: dict[int, Verdict],
          group: str) -> dict[str, dict[str, int]]:
    result: dict[str, dict[str, int]] = {}
    for number, mutant in mutants.items():
        counts = result.setdefault(getattr(mutant, group), {"caught": 0, "survived": 0})
        counts["caught" if verdicts[number].caught else "survived"] += 1
    return dict(sorted(result.items()))


def write_result(path: pathlib.Path, head: dict[str, object], mutants: dict[int, Mutant],
                 verdicts: dict[int, Verdict], listed: dict[str, equivalents.Entry]) -> None:
    def described(number: int) -> dict[str, object]:
        mutant, verdict = mutants[number], verdicts[number]
        entry = listed.get(mutant.key)
        return {"file": mutant.file, "line": mutant.line, "function": mutant.function,
                "kind": mutant.kind, "before": mutant.before, "after": mutant.after,
                "text": mutant.text, "change": mutant.change, "outcome": verdict.outcome,
                "test": verdict.test, "way": verdict.way,
                "equivalent": entry.reason if entry else None}

    result = {**head, "by_file": tally(mutants, verdicts, "file"),
              "by_kind": tally(mutants, verdicts, "kind"),
              "mutants": [described(number) for number in mutants]}
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def report(args: argparse.Namespace, mutants: dict[int, Mutant], verdicts: dict[int, Verdict],
           head: dict[str, object], listed: dict[str, equivalents.Entry]) -> int:
    """Print what came out. @return the exit status"""
    survivors = [n for n in mutants if not verdicts[n].caught]
    equivalent = [n for n in survivors if mutants[n].key in listed]
    open_ones = [n for n in survivors if mutants[n].key not in listed]
    wrong = [n for n in mutants if verdicts[n].caught and mutants[n].key in listed]
    if open_ones:
        print("Survivors:")
    for number in open_ones:
        if args.entries:
            print(equivalents.as_entry(mutants[number], "?"))
        else:
            show(mutants[number], "" if verdicts[number].reached else "  (no test comes there)")
    for number in wrong:
        line = listed[mutants[number].key].line
        print(f"{LIST}:{line}: listed as equivalent, but {verdicts[number].test} catches it")
    counted = len(mutants) - len(equivalent)
    caught = sum(v.caught for v in verdicts.values())
    percent = 100.0 * caught / counted if counted else 100.0
    outcomes = {o: sum(v.outcome == o for v in verdicts.values())
                for o in ("failed", "crashed", "hung", "sanitizer")}
    head |= {"caught": caught, "counted": counted, "percent": round(percent, 2),
             "equivalent": len(equivalent), "outcomes": outcomes,
             "percent_of_all": round(100.0 * caught / max(len(mutants), 1), 2)}
    write_result(args.out / "result.json", head, mutants, verdicts, listed)
    print(f"{outcomes['failed']} by a failed test, {outcomes['crashed']} by a crash, "
          f"{outcomes['hung']} by the time limit, {outcomes['sanitizer']} by a sanitizer; "
          f"{head['not_compiled']} did not compile; {len(equivalent)} are equivalent "
          f"({LIST}) and not counted; seed {args.seed}, {head['seconds']} s")
    print(f"caught {caught} of {counted} ({percent:.1f} %)")
    return 0 if percent >= ENOUGH and not wrong else 1


def run(args: argparse.Namespace) -> int:
    start = time.monotonic()
    layout = layout_of_explain(args) if args.explain else layout_of_model(args)
    model = Subject(layout)
    listed = {key: entry for key, entry in equivalents.read(LIST).items()
              if key.startswith(f"{layout.subject}/")}
    stale = equivalents.stale(listed, model.all())
    for entry in stale:
        print(f"{LIST}:{entry.line}: stale, there is no such mutant:\n"
              + "\n".join("    " + line for line in entry.key.splitlines()))
    if stale:
        return 1
    files = [name for name in model.sources if not args.file or
             any(name == f or pathlib.Path(name).name == f for f in args.file)]
    if not files:
        print(f"no file of {layout.subject} is called {', '.join(args.file)}", file=sys.stderr)
        return 2
    quota = {n: len(model.mutants[n]) for n in files} if args.all else \
        quotas(model, files, args.count)
    build = Build(layout)
    try:
        mutants, refused = draw(model, build, quota, args.seed)
        print(f"{len(mutants)} mutants of {sum(len(m) for m in model.mutants.values())} in "
              f"{len(files)} files, seed {args.seed}", flush=True)
        ledger = Ledger(args.out, layout)
        deadline = start + 60 * args.minutes if args.minutes else math.inf
        trial = (ProgramTrial if args.explain else Trial)(
            build, model.sources, model.function_numbers, ledger, not args.quick, deadline)
        verdicts = trial.run(mutants)
        if not args.file:
            build.forget_unused()
    finally:
        build.close()
    head: dict[str, object] = {"seed": args.seed, "mutants": len(mutants),
                               "not_compiled": refused, "left_out_tests": trial.left_out,
                               "tests": len(trial.tests),
                               "seconds": round(time.monotonic() - start)}
    return report(args, mutants, verdicts, head, listed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, metavar="N",
                        help=f"how many mutants to draw (default {COUNT})")
    parser.add_argument("--explain", action="store_true", help="iommu-explain, not the model")
    parser.add_argument("--minutes", type=float, default=0, metavar="M",
                        help="stop after so long; the same command goes on later")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the drawing")
    parser.add_argument("--all", action="store_true", help="every mutant there is")
    parser.add_argument("--file", action="append", default=[], metavar="F",
                        help="only mutants of this file (repeatable)")
    parser.add_argument("--quick", action="store_true",
                        help="do not run survivors once more with sanitizers")
    parser.add_argument("--entries", action="store_true",
                        help=f"print survivors as entries of {LIST}, with the reason left open")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes at a time (default: all cores)")
    parser.add_argument("--cc", default="gcc", help="compiler (default gcc, at least 12)")
    parser.add_argument("--out", type=pathlib.Path,
                        help="folder for products (default build/mutate/model or .../explain)")
    args = parser.parse_args()
    args.out = args.out or pathlib.Path("build/mutate") / ("explain" if args.explain else "model")
    args.out.mkdir(parents=True, exist_ok=True)
    return resumable(lambda: run(args), (BuildError, equivalents.ListError, SyntaxError))


if __name__ == "__main__":
    sys.exit(main())
