# SPDX-License-Identifier: Apache-2.0
"""Find a piece of code in a source file whatever blanks are between its tokens, so that a list of
changes holds when the source is formatted anew."""

import argparse
import re


def only_place(text: str, *parts: str) -> list[tuple[int, int]]:
    """Where the parts stand, one behind the other. @return start and end of each
    @raise ValueError if that is not exactly one place"""
    found = list(re.finditer(
        r"\s*".join("(" + r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", part))) + ")"
                    for part in parts), text))
    if len(found) != 1:
        raise ValueError(f"{len(found)} places have {''.join(parts)!r}")
    return [found[0].span(number) for number in range(1, len(parts) + 1)]


def replaced(text: str, old: str, new: str) -> str:
    """The text with its only place of `old` changed.
    @raise ValueError if that is not exactly one place"""
    [(start, end)] = only_place(text, old)
    return text[:start] + new + text[end:]


def chosen_numbers(description: str, count: int) -> list[int]:
    """The changes that the command line chooses: all of them if it names none."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER",
                        help=f"changes to try, of 0 to {count - 1} (default: all)")
    numbers = parser.parse_args().numbers
    if unknown := [number for number in numbers if not 0 <= number < count]:
        parser.error(f"no change {unknown[0]}: they are numbered 0 to {count - 1}")
    return numbers or list(range(count))
