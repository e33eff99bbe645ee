# SPDX-License-Identifier: Apache-2.0
"""The C header."""

from __future__ import annotations

from regmodel import BANNER, PAGE_BYTES, SPEC, Model, Word

C_TOP = """\
/* {banner} */
/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Registers, structures in memory and encodings of the
 * {spec}.
 *
 *   IOMMU_REG_<R>, ..._BYTES         offset and width of a register; <R>(n) is element n of an
 *                                    array, numbered as the specification numbers it
 *   IOMMU_<R>_<FIELD>_MASK           the bits of a field, in place
 *   ..._SHIFT, ..._WIDTH             its lowest bit, and how many it has
 *   IOMMU_<S>_<WORD>_<FIELD>_...     the same for a structure in memory; <WORD> is left out where
 *                                    the words have no names
 *   ..._DWORD                        which word of the structure holds the field, from 0
 *   IOMMU_<S>_BYTES, ..._OFFSET      size of a structure, offset of one of its words
 *   ..._RESERVED_MASK                bits without a use; a field that depends on a capability is
 *                                    not among them, although it is reserved without it
 *   IOMMU_<ENUMERATION>_<MEMBER>     a value of a field
 */
#ifndef IOMMU_REGS_H
#define IOMMU_REGS_H

/* The value of a field, taken out of a word; and a value, put in the place of a field. */
#define IOMMU_GET(word, FIELD) \\
	(((__typeof__(FIELD##_MASK))(word) >> FIELD##_SHIFT) & (FIELD##_MASK >> FIELD##_SHIFT))
#define IOMMU_PREP(FIELD, value) \\
	(((__typeof__(FIELD##_MASK))(value) << FIELD##_SHIFT) & FIELD##_MASK)
"""


class Defines:
    """The macros of the header; a name may be defined again only with the same value."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.seen: dict[str, str] = {}

    def comment(self, text: str) -> None:
        """A comment line after an empty one."""
        self.lines += ["", f"/* {text} */"]

    def add(self, name: str, value: str, args: str = "") -> None:
        """One macro."""
        old = self.seen.setdefault(name, value)
        if old != value:
            raise ValueError(f"{name} would be both {old} and {value}")
        line = f"#define {name}{args}"
        if line not in self.seen:
            self.seen[line] = ""
            self.lines.append(f"{line:<55} {value}")

    def word(self, prefix: str, word: Word, dword: int | None, reserved: str) -> None:
        """The fields of a word and its reserved bits."""
        suffix, digits = ("ULL", 16) if word.width == 64 else ("U", 8)
        for f in word.fields:
            name = f"{prefix}_{f.name.upper()}"
            self.add(f"{name}_MASK", f"0x{f.mask:0{digits}x}{suffix}")
            self.add(f"{name}_SHIFT", str(f.lsb))
            self.add(f"{name}_WIDTH", str(f.width))
            if dword is not None:
                self.add(f"{name}_DWORD", str(dword))
        self.add(f"{reserved}_MASK", f"0x{word.reserved:0{digits}x}{suffix}")


def c_header(model: Model) -> str:
    """The C header."""
    out = Defines()
    out.comment("Register offsets in bytes")
    out.add("IOMMU_REG_PAGE_BYTES", str(PAGE_BYTES))
    for reg in model.registers:
        name = f"IOMMU_REG_{reg.name.upper()}"
        if reg.count:
            zero = reg.offset - reg.first * reg.stride
            out.add(name, f"(0x{zero:03x} + (n) * {reg.stride})", "(n)")
            out.add(f"{name}_COUNT", str(reg.count))
        else:
            out.add(name, f"0x{reg.offset:03x}")
        out.add(f"{name}_BYTES", str(reg.width // 8))
    for reg in model.registers:
        out.comment(f"{reg.name}: {reg.spec}")
        prefix = f"IOMMU_{reg.name.upper()}"
        out.word(prefix, reg, None, f"{prefix}_RESERVED")
    for struct in model.all_structs():
        out.comment(f"{struct.name}: {struct.spec}")
        prefix = f"IOMMU_{struct.prefix.upper()}"
        out.add(f"IOMMU_{struct.name.upper()}_BYTES", str(struct.size))
        if struct.count:
            out.add(f"IOMMU_{struct.name.upper()}_COUNT", str(struct.count))
            out.add(f"{prefix}_BYTES", str(struct.count * struct.size))
        for i, word in enumerate(struct.words):
            base = f"{prefix}_{word.name.upper()}"
            single = len(struct.words) == 1
            if not single:
                out.add(f"{base}_OFFSET", str(word.offset))
            out.word(prefix if word.anonymous else base, word, i,
                     f"{prefix if single else base}_RESERVED")
    for enum in model.enums:
        out.comment(f"{enum.name}: {enum.spec}")
        for name, value, _ in enum.members:
            out.add(f"IOMMU_{enum.name.upper()}_{name}", str(value))
    text = C_TOP.replace("{banner}", BANNER).replace("{spec}", SPEC)
    return text + "\n".join(out.lines) + "\n\n#endif\n"
