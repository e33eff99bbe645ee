# SPDX-License-Identifier: Apache-2.0
"""The register reference."""

from __future__ import annotations

from regmodel import BANNER, PAGE_BYTES, SPEC, Enum, Field, Model, Struct, Word

COLUMNS = 96    # width of a diagram

TOP = f"""\
<!-- {BANNER} -->
<!-- SPDX-License-Identifier: Apache-2.0 -->

# Registers and structures

Every register, every structure in memory and every encoding of the
{SPEC}, as this project uses them.

[Register map](#register-map) · [Registers](#registers) · {{chapters}} · [Encodings](#encodings)

The source is [rtl/regs](../rtl/regs); from it come this page,
[iommu_regs.h](../sw-model/include/iommu_regs.h) and
[iommu_reg_pkg.sv](../rtl/iommu_reg_pkg.sv), so that the golden model, the firmware, the driver
and the hardware cannot disagree.

| Here | In C | In SystemVerilog |
|---|---|---|
| register `cqcsr` | `IOMMU_REG_CQCSR` | `REG_CQCSR`, type `cqcsr_t` |
| its field `cqmf` | `IOMMU_CQCSR_CQMF_MASK`, `_SHIFT`, `_WIDTH` | `cqcsr_t` member `cqmf` |
| word `dc.tc`, field `EN_ATS` | `IOMMU_DC_TC_EN_ATS_MASK` | `dc_tc_t` member `en_ats` |
| `fq_record`, field `CAUSE` | `IOMMU_FQ_CAUSE_MASK`, `_DWORD` | `fq_record_t` member `cause` |
| value `DDT_NOT_VALID` of `cause` | `IOMMU_CAUSE_DDT_NOT_VALID` | `CAUSE_DDT_NOT_VALID` |

The line under each heading ends with the section of the specification that defines the entry; a
field that another section defines names it. "Priv:" and "AIA:" stand for the Privileged and the
Advanced Interrupt Architecture.

**Access.** RO: read only. RW: read and write. WARL: any value may be written, a legal one is read.
WPRI: left as it was found; 0 here. RW1C: writing 1 clears the bit. RW1S: writing 1 sets it.

**Reset.** Given where the specification fixes it; a dash leaves the value open.

**Diagrams** run from the highest bit to the lowest and are not to scale; `·` is reserved and 0.
"""


def rows(cells: list[tuple[str, str]], limit: int) -> list[list[tuple[str, str]]]:
    """Lay out cells in rows of at most this many characters."""
    out: list[list[tuple[str, str]]] = [[]]
    used = 1
    for cell in cells:
        if out[-1] and used + len(cell[1]) + 1 > limit:
            out.append([])
            used = 1
        out[-1].append(cell)
        used += len(cell[1]) + 1
    return out


def diagram(word: Word) -> list[str]:
    """Boxes with the fields of a word, highest bit first, in as few rows as fit, evenly filled."""
    spans = [(f.msb, f.lsb, f.title) for f in word.fields]
    spans += [(msb, lsb, "·") for msb, lsb in word.gaps()]
    cells = []
    for msb, lsb, name in sorted(spans, reverse=True):
        bits = str(msb) if msb == lsb else f"{msb}:{lsb}"
        wide = max(len(name), len(bits))
        cells.append((f" {bits:<{wide}} ", f" {name:<{wide}} "))
    fewest = len(rows(cells, COLUMNS))
    limit = next(n for n in range(1, COLUMNS + 1) if len(rows(cells, n)) == fewest)
    out = ["```text"]
    for row in rows(cells, limit):
        lines = ["─" * len(name) for _, name in row]
        out.append((" " + " ".join(bits for bits, _ in row)).rstrip())
        out.append("┌" + "┬".join(lines) + "┐")
        out.append("│" + "│".join(name for _, name in row) + "│")
        out.append("└" + "┴".join(lines) + "┘")
    return out + ["```", ""]


def meaning(field: Field, word: Word) -> str:
    """The description of a field with what it refers to."""
    out = field.desc
    if field.enum:
        out += f" Values: [{field.enum}](#{field.enum})."
    if field.present_if:
        out += f" Needs `{field.present_if}`."
    if field.spec != word.spec:
        out += f" *{field.spec}.*"
    return out


def field_table(word: Word, registers: bool) -> list[str]:
    """The fields of a word, lowest bit first."""
    out = ["| Bits | Field | Access | Reset | Meaning |", "|---:|---|---|---|---|"]
    if not registers:
        out = ["| Bits | Field | Meaning |", "|---:|---|---|"]
    for f in word.fields:
        bits = str(f.lsb) if f.width == 1 else f"{f.msb}:{f.lsb}"
        state = f" {f.access} | {f.reset or '–'} |" if registers else ""
        out.append(f"| {bits} | `{f.title}` |{state} {meaning(f, word)} |")
    return (out if word.fields else []) + [""]


def entry(title: str, desc: str, spec: str, present_if: str, place: str) -> list[str]:
    """The line under a heading."""
    needs = f"Needs `{present_if}`." if present_if else ""
    parts = [f"**{title}.**", desc, place, needs, f"*{spec}.*"]
    return [" ".join(part for part in parts if part), ""]


def span(reg: Word) -> str:
    """The offset of a register, or that of the first and last element of an array."""
    if not reg.count:
        return f"`0x{reg.offset:03x}`"
    last = reg.offset + (reg.count - 1) * reg.stride
    return f"`0x{reg.offset:03x}`–`0x{last:03x}`"


def label(reg: Word) -> str:
    """The name of a register, with the numbers of an array."""
    return reg.name + (f"[{reg.first}..{reg.first + reg.count - 1}]" if reg.count else "")


def gap(start: int, end: int) -> str:
    """The row of a reserved range."""
    return f"| `0x{start:03x}`–`0x{end - 1:03x}` | reserved | {end - start} | | |"


def register_map(model: Model) -> list[str]:
    """The table of all registers; what lies between them is reserved."""
    out = ["## Register map", "", f"The registers fill a naturally aligned region of {PAGE_BYTES} "
           "bytes and are always little-endian.", "",
           "| Offset | Register | Bytes | Purpose | Needs |", "|---|---|---:|---|---|"]
    end = 0
    for reg in model.registers:
        if reg.offset > end and not (reg.table and reg.offset < end + reg.stride):
            out.append(gap(end, reg.offset))
        stride = f", every {reg.stride}" if reg.count and reg.stride != reg.width // 8 else ""
        needs = f"`{reg.present_if}`" if reg.present_if else ""
        out.append(f"| {span(reg)} | [{label(reg)}](#{reg.name}) | {reg.width // 8}{stride} | "
                   f"{reg.title} | {needs} |")
        end = max(end, reg.offset + (max(reg.count, 1) - 1) * reg.stride + reg.width // 8)
    return out + [gap(end, PAGE_BYTES), ""]


def register(reg: Word) -> list[str]:
    """One register."""
    place = f"Offset {span(reg)}, {reg.width // 8} bytes"
    if reg.count:
        first = reg.offset - reg.first * reg.stride
        place += f"; `{label(reg)}`, element n at `0x{first:03x}` + n·{reg.stride}"
    return [f"### {reg.name}", "",
            *entry(reg.title, reg.desc, reg.spec, reg.present_if, place + "."),
            *diagram(reg), *field_table(reg, True)]


def structure(struct: Struct, done: set[str]) -> list[str]:
    """One structure; a word that an earlier structure has too is only linked."""
    size = f"{struct.size} bytes" + (f", {struct.count} of them" if struct.count else "")
    out = [f"### {struct.name}", "",
           *entry(struct.title, struct.desc, struct.spec, struct.present_if,
                  f"{size[0].upper()}{size[1:]}.")]
    if not struct.flat:
        out += ["| Offset | Word | Purpose |", "|---:|---|---|"]
        for w in struct.words:
            out.append(f"| {w.offset} | [{struct.prefix}.{w.name}](#{struct.prefix}{w.name}) "
                       f"| {w.title} |")
        out.append("")
    for word in struct.words:
        name = f"{struct.prefix}.{word.name}"
        if not word.anonymous and name in done:
            continue
        done.add(name)
        if not word.anonymous:
            out += [f"#### {name}", "", *entry(word.title, word.desc, word.spec, "", "")]
        elif len(struct.words) > 1:
            out += [f"Dword {word.name[2:]}, offset {word.offset}"
                    f"{': ' + word.desc if word.desc else ''}", ""]
        out += diagram(word) + field_table(word, False)
    return out


def enumeration(enum: Enum, users: list[str]) -> list[str]:
    """One enumeration."""
    used = f" Used by {', '.join(f'`{u}`' for u in users)}." if users else ""
    lead = f"{enum.desc}{used}".strip()
    out = [f"### {enum.name}", "", f"{lead}{' ' if lead else ''}*{enum.spec}.*", "",
           "| Value | Name | Meaning |", "|---:|---|---|"]
    out += [f"| {value} | `{name}` | {desc} |" for name, value, desc in enum.members]
    return out + [""]


def reference(model: Model) -> str:
    """The whole page."""
    chapters = " · ".join(f"[{title}](#{title.lower().replace(' ', '-')})"
                          for title, _ in model.structs)
    out = [TOP.replace("{chapters}", chapters), *register_map(model), "## Registers", ""]
    for reg in model.registers:
        out += register(reg)
    done: set[str] = set()
    for title, structs in model.structs:
        out += [f"## {title}", ""]
        for struct in structs:
            out += structure(struct, done)
    out += ["## Encodings", ""]
    users: dict[str, list[str]] = {}
    for reg in model.registers:
        for f in reg.fields:
            users.setdefault(f.enum, []).append(f"{reg.name}.{f.title}")
    for struct in model.all_structs():
        for word in struct.words:
            place = struct.name if word.anonymous else f"{struct.prefix}.{word.name}"
            for f in word.fields:
                names = users.setdefault(f.enum, [])
                if f"{place}.{f.title}" not in names:
                    names.append(f"{place}.{f.title}")
    for enum in model.enums:
        out += enumeration(enum, users.get(enum.name, []))
    return "\n".join(out).rstrip() + "\n"
