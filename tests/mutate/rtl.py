#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation run of the RTL.

Changes one operator, constant, name, condition or statement of the files in rtl/iommu.f at a
time, and runs the directed tests and the lockstep bench (sim/directed, sim/iommu, in the Full
configuration) against each such mutant; what survives goes to the benches of single units, to the throughput bench, and once
more, for longer, to the lockstep bench. A mutant is caught when a bench or an assertion of the
RTL fails, when a bench crashes or exceeds its time, or when a workload takes more cycles or
reads more tables than before. Mutants are drawn by seed, from each file in proportion to its
size, and built into one program, together; the environment's MUTANT chooses. Those that
tests/mutate/equivalents-rtl.txt shows to change nothing in what the IOMMU does are listed apart.

A run that is interrupted, or out of time, goes on where it was when it is started again, as
long as neither sources nor benches change. Exit status: 0 if enough are caught and no entry of the
list is wrong.
"""

import argparse
import concurrent.futures
import hashlib
import json
import math
import os
import pathlib
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import equivalents  # noqa: E402
from rtl_places import RtlError, RtlMutant, mutants_of  # noqa: E402
from rtl_tree import BENCH, BuildError, Tree  # noqa: E402
from trial import OutOfTime, Progress, Verdict, resumable  # noqa: E402

EQUIVALENTS = pathlib.Path("tests/mutate/equivalents-rtl.txt")
COUNT = 200
ENOUGH = 95.0
COSIM = "build/cosim/cosim-full"
DIRECTED = "build/directed/directed-full"
# Runs that a mutant has to survive at first,
FIRST = [DIRECTED, f"{COSIM} --seed 1 --requests 4000", f"{COSIM} --seed 2 --requests 20000",
         f"{COSIM} --seed 3 --churn --requests 4000"]
# and behind the units' benches and the counters.
LAST = [f"{COSIM} --seed 4 --requests 60000", f"{COSIM} --seed 5 --churn --requests 20000"]
# Benches of units, and what each has of the RTL.
UNITS = {
    "build/sim-regs-full --seed 1":
        "csr_pkg queue_regs debug_regs hpm messages interrupts regs axi_lite",
    "build/sim-queues/queues-full 1 200":
        "queue_pkg write_beats memory record_queue cq_decode cq_fetch itags cq queue_regs",
    "build/sim-port/port-full 1 300":
        "port_pkg table pick utlb outstanding pending write_data refusal responder port",
    "build/sim-glue/glue 1 400":
        "queue_pkg write_beats fault_arbiter debug transition quiesce mrif ats",
    "build/sim-walker-full/walker 1 60":
        "pkg walk_pkg extract pick walk_cache context_cache walk_judge walk_step walker",
}
# The throughput bench: its counters notice a cache that does not cache any more.
COUNTERS = "build/bench-rtl-1"
COUNTING = [f"{COUNTERS} --bursts 1024 --only W1 --only W3 --only W6 --only W7 --only W8"]
COUNTED = ("iommu_cycles", "walk_reads_per_miss")
WORSE = 1.01
BENCHES = ["iommu", "directed", "axi", "regs", "queues", "port", "glue", "walker", "bench"]
MEMORY_MAX = 6 << 30
# A mutant may take so many times as long as the design, and so many seconds more.
PATIENCE = (6.0, 30.0)
WITHOUT_SECONDS = 3600.0


def rank(mutant: RtlMutant, seed: int) -> str:
    """Random, but a mutant keeps it while the rest of the file changes."""
    return hashlib.sha256(f"{seed}\n{mutant.key}".encode()).hexdigest()


def quotas(mutants: dict[str, list[RtlMutant]], count: int) -> dict[str, int]:
    """Shares in proportion to the files' lines, but one at least."""
    files = [file for file, found in mutants.items() if found]
    lines = {f: len(pathlib.Path(f).read_text(encoding="utf-8").splitlines()) for f in files}
    total = sum(lines.values())
    exact = {f: count * lines[f] / total for f in files}
    shares = {f: max(1, int(exact[f])) for f in files}
    for file in sorted(files, key=lambda f: exact[f] - int(exact[f]), reverse=True):
        if sum(shares.values()) < count:
            shares[file] += 1
    return {f: min(shares[f], len({(m.start, m.end) for m in mutants[f]})) for f in files}


def draw(tree: Tree, mutants: dict[str, list[RtlMutant]], count: int,
         seed: int, unbuilt: set[str]) -> tuple[dict[int, RtlMutant], int]:
    """Draw mutants that slang takes. @return them by number from 1, and how many it did not"""
    quota = quotas(mutants, count)
    refused: set[str] = set(unbuilt)
    while True:
        chosen: list[RtlMutant] = []
        for file in quota:
            places: set[tuple[int, int]] = set()
            for mutant in sorted(mutants[file], key=lambda m: rank(m, seed)):
                place = (mutant.start, mutant.end)
                if len(places) < quota[file] and place not in places and \
                        mutant.key not in refused:
                    places.add(place)
                    chosen.append(mutant)
        numbered = dict(enumerate(sorted(chosen, key=lambda m: (m.file, m.start, -m.end)), 1))
        bad = tree.refused(numbered)
        if not bad:
            return numbered, len(refused)
        refused |= {numbered[n].key for n in bad}


class Ledger:
    """Verdicts so far, for this state of sources and benches; and who caught what before."""

    def __init__(self, path: pathlib.Path, state: str) -> None:
        self.path = path
        self.verdicts: dict[str, Verdict] = {}  # of those that were caught
        self.passed: dict[str, set[str]] = {}   # steps that noticed nothing
        self.catchers: dict[str, str] = {}
        self.lock = threading.Lock()
        current = False
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:  # cut off by an interruption
                continue
            if "state" in record:
                current = record["state"] == state
                continue
            key = record.pop("key")
            if record["outcome"] != "passed":
                self.catchers[key] = record["test"]
                if current:
                    self.verdicts[key] = Verdict(**record)
            elif current:
                self.passed.setdefault(key, set()).add(record["test"])
        if not current:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"state": state}) + "\n")

    def add(self, mutant: RtlMutant, outcome: str, step: str) -> None:
        with self.lock, self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": mutant.key, "outcome": outcome, "test": step}) + "\n")
            self.passed.setdefault(mutant.key, set()).add(step)


def state_of(files: list[str]) -> str:
    digest = hashlib.sha256()
    for pattern in ("sw-model/*/*.[ch]", *(f"sim/{bench}/{kind}" for bench in BENCHES
                                           for kind in ("*.[ch]", "*.cpp", "*.sv"))):
        files = files + sorted(str(path) for path in pathlib.Path().glob(pattern))
    for file in files:
        digest.update(file.encode() + pathlib.Path(file).read_bytes())
    return digest.hexdigest()


def own_units(file: str) -> list[str]:
    """The units' benches that have this file."""
    name = pathlib.Path(file).stem.removeprefix("iommu_")
    return [step for step, files in UNITS.items() if name in files.split()]


def limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


StepsFor = Callable[[RtlMutant], list[str]]


class Trial:
    def __init__(self, tree: Tree, drawn: dict[int, RtlMutant], ledger: Ledger, jobs: int,
                 deadline: float) -> None:
        self.tree, self.drawn, self.ledger, self.deadline = tree, drawn, ledger, deadline
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.running: set[subprocess.Popen[str]] = set()
        self.stopping = False
        self.seconds: dict[str, float] = {}  # of a step without a mutant

    def step(self, number: int, step: str, patience: float) -> str:
        """Run a bench. @return "passed", or how the mutant was caught"""
        if self.stopping:
            raise KeyboardInterrupt
        if time.monotonic() > self.deadline:
            raise OutOfTime
        command = step.split()
        if command[0] == COUNTERS:
            command += ["--json", self.counts(number)]
        process = subprocess.Popen(
            command, cwd=self.tree.root, env=dict(os.environ, MUTANT=str(number)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True, preexec_fn=limits)
        self.running.add(process)
        try:
            said = process.communicate(timeout=patience)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return "hung"
        finally:
            self.running.discard(process)
        if self.stopping:
            raise KeyboardInterrupt
        if process.returncode == 0:
            return "counters" if command[0] == COUNTERS and self.slower(number) else "passed"
        if "Assertion failed" in said or "unique case" in said:
            return "assertion"
        return "failed" if process.returncode > 0 else "crashed"

    @staticmethod
    def counts(number: int) -> str:
        return f"build/counters-{number}.json"

    def slower(self, number: int) -> bool:
        """Is any workload slower, or does it walk more, than without a mutant?"""
        rows, reference = (json.loads((self.tree.root / self.counts(n)).read_text("utf-8"))
                           for n in (number, 0))
        return any(row[name] > WORSE * was[name] for row, was in zip(rows, reference)
                   for name in COUNTED if name in was)

    def measure(self, steps: list[str]) -> None:
        """Without a mutant every step must pass."""
        for step in [s for s in steps if s not in self.seconds]:
            start = time.monotonic()
            print(f"  without a mutant: {step}", file=sys.stderr)
            if self.step(0, step, WITHOUT_SECONDS) != "passed":
                raise BuildError(f"{step} fails without a mutant")
            self.seconds[step] = time.monotonic() - start

    def judge(self, number: int, mutant: RtlMutant, steps: list[str]) -> Verdict:
        for step in steps:
            outcome = self.step(number, step, PATIENCE[0] * self.seconds[step] + PATIENCE[1])
            self.ledger.add(mutant, outcome, step)
            if outcome != "passed":
                return Verdict(outcome, step)
        return Verdict("survived")

    def all(self, mutants: dict[int, RtlMutant], steps: dict[int, list[str]],
            what: str) -> dict[int, Verdict]:
        progress = Progress(len(mutants), what)

        def one(number: int) -> Verdict:
            verdict = self.judge(number, mutants[number], steps[number])
            progress.step(verdict.caught)
            return verdict
        futures = {n: self.pool.submit(one, n) for n in mutants}
        try:
            return {n: future.result() for n, future in futures.items()}
        except BaseException:
            self.stopping = True
            for future in futures.values():
                future.cancel()
            for process in list(self.running):
                process.kill()
            raise

    def rounds(self, short: bool) -> list[tuple[str, StepsFor]]:
        """What all mutants go through, one after the other, as long as they survive."""
        result: list[tuple[str, StepsFor]] = [
            ("what caught it before",
             lambda m: [self.ledger.catchers[m.key]] if m.key in self.ledger.catchers else [])]
        result += [(run, lambda m, run=run: [run]) for run in FIRST]
        if not short:
            result += [("units' benches", lambda m: own_units(m.file)),
                       ("counters", lambda m: COUNTING)]
            result += [(run, lambda m, run=run: [run]) for run in LAST]
        return result

    def run(self, mutants: dict[int, RtlMutant], short: bool) -> dict[int, Verdict]:
        verdicts = {n: self.ledger.verdicts.get(m.key, Verdict("survived"))
                    for n, m in mutants.items()}
        known = sum(verdict.caught for verdict in verdicts.values())
        if known:
            print(f"  {known} are known to be caught from before", file=sys.stderr)
        for what, steps_for in self.rounds(short):
            left = {n: m for n, m in mutants.items() if not verdicts[n].caught}
            steps = {n: [step for step in steps_for(m)
                         if step not in self.ledger.passed.get(m.key, set())]
                     for n, m in left.items()}
            left = {n: m for n, m in left.items() if steps[n]}
            needed = sorted({step for own in steps.values() for step in own})
            if needed:
                programs = sorted({step.split()[0] for step in needed})
                if self.tree.make(self.drawn, *programs):
                    raise BuildError(f"Verilator does not take the mutants in {programs}")
                self.measure(needed)
                verdicts |= self.all(left, steps, what)
        return verdicts


def tally(mutants: dict[int, RtlMutant], verdicts: dict[int, Verdict], equivalent: set[int],
          group: str) -> dict[str, dict[str, int]]:
    result: dict[str, dict[str, int]] = {}
    for number, mutant in mutants.items():
        counts = result.setdefault(getattr(mutant, group),
                                   {"mutants": 0, "caught": 0, "equivalent": 0, "survived": 0})
        counts["mutants"] += 1
        counts["caught" if verdicts[number].caught else
               "equivalent" if number in equivalent else "survived"] += 1
    return result


def table(counts: dict[str, dict[str, int]]) -> None:
    print(f"{'':28} mutants  caught  equivalent  survived")
    for name, row in counts.items():
        print(f"{pathlib.Path(name).stem:28} {row['mutants']:7} {row['caught']:7} "
              f"{row['equivalent'] or '':11} {row['survived'] or '':9}")


def report(args: argparse.Namespace, mutants: dict[int, RtlMutant], verdicts: dict[int, Verdict],
           listed: dict[str, equivalents.Entry], refused: int, seconds: float) -> int:
    """Print what came out. @return the exit status"""
    equivalent = {n for n, m in mutants.items() if not verdicts[n].caught and m.key in listed}
    wrong = [n for n, m in mutants.items() if verdicts[n].caught and m.key in listed]
    by_file = tally(mutants, verdicts, equivalent, "file")
    table(by_file)
    survivors = [n for n in mutants if not verdicts[n].caught and n not in equivalent]
    if survivors:
        print("Survivors:")
    for number in survivors:
        mutant = mutants[number]
        if args.entries:
            print(equivalents.as_entry(mutant, "?"))
        else:
            print(f"{mutant.file}:{mutant.line}: {mutant.change}  (MUTANT={number})\n"
                  f"    {mutant.text}")
    for number in wrong:
        print(f"{EQUIVALENTS}:{listed[mutants[number].key].line}: listed as equivalent, but "
              f"{verdicts[number].test} catches it")
    counted = len(mutants) - len(equivalent)
    caught = sum(v.caught for v in verdicts.values())
    percent = 100.0 * caught / counted if counted else 100.0
    outcomes = {o: sum(v.outcome == o for v in verdicts.values())
                for o in ("failed", "assertion", "crashed", "hung", "counters")}
    by_bench: dict[str, int] = {}
    for verdict in verdicts.values():
        if verdict.caught:
            name = pathlib.Path(verdict.test.split()[0]).name
            by_bench[name] = by_bench.get(name, 0) + 1
    described = [{**{k: getattr(m, k) for k in ("file", "line", "kind", "text", "change")},
                  "number": n, "outcome": verdicts[n].outcome, "test": verdicts[n].test,
                  "equivalent": listed[m.key].reason if n in equivalent else None}
                 for n, m in mutants.items()]
    result = {"seed": args.seed, "mutants": len(mutants), "refused": refused, "caught": caught,
              "counted": counted, "percent": round(percent, 2), "equivalent": len(equivalent),
              "outcomes": outcomes, "by_bench": by_bench, "by_file": by_file,
              "by_kind": tally(mutants, verdicts, equivalent, "kind"), "list": described}
    (args.out / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    benches = ", ".join(f"{count} by {name}" for name, count in sorted(by_bench.items()))
    print(f"{outcomes['failed']} by a failed comparison, {outcomes['assertion']} by an assertion, "
          f"{outcomes['crashed']} by a crash, {outcomes['hung']} by the time limit, "
          f"{outcomes['counters']} by counters of throughput; {benches}; "
          f"{len(equivalent)} are equivalent ({EQUIVALENTS}) and not counted; seed {args.seed}, "
          f"{seconds:.0f} s")
    print(f"caught {caught} of {counted} ({percent:.1f} %)")
    return 0 if percent >= ENOUGH and not wrong else 1


def run(args: argparse.Namespace) -> int:
    start = time.monotonic()
    tree = Tree(args.out)
    found = mutants_of(tree.files, [BENCH])
    listed = equivalents.read(EQUIVALENTS)
    stale = equivalents.stale(listed, [m for own in found.values() for m in own])
    for entry in stale:
        print(f"{EQUIVALENTS}:{entry.line}: stale, there is no such mutant:\n"
              + "\n".join("    " + line for line in entry.key.splitlines()))
    if stale:
        return 1
    notes = args.out / "unbuilt.json"
    unbuilt = set(json.loads(notes.read_text(encoding="utf-8"))) if notes.exists() else set()
    while True:
        mutants, refused = draw(tree, found, args.count, args.seed, unbuilt)
        print(f"{len(mutants)} mutants of {sum(len(m) for m in found.values())} in "
              f"{len({m.file for m in mutants.values()})} files, seed {args.seed}", flush=True)
        bad = tree.make(mutants, COSIM)
        if not bad:
            break
        unbuilt |= {mutants[n].key for n in bad}
        notes.write_text(json.dumps(sorted(unbuilt), indent=1), encoding="utf-8")
        print(f"  {len(bad)} that Verilator does not take are drawn anew", file=sys.stderr)
    deadline = start + 60 * args.minutes if args.minutes else math.inf
    ledger = Ledger(args.out / "ledger.jsonl", state_of(tree.files))
    trial = Trial(tree, mutants, ledger, args.jobs, deadline)
    if args.only:
        mutants = {n: m for n, m in mutants.items() if n in args.only}
    verdicts = trial.run(mutants, args.short)
    return report(args, mutants, verdicts, listed, refused, time.monotonic() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, metavar="N",
                        help=f"how many mutants to draw (default {COUNT})")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the drawing")
    parser.add_argument("--minutes", type=float, default=0, metavar="M",
                        help="stop after so long; the same command goes on later")
    parser.add_argument("--only", type=int, action="append", default=[], metavar="N",
                        help="only this one of those drawn (repeatable)")
    parser.add_argument("--short", action="store_true",
                        help="only the first runs of the lockstep bench")
    parser.add_argument("--entries", action="store_true", help="print survivors as entries of "
                        f"{EQUIVALENTS}, with the reason left open")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes at a time (default: all cores)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/mutate/rtl"),
                        help="folder for products (default build/mutate/rtl)")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    return resumable(lambda: run(args), (BuildError, RtlError, equivalents.ListError))


if __name__ == "__main__":
    sys.exit(main())
