# SPDX-License-Identifier: Apache-2.0
"""One C file with many mutants in it, of which a number chosen at run time is active.

Each mutant is a copy of its function with the change; the function itself starts with a
switch that calls the copy whose number is selected. So a mutant is exactly the source with
one replacement, and the compiler sees all of them at once. Mutants of tables and macros
are outside of functions, and become files of their own.
"""

from csource import Function, Source
from operators import Mutant

# Copies that call copies must not be inlined into each other: that grows without bounds.
PREAMBLE = """extern int mutant_selected;
extern unsigned char mutant_reached[];
#define always_inline noinline
"""


def place(number: int) -> str:
    """The file name that the compiler's messages give for a mutant."""
    return f"mutant-{number}"


def number_of(place_name: str) -> int:
    return int(place_name.removeprefix("mutant-"))


def _signature(source: Source, function: Function, name: str) -> str:
    text = source.text[function.start:source.tokens[function.open].start]
    position = source.tokens[source.match[function.open - 1] - 1].start - function.start
    return text[:position] + name + text[position + len(function.name):]


def _copy(source: Source, function: Function, number: int, mutant: Mutant) -> str:
    body_start = source.tokens[function.open].start
    body_end = source.tokens[function.close].end
    body = (source.text[body_start:mutant.start] + mutant.after +
            source.text[mutant.end:body_end])
    signature = _signature(source, function, f"{function.name}__{number}")
    return f'#line 1 "{place(number)}"\n{signature}{body}\n'


def _switch(function: Function, function_number: int, numbers: list[int]) -> str:
    arguments = ", ".join(function.parameters)
    nothing = "void" in function.returns.split() and "*" not in function.returns
    cases = ""
    for number in numbers:
        call = f"{function.name}__{number}({arguments});"
        cases += f"case {number}: {call} return;\n" if nothing else \
            f"case {number}: return {call}\n"
    return f"mutant_reached[{function_number}] = 1;\nswitch (mutant_selected) {{\n{cases}" \
        "default: break;\n}\n"


def with_mutants(source: Source, mutants: dict[int, Mutant],
                 function_numbers: dict[str, int]) -> str:
    """The file with those of the numbered mutants that lie in functions."""
    by_function: dict[int, list[int]] = {}
    for number, mutant in mutants.items():
        by_function.setdefault(mutant.function_index, []).append(number)
    text = PREAMBLE + f'#line 1 "{source.path}"\n'
    position = 0
    for index, function in enumerate(source.functions):
        numbers = by_function.get(index, [])
        begin, brace = function.start, source.tokens[function.open]
        text += source.text[position:begin]
        if numbers:
            text += _signature(source, function, function.name).rstrip() + ";\n"
            text += "".join(_copy(source, function, n, mutants[n]) for n in numbers)
            text += f'#line {source.line(begin)} "{source.path}"\n'
        text += source.text[begin:brace.end] + "\n"
        text += _switch(function, function_numbers[function.name], numbers)
        text += f'#line {source.line(brace.end)} "{source.path}"\n'
        position = brace.end
    return text + source.text[position:]


def alone(source: Source, number: int, mutant: Mutant) -> str:
    """The file with one mutant in it, always active."""
    return f'#line 1 "{place(number)}"\n' + source.text[:mutant.start] + mutant.after + \
        source.text[mutant.end:]
