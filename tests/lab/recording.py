#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A recording of the lab is replayed by the very command that the lab prints, and by no other file.

    recording.py SERVER MAKE...   SERVER has the RTL; MAKE stands for `./dev make` in the command
"""
import pathlib
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile

VERSION, REGION_WRITE = 1, 10
BAR0, CONFIG = 0, 7
COMMAND, MEMORY_AND_MASTER = 4, 6
CONTROL, OPERATION, SOURCE = 0x08, 0x18, 0x20  # of an engine
RAW = 8
PRINTED = re.compile(r"^lab: recorded up to the trigger; again: \./dev make (lab-replay RTL=\w+ RECORDING=\S+)$", re.M)

results = []


def check(name, good):
    print(f"{'ok    ' if good else 'FAILED'} {name}")
    results.append(good)


class Client:
    """Of one function, by vfio-user; each message waits for its answer."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.settimeout(60)
        self.send(VERSION, struct.pack("<HH", 0, 0))

    def send(self, command, body):
        self.socket.sendall(struct.pack("<HHIII", 1, command, 16 + len(body), 0, 0) + body)
        answer = b""
        while len(answer) < 16 or len(answer) < struct.unpack_from("<I", answer, 4)[0]:
            answer += self.socket.recv(65536)
        assert struct.unpack_from("<I", answer, 12)[0] == 0

    def write(self, region, offset, size, value):
        self.send(REGION_WRITE, struct.pack("<QII", offset, region, size) + value.to_bytes(size, "little"))


def record(server, folder, name, refused):
    """Let an engine behind an IOMMU that is off read once, or never. @return what the lab says"""
    path = folder / name
    lab = subprocess.Popen([server, "--iommu=rtl", "--config=base", f"--dir={folder}", "--hostile",
                            f"--record={path}", "--trigger=fault", "iommu@1", "engine@2"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lab.stdout.readline()
    engine = Client(folder / "engine@2")
    engine.write(CONFIG, COMMAND, 2, MEMORY_AND_MASTER)
    if refused:
        engine.write(BAR0, SOURCE, 8, 0x1000)
        engine.write(BAR0, OPERATION, 8, RAW)
        engine.write(BAR0, CONTROL, 8, 1)
        engine.write(BAR0, CONTROL, 8, 0)  # answered when the request is over
    lab.send_signal(signal.SIGINT)
    said = lab.communicate(timeout=60)[1]
    check(f"{name}: the lab ends", lab.returncode == 0)
    return path, said


def replay(make, words):
    run = subprocess.run([*make, *words], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def main():
    server, make = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory(prefix="lab-recording-") as name:
        folder = pathlib.Path(name)
        path, said = record(server, folder, "none", False)
        check("without the trigger nothing is kept, or said", said == "" and not list(folder.iterdir()))
        path, said = record(server, folder, "fault", True)
        printed = PRINTED.search(said)
        check("the command is printed", printed is not None and said.count("\n") == 1)
        if printed is None:
            print(said)
            return 1
        words = shlex.split(printed[1])
        status, text = replay(make, words)
        check("the design does the same", status == 0 and "the design did the same" in text)
        check("and the trigger is told", "the trigger was in cycle" in text)
        whole = path.read_bytes()
        changed = bytearray(whole)
        changed[changed.rindex(b"the trigger") - 16] ^= 1  # of the outputs' hash
        path.write_bytes(changed)
        status, text = replay(make, words)
        check("another design is noticed", status != 0 and "SOMETHING ELSE" in text)
        path.write_bytes(whole[:len(whole) // 2])
        status, text = replay(make, words)
        check("half a recording is one line", status != 0 and "ends too early" in text)
        path.write_bytes(whole.replace(b" base\n", b" full\n", 1))
        status, text = replay(make, words)
        check("so is one of another configuration", status != 0 and "not a recording of this" in text)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
