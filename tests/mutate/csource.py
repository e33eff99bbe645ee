# SPDX-License-Identifier: Apache-2.0
"""Reads C as this project writes it: tokens, matching brackets, functions, statements.

It is no parser of C at large. It counts on .clang-format's layout only where it says so,
and whatever it takes for something else comes out as a mutant that does not compile.
"""

import bisect
import dataclasses
import pathlib
import re

TOKEN = re.compile(r"""
      (?P<skip>  \s+ | //[^\n]* | /\*.*?\*/ | \\\n )
    | (?P<string> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
    | (?P<number> 0[xX][0-9a-fA-F]+[uUlL]* | [0-9]+[uUlL]* )
    | (?P<name>  [A-Za-z_]\w* )
    | (?P<punct> <<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=
               | \#\#|[-+*/%&|^~!<>=?:;,.(){}\[\]\#] )
""", re.VERBOSE | re.DOTALL)

DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
DEFINE = re.compile(r"[ \t]*#[ \t]*define[ \t]+\w+(?:\([^)]*\))?")

TYPE_WORDS = {"struct", "enum", "union", "const", "static", "extern", "unsigned", "signed", "int",
              "char", "short", "long", "void", "bool", "volatile", "inline", "register", "_Bool"}
CONTROL_WORDS = {"if", "else", "for", "while", "do", "switch", "case", "default", "return",
                 "break", "continue", "goto", "sizeof", "_Static_assert", "__attribute__"}
OPENING = {"(": ")", "[": "]", "{": "}"}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str  # string, number, name or punct
    text: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    returns: str            # the words before the name
    parameters: list[str]   # names
    start: int              # of the signature, in the file
    open: int               # index of the token {
    close: int              # index of the token }


def is_type(token: Token) -> bool:
    return token.kind == "name" and (token.text in TYPE_WORDS or token.text.endswith("_t"))


class Source:
    """One file: its text, its tokens (macro bodies apart), and where what begins."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.line_starts = [0] + [m.end() for m in re.finditer("\n", self.text)]
        directives = list(DIRECTIVE.finditer(self.text))
        self.tokens = self._code_tokens(directives)
        self.macros = [self._tokens(DEFINE.match(d.group()).end() + d.start(), d.end())
                       for d in directives if DEFINE.match(d.group())]
        self.match = match_brackets(self.tokens)
        self.functions = self._functions([d.end() for d in directives])

    def line(self, offset: int) -> int:
        return bisect.bisect_right(self.line_starts, offset)

    def line_text(self, offset: int) -> str:
        start = self.line_starts[self.line(offset) - 1]
        end = self.text.find("\n", start)
        return self.text[start:end if end >= 0 else len(self.text)].strip()

    def _tokens(self, start: int, end: int) -> list[Token]:
        tokens = []
        while start < end:
            found = TOKEN.match(self.text, start, end)
            if found is None:
                raise SyntaxError(f"{self.path}:{self.line(start)}: no token of C")
            if found.lastgroup != "skip":
                tokens.append(Token(str(found.lastgroup), found.group(), start, found.end()))
            start = found.end()
        return tokens

    def _code_tokens(self, directives: list[re.Match[str]]) -> list[Token]:
        tokens: list[Token] = []
        position = 0
        for directive in directives:
            if directive.start() >= position:
                tokens += self._tokens(position, directive.start())
                position = directive.end()
        return tokens + self._tokens(position, len(self.text))

    def _functions(self, directive_ends: list[int]) -> list[Function]:
        functions = []
        begin, index = 0, 0
        while index < len(self.tokens):
            text = self.tokens[index].text
            if text == "{" and index > 0 and self.tokens[index - 1].text == ")":
                functions.append(self._function(begin, index))
            if text in OPENING:
                index = self.match[index]
                text = self.tokens[index].text
            index += 1
            if text in (";", "}"):
                begin = index
        return functions

    def _function(self, begin: int, brace: int) -> Function:
        parameters_open = self.match[brace - 1]
        name = self.tokens[parameters_open - 1]
        words = " ".join(t.text for t in self.tokens[begin:parameters_open - 1])
        parameters: list[str] = []
        last, depth = "", 0
        for token in self.tokens[parameters_open + 1:brace]:
            if token.text in ",)" and depth == 0:
                parameters.append(last)
            depth += (token.text in OPENING) - (token.text in OPENING.values())
            if token.kind == "name":
                last = token.text
        if parameters in ([""], ["void"]):
            parameters = []
        return Function(name.text, words, parameters, self.tokens[begin].start, brace,
                        self.match[brace])

    def statement_starts(self, function: Function) -> set[int]:
        """Indices of tokens with which a statement (or declaration) begins."""
        starts: set[int] = set()
        self._block(function.open, starts)
        return starts

    def _block(self, brace: int, starts: set[int]) -> None:
        index = brace + 1
        while index < self.match[brace]:
            index = self._statement(index, starts)

    def _statement(self, index: int, starts: set[int]) -> int:
        """Note the starts of the statement at index and of those in it. @return what follows"""
        text = self.tokens[index].text
        if text == "{":
            self._block(index, starts)
            return self.match[index] + 1
        if text in ("if", "while", "for", "switch"):
            return self._statement(self.match[index + 1] + 1, starts)
        if text in ("else", "do"):
            after = self._statement(index + 1, starts)
            if text == "do":  # while (...) ;
                after = self.match[after + 1] + 2
            return after
        if text in ("case", "default"):
            return self._after_label(index)
        starts.add(index)
        while self.tokens[index].text != ";":
            index = self.match.get(index, index) if self.tokens[index].text in OPENING else index
            index += 1
        return index + 1

    def _after_label(self, index: int) -> int:
        questions = 0
        while self.tokens[index].text != ":" or questions > 0:
            questions += (self.tokens[index].text == "?") - (self.tokens[index].text == ":")
            index += 1
        return index + 1

    def end_of_statement(self, index: int) -> int:
        """Index of the ; that ends the simple statement at index."""
        while self.tokens[index].text != ";":
            if self.tokens[index].text in OPENING:
                index = self.match[index]
            index += 1
        return index


def match_brackets(tokens: list[Token]) -> dict[int, int]:
    """Index of each bracket's partner, both ways."""
    match: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind != "punct":
            continue
        if token.text in OPENING:
            stack.append(index)
        elif token.text in OPENING.values():
            partner = stack.pop()
            match[partner], match[index] = index, partner
    return match
