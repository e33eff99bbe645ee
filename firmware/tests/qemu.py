# SPDX-License-Identifier: Apache-2.0
"""A QEMU `virt` machine under test: its console on a pipe, its bus on a qtest socket."""

import pathlib
import re
import select
import socket
import subprocess
import tempfile
import time

QEMU = "qemu-system-riscv64"
QEMU_11 = "/opt/qemu11/bin/qemu-system-riscv64"  # by ./dev --qemu11
EDU = "edu,dma_mask=0xffffffffffffffff"


class Machine:
    """Runs QEMU; ends it when the `with` block is left."""

    def __init__(self, arguments, bus=False, program=QEMU):
        self.folder = tempfile.TemporaryDirectory(prefix="firmware-")
        self.path = pathlib.Path(self.folder.name)
        self.output = ""
        self.bus = None
        command = [program, "-display", "none", "-serial", "stdio", "-monitor", "none",
                   "-no-reboot", *arguments]
        listener = None
        if bus:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self.path / "qtest"))
            listener.listen(1)
            listener.settimeout(20)
            command += ["-qtest", f"unix:{self.path / 'qtest'}", "-qtest-log", "/dev/null"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        if bus:
            self.bus = Bus(listener.accept()[0])
            listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        if self.bus:
            self.bus.socket.close()
        self.folder.cleanup()

    def read(self, seconds):
        """Add what the console says next to `output`; False at the end of it or of the time."""
        if not select.select([self.process.stdout], [], [], max(0, seconds))[0]:
            return False
        data = self.process.stdout.read1(65536)
        self.output += data.decode("utf-8", "replace").replace("\r", "")
        return bool(data)

    def wait_for(self, pattern, seconds=60, start=0):
        """The match of a regular expression in the console's output, or None."""
        end = time.monotonic() + seconds
        while True:
            match = re.compile(pattern, re.MULTILINE).search(self.output, start)
            if match:
                return match
            if not self.read(end - time.monotonic()):
                return re.compile(pattern, re.MULTILINE).search(self.output, start)

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def finish(self, seconds=90):
        """Read to the end; the exit status, or None if it does not come."""
        end = time.monotonic() + seconds
        while self.read(end - time.monotonic()):
            pass
        try:
            return self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return None


class Bus:
    """Accesses from outside the hart, as a device or a debugger makes them (QEMU's qtest)."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(30)
        self.pending = b""

    def command(self, text):
        self.socket.sendall(text.encode() + b"\n")
        while True:
            while b"\n" not in self.pending:
                data = self.socket.recv(1 << 20)
                if not data:
                    raise EOFError("QEMU closed its qtest socket")
                self.pending += data
            line, self.pending = self.pending.split(b"\n", 1)
            if line.startswith(b"OK"):
                return line[3:].decode()
            if line.startswith((b"FAIL", b"ERR")):
                raise OSError(f"{text}: {line.decode()}")

    def write(self, address, value, size=4):
        self.command(f"write{ {2: 'w', 4: 'l', 8: 'q'}[size] } {address:#x} {value:#x}")

    def read(self, address, size=4):
        return int(self.command(f"read{ {2: 'w', 4: 'l', 8: 'q'}[size] } {address:#x}"), 0)

    def memory(self, address, size):
        return bytes.fromhex(self.command(f"read {address:#x} {size:#x}")[2:])


class Results:
    """Counts, and the closing line that tests/suite.py reads."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def expect(self, good, name, detail=""):
        print(f"{'ok  ' if good else 'FAIL'} {name}", flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1
            if detail:
                print("     " + str(detail).replace("\n", "\n     "), flush=True)
        return good

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed"
              + (f", {self.skipped} skipped" if self.skipped else ""))
        return 1 if self.failed or not self.passed else 0
