# SPDX-License-Identifier: Apache-2.0
"""Constants that could be taken for one another: fields of a register, values of a field,
members of an enum. A mutant puts a neighbour in a constant's place."""

import pathlib
import re

DEFINE = re.compile(r"#define[ \t]+(IOMMU_\w+)[ \t]+(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*[ \t]*$")
ENUM = re.compile(r"\benum(?:\s+\w+)?\s*\{([^}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
FIELD_PARTS = ("_SHIFT", "_WIDTH", "_DWORD", "_OFFSET", "_BYTES", "_COUNT")

# Short names of fields in macros of the model: what the macro puts before the name.
PASTED = {"DC_SET": "IOMMU_DC_TC_", "CAP": "IOMMU_CAPABILITIES_"}


class Families:
    def __init__(self, generated: pathlib.Path, sources: list[pathlib.Path]) -> None:
        self.family: dict[str, list[str]] = {}
        self.value: dict[str, int] = {}
        self._read_generated(generated.read_text(encoding="utf-8"))
        for path in sources:
            self._read_enums(path.read_text(encoding="utf-8"))

    def _add(self, names: list[str]) -> None:
        for name in names:
            self.family.setdefault(name, names)

    def _read_generated(self, text: str) -> None:
        """Groups are set apart by comments, empty lines, and words of a structure."""
        fields: list[str] = []
        values: list[str] = []
        for line in text.splitlines() + [""]:
            found = DEFINE.match(line)
            if found is None or found.group(1).endswith("_OFFSET"):
                self._add(fields)
                self._add([f"{field}_MASK" for field in fields])
                self._add(values)
                fields, values = [], []
            if found is None:
                continue
            name, value = found.group(1), int(found.group(2), 0)
            self.value[name] = value
            if name.endswith("_MASK"):
                base = name.removesuffix("_MASK")
                if not base.endswith(("_RESERVED", "_CUSTOM")):
                    fields.append(base)
                    self.value[base] = value
            elif not name.endswith(FIELD_PARTS):
                values.append(name)

    def _read_enums(self, text: str) -> None:
        for body in ENUM.findall(COMMENT.sub("", text)):
            names = [part.split("=")[0].strip() for part in body.split(",")]
            self._add([n for n in names if re.fullmatch(r"[A-Z]\w*", n)
                       and not n.endswith(("RULES", "STRUCTURES", "KINDS"))])
            for name in re.findall(r"IOMMU_RULE_LIST", body):
                self._add(self._rules(text, name))

    @staticmethod
    def _rules(text: str, macro: str) -> list[str]:
        body = text[text.index(f"#define {macro}"):]
        return ["IOMMU_RULE_NONE"] + [f"IOMMU_RULE_{name}" for name in
                                      re.findall(r"^\s*X\((\w+),", body, re.MULTILINE)]

    def neighbours(self, name: str) -> list[str]:
        """The constants before and after this one, as far as their values differ."""
        family = self.family.get(name, [])
        others = [n for n in family if n != name and
                  (n not in self.value or self.value[n] != self.value.get(name))]
        if not others:
            return []
        position = family.index(name)
        after = next((n for n in family[position + 1:] + family[:position] if n in others), None)
        before = next((n for n in (family[position + 1:] + family[:position])[::-1]
                       if n in others), None)
        return [n for n in dict.fromkeys([after, before]) if n is not None]
