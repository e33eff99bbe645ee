# SPDX-License-Identifier: Apache-2.0
"""What could be changed in the RTL: one piece of source text at a time.

slang elaborates the IOMMU in the Full configuration. Only what is alive there counts: no
parameters and types, nothing of generate blocks and branches that Full does not have, and no
operand that the configuration decides. Assertions are left alone.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pyslang
from operators import Mutant
from pyslang import ast, parsing, syntax

SHOWN = 90  # characters of a change
TOP = "tb_iommu"
FULL = "Config=2"
BINARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||",
          "||": "&&", "+": "-", "-": "+", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<",
          "*": "+"}
KINDS = {"<": "relation", "<=": "relation", ">": "relation", ">=": "relation", "==": "equality",
         "!=": "equality", "&&": "logic", "||": "logic", "+": "arithmetic", "-": "arithmetic",
         "*": "arithmetic", "&": "bitwise", "|": "bitwise", "^": "bitwise", "<<": "shift",
         ">>": "shift"}
FIXED = (ast.SymbolKind.Parameter, ast.SymbolKind.EnumValue, ast.SymbolKind.Genvar)
NOT_LOOKED_AT = (ast.SymbolKind.Parameter, ast.SymbolKind.TypeAlias, ast.SymbolKind.Port,
                 ast.SymbolKind.ElabSystemTask, ast.SymbolKind.Genvar,
                 ast.SymbolKind.TransparentMember, ast.SymbolKind.WildcardImport,
                 ast.SymbolKind.UninstantiatedDef)


class RtlError(Exception):
    pass


def compilation(files: list[str], defines: list[str]) -> tuple[Any, Any]:
    """@return the elaborated design, and who knows its sources"""
    manager = pyslang.SourceManager()
    preprocessor = parsing.PreprocessorOptions()
    preprocessor.predefines = defines
    options = ast.CompilationOptions()
    options.topModules = {TOP}
    options.paramOverrides = [FULL]
    bag = pyslang.Bag([preprocessor])
    bag.compilationOptions = options
    result = ast.Compilation(bag)
    for file in files:
        result.addSyntaxTree(syntax.SyntaxTree.fromFile(file, manager, bag))
    return result, manager


def errors(design: Any, manager: Any) -> list[tuple[str, int, str]]:
    """File, line and message of each."""
    found = [d for d in design.getAllDiagnostics() if d.isError()]
    return [(manager.getFileName(d.location), manager.getLineNumber(d.location),
             pyslang.DiagnosticEngine.reportAll(manager, [d])) for d in found]


@dataclasses.dataclass(frozen=True)
class RtlMutant(Mutant):
    replacement: str  # `before` and `after` are for people; empty: the statement is left out
    lines: int        # that it is in


@dataclasses.dataclass(frozen=True)
class Place:
    start: int
    end: int
    kind: str
    before: str
    after: str
    replacement: str


class Scan:
    """Goes through the elaborated design."""

    def __init__(self, files: list[str], extra: list[str]) -> None:
        self.design, self.manager = compilation([*files, *extra], ["SYNTHESIS"])
        bad = errors(self.design, self.manager)
        if bad:
            raise RtlError("".join(message for _, _, message in bad))
        self.texts = {file: pathlib.Path(file).read_bytes() for file in files}
        self.places: dict[str, dict[tuple[int, int, str], Place]] = {f: {} for f in files}
        self.assigned: set[str] = set()  # in this block, before, whatever happens
        self.depth = 0                   # of conditions around this statement
        self.function = False
        self.handlers: dict[str, Callable[[Any], Any]] = {
            "ProceduralBlockSymbol": self.block, "SubroutineSymbol": self.subroutine,
            "ConditionalStatement": self.if_statement, "CaseStatement": self.case_statement,
            "ForLoopStatement": self.for_statement, "ExpressionStatement": self.statement,
            "VariableSymbol": self.variable, "BinaryExpression": self.binary,
            "UnaryExpression": self.unary, "ConditionalExpression": self.conditional,
            "IntegerLiteral": self.literal, "UnbasedUnsizedIntegerLiteral": self.literal,
            "NamedValueExpression": self.name, "ElementSelectExpression": self.element,
            "RangeSelectExpression": self.range, "ReplicationExpression": self.replication,
            "AssignmentExpression": self.assignment, "CallExpression": self.call,
            "GenerateBlockSymbol": self.generate}
        self.design.getRoot().visit(self.node)

    # --- helpers ---

    def where(self, node: Any) -> tuple[str, int, int] | None:
        place = node.syntax if getattr(node, "syntax", None) is not None else node
        span = place.sourceRange
        if self.manager.isMacroLoc(span.start) or self.manager.isMacroLoc(span.end):
            return None
        file = self.manager.getFileName(span.start)
        return (file, span.start.offset, span.end.offset) if file in self.texts else None

    def text(self, node: Any) -> str:
        spot = self.where(node)
        return self.texts[spot[0]][spot[1]:spot[2]].decode() if spot else ""

    def add(self, node: Any, kind: str, after: str) -> None:
        spot = self.where(node)
        before = self.short(node)
        if spot is None or "rst_ni" in before:
            return
        file, start, end = spot
        self.places[file].setdefault((start, end, after), Place(
            start, end, kind, shortened(before), shortened(after), after))

    def go(self, *nodes: Any) -> Any:
        for node in nodes:
            if node is not None:
                node.visit(self.node)
        return ast.VisitAction.Skip

    def deeper(self, *nodes: Any) -> Any:
        self.depth += 1
        self.go(*nodes)
        self.depth -= 1
        return ast.VisitAction.Skip

    @staticmethod
    def fixed(expression: Any) -> bool:
        """Does the configuration decide it?"""
        free = []

        def look(node: Any) -> Any:
            if isinstance(node, ast.NamedValueExpression) and node.symbol.kind not in FIXED and \
                    node.symbol.name != "cfg":  # functions get the configuration by this name
                free.append(node)
            if isinstance(node, ast.CallExpression) and not node.isSystemCall:
                free.append(node)
            return ast.VisitAction.Advance
        expression.visit(look)
        return not free

    def settled(self, expression: Any) -> bool:
        """Does the configuration decide it, whatever its other operands are?"""
        if self.fixed(expression):
            return True
        if not isinstance(expression, ast.BinaryExpression) or expression.op not in (
                ast.BinaryOperator.LogicalAnd, ast.BinaryOperator.LogicalOr):
            return False
        deciding = expression.op == ast.BinaryOperator.LogicalOr
        for side in (expression.left, expression.right):
            if self.fixed(side):
                value = side.eval(ast.EvalContext(self.design.getRoot()))
                if value and value.isTrue() == deciding:
                    return True
        return False

    def alive(self, condition: Any, yes: Any, no: Any) -> list[Any]:
        """What is there of two branches between which the configuration decides."""
        value = condition.eval(ast.EvalContext(self.design.getRoot()))
        if not value:
            return [yes, no]  # an argument of a function
        return [yes if value.isTrue() else no]

    def node(self, node: Any) -> Any:
        if isinstance(node, ast.Symbol) and node.kind in NOT_LOOKED_AT:
            return ast.VisitAction.Skip
        handler = self.handlers.get(type(node).__name__)
        return handler(node) if handler else ast.VisitAction.Advance

    # --- blocks and statements ---

    def generate(self, node: Any) -> Any:
        return ast.VisitAction.Skip if node.isUninstantiated else ast.VisitAction.Advance

    def block(self, node: Any) -> Any:
        self.assigned, self.depth, self.function = set(), 0, False
        return self.go(node.body)

    def subroutine(self, node: Any) -> Any:
        self.assigned, self.depth, self.function = set(), 0, True
        return self.go(*[v for v in node if isinstance(v, ast.VariableSymbol)
                         and not isinstance(v, ast.FormalArgumentSymbol)], node.body)

    def variable(self, node: Any) -> Any:
        if self.function and node.initializer is not None:
            self.assigned.add(node.name)
            return self.go(node.initializer)
        return ast.VisitAction.Skip

    def condition(self, expression: Any) -> None:
        for value in ("1'b0", "1'b1"):
            self.add(expression, "condition", value)

    def if_statement(self, node: Any) -> Any:
        condition = node.conditions[0].expr
        if self.fixed(condition):
            return self.go(*self.alive(condition, node.ifTrue, node.ifFalse))
        self.condition(condition)
        self.go(condition)
        return self.deeper(node.ifTrue, node.ifFalse)

    def leaves_latch(self, statement: Any) -> bool:
        """Would something keep its value without this statement?"""
        missing = []

        def look(node: Any) -> Any:
            if isinstance(node, ast.AssignmentExpression) and not node.isNonBlocking:
                name = re.match(r"\w+", self.text(node.left))
                if name is None or name[0] not in self.assigned:
                    missing.append(node)
            return ast.VisitAction.Advance
        statement.visit(look)
        return bool(missing)

    def case_statement(self, node: Any) -> Any:
        self.go(node.expr)
        statements = [item.stmt for item in node.items] + [node.defaultCase]
        for statement in statements:
            if statement is not None and not self.leaves_latch(statement) and \
                    self.text(statement).strip(" ;"):
                self.add(statement, "case item", "")
        return self.deeper(*statements)

    def short(self, node: Any) -> str:
        return " ".join(self.text(node).split())

    def for_statement(self, node: Any) -> Any:
        return self.deeper(node.body)

    def statement(self, node: Any) -> Any:
        what = node.expr
        if not isinstance(what, ast.AssignmentExpression):
            return ast.VisitAction.Advance
        left = self.text(what.left)
        name = re.match(r"\w+", left)
        if what.isNonBlocking or (name and name[0] in self.assigned):
            self.add(node, "statement", "")
        if name and name[0] == left and self.depth == 0:
            self.assigned.add(left)
        return self.go(what)

    # --- expressions ---

    def assignment(self, node: Any) -> Any:
        return self.go(node.right)

    def call(self, node: Any) -> Any:
        return ast.VisitAction.Skip if self.fixed(node) else ast.VisitAction.Advance

    def element(self, node: Any) -> Any:
        return self.go(node.value, None if self.fixed(node.selector) else node.selector)

    def range(self, node: Any) -> Any:
        start = None if self.fixed(node.left) else node.left
        return self.go(node.value, start)

    def replication(self, node: Any) -> Any:
        return self.go(node.concat)

    def binary(self, node: Any) -> Any:
        if self.settled(node):
            return ast.VisitAction.Skip
        tree = self.inside(node.syntax)
        if not isinstance(tree, syntax.BinaryExpressionSyntax):
            return ast.VisitAction.Advance
        operator = tree.operatorToken.rawText
        left, right = self.text_of(tree.left), self.text_of(tree.right)
        logic = operator in ("&&", "||")
        if operator in BINARY and left and not (
                logic and (self.settled(node.left) or self.settled(node.right))):
            other = BINARY[operator]
            if isinstance(tree.left, syntax.BinaryExpressionSyntax):
                self.add(node, KINDS[operator], f"({left}) {other} {right}")
            else:
                self.add(node, KINDS[operator], f"{left} {other} {right}")
            if logic:
                self.add(node, "operand", left)
                self.add(node, "operand", right)
        return ast.VisitAction.Advance

    @staticmethod
    def inside(tree: Any) -> Any:
        while isinstance(tree, syntax.ParenthesizedExpressionSyntax):
            tree = tree.expression
        return tree

    def text_of(self, tree: Any) -> str:
        span = tree.sourceRange
        file = self.manager.getFileName(span.start)
        if file not in self.texts or self.manager.isMacroLoc(span.start):
            return ""
        return " ".join(self.texts[file][span.start.offset:span.end.offset].decode().split())

    def unary(self, node: Any) -> Any:
        if node.op in (ast.UnaryOperator.LogicalNot, ast.UnaryOperator.BitwiseNot) and \
                not self.fixed(node):
            self.add(node, "negation", self.text_of(self.inside(node.syntax).operand))
        return ast.VisitAction.Advance

    def conditional(self, node: Any) -> Any:
        condition = node.conditions[0].expr
        if self.fixed(condition):
            return self.go(*self.alive(condition, node.left, node.right))
        self.condition(condition)
        return ast.VisitAction.Advance

    def literal(self, node: Any) -> Any:
        text = self.text(node)
        match = re.fullmatch(r"(\d*)'([bdh])([0-9a-fA-F]+)|\d+", text)
        if text in ("'0", "'1"):
            self.add(node, "constant", "'1" if text == "'0" else "'0")
        elif match and match[2]:
            base = {"b": 2, "d": 10, "h": 16}[match[2]]
            value, size = int(match[3], base), int(match[1] or 32)
            value = value + 1 if value + 1 < 2 ** size else value - 1
            self.add(node, "constant",
                     f"{match[1]}'{match[2]}{format(value, match[2] if base != 16 else 'x')}")
        elif match:
            self.add(node, "constant", str(int(text) + 1))
        return ast.VisitAction.Skip

    def name(self, node: Any) -> Any:
        if node.symbol.kind == ast.SymbolKind.EnumValue and self.text(node) == node.symbol.name:
            values = [v.name for v in node.type.canonicalType]
            if len(values) > 1:
                index = values.index(node.symbol.name)
                self.add(node, "name", values[(index + 1) % len(values)])
        return ast.VisitAction.Skip


def shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN * 2 // 3]} ... {text[-SHOWN // 3:]}"


def line_of(text: bytes, offset: int) -> int:
    return text.count(b"\n", 0, offset) + 1


def mutants_of(files: list[str], extra: list[str]) -> dict[str, list[RtlMutant]]:
    """All mutants by file; `extra` are sources that are only looked at."""
    scan = Scan(files, extra)
    result: dict[str, list[RtlMutant]] = {}
    for file, places in scan.places.items():
        text = scan.texts[file]
        lines = text.decode().splitlines()
        seen: dict[tuple[str, str, str], int] = {}
        result[file] = []
        for place in sorted(places.values(), key=lambda p: (p.start, -p.end, p.replacement)):
            line = line_of(text, place.start)
            shown = " ".join(lines[line - 1].split())  # whatever the format aligns
            key = (shown, place.before, place.after)
            seen[key] = seen.get(key, 0) + 1
            result[file].append(RtlMutant(
                file, "", -1, place.kind, place.start, place.end, place.before, place.after, line,
                shown, seen[key], place.replacement,
                text.count(b"\n", place.start, place.end) + 1))
    return result
