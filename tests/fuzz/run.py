#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fuzz the golden model: replay what is kept, then search for a while.

The first form is the suite: every kept input must pass, and so must a bounded search that
starts from them. It ends with `N passed, N failed`. The second form is the long search; it
keeps what it finds in BUILD/corpus and goes on from there. The third takes the best of that
into tests/fuzz/corpus.

  run.py --fuzzer BUILD/fuzzer --seconds 45
  run.py --fuzzer BUILD/fuzzer --seconds 3600 --long
  run.py --fuzzer BUILD/fuzzer --merge
"""

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
REGRESSIONS = HERE / "regressions"
CORPUS_BYTES_MAX = 300 * 1024
LENGTH_MAX = 32 + 64 * 16  # a header and OPS_MAX operations
UNIT_SECONDS_MAX = 60
PROGRESS_SECONDS = 5

STATUS = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/\S+.*exec/s: (\d+)")
ARTIFACT = re.compile(r"Test unit written to (\S+)")
# The lines that say what went wrong.
REASONS = re.compile(r"^(fuzz: |SUMMARY: |.*runtime error: |==\d+==\s*ERROR: )")


def shown(path: pathlib.Path) -> str:
    return os.path.relpath(path)


def inputs(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def print_reasons(lines: list[str]) -> None:
    for line in lines:
        if REASONS.match(line):
            print(f"    {line}")


def print_replay(fuzzer: pathlib.Path, path: pathlib.Path) -> None:
    print(f"  replay: FUZZ_TRACE=1 ./dev {shown(fuzzer)} {shown(path)}", flush=True)


def replay(fuzzer: pathlib.Path, files: list[pathlib.Path]) -> int:
    """Run each input once. @return how many fail"""
    failed = 0
    while files:
        result = subprocess.run([fuzzer, "-timeout=%d" % UNIT_SECONDS_MAX, *files],
                                capture_output=True, text=True, errors="replace", check=False)
        if result.returncode == 0:
            break
        lines = (result.stdout + result.stderr).splitlines()
        running = [line.split(": ", 1)[1] for line in lines if line.startswith("Running: ")]
        if not running:
            print(*lines[-20:], sep="\n")
            return failed + len(files)
        path = pathlib.Path(running[-1])
        failed += 1
        print(f"FAILED {shown(path)}")
        print_reasons(lines)
        print_replay(fuzzer, path)
        files = files[files.index(path) + 1:]
    return failed


class Search:
    """One run of the fuzzer, with a line of progress every few seconds."""

    def __init__(self, fuzzer: pathlib.Path, build: pathlib.Path, seed: int, seconds: int):
        self.fuzzer = fuzzer
        self.crashes = build / "crashes"
        self.seed = seed
        self.seconds = seconds
        self.runs = self.edges = self.features = 0
        self.artifact: pathlib.Path | None = None

    def run(self, new: pathlib.Path) -> bool:
        """Search; what is new goes to a folder. @return False after a crash"""
        self.crashes.mkdir(parents=True, exist_ok=True)
        new.mkdir(parents=True, exist_ok=True)
        before = len(inputs(new))
        command = [self.fuzzer, f"-seed={self.seed}", f"-max_total_time={self.seconds}",
                   f"-max_len={LENGTH_MAX}", f"-timeout={UNIT_SECONDS_MAX}",
                   "-rss_limit_mb=3072", "-reload=0", f"-artifact_prefix={self.crashes}/",
                   new, CORPUS, REGRESSIONS]
        print(f"search for {self.seconds} s, seed {self.seed}", flush=True)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, errors="replace") as process:
            tail = self.follow(process.stderr)
        found = len(inputs(new)) - before
        print(f"  {self.runs} runs, {self.edges} edges and {self.features} features covered, "
              f"{found} new inputs in {shown(new)}", flush=True)
        if process.returncode == 0:
            return True
        print("FAILED search")
        print_reasons(tail)
        if self.artifact is not None:
            print_replay(self.fuzzer, self.artifact)
        else:
            print(*tail[-20:], sep="\n")
        return False

    def follow(self, output) -> list[str]:
        """Read what the fuzzer prints. @return its last lines"""
        tail: list[str] = []
        shown_at = time.monotonic()
        for line in output:
            line = line.rstrip("\n")
            match = STATUS.match(line)
            if not match:
                tail = (tail + [line])[-200:]
                artifact = ARTIFACT.search(line)
                if artifact:
                    self.artifact = pathlib.Path(artifact.group(1))
                continue
            self.runs, self.edges, self.features = (int(match.group(i)) for i in (1, 2, 3))
            if time.monotonic() - shown_at >= PROGRESS_SECONDS:
                shown_at = time.monotonic()
                print(f"  {self.runs} runs, {self.edges} edges, {self.features} features, "
                      f"{match.group(4)} inputs, {match.group(5)} runs/s", flush=True)
        return tail


def suite(fuzzer: pathlib.Path, build: pathlib.Path, seed: int, seconds: int) -> int:
    kept = inputs(REGRESSIONS) + inputs(CORPUS)
    too_large = [path for path in kept if path.stat().st_size > LENGTH_MAX]
    total = sum(path.stat().st_size for path in inputs(CORPUS))
    print(f"replay {len(inputs(REGRESSIONS))} regressions and {len(inputs(CORPUS))} inputs of "
          f"the corpus", flush=True)
    failed = replay(fuzzer, kept)
    tests = len(kept) + 2
    for path in too_large:
        print(f"FAILED {shown(path)}: longer than {LENGTH_MAX} bytes")
    if total > CORPUS_BYTES_MAX:
        print(f"FAILED {shown(CORPUS)}: {total} bytes, more than {CORPUS_BYTES_MAX}")
    failed += bool(too_large or total > CORPUS_BYTES_MAX)
    work = build / "suite"
    shutil.rmtree(work, ignore_errors=True)
    failed += not Search(fuzzer, build, seed, seconds).run(work)
    print(f"{tests - failed} passed, {failed} failed")
    return 1 if failed else 0


def merge(fuzzer: pathlib.Path, build: pathlib.Path) -> int:
    """The smallest set of inputs that covers as much; files are named by their contents."""
    merged = build / "merged"
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    sources = [folder for folder in (CORPUS, build / "corpus", build / "suite")
               if inputs(folder)]
    subprocess.run([fuzzer, "-set_cover_merge=1", "-use_counters=0", f"-max_len={LENGTH_MAX}", merged, *sources],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    files = inputs(merged)
    total = sum(path.stat().st_size for path in files)
    print(f"{len(files)} inputs, {total} bytes")
    if total > CORPUS_BYTES_MAX:
        print(f"more than {CORPUS_BYTES_MAX} bytes: {shown(CORPUS)} is left as it was")
        return 1
    shutil.rmtree(CORPUS, ignore_errors=True)
    CORPUS.mkdir()
    for path in files:
        data = path.read_bytes()
        (CORPUS / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzzer", type=pathlib.Path, required=True, help="the built fuzzer")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/fuzz"),
                        help="folder for what is found (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=45)
    parser.add_argument("--long", action="store_true", help="search only, and keep what is new")
    parser.add_argument("--merge", action="store_true", help="renew the corpus in the repository")
    args = parser.parse_args()

    fuzzer = args.fuzzer.resolve()
    args.build.mkdir(parents=True, exist_ok=True)
    if args.merge:
        return merge(fuzzer, args.build)
    if args.long:
        return 0 if Search(fuzzer, args.build, args.seed, args.seconds).run(
            args.build / "corpus") else 1
    return suite(fuzzer, args.build, args.seed, args.seconds)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
