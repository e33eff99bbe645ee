#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare the SystemVerilog and the C view of every register, structure and constant.

A generated bench fills each packed struct member by member and prints the members and the packed
bits; a generated C program packs and unpacks the same values with the macros of the header, and
compares. It also compares every offset, every encoding and every mask of reserved bits. First each
field alone holds ones, then all fields hold random values.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "rtl" / "regs"))

from export_sv import sv_name  # noqa: E402
from regmodel import Model, Reader, Struct, Word  # noqa: E402

PACKAGE = ROOT / "rtl" / "iommu_reg_pkg.sv"
HEADER = ROOT / "sw-model" / "include" / "iommu_regs.h"


@dataclass(frozen=True)
class Slot:
    """One field as both languages name it."""
    member: str     # path in the SystemVerilog struct
    macro: str      # C name without _MASK and so on
    width: int
    word: str       # C expression: index of the word that holds it


@dataclass(frozen=True)
class Shape:
    """One packed struct; words of the C side have `word` bits."""
    name: str
    word: int
    words: int
    slots: tuple[Slot, ...]
    reserved: tuple[str, ...]   # C name of the mask of reserved bits of each word


def reserved_mask(struct: Struct, word: Word) -> str:
    """C name of the mask of the reserved bits of a word."""
    name = struct.prefix if len(struct.words) == 1 else f"{struct.prefix}_{word.name}"
    return f"IOMMU_{name.upper()}_RESERVED_MASK"


def shapes(model: Model) -> list[Shape]:
    """All packed structs of the package."""
    out = []
    for reg in model.registers:
        slots = tuple(Slot(sv_name(f.name), f"IOMMU_{reg.name}_{f.name}".upper(), f.width, "0")
                      for f in reg.fields)
        out.append(Shape(reg.name, reg.width, 1, slots,
                         (f"IOMMU_{reg.name.upper()}_RESERVED_MASK",)))
    for struct in model.all_structs():
        items = []
        for word in struct.words:
            path = "" if struct.flat else f"{word.name}."
            middle = "" if word.anonymous else f"{word.name}_"
            for f in word.fields:
                macro = f"IOMMU_{struct.prefix}_{middle}{f.name}".upper()
                items.append(Slot(path + sv_name(f.name), macro, f.width, f"{macro}_DWORD"))
        masks = tuple(reserved_mask(struct, word) for word in struct.words)
        out.append(Shape(struct.name, struct.words[0].width, len(struct.words), tuple(items),
                         masks))
    return out


def constants(model: Model) -> list[tuple[str, str]]:
    """Pairs of a SystemVerilog and a C expression that must have the same value."""
    out = []
    for reg in model.registers:
        name = reg.name.upper()
        first = f"({reg.first})" if reg.count else ""
        out.append((f"REG_{name}", f"IOMMU_REG_{name}{first}"))
        if reg.count:
            out.append((f"REG_{name}_COUNT", f"IOMMU_REG_{name}_COUNT"))
            out.append((f"REG_{name}_STRIDE",
                        f"IOMMU_REG_{name}({reg.first + 1}) - IOMMU_REG_{name}({reg.first})"))
        out.append((f"$bits({reg.name}_t) / 8", f"IOMMU_REG_{name}_BYTES"))
        out.append((f"{name}_RESERVED_MASK", f"IOMMU_{name}_RESERVED_MASK"))
    for struct in model.all_structs():
        out.append((f"$bits({struct.name}_t) / 8", f"IOMMU_{struct.name.upper()}_BYTES"))
        for i, word in enumerate(struct.words):
            prefix = f"{struct.prefix}_{word.name}".upper()
            mask = f"{prefix}_RESERVED_MASK"
            if struct.flat:
                mask = f"{struct.name.upper()}_RESERVED_MASK[{i * word.width} +: {word.width}]"
            out.append((mask, reserved_mask(struct, word)))
            if len(struct.words) > 1:
                out.append((f"{i * word.width // 8}", f"IOMMU_{prefix}_OFFSET"))
    for enum in model.enums:
        for name, _, _ in enum.members:
            out.append((f"{enum.name.upper()}_{name}", f"IOMMU_{enum.name.upper()}_{name}"))
    return out


def bench(model: Model, rounds: int, seed: int) -> str:
    """The SystemVerilog side: prints constants, then one line for each packed value."""
    out = [f"""\
module tb_packing;
  import iommu_reg_pkg::*;

  logic [63:0] state = 64'd{seed};

  function automatic logic [63:0] draw();
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  endfunction

  // Rounds 0 to fields - 1: ones in one field only. Later rounds: random.
  function automatic logic [63:0] value(int round, int fields, int index);
    if (round < fields) return round == index ? '1 : '0;
    return draw();
  endfunction
"""]
    for shape in shapes(model):
        out += [f"  task automatic run_{shape.name}(int round);", f"    {shape.name}_t s;",
                "    logic [63:0] v;", "    s = '0;", f'    $write("{shape.name}");']
        for i, slot in enumerate(shape.slots):
            out += [f"    v = value(round, {len(shape.slots)}, {i}) >> {64 - slot.width};",
                    f"    s.{slot.member} = v[{slot.width - 1}:0];", '    $write(" %h", v);']
        out += ['    $display(" %h", s);', "  endtask", ""]
    out.append("  initial begin")
    for i, (sv, _) in enumerate(constants(model)):
        out.append(f'    $display("= {i} %h", 64\'({sv}));')
    for shape in shapes(model):
        count = len(shape.slots) + rounds
        out.append(f"    for (int i = 0; i < {count}; i++) run_{shape.name}(i);")
    return "\n".join(out + ['    $display("end");', "    $finish;", "  end", "endmodule", ""])


C_TOP = """\
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "iommu_regs.h"

#define WORDS 8
#define SLOTS 64

struct shape {
	const char *name;
	unsigned int word, words, slots, rounds;
	void (*pack)(const uint64_t *f, uint64_t *w);
	void (*unpack)(const uint64_t *w, uint64_t *f);
	uint64_t reserved[WORDS];
};
"""

C_BOTTOM = """\
static unsigned long passed, failed;

static void judge(int ok, const char *what, const char *name)
{
	if (ok) {
		passed++;
	} else {
		failed++;
		printf("FAIL: %s differs: %s\\n", what, name);
	}
}

/* Reads hexadecimal digits into words, lowest word first. */
static int read_bits(const char *s, unsigned int word, unsigned int words, uint64_t *w)
{
	const unsigned int digits = word / 4;

	if (strlen(s) != (size_t)digits * words)
		return 0;
	for (unsigned int i = 0; i < words; i++) {
		char part[17] = "";

		memcpy(part, s + (size_t)digits * (words - 1 - i), digits);
		if (sscanf(part, "%" SCNx64, &w[i]) != 1)
			return 0;
	}
	return 1;
}

static int run_shape(const struct shape *s)
{
	uint64_t f[SLOTS] = { 0 }, back[SLOTS] = { 0 }, w[WORDS] = { 0 }, got[WORDS] = { 0 };
	char bits[160];

	for (unsigned int i = 0; i < s->slots; i++)
		if (scanf("%" SCNx64, &f[i]) != 1)
			return 0;
	if (scanf("%159s", bits) != 1 || !read_bits(bits, s->word, s->words, w))
		return 0;
	s->pack(f, got);
	s->unpack(w, back);
	judge(!memcmp(got, w, sizeof(w)), "packing", s->name);
	judge(!memcmp(back, f, sizeof(f)), "unpacking", s->name);
	return 1;
}

/* Every bit belongs to a field or is reserved, and none to both. */
static void check_cover(const struct shape *s)
{
	const uint64_t all = s->word == 64 ? UINT64_MAX : UINT32_MAX;
	uint64_t f[SLOTS], w[WORDS] = { 0 };
	int ok = 1;

	memset(f, 0xff, sizeof(f));
	s->pack(f, w);
	for (unsigned int i = 0; i < s->words; i++)
		ok &= (w[i] ^ s->reserved[i]) == all && (w[i] & s->reserved[i]) == 0;
	judge(ok, "cover", s->name);
}

static int run_constant(void)
{
	unsigned int i;
	uint64_t v;

	if (scanf("%u %" SCNx64, &i, &v) != 2 || i >= sizeof(constants) / sizeof(constants[0]))
		return 0;
	judge(constants[i].value == v, "constant", constants[i].name);
	return 1;
}

int main(void)
{
	const unsigned int count = sizeof(shapes) / sizeof(shapes[0]);
	unsigned long seen[sizeof(shapes) / sizeof(shapes[0])] = { 0 }, numbers = 0;
	int ok = 1, done = 0;
	char name[64];

	while (ok && !done && scanf("%63s", name) == 1) {
		unsigned int i = 0;

		if (!strcmp(name, "end")) {
			done = 1;
		} else if (!strcmp(name, "=")) {
			ok = run_constant();
			numbers++;
		} else if (name[0] != '-') {
			while (i < count && strcmp(name, shapes[i].name))
				i++;
			ok = i < count && run_shape(&shapes[i]);
			if (ok)
				seen[i]++;
		} else {
			ok = scanf("%*[^\\n]") >= 0;	/* a remark of the simulator */
		}
	}
	if (!done || !ok) {
		printf("FAIL: the bench's output ends early or is not understood at %s\\n", name);
		failed++;
	}
	judge(numbers == sizeof(constants) / sizeof(constants[0]), "number", "constants");
	for (unsigned int i = 0; i < count; i++) {
		check_cover(&shapes[i]);
		judge(seen[i] == shapes[i].rounds, "number of rounds", shapes[i].name);
	}
	printf("%lu passed, %lu failed\\n", passed, failed);
	return failed != 0;
}
"""


def program(model: Model, rounds: int) -> str:
    """The C side: reads what the bench prints."""
    out, table = [C_TOP], []
    for s in shapes(model):
        out += [f"static void pack_{s.name}(const uint64_t *f, uint64_t *w)", "{"]
        out += [f"\tw[{slot.word}] |= IOMMU_PREP({slot.macro}, f[{i}]);"
                for i, slot in enumerate(s.slots)]
        out += ["}", "", f"static void unpack_{s.name}(const uint64_t *w, uint64_t *f)", "{"]
        out += [f"\tf[{i}] = IOMMU_GET(w[{slot.word}], {slot.macro});"
                for i, slot in enumerate(s.slots)]
        out += ["}", ""]
        table.append(f'\t{{ "{s.name}", {s.word}, {s.words}, {len(s.slots)}, '
                     f"{len(s.slots) + rounds}, pack_{s.name}, unpack_{s.name},\n"
                     f"\t  {{ {', '.join(s.reserved)} }} }},")
    out += ["static const struct shape shapes[] = {", *table, "};", "",
            "static const struct { const char *name; uint64_t value; } constants[] = {"]
    out += [f'\t{{ "{c}", {c} }},' for _, c in constants(model)]
    return "\n".join(out) + "\n};\n\n" + C_BOTTOM


def compare(model: Model, package: Path, header: Path, build: Path, rounds: int,
            seed: int) -> tuple[int, str]:
    """Build both sides and run them; the result is the exit status and what was printed."""
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    shutil.copy(header, build / "iommu_regs.h")
    shutil.copy(package, build / "iommu_reg_pkg.sv")
    (build / "tb_packing.sv").write_text(bench(model, rounds, seed), encoding="utf-8")
    (build / "packing.c").write_text(program(model, rounds), encoding="utf-8")
    subprocess.run(["gcc", "-std=c11", "-O1", "-pedantic", "-Wall", "-Wextra", "-Wconversion",
                    "-Werror", "packing.c", "-o", "packing"], cwd=build, check=True)
    log = subprocess.run(["verilator", "--binary", "-Wall", "-MAKEFLAGS", "OPT_FAST=-O0",
                          "-Mdir", "obj", "--top", "tb_packing",
                          "iommu_reg_pkg.sv", "tb_packing.sv"],
                         cwd=build, check=False, capture_output=True, text=True)
    if log.returncode != 0:
        return log.returncode, log.stdout + log.stderr
    sim = subprocess.run([build / "obj" / "Vtb_packing"], check=True, capture_output=True,
                         text=True)
    result = subprocess.run([build / "packing"], check=False, capture_output=True, text=True,
                            input=sim.stdout)
    return result.returncode, result.stdout


def prove(model: Model, build: Path, rounds: int, seed: int) -> int:
    """Break one bit in each language; the comparison must find it."""
    package, header = PACKAGE.read_text(encoding="utf-8"), HEADER.read_text(encoding="utf-8")
    broken = [
        ("two bits of dc_tc_t exchanged", "package.sv",
         package.replace("sade;\n    logic        gade;", "gade;\n    logic        sade;")),
        ("cmd_iotinval_t.s below its gap", "package.sv",
         package.replace("        s;\n    logic [8:0]  reserved_72_64;",
                         "        reserved_73;\n    logic        s;\n"
                         "    logic [7:0]  reserved_71_64;")),
        ("CAUSE_DDT_NOT_VALID one higher", "package.sv",
         re.sub(r"(CAUSE_DDT_NOT_VALID +)= 12'd258", r"\1= 12'd275", package)),
        ("mask of IOTINVAL.S one bit higher", "header.h",
         header.replace("IOMMU_CMD_IOTINVAL_S_MASK                       0x0000000000000200ULL",
                        "IOMMU_CMD_IOTINVAL_S_MASK                       0x0000000000000400ULL")),
        ("shift of ddtp.PPN off by one", "header.h",
         re.sub(r"(IOMMU_DDTP_PPN_SHIFT +)10", r"\g<1>11", header)),
        ("offset of fqcsr off by four", "header.h",
         re.sub(r"(IOMMU_REG_FQCSR +)0x04c", r"\g<1>0x050", header)),
    ]
    escaped = 0
    for what, name, text in broken:
        if text in (package, header):
            print(f"NOT APPLIED: {what}")
            escaped += 1
            continue
        build.mkdir(parents=True, exist_ok=True)
        path = build / name
        path.write_text(text, encoding="utf-8")
        sv, c = (path, HEADER) if name.endswith(".sv") else (PACKAGE, path)
        status, said = compare(model, sv, c, build / "run", rounds, seed)
        hits = [line for line in said.splitlines() if line.startswith("FAIL")]
        if status and hits:
            print(f"caught: {what}: {hits[0]}")
        else:
            print(f"ESCAPED: {what}: status {status}\n{said}")
            escaped += 1
    print(f"{len(broken) - escaped} passed, {escaped} failed")
    return 1 if escaped else 0


def main() -> int:
    """Run the comparison; the result is the exit status."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="seed, from 1 (default: a new one)")
    parser.add_argument("--rounds", type=int, default=200, help="random rounds for each struct")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "tests" / "regs",
                        metavar="DIR", help="where the programs are built")
    parser.add_argument("--prove", action="store_true",
                        help="instead break bits on purpose and see each of them caught")
    args = parser.parse_args()
    seed = args.seed or random.SystemRandom().randrange(1, 2**32)
    print(f"seed {seed}; again: tests/regs/run_packing.py --seed {seed} --rounds {args.rounds}")
    model = Reader(ROOT / "rtl" / "regs" / "iommu.rdl").model()
    if args.prove:
        return prove(model, args.build.resolve() / "prove", args.rounds, seed)
    status, said = compare(model, PACKAGE, HEADER, args.build.resolve() / "packing", args.rounds,
                           seed)
    print(said, end="")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
