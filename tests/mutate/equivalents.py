# SPDX-License-Identifier: Apache-2.0
"""The reviewed list of mutants that no test can catch.

Each entry is four lines, with an empty line behind it:

    sw-model/src/FILE.c: FUNCTION
        the source line, as it stands
        `before` -> `after`            (or: -> deleted; then maybe #2 for the second such)
        The reason, in one sentence.

Outside of functions the name is left out. # starts a line of comment.
"""

import dataclasses
import pathlib

from operators import Mutant


@dataclasses.dataclass(frozen=True)
class Entry:
    line: int
    key: str
    reason: str


class ListError(Exception):
    pass


def read(path: pathlib.Path) -> dict[str, Entry]:
    if not path.exists():
        return {}
    entries: dict[str, Entry] = {}
    block: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() + [""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            block.append(line.strip())
            continue
        if not block:
            continue
        if len(block) != 4:
            raise ListError(f"{path}:{number - len(block)}: an entry has 4 lines, "
                            f"this one {len(block)}")
        place, text, change, reason = block
        file, _, function = place.partition(":")
        if not reason.endswith("."):
            raise ListError(f"{path}:{number - 1}: the reason is no sentence")
        key = "\n".join([file, function.strip(), text, change])
        if key in entries:
            raise ListError(f"{path}:{number - 4}: listed twice")
        entries[key] = Entry(number - 4, key, reason)
        block = []
    return entries


def stale(entries: dict[str, Entry], mutants: list[Mutant]) -> list[Entry]:
    """Entries that no longer fit any mutant of the source."""
    keys = {mutant.key for mutant in mutants}
    return [entry for key, entry in entries.items() if key not in keys]


def as_entry(mutant: Mutant, reason: str) -> str:
    place = f"{mutant.file}: {mutant.function}" if mutant.function else mutant.file
    return f"{place}\n    {mutant.text}\n    {mutant.change}\n    {reason}\n"
