#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the exporter: what it writes is current, readable and linked; what is wrong it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REGS = ROOT / "rtl" / "regs"
OUTPUTS = ("sw-model/include/iommu_regs.h", "rtl/iommu_reg_pkg.sv", "docs/registers.md")


def run(*command: str | Path, env: dict[str, str] | None = None
        ) -> subprocess.CompletedProcess[str]:
    """Run a program and keep what it prints."""
    return subprocess.run([str(c) for c in command], check=False, text=True, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def export(*args: str | Path, env: dict[str, str] | None = None
           ) -> subprocess.CompletedProcess[str]:
    """Run the exporter."""
    return run(sys.executable, "-B", REGS / "export.py", *args, env=env)


class InDirectory(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self) -> None:
        self.dir = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.dir)


class Committed(InDirectory):
    """The generated files in the repository."""

    def test_current(self) -> None:
        result = export("--check")
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_stale_file_is_named(self) -> None:
        for name in OUTPUTS:
            (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.dir / name)
        for name in OUTPUTS:
            text = (self.dir / name).read_text(encoding="utf-8")
            (self.dir / name).write_text(text + "\n", encoding="utf-8")
            result = export("--check", "--root", self.dir)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stdout,
                             f"export.py: {name} is stale; run rtl/regs/export.py\n")
            (self.dir / name).write_text(text, encoding="utf-8")

    def test_missing_file_is_stale(self) -> None:
        result = export("--check", "--root", self.dir)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout.count("is stale"), len(OUTPUTS))

    def test_deterministic(self) -> None:
        for seed in ("1", "2"):
            export("--root", self.dir / seed, env={**os.environ, "PYTHONHASHSEED": seed})
        for name in OUTPUTS:
            self.assertEqual((self.dir / "1" / name).read_bytes(),
                             (self.dir / "2" / name).read_bytes())
            self.assertEqual((self.dir / "1" / name).read_bytes(), (ROOT / name).read_bytes())

    def test_first_line(self) -> None:
        for name in OUTPUTS:
            first = (ROOT / name).read_text(encoding="utf-8").splitlines()[0]
            self.assertRegex(first, r"Generated from rtl/regs/\S+ by rtl/regs/export.py; do not")


class Header(InDirectory):
    """The C header."""

    USE = """
        #include "iommu_regs.h"
        #include <stdint.h>
        uint8_t get(uint64_t w) { return IOMMU_GET(w, IOMMU_DDTP_IOMMU_MODE); }
        uint32_t flag(uint32_t w) { return IOMMU_GET(w, IOMMU_CQCSR_CQEN); }
        uint32_t one(int v) { return IOMMU_PREP(IOMMU_FCTL_BE, v); }
        uint64_t wide(uint8_t v) { return IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, v); }
        uint32_t place(uint32_t n) { return IOMMU_REG_IOHPMCTR(n); }
    """

    def compile(self, *command: str, suffix: str) -> None:
        """Compile a use of the header with all warnings as errors."""
        source = self.dir / f"use{suffix}"
        source.write_text(textwrap.dedent(self.USE), encoding="utf-8")
        result = run(*command, "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror",
                     "-fsyntax-only", "-I", ROOT / "sw-model" / "include", source)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_c(self) -> None:
        for compiler in ("gcc", "clang"):
            for standard in ("c99", "c11", "gnu11"):
                self.compile(compiler, f"-std={standard}", suffix=".c")

    def test_cpp(self) -> None:
        self.compile("g++", "-std=c++17", suffix=".cpp")

    def test_only_macros(self) -> None:
        text = (ROOT / OUTPUTS[0]).read_text(encoding="utf-8")
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S).replace("\\\n", " ")
        rest = [line for line in text.splitlines()
                if line.strip() and not re.match(r"#(define|ifndef|endif)\b", line)]
        self.assertEqual(rest, [])


class Package(InDirectory):
    """The SystemVerilog package."""

    PACKAGE = ROOT / "rtl" / "iommu_reg_pkg.sv"
    USER = ROOT / "tests" / "regs" / "package_user.sv"

    def test_lint(self) -> None:
        for files in ([self.PACKAGE], [self.PACKAGE, self.USER]):
            result = run("verilator", "--lint-only", "-Wall", "--quiet", *files)
            self.assertEqual(result.returncode, 0, result.stdout)

    def test_yosys(self) -> None:
        result = run("yosys", "-q", "-e", "implicitly declared|Resizing cell port", "-p",
                     f"read_verilog -sv {self.PACKAGE} {self.USER}; "
                     "hierarchy -check -top package_user; proc; check -assert")
        self.assertEqual(result.returncode, 0, result.stdout)


class Page(unittest.TestCase):
    """The register reference."""

    def test_links(self) -> None:
        text = (ROOT / OUTPUTS[2]).read_text(encoding="utf-8")
        heads = [re.sub(r"[^\w\- ]", "", h).lower().replace(" ", "-")
                 for h in re.findall(r"^#+ (.*)$", text, flags=re.M)]
        self.assertEqual(len(heads), len(set(heads)), "two headings have one anchor")
        for link in re.findall(r"\]\(#([^)]*)\)", text):
            self.assertIn(link, heads)
        for link in re.findall(r"\]\((\.\.[^)]*)\)", text):
            self.assertTrue((ROOT / "docs" / link).exists(), link)


class Facts(InDirectory):
    """The facts that are copied from the specification by hand."""

    def facts(self, include: Path) -> subprocess.CompletedProcess[str]:
        """Compile the facts against a header and run them."""
        built = run("gcc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror",
                    "-I", include, ROOT / "tests" / "regs" / "facts.c", "-o", self.dir / "facts")
        self.assertEqual(built.returncode, 0, built.stdout)
        return run(self.dir / "facts")

    def test_hold(self) -> None:
        result = self.facts(ROOT / "sw-model" / "include")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout, r"^[1-9]\d+ passed, 0 failed\n$")

    def test_notice_a_wrong_description(self) -> None:
        changes = (("structures.rdl", "GADE[7:7]", "GADE[12:12]"),
                   ("queues.rdl", "TTYP[39:34]", "TTYP[38:34]"),
                   ("registers.rdl", "iommu_qosid @ 0x270", "iommu_qosid @ 0x274"),
                   ("registers.rdl", "first_index = 1;", "first_index = 0;"),
                   ("enums.rdl", "NC  = 2'd1", "NC  = 2'd3"),
                   ("enums.rdl", "DDT_NOT_VALID              = 12'd258",
                    "DDT_NOT_VALID              = 12'd275"))
        for name, old, new in changes:
            shutil.rmtree(self.dir / "regs", ignore_errors=True)
            shutil.copytree(REGS, self.dir / "regs")
            path = self.dir / "regs" / name
            text = path.read_text(encoding="utf-8")
            self.assertIn(old, text)
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
            out = export("--root", self.dir, "--source", self.dir / "regs" / "iommu.rdl")
            self.assertEqual(out.returncode, 0, out.stdout)
            result = self.facts(self.dir / "sw-model" / "include")
            self.assertEqual(result.returncode, 1, f"{new}: {result.stdout}")
            self.assertIn("FAIL: IOMMU_", result.stdout)


class Mistakes(InDirectory):
    """Mistakes in the description, each made in a copy of it."""

    def expect(self, name: str, old: str, new: str, message: str, within: int = 2) -> None:
        """Replace text in one source; the exporter must say what is wrong, and where.

        It names the line where the entry ends, hence `within` how many lines.
        """
        shutil.copytree(REGS, self.dir / "regs")
        path = self.dir / "regs" / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        line = text[:text.index(old)].count("\n") + 1
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        result = export("--root", self.dir / "out", "--source", self.dir / "regs" / "iommu.rdl")
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertRegex(result.stdout, message)
        said = [int(n) for n in re.findall(rf"{re.escape(name)}:(\d+)", result.stdout)]
        self.assertTrue(any(0 <= n - line <= within for n in said),
                        f"line {line}:\n{result.stdout}")
        self.assertIn("is not valid", result.stdout.splitlines()[-1])
        self.assertFalse((self.dir / "out").exists())

    def test_syntax(self) -> None:
        self.expect("registers.rdl", "GXL[2:2];", "GXL[2:2] oops", "mismatched|extraneous|missing")

    def test_no_section(self) -> None:
        self.expect("registers.rdl", 'spec = "Features-control register (fctl)";', "",
                    "fctl: no specification section", within=10)

    def test_no_section_of_enumeration(self) -> None:
        self.expect("enums.rdl", 'spec = "AIA: MSI page tables";', "",
                    "msipte_m_list: no specification section", within=3)

    def test_no_description(self) -> None:
        self.expect("structures.rdl", 'field { desc = "Writes are allowed."; }', "field { }",
                    "W: no description")

    def test_no_description_of_member(self) -> None:
        self.expect("enums.rdl", "= 12'd13  { desc = \"Read page fault; silenced by DTF.\"; }",
                    "= 12'd13", "cause_list: member 'READ_PAGE_FAULT' has no description",
                    within=200)

    def test_unknown_access(self) -> None:
        self.expect("registers.rdl", "onwrite = woclr; } cqmf", "onwrite = wzs; } cqmf",
                    "cqmf: an access kind that the exporter does not know")

    def test_overlap(self) -> None:
        self.expect("queues.rdl", "GV[33:33]", "GV[32:32]", "overlap")

    def test_unlisted_enumeration(self) -> None:
        shutil.copytree(REGS, self.dir / "regs")
        path = self.dir / "regs" / "enums.rdl"
        text = path.read_text(encoding="utf-8")
        start = text.index('    reg {\n        spec = "AIA: MSI page tables"')
        end = text.index("msipte_m_list;") + len("msipte_m_list;")
        path.write_text(text[:start] + text[end:], encoding="utf-8")
        result = export("--root", self.dir / "out", "--source", self.dir / "regs" / "iommu.rdl")
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn("'msipte_m' is used but not listed", result.stdout)

    def test_two_values_of_one_name(self) -> None:
        shutil.copytree(REGS, self.dir / "regs")
        path = self.dir / "regs" / "structures.rdl"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("} pdte @ 0x0800;", 'prefix = "ddtp"; } pdte @ 0x0800;'),
                        encoding="utf-8")
        result = export("--root", self.dir / "out", "--source", self.dir / "regs" / "iommu.rdl")
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn("IOMMU_DDTP_RESERVED_MASK would be both", result.stdout)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=1)
    bad = len(program.result.failures) + len(program.result.errors)
    print(f"{program.result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad or not program.result.testsRun else 0)
