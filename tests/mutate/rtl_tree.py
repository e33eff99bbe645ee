# SPDX-License-Identifier: Apache-2.0
"""A copy of the project whose RTL has mutants in it, all at once.

Each changed place reads `(number == N ? CHANGED : ORIGINAL)`; the environment's MUTANT is the
number. Everything but rtl/ is linked to, so that the Makefile builds any bench from there, as
it is, with these sources.
"""

import os
import pathlib
import re
import subprocess
import sys

from rtl_places import RtlMutant, compilation, errors

LIST = pathlib.Path("rtl/iommu.f")
BENCH = "sim/iommu/tb_iommu.sv"
NUMBER = "iommu_mutant_pkg::number"
FIRST = "rtl/iommu_reg_pkg.sv"  # every bench compiles it before all others
SELECT = ('$c32("(getenv(\\"MUTANT\\") ? atoi(getenv(\\"MUTANT\\")) : 0)")', "$urandom")
LINT = "`verilator_config\nlint_off\n"


class BuildError(Exception):
    pass


def sources() -> list[str]:
    lines = [line.split("#")[0].strip() for line in LIST.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line.endswith(".sv")]


def selector(way: int) -> str:
    # In one line with the file's first, so that lines keep their numbers.
    return f"package iommu_mutant_pkg; int number = {SELECT[way]}; endpackage "


class Piece:
    """A mutant with those inside of it."""

    def __init__(self, number: int, mutant: RtlMutant) -> None:
        self.number, self.mutant = number, mutant
        self.inner: list[Piece] = []

    def text(self, source: bytes) -> str:
        start, end = self.mutant.start, self.mutant.end
        original = mixed(source, start, end, self.inner)
        if self.mutant.replacement:
            return f"(({NUMBER} == {self.number}) ? ({self.mutant.replacement}) : ({original}))"
        return f"begin if ({NUMBER} != {self.number}) begin {original} end end"


def mixed(source: bytes, start: int, end: int, pieces: list[Piece]) -> str:
    result, at = "", start
    for piece in pieces:
        result += source[at:piece.mutant.start].decode() + piece.text(source)
        at = piece.mutant.end
    return result + source[at:end].decode()


def mutated(source: bytes, mutants: dict[int, RtlMutant]) -> str:
    top: list[Piece] = []
    stack: list[Piece] = []
    for number, mutant in sorted(mutants.items(), key=lambda m: (m[1].start, -m[1].end)):
        piece = Piece(number, mutant)
        while stack and stack[-1].mutant.end <= mutant.start:
            stack.pop()
        (stack[-1].inner if stack else top).append(piece)
        stack.append(piece)
    return mixed(source, 0, len(source), top)


def write_if_new(path: pathlib.Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")


class Tree:
    def __init__(self, out: pathlib.Path) -> None:
        self.root = out / "tree"
        self.check = out / "check"
        self.files = sources()

    def write(self, mutants: dict[int, RtlMutant]) -> None:
        rtl = self.root / "rtl"
        rtl.mkdir(parents=True, exist_ok=True)
        for entry in pathlib.Path().iterdir():
            link = self.root / entry.name
            if entry.name not in ("rtl", "build", ".git") and not link.is_symlink():
                link.symlink_to(entry.absolute())
        for entry in pathlib.Path("rtl").iterdir():
            link = rtl / entry.name
            if str(entry) not in self.files and entry.name != "lint.vlt" and \
                    not link.is_symlink():
                link.symlink_to(entry.absolute())
        write_if_new(rtl / "lint.vlt", LINT)
        self.write_sources(rtl, 0, mutants)

    def write_sources(self, folder: pathlib.Path, way: int, mutants: dict[int, RtlMutant]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            inside = {n: m for n, m in mutants.items() if m.file == file}
            text = mutated(pathlib.Path(file).read_bytes(), inside)
            write_if_new(folder / pathlib.Path(file).name,
                         (selector(way) if file == FIRST else "") + text)

    def refused(self, mutants: dict[int, RtlMutant]) -> set[int]:
        """Those that slang does not take."""
        self.write_sources(self.check, 1, mutants)
        files = [str(self.check / pathlib.Path(file).name) for file in self.files]
        found = errors(*compilation([*files, BENCH], []))
        bad: set[int] = set()
        for file, line, message in found:
            here = self.at(mutants, f"rtl/{pathlib.Path(file).name}", line)
            if not here:
                raise BuildError(f"no mutant is at fault for\n{message}")
            bad |= here
        return bad

    @staticmethod
    def at(mutants: dict[int, RtlMutant], file: str, line: int) -> set[int]:
        """Mutants of which some part is in this line."""
        return {n for n, m in mutants.items() if m.file == file and
                m.line <= line <= m.line + m.lines - 1}

    def make(self, mutants: dict[int, RtlMutant], *targets: str) -> set[int]:
        """Build them. @return mutants that are at fault if it cannot be done"""
        self.write(mutants)
        log = self.root.parent / "make.log"
        with log.open("w", encoding="utf-8") as output:
            status = subprocess.run(
                ["make", "-C", str(self.root), "B=build", *targets], stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                env=dict(os.environ, MAKEFLAGS="")).returncode
        if status == 0:
            return set()
        said = "".join(path.read_text(encoding="utf-8", errors="replace") for path in
                       [log, *self.root.glob("build/*/*.log")] if path.is_file())
        bad: set[int] = set()
        for match in re.finditer(r"%Error[^\n:]*: (rtl/\w+\.sv):(\d+):", said):
            bad |= self.at(mutants, match[1], int(match[2]))
        if not bad:
            sys.stderr.write("".join(log.read_text(encoding="utf-8").splitlines(True)[-20:]))
            raise BuildError(f"cannot build {' '.join(targets)}: see {log}")
        return bad
