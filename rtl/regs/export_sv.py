# SPDX-License-Identifier: Apache-2.0
"""The SystemVerilog package."""

from __future__ import annotations

from regmodel import BANNER, SPEC, Model, Word

# Keywords that could be the name of a field.
SV_KEYWORDS = frozenset("begin case config default do end event final force global initial input "
                        "local new output priority pure ref release static super table this type "
                        "unique use var wait wire with".split())

SV_TOP = f"""\
// {BANNER}
// SPDX-License-Identifier: Apache-2.0
//
// Registers, structures in memory and encodings of the {SPEC}.
// Bit 0 of a structure is bit 0 of its word at the lowest address.

// A design need not use all of it.
// verilator lint_off UNUSEDPARAM
"""


def sv_members(words: list[tuple[Word, int]]) -> list[tuple[str, int, int]]:
    """Members of a packed struct as (name, width, lsb), lowest first."""
    out = []
    for word, base in words:
        parts = [(f.lsb, f.width, sv_name(f.name)) for f in word.fields]
        for msb, lsb in word.gaps():
            bits = str(base + lsb) if msb == lsb else f"{base + msb}_{base + lsb}"
            parts.append((lsb, msb - lsb + 1, f"reserved_{bits}"))
        out += [(name, width, base + lsb) for lsb, width, name in sorted(parts)]
    return out


def sv_name(name: str) -> str:
    """A member name; a keyword gets an underscore."""
    return name.lower() + ("_" if name.lower() in SV_KEYWORDS else "")


def sv_struct(name: str, members: list[tuple[str, str]]) -> list[str]:
    """A packed struct; its members come highest bit first."""
    wide = max(len(kind) for kind, _ in members)
    return ["  typedef struct packed {", *(f"    {k:<{wide}} {n};" for k, n in members),
            f"  }} {name};"]


def sv_bits(width: int) -> str:
    """The type of a vector."""
    return "logic" if width == 1 else f"logic [{width - 1}:0]"


def sv_words(model: Model) -> list[tuple[str, str, list[tuple[Word, int]]]]:
    """All structs of single fields as (name, section, words with their lowest bit)."""
    out = [(reg.name, reg.spec, [(reg, 0)]) for reg in model.registers]
    for struct in model.all_structs():
        if struct.flat:
            out.append((struct.name, struct.spec,
                        [(w, i * w.width) for i, w in enumerate(struct.words)]))
        else:
            out += [(f"{struct.prefix}_{w.name}", w.spec, [(w, 0)]) for w in struct.words]
    return list({name: (name, spec, words) for name, spec, words in out}.values())


def sv_package(model: Model) -> str:
    """The SystemVerilog package."""
    out = [SV_TOP, "package iommu_reg_pkg;", "", "  // Register offsets in bytes"]

    def param(name: str, value: int, width: int) -> None:
        start, digits = f"  localparam {sv_bits(width)} {name} =", (width + 3) // 4
        number = f"{width}'h{value:0{digits}x};"
        out.append(f"{start} {number}" if width <= 128 else f"{start}\n      {number}")

    for reg in model.registers:
        param(f"REG_{reg.name.upper()}", reg.offset, 12)
        if reg.count:
            param(f"REG_{reg.name.upper()}_STRIDE", reg.stride, 12)
            param(f"REG_{reg.name.upper()}_COUNT", reg.count, 12)
    for enum in model.enums:
        prefix, wide = enum.name.upper(), max(len(name) for name, _, _ in enum.members)
        rows = [f"    {prefix}_{name:<{wide}} = {enum.width}'d{value}"
                for name, value, _ in enum.members]
        out += ["", f"  // {enum.spec}", f"  typedef enum {sv_bits(enum.width)} {{",
                ",\n".join(rows), f"  }} {enum.name}_e;"]
    for name, spec, words in sv_words(model):
        members = [(sv_bits(width), member) for member, width, _ in reversed(sv_members(words))]
        out += ["", f"  // {spec}", *sv_struct(f"{name}_t", members)]
        mask = sum(word.reserved << base for word, base in words)
        param(f"{name.upper()}_RESERVED_MASK", mask, sum(word.width for word, _ in words))
    for struct in model.all_structs():
        if not struct.flat:
            members = [(f"{struct.prefix}_{w.name}_t", w.name) for w in reversed(struct.words)]
            out += ["", f"  // {struct.spec}", *sv_struct(f"{struct.name}_t", members)]
    return "\n".join(out) + "\n\nendpackage\n\n// verilator lint_on UNUSEDPARAM\n"
