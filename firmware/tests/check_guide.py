#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold the programmer's guide against its example: each piece of code in it is in the source, and
the output that it shows is what the program prints."""

import argparse
import pathlib
import re
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("guide", type=pathlib.Path)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("program")
    args = parser.parse_args()
    guide = args.guide.read_text(encoding="utf-8")
    source = args.source.read_text(encoding="utf-8")
    passed = failed = 0

    def expect(good, text):
        nonlocal passed, failed
        passed, failed = passed + good, failed + (not good)
        print("ok  " if good else "FAIL", text)

    pieces = re.findall(r"^```c\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    expect(len(pieces) == 4, "four pieces of code")
    for piece in pieces:
        expect(piece in source, f"in the source: {piece.splitlines()[0]}")
    shown = re.search(r"^```output\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    result = subprocess.run([args.program], check=False, capture_output=True, text=True)
    expect(result.returncode == 0, "the example succeeds")
    expect(shown and shown[1] == result.stdout, "prints what the guide shows")
    for name in set(re.findall(r"`(rvi_\w+)\(\)", guide)):
        headers = "".join(path.read_text() for path in pathlib.Path("firmware/lib").glob("*.h"))
        expect(re.search(rf"\b{name}\(", headers) is not None, f"{name}() is in the headers")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
