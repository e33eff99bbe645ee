# SPDX-License-Identifier: Apache-2.0
"""Compiles what mutate.py runs. Objects are kept by the hash of what they are made of."""

import concurrent.futures
import dataclasses
import hashlib
import pathlib
import re
import subprocess
from collections.abc import Iterable

import schema
from csource import Source
from operators import Mutant

# Variables that a mutant leaves without a value get one that is neither 0 nor random.
FLAGS = ["-std=gnu11", "-w", "-ftrivial-auto-var-init=pattern",
         "-fno-inline-functions-called-once"]
WAYS = {"plain": ["-O1"],
        "sanitized": ["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]}
ERROR = re.compile(r"^(mutant-\d+):\d+(?::\d+)?: (?:fatal )?error:", re.MULTILINE)


class BuildError(Exception):
    pass


@dataclasses.dataclass
class Layout:
    """What is changed and what is not; paths from the top, which is the current directory."""
    compiler: str
    jobs: int
    out: pathlib.Path
    subject: pathlib.Path            # the folder whose sources are changed
    companions: list[pathlib.Path]   # the other sources of the program
    folders: list[pathlib.Path]      # of headers
    watched: list[pathlib.Path]      # what else the outcome depends on

    def headers(self) -> list[pathlib.Path]:
        return sorted(path for folder in [self.subject, *self.folders]
                      for path in folder.glob("*.h"))

    def state(self) -> str:
        return self.digest([*self.headers(), *sorted(self.subject.glob("*.c")),
                            *self.companions, *self.watched])

    @staticmethod
    def digest(paths: Iterable[pathlib.Path]) -> str:
        total = hashlib.sha256()
        for path in paths:
            total.update(f"{path}\n".encode() + path.read_bytes())
        return total.hexdigest()


class Build:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.objects = layout.out / "objects"
        self.objects.mkdir(parents=True, exist_ok=True)
        self.headers = layout.digest([*layout.headers(), *layout.watched])
        self.used: set[pathlib.Path] = set()
        self.tests: dict[str, list[pathlib.Path]] = {}
        self.pool = concurrent.futures.ThreadPoolExecutor(layout.jobs)

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)

    # --- one object ---

    def _command(self, way: str) -> list[str]:
        include = [f"-I{path}" for path in [*self.layout.folders, self.layout.subject]]
        return [self.layout.compiler, *FLAGS, *WAYS[way], *include]

    def compile(self, name: str, text: str, way: str, folder: pathlib.Path) -> pathlib.Path:
        """Compile text as if it lay in `folder`. @return the object, maybe an old one"""
        command = [*self._command(way), f"-I{folder}"]
        digest = hashlib.sha256("\0".join([*command, self.headers, text]).encode()).hexdigest()
        path = self.objects / f"{name}-{digest[:20]}.o"
        self.used.add(path)
        if not path.exists():
            part = path.with_suffix(".part")
            self._run([*command, "-x", "c", "-c", "-", "-o", str(part)], text)
            part.rename(path)
        return path

    @staticmethod
    def _run(command: list[str], text: str = "") -> None:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{' '.join(command)}\n{done.stderr}")

    def forget_unused(self) -> None:
        for path in self.objects.iterdir():
            if path not in self.used:
                path.unlink()

    # --- tests ---

    def test_objects(self, way: str) -> list[pathlib.Path]:
        """Compiled when first asked for, so that all mutants meet the same tests."""
        if way not in self.tests:
            self.tests[way] = list(self.pool.map(lambda path: self._test_object(path, way),
                                                 self.layout.companions))
        return self.tests[way]

    def _test_object(self, path: pathlib.Path, way: str) -> pathlib.Path:
        text = f'#line 1 "{path}"\n' + path.read_text(encoding="utf-8")
        return self.compile(f"test-{path.stem}", text, way, path.parent)

    # --- mutants ---

    def uncompilable(self, source: Source, mutants: dict[int, Mutant],
                     function_numbers: dict[str, int]) -> set[int]:
        """Numbers of those that are not C."""
        bad: set[int] = set()
        while True:
            good = {n: m for n, m in mutants.items() if n not in bad}
            done = subprocess.run([*self._command("plain"), "-fsyntax-only", "-fmax-errors=0",
                                   "-x", "c", "-"],
                                  input=schema.with_mutants(source, good, function_numbers),
                                  capture_output=True, text=True, check=False)
            found = {schema.number_of(place) for place in ERROR.findall(done.stderr)}
            if done.returncode != 0 and not found:
                raise BuildError(f"{source.path} with mutants:\n{done.stderr}")
            bad |= found
            if not found:
                break
        return bad

    def compiles_alone(self, source: Source, number: int, mutant: Mutant) -> bool:
        done = subprocess.run([*self._command("plain"), "-fsyntax-only", "-x", "c", "-"],
                              input=schema.alone(source, number, mutant), capture_output=True,
                              text=True, check=False)
        return done.returncode == 0

    def schema_object(self, source: Source, mutants: dict[int, Mutant],
                      function_numbers: dict[str, int], way: str) -> pathlib.Path:
        return self.compile(f"model-{source.path.stem}",
                            schema.with_mutants(source, mutants, function_numbers), way,
                            source.path.parent)

    def alone_object(self, source: Source, number: int, mutant: Mutant,
                     way: str) -> pathlib.Path:
        return self.compile(f"alone-{source.path.stem}", schema.alone(source, number, mutant),
                            way, source.path.parent)

    def link(self, objects: list[pathlib.Path], way: str, name: str) -> pathlib.Path:
        path = self.layout.out / name
        self._run([self.layout.compiler, *WAYS[way], *map(str, objects), "-o", str(path)])
        return path
