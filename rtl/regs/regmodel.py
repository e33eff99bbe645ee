# SPDX-License-Identifier: Apache-2.0
"""What the SystemRDL description says, checked, and freed of everything that is SystemRDL's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from systemrdl import RDLCompileError, RDLCompiler
from systemrdl.node import AddressableNode, AddrmapNode, FieldNode, Node, RegfileNode, RegNode
from systemrdl.rdltypes import OnWriteType

Kind = TypeVar("Kind", bound=Node)

BANNER = "Generated from rtl/regs/iommu.rdl by rtl/regs/export.py; do not edit"
SPEC = "RISC-V IOMMU Architecture, release 20260222"
PAGE_BYTES = 4096   # size of the region that holds the registers


@dataclass(frozen=True)
class Field:
    """A named group of bits in a word."""
    name: str       # identifier, in the spelling of the specification
    title: str      # name as the specification prints it
    lsb: int
    width: int
    access: str
    reset: str
    desc: str
    spec: str
    present_if: str
    enum: str       # name of the enumeration of its values, or ""

    @property
    def msb(self) -> int:
        """Highest bit."""
        return self.lsb + self.width - 1

    @property
    def mask(self) -> int:
        """The field's bits, in place."""
        return ((1 << self.width) - 1) << self.lsb


@dataclass(frozen=True)
class Word:
    """A register, or one word of a structure in memory."""
    name: str
    title: str
    offset: int     # in bytes; of the first element if it is an array
    width: int      # in bits
    desc: str
    spec: str
    present_if: str
    fields: tuple[Field, ...]
    count: int = 0  # 0: not an array
    stride: int = 0
    first: int = 0  # number of the first element
    table: str = "" # regfile that holds the register

    @property
    def anonymous(self) -> bool:
        """A word that lends its name to nothing: its fields belong to the structure."""
        return re.fullmatch(r"d?w\d+", self.name) is not None

    @property
    def reserved(self) -> int:
        """The bits that no field names."""
        return (1 << self.width) - 1 - sum(f.mask for f in self.fields)

    def gaps(self) -> list[tuple[int, int]]:
        """The reserved bits as (msb, lsb), lowest first."""
        edges = [(f.lsb, f.msb) for f in self.fields] + [(self.width, self.width)]
        out, low = [], 0
        for lsb, msb in edges:
            if lsb > low:
                out.append((lsb - 1, low))
            low = msb + 1
        return out


@dataclass(frozen=True)
class Struct:
    """A structure in memory."""
    name: str
    prefix: str     # what its names start with
    title: str
    desc: str
    spec: str
    present_if: str
    words: tuple[Word, ...]
    size: int       # in bytes, of one element
    count: int      # 0: not an array

    @property
    def flat(self) -> bool:
        """All words are anonymous."""
        return all(w.anonymous for w in self.words)


@dataclass(frozen=True)
class Enum:
    """An enumeration: (name, value, description) of each member."""
    name: str
    width: int
    desc: str
    spec: str
    members: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class Model:
    """Everything that the description holds."""
    registers: tuple[Word, ...]
    structs: tuple[tuple[str, tuple[Struct, ...]], ...]     # by chapter
    enums: tuple[Enum, ...]

    def all_structs(self) -> list[Struct]:
        """The structures of all chapters."""
        return [s for _, group in self.structs for s in group]


class Reader:
    """Reads the SystemRDL sources.

    What is wrong in them is reported with file and line, and ends in an RDLCompileError.
    """

    def __init__(self, source: Path) -> None:
        self.rdl = RDLCompiler()
        self.rdl.compile_file(str(source))
        self.errors = 0

    def model(self) -> Model:
        """The checked model."""
        registers = self.top("iommu_registers")
        groups = [self.top("memory_structures"), self.top("queue_entries")]
        enums = self.top("enumerations")
        model = Model(
            tuple(w for n in registers.children(unroll=False) for w in self.registers(n)),
            tuple((self.text(g, "name"), tuple(map(self.struct, self.children(g, RegfileNode))))
                  for g in groups),
            tuple(map(self.enum, self.children(enums, RegNode))))
        known = {e.name for e in model.enums}
        words = list(model.registers) + [w for s in model.all_structs() for w in s.words]
        for enum in sorted({f.enum for w in words for f in w.fields if f.enum} - known):
            self.error(enums, f"enumeration '{enum}' is used but not listed in 'enumerations'")
        if self.errors:
            raise RDLCompileError(f"{self.errors} errors")
        return model

    def top(self, name: str) -> AddrmapNode:
        """One elaborated address map."""
        return self.rdl.elaborate(name).top

    def children(self, node: Node, kind: type[Kind]) -> list[Kind]:
        """The children of a node, which must be of this kind."""
        out = []
        for child in node.children(unroll=False):
            if isinstance(child, kind):
                out.append(child)
            else:
                self.error(child, f"is not a {kind.__name__.removesuffix('Node').lower()}")
        return out

    def error(self, node: Node, text: str) -> None:
        """Report an error at the place of a node."""
        ref = node.inst.inst_src_ref or node.inst.def_src_ref
        self.rdl.msg.error(f"{node.inst_name}: {text}", ref)
        self.errors += 1

    def text(self, node: Node, prop: str) -> str:
        """A text property, or "" where it is not set."""
        return " ".join((node.get_property(prop) or "").split())

    def section(self, node: Node) -> str:
        """The section of a node: its own, or that of the register or structure that holds it."""
        at: Node | None = node
        while isinstance(at, (FieldNode, RegNode, RegfileNode)):
            if self.text(at, "spec"):
                return self.text(at, "spec")
            at = at.parent
        self.error(node, "no specification section (property 'spec')")
        return ""

    def registers(self, node: Node) -> list[Word]:
        """The registers of a regfile, or the one register."""
        if isinstance(node, RegNode):
            return [self.word(node)]
        if not isinstance(node, RegfileNode):
            self.error(node, "is neither a register nor a regfile")
            return []
        count, stride = self.array(node)
        return [replace(self.word(reg), table=node.inst_name, count=count, stride=stride,
                        offset=node.raw_address_offset + reg.raw_address_offset,
                        present_if=self.text(node, "present_if"))
                for reg in self.children(node, RegNode)]

    @staticmethod
    def array(node: AddressableNode) -> tuple[int, int]:
        """The number of elements of an array and their distance in bytes; 0 if it is none."""
        return (node.array_dimensions or [0])[0], node.array_stride or 0

    def word(self, node: RegNode) -> Word:
        """One register or word."""
        fields = tuple(self.field(f) for f in node.fields() if f.inst_name != "RESERVED")
        return Word(node.inst_name, self.text(node, "name"), node.raw_address_offset,
                    node.get_property("regwidth"), self.text(node, "desc"), self.section(node),
                    self.text(node, "present_if"), fields, *self.array(node),
                    first=node.get_property("first_index") or 0)

    def field(self, node: FieldNode) -> Field:
        """One field."""
        if not node.get_property("desc"):
            self.error(node, "no description (property 'desc')")
        encode, reset = node.get_property("encode"), node.get_property("reset")
        return Field(node.inst_name, self.text(node, "name"), node.lsb, node.width,
                     self.access(node), "" if reset is None else str(reset),
                     self.text(node, "desc"), self.section(node), self.text(node, "present_if"),
                     encode.type_name if encode else "")

    def access(self, node: FieldNode) -> str:
        """The access kind, in the words of the specification."""
        if node.get_property("wpri"):
            return "WPRI"
        if not node.is_sw_writable:
            return "RO"
        onwrite = node.get_property("onwrite")
        kinds = {None: "WARL" if node.get_property("warl") else "RW",
                 OnWriteType.woclr: "RW1C", OnWriteType.woset: "RW1S"}
        if onwrite not in kinds:
            self.error(node, "an access kind that the exporter does not know")
            return ""
        return kinds[onwrite]

    def struct(self, node: RegfileNode) -> Struct:
        """One structure."""
        words = tuple(map(self.word, self.children(node, RegNode)))
        return Struct(node.inst_name, self.text(node, "prefix") or node.inst_name,
                      self.text(node, "name"), self.text(node, "desc"), self.section(node),
                      self.text(node, "present_if"), words, sum(w.width for w in words) // 8,
                      self.array(node)[0])

    def enum(self, node: RegNode) -> Enum:
        """One enumeration."""
        field = next(iter(node.fields()))
        kind = field.get_property("encode")
        members = list(kind) if kind else []
        for member in members:
            if not member.rdl_desc:
                self.error(node, f"member '{member.name}' has no description")
        return Enum(kind.type_name if kind else "", field.width, self.text(node, "desc"),
                    self.section(node),
                    tuple((m.name.lstrip("_"), m.value, " ".join((m.rdl_desc or "").split()))
                          for m in members))
