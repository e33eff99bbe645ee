# SPDX-License-Identifier: Apache-2.0
"""The changes that make mutants. Each is one replacement of a piece of source text."""

import collections
import dataclasses
import re
from collections.abc import Iterator

from csource import CONTROL_WORDS, OPENING, Function, Source, Token, is_type, match_brackets
from families import PASTED, Families

# What a binary operator becomes; the kind is how results are grouped.
BINARY: dict[str, tuple[str, list[str]]] = {
    "<": ("relation", ["<=", ">="]), "<=": ("relation", ["<", ">"]),
    ">": ("relation", [">=", "<="]), ">=": ("relation", [">", "<"]),
    "==": ("equality", ["!="]), "!=": ("equality", ["=="]),
    "&&": ("logic", ["||"]), "||": ("logic", ["&&"]),
    "+": ("arithmetic", ["-"]), "-": ("arithmetic", ["+"]),
    "*": ("arithmetic", ["+"]), "/": ("arithmetic", ["*"]), "%": ("arithmetic", ["/"]),
    "+=": ("arithmetic", ["-="]), "-=": ("arithmetic", ["+="]),
    "&": ("bitwise", ["|"]), "|": ("bitwise", ["&"]), "^": ("bitwise", ["|"]),
    "&=": ("bitwise", ["|="]), "|=": ("bitwise", ["&="]),
    "<<": ("shift", [">>"]), ">>": ("shift", ["<<"]),
}
STEP = {"++": "--", "--": "++"}
# Before these, an operator has a left operand.
OPERAND_ENDS = (")", "]")
# A conditional expression begins behind one of these.
BEFORE_CONDITION = {"=", "return", ",", ";", "{", "(", "[", ":", "?", "+=", "-=", "|=", "&="}


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str           # path from the top
    function: str       # "" outside of functions
    function_index: int  # among the file's functions; -1 outside
    kind: str
    start: int          # what is replaced
    end: int
    before: str
    after: str
    line: int
    text: str           # of this line
    which: int          # of those with equal file, function, text, before and after; from 1

    @property
    def change(self) -> str:
        before = " ".join(self.before.split())
        after = " ".join(self.after.split())
        shown = f"`{before}` -> " + (f"`{after}`" if after.strip("; ") else "deleted")
        return shown if self.which == 1 else f"{shown} #{self.which}"

    @property
    def key(self) -> str:
        """Names the mutant as long as its own line and function keep their text."""
        return "\n".join([self.file, self.function, self.text, self.change])


class Scan:
    """All mutants of one stretch of tokens: a function, a macro, or what is between."""

    def __init__(self, source: Source, families: Families, tokens: list[Token],
                 match: dict[int, int]) -> None:
        self.source = source
        self.families = families
        self.tokens = tokens
        self.match = match
        self.found: list[tuple[str, int, int, str]] = []

    def add(self, kind: str, start: int, end: int, after: str) -> None:
        if self.source.text[start:end] != after:
            self.found.append((kind, start, end, after))

    def add_token(self, kind: str, token: Token, after: str) -> None:
        self.add(kind, token.start, token.end, after)

    # --- operators and constants, wherever they are ---

    def expressions(self, first: int, last: int) -> None:
        index = first
        while index < last:
            token = self.tokens[index]
            if token.text in ("_Static_assert", "__attribute__"):
                index = self.match[index + 1] + 1
                continue
            if token.kind == "punct":
                self._operator(index)
            elif token.kind == "number":
                self._number(index)
            elif token.kind == "name":
                self._constant(index)
            index += 1

    def _has_left_operand(self, index: int) -> bool:
        before = self.tokens[index - 1] if index > 0 else None
        if before is None or before.text in CONTROL_WORDS:
            return False
        if before.text == ")":
            opening = self.match[index - 1]
            return not self._is_cast(opening, index - 1) and \
                (opening == 0 or self.tokens[opening - 1].text not in CONTROL_WORDS)
        return before.kind in ("name", "number") and not is_type(before) or \
            before.text in OPERAND_ENDS

    def _is_cast(self, opening: int, closing: int) -> bool:
        inside = self.tokens[opening + 1:closing]
        before = self.tokens[opening - 1] if opening > 0 else None
        if before is not None and (before.kind == "name" and before.text not in CONTROL_WORDS):
            return False
        return bool(inside) and is_type(inside[0]) and \
            all(t.kind == "name" or t.text == "*" for t in inside)

    def _operator(self, index: int) -> None:
        token = self.tokens[index]
        if token.text in BINARY:
            if self._has_left_operand(index):
                kind, others = BINARY[token.text]
                for other in others:
                    self.add_token(kind, token, other)
        elif token.text in STEP:
            self.add_token("arithmetic", token, STEP[token.text])
        elif token.text in ("!", "~"):
            self.add_token("negation", token, "")
        elif token.text == "?":
            self._conditional_expression(index)
        elif token.text == "." and index > 0 and self.tokens[index - 1].text in ("{", ","):
            self._initializer(index)

    def _number(self, index: int) -> None:
        token = self.tokens[index]
        found = re.fullmatch(r"(0[xX])?([0-9a-fA-F]+?)([uUlL]*)", token.text)
        if found is None or self._is_array_size(index):
            return
        value = int(found.group(2), 16 if found.group(1) else 10)
        for other in [value + 1] + ([value - 1] if value > 0 else []):
            digits = hex(other) if found.group(1) else str(other)
            self.add_token("constant", token, digits + found.group(3))

    def _is_array_size(self, index: int) -> bool:
        """In brackets behind a name that is declared there."""
        while index > 0 and self.tokens[index].text not in ("[", ";", "{", "(", "="):
            index -= 1
        return self.tokens[index].text == "[" and index > 1 and \
            (is_type(self.tokens[index - 2]) or self.tokens[index - 2].text == "*" and
             is_type(self.tokens[index - 3]))

    def _constant(self, index: int) -> None:
        token = self.tokens[index]
        name = token.text
        if name in ("true", "false"):
            self.add_token("truth", token, "false" if name == "true" else "true")
            return
        pasted = self._pasted_prefix(index)
        for other in self.families.neighbours(pasted + name):
            if other.startswith(pasted):
                self.add_token("name", token, other.removeprefix(pasted))

    def _pasted_prefix(self, index: int) -> str:
        if self.tokens[index + 1:index + 2] and self.tokens[index + 1].text == ")":
            for back in (2, 4):  # CAP(field), DC_SET(dc, field)
                if index >= back and self.tokens[index - back].text in PASTED:
                    return PASTED[self.tokens[index - back].text]
            if self.tokens[index - 1].text == "," and self.tokens[index - 2].text == ")":
                opening = self.match[index - 2]  # DC_SET(&contexts->dc, field) and deeper
                return PASTED.get(self.tokens[opening - 2].text, "") if opening > 1 else ""
        return ""

    def _conditional_expression(self, question: int) -> None:
        index = question - 1
        while index >= 0 and self.tokens[index].text not in BEFORE_CONDITION:
            if self.tokens[index].text in OPENING.values():
                index = self.match[index]
            index -= 1
        start, end = self.tokens[index + 1].start, self.tokens[question - 1].end
        for after in ("true", "false"):
            self.add("condition", start, end, after)

    def _initializer(self, index: int) -> None:
        """A field that is not given a value: it is 0 then."""
        end = index
        while self.tokens[end].text not in (",", "}"):
            end = self.match[end] + 1 if self.tokens[end].text in OPENING else end + 1
        if self.tokens[end].text == ",":
            end += 1
        self.add("deletion", self.tokens[index].start, self.tokens[end - 1].end, "")

    # --- statements ---

    def statements(self, function: Function) -> None:
        for index in sorted(self.source.statement_starts(function)):
            token = self.tokens[index]
            end = self.source.end_of_statement(index)
            if token.text == "return":
                self._return(function, index, end)
            elif token.text in ("break", "continue"):
                self.add_token("jump", token, "")
            elif token.kind == "name" and not is_type(token) and \
                    token.text not in CONTROL_WORDS and not self._declares(index) or \
                    token.text in ("*", "++", "--"):
                self.add("deletion", token.start, self.tokens[end].end, ";")
        for index in range(function.open, function.close):
            self._controlled(index)

    def _declares(self, index: int) -> bool:
        following = self.tokens[index + 1]
        return following.kind == "name"

    def _return(self, function: Function, index: int, end: int) -> None:
        words = function.returns.split()
        if end == index + 1:
            self.add_token("jump", self.tokens[index], "")
            return
        start, stop = self.tokens[index + 1].start, self.tokens[end - 1].end
        old = self.source.text[start:stop]
        if "*" in words:
            if old != "NULL":
                self.add("return", start, stop, "NULL")
        elif "bool" in words:
            if old not in ("true", "false"):
                self.add("return", start, stop, "true")
                self.add("return", start, stop, "false")
        elif any(re.fullmatch(r"u?int\w+_t|unsigned|size_t", word) for word in words):
            if old != "0":
                self.add("return", start, stop, "0")

    def _controlled(self, index: int) -> None:
        """Conditions of statements, and labels of cases."""
        token = self.tokens[index]
        if token.text in ("if", "while"):
            opening = index + 1
            self._condition(self.tokens[opening + 1].start,
                            self.tokens[self.match[opening] - 1].end, token.text)
        elif token.text == "for":
            semicolons = [i for i in range(index + 2, self.match[index + 1])
                          if self.tokens[i].text == ";"]
            if semicolons[0] + 1 < semicolons[1]:
                self._condition(self.tokens[semicolons[0] + 1].start,
                                self.tokens[semicolons[1] - 1].end, "for")
        elif token.text == "case":
            end = index
            while self.tokens[end].text != ":":
                end += 1
            self.add("case", token.start, self.tokens[end].end, "")

    def _condition(self, start: int, end: int, keyword: str) -> None:
        self.add("condition", start, end, "false")
        if keyword == "if":
            self.add("condition", start, end, "true")
            self.add("negation", start, end, f"!({self.source.text[start:end]})")


def _between_functions(source: Source) -> Iterator[tuple[int, int]]:
    """Stretches of tokens inside the braces of tables: `name = {...};` outside functions."""
    index = 0
    opens = {function.open: function.close for function in source.functions}
    while index < len(source.tokens):
        if index in opens:
            index = opens[index]
        elif source.tokens[index].text == "{":
            if source.tokens[index - 1].text == "=":
                yield index, source.match[index] + 1
            index = source.match[index]
        index += 1


def mutants_of(source: Source, families: Families, name: str) -> list[Mutant]:
    """All mutants of a file, by position."""
    found: list[tuple[int, str, int, int, str]] = []
    for number, function in enumerate(source.functions):
        scan = Scan(source, families, source.tokens, source.match)
        scan.expressions(function.open, function.close)
        scan.statements(function)
        found += [(number, *one) for one in scan.found]
    tables = Scan(source, families, source.tokens, source.match)
    for first, last in _between_functions(source):
        tables.expressions(first, last)
    found += [(-1, *one) for one in tables.found]
    for tokens in source.macros:
        macro = Scan(source, families, tokens, match_brackets(tokens))
        macro.expressions(0, len(tokens))
        found += [(-1, *one) for one in macro.found]
    return _numbered(source, name, found)


def _numbered(source: Source, name: str,
              found: list[tuple[int, str, int, int, str]]) -> list[Mutant]:
    mutants: list[Mutant] = []
    seen: set[tuple[int, int, str]] = set()
    count: collections.Counter[tuple[str, str, str, str]] = collections.Counter()
    for function, kind, start, end, after in sorted(found, key=lambda f: (f[2], f[3], f[4])):
        if (start, end, after) in seen:
            continue
        seen.add((start, end, after))
        before, text = source.text[start:end], source.line_text(start)
        where = source.functions[function].name if function >= 0 else ""
        count[where, text, before, after] += 1
        mutants.append(Mutant(name, where, function, kind, start, end, before, after,
                              source.line(start), text, count[where, text, before, after]))
    return mutants
