# SPDX-License-Identifier: Apache-2.0
"""Runs tests against mutants, keeps the verdicts, and learns which tests to run first."""

import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable

from build import Build, BuildError, Layout
from csource import Source
from operators import Mutant

# CPU time of one test; a mutant may take so many times as much as the model, and this more.
SLOW_SECONDS = 3.0
# With sanitizers tests take so much longer that those above this are left out there.
SANITIZED_MICROSECONDS = 60_000
PATIENCE = {"plain": (10.0, 1.0), "sanitized": (200.0, 10.0)}
WALL_SECONDS = 600.0                              # of all tests, should one wait forever
PROGRESS_SECONDS = 10.0                           # between lines, when not on a terminal
SANITIZER_OPTIONS = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
                     "UBSAN_OPTIONS": "print_stacktrace=0", "PATH": "/usr/bin:/bin"}


@dataclasses.dataclass(frozen=True)
class Verdict:
    outcome: str    # survived, or how it was caught: failed, crashed, hung, sanitizer
    test: str = ""  # that caught it
    way: str = "plain"
    reached: bool = True  # some test calls the function

    @property
    def caught(self) -> bool:
        return self.outcome != "survived"


class Ledger:
    """Verdicts so far, for this state of model and tests; and who caught what before."""

    def __init__(self, out: pathlib.Path, layout: Layout) -> None:
        self.path = out / "ledger.jsonl"
        self.verdicts: dict[str, Verdict] = {}
        self.catchers: dict[str, str] = {}
        self.lock = threading.Lock()
        state = layout.state()
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        current = False
        for line in lines:
            current = self._read(line, state, current)
        if not current:  # what was learned stays useful, verdicts do not
            self.path.write_text("", encoding="utf-8")
        self.file = self.path.open("a", encoding="utf-8")
        if not current:
            for key, test in self.catchers.items():
                self._write({"key": key, "catcher": test})
            self._write({"state": state})

    def _read(self, line: str, state: str, current: bool) -> bool:
        try:
            record = json.loads(line)
        except json.JSONDecodeError:  # cut off by an interruption
            return current
        if "state" in record:
            return bool(record["state"] == state)
        if record.get("test"):
            self.catchers[record["key"]] = record["test"]
        if "catcher" in record:
            self.catchers[record["key"]] = record["catcher"]
        elif current:
            key = record.pop("key")
            self.verdicts[key] = Verdict(**record)
        return current

    def _write(self, record: dict[str, object]) -> None:
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        with self.lock:
            self._write({"key": mutant.key, **dataclasses.asdict(verdict)})


class Order:
    """The order of tests for a mutant: what caught it, its function's, its file's others."""

    def __init__(self, catchers: dict[str, str]) -> None:
        self.catchers = catchers
        self.by_function: dict[str, collections.Counter[str]] = \
            collections.defaultdict(collections.Counter)
        self.by_file: dict[str, collections.Counter[str]] = \
            collections.defaultdict(collections.Counter)
        for key, test in catchers.items():
            file, function = key.split("\n")[:2]
            self._count(file, function, test)

    def _count(self, file: str, function: str, test: str) -> None:
        self.by_function[f"{file}:{function}"][test] += 1
        self.by_file[file][test] += 1

    def learn(self, mutant: Mutant, test: str) -> None:
        self._count(mutant.file, mutant.function, test)

    def sorted(self, mutant: Mutant, tests: list[str], cost: dict[str, int]) -> list[str]:
        last = self.catchers.get(mutant.key)
        function = self.by_function[f"{mutant.file}:{mutant.function}"]
        file = self.by_file[mutant.file]
        return sorted(tests, key=lambda t: (t != last, -function[t], -file[t], cost[t], t))


class Progress:
    def __init__(self, total: int, what: str) -> None:
        self.total, self.what = total, what
        self.start = self.printed = time.monotonic()
        self.done = self.caught = 0
        self.lock = threading.Lock()

    def step(self, caught: bool) -> None:
        with self.lock:
            self.done += 1
            self.caught += caught
            now = time.monotonic()
            terminal = sys.stderr.isatty()
            if now - self.printed < (0.2 if terminal else PROGRESS_SECONDS) and \
                    self.done < self.total:
                return
            self.printed = now
            left = round((now - self.start) / self.done * (self.total - self.done))
            line = f"{self.what}: {self.done} of {self.total}, {self.caught} caught, " \
                f"{left // 60}:{left % 60:02} left"
            end = "\r" if terminal and self.done < self.total else "\n"
            print(f"  {line:70}", end=end, file=sys.stderr, flush=True)


class OutOfTime(Exception):
    pass


def resumable(run: Callable[[], int], errors: tuple[type[Exception], ...]) -> int:
    """The exit status of a run that may be cut off, and goes on from there at the next one."""
    for number in (signal.SIGINT, signal.SIGTERM):  # in a background job, too
        signal.signal(number, signal.default_int_handler)
    try:
        return run()
    except errors as error:
        print(error, file=sys.stderr)
        return 2
    except OutOfTime:
        print("out of time; the same command goes on from here", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return 130


class Trial:
    """Of mutants in a library that the program of tests/mutate/runner.c tests."""

    def __init__(self, build: Build, sources: dict[str, Source],
                 function_numbers: dict[str, dict[str, int]], ledger: Ledger,
                 sanitizers: bool, deadline: float) -> None:
        self.build = build
        self.sources = sources
        self.function_numbers = function_numbers
        self.ledger = ledger
        self.sanitizers = sanitizers
        self.deadline = deadline               # of time.monotonic()
        self.order = Order(dict(ledger.catchers))
        self.tests: list[str] = []
        self.left_out: list[str] = []          # fail on the model itself
        self.cost: dict[str, int] = {}         # microseconds
        self.callers: dict[int, list[str]] = {}  # function number: tests
        self.running: set[subprocess.Popen[str]] = set()
        self.stopping = False

    def run(self, mutants: dict[int, Mutant]) -> dict[int, Verdict]:
        """Judge all mutants; with sanitizers those that survive without."""
        known = {n: self.ledger.verdicts[m.key] for n, m in mutants.items()
                 if m.key in self.ledger.verdicts}
        open_ones = {n: m for n, m in mutants.items() if n not in known}
        binary, objects = self._binary(mutants, "plain")
        self._measure(binary)
        if known:
            print(f"  {len(known)} are known from before", file=sys.stderr)
        verdicts = {**known, **self._judge(open_ones, "plain", binary, objects)}
        survivors = {n: m for n, m in mutants.items()
                     if not verdicts[n].caught and verdicts[n].way == "plain"}
        if survivors and self.sanitizers:
            verdicts |= self._second_chance(survivors)
        return verdicts

    def _second_chance(self, survivors: dict[int, Mutant]) -> dict[int, Verdict]:
        binary, objects = self._binary(survivors, "sanitized")
        baseline = self._run_tests(binary, 0, self._suited(self.tests, "sanitized"), "sanitized")
        if baseline.caught:
            raise BuildError(f"with sanitizers the model itself fails {baseline.test}")
        return self._judge(survivors, "sanitized", binary, objects)

    # --- building ---

    def _binary(self, mutants: dict[int, Mutant], way: str) -> tuple[pathlib.Path,
                                                                     dict[str, pathlib.Path]]:
        """The binary with all mutants of functions. @return it, and objects by source"""
        tests = self.build.test_objects(way)

        def model_object(name: str) -> pathlib.Path:
            inside = {n: m for n, m in mutants.items()
                      if m.file == name and m.function_index >= 0}
            return self.build.schema_object(self.sources[name], inside,
                                            self.function_numbers[name], way)
        names = list(self.sources)
        objects = dict(zip(names, self.build.pool.map(model_object, names)))
        binary = self.build.link([*tests, *objects.values()], way, f"mutants-{way}")
        return binary, objects

    def _binary_alone(self, number: int, mutant: Mutant, way: str,
                      objects: dict[str, pathlib.Path]) -> pathlib.Path:
        changed = self.build.alone_object(self.sources[mutant.file], number, mutant, way)
        models = [changed if name == mutant.file else path
                  for name, path in objects.items()]
        return self.build.link([*self.build.test_objects(way), *models], way,
                               f"mutant-{number}")

    def _measure(self, binary: pathlib.Path) -> None:
        """Which test calls what, and how long it takes."""
        output = subprocess.run([str(binary), "--measure", str(SLOW_SECONDS)],
                                capture_output=True, text=True, check=False)
        if output.returncode != 0:
            raise BuildError(f"the tests cannot be run:\n{output.stderr}")
        for line in output.stdout.splitlines():
            name, result, cost, *functions = line.split()
            if result != "passed":
                self.left_out.append(f"{name} ({result})")
                continue
            self.tests.append(name)
            self.cost[name] = int(cost)
            for function in functions:
                self.callers.setdefault(int(function), []).append(name)
        if self.left_out:
            print(f"  left out, for what they do without a mutant: {', '.join(self.left_out)}",
                  file=sys.stderr)

    # --- running ---

    def _suited(self, tests: list[str], way: str) -> list[str]:
        return tests if way == "plain" else \
            [test for test in tests if self.cost[test] <= SANITIZED_MICROSECONDS]

    def _tests_for(self, mutant: Mutant) -> list[str]:
        if mutant.function_index < 0:
            return self.order.sorted(mutant, self.tests, self.cost)
        number = self.function_numbers[mutant.file][mutant.function]
        return self.order.sorted(mutant, self.callers.get(number, []), self.cost)

    def _run_tests(self, binary: pathlib.Path, number: int, tests: list[str],
                   way: str) -> Verdict:
        command = [str(binary), way, str(number)]
        times, more = PATIENCE[way]
        lines = "".join(f"{self.cost[t] * times / 1e6 + more:.2f} {t}\n" for t in tests)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, env=SANITIZER_OPTIONS)
        self.running.add(process)
        try:
            output = process.communicate(lines, WALL_SECONDS)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0] + "hung\n"
        finally:
            self.running.discard(process)
        said = output.splitlines()
        test = next((line.split()[1] for line in reversed(said)
                     if line.startswith("running ")), "")
        last = said[-1] if said else ""
        if last == "passed" and process.returncode == 0:
            return Verdict("survived", "", way, bool(tests))
        if last in ("failed", "hung", "crashed"):
            return Verdict(last, test, way)
        return Verdict("sanitizer" if way == "sanitized" else "crashed",
                       test if last != "passed" else "leak check", way)

    def _judge_one(self, number: int, mutant: Mutant, way: str, binary: pathlib.Path,
                   objects: dict[str, pathlib.Path]) -> Verdict:
        if self.stopping:
            raise KeyboardInterrupt
        if time.monotonic() > self.deadline:
            raise OutOfTime
        tests = self._suited(self._tests_for(mutant), way)
        if mutant.function_index >= 0:
            return self._run_tests(binary, number, tests, way)
        own = self._binary_alone(number, mutant, way, objects)
        try:
            return self._run_tests(own, 0, tests, way)
        finally:
            own.unlink()

    def _judge(self, mutants: dict[int, Mutant], way: str, binary: pathlib.Path,
               objects: dict[str, pathlib.Path]) -> dict[int, Verdict]:
        progress = Progress(len(mutants), "mutants" if way == "plain" else "with sanitizers")

        def one(number: int) -> Verdict:
            mutant = mutants[number]
            verdict = self._judge_one(number, mutant, way, binary, objects)
            if self.stopping:
                raise KeyboardInterrupt
            if verdict.caught:
                self.order.learn(mutant, verdict.test)
            self.ledger.add(mutant, verdict)
            progress.step(verdict.caught)
            return verdict

        futures = {n: self.build.pool.submit(one, n) for n in mutants}
        try:
            return {n: future.result() for n, future in futures.items()}
        except BaseException:
            self._stop(futures.values())
            raise

    def _stop(self, futures: Iterable[concurrent.futures.Future[Verdict]]) -> None:
        self.stopping = True
        for future in futures:
            future.cancel()
        for process in list(self.running):
            process.kill()


class ProgramTrial(Trial):
    """Of mutants in a program that has a Python script for its tests, in parts by name."""

    SCRIPT = pathlib.Path("tests/explain/run.py")
    PARTS = ["scenarios", "odds", "cli", "formats", "malformed", "docs"]

    def _measure(self, binary: pathlib.Path) -> None:
        self.tests = list(self.PARTS)
        self.cost = dict.fromkeys(self.PARTS, 0)
        if self._run_tests(binary, 0, self.tests, "plain").caught:
            raise BuildError(f"{self.SCRIPT} fails without a mutant")

    def _tests_for(self, mutant: Mutant) -> list[str]:
        return self.order.sorted(mutant, self.tests, self.cost)

    def _run_tests(self, binary: pathlib.Path, number: int, tests: list[str],
                   way: str) -> Verdict:
        environment = dict(os.environ) | SANITIZER_OPTIONS | {
            "PATH": os.environ.get("PATH", ""), "MUTANT": str(number), "MUTANT_WAY": way}
        for test in tests:
            command = [sys.executable, str(self.SCRIPT), str(binary), "--fuzz", "0", "--seed", "1",
                       "--only", test, "--first"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.running.add(process)
            try:
                status = process.wait(WALL_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                return Verdict("hung", test, way)
            finally:
                self.running.discard(process)
            if status != 0:
                return Verdict("failed" if way == "plain" else "sanitizer", test, way)
        return Verdict("survived", "", way)
