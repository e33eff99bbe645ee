#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start, stop, and crashes of either side of the lab leave nothing behind.

    lifecycle.py SERVER COMMAND...   COMMAND starts the lab with cases, as `make lab-test` does
"""
import os
import pathlib
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

results = []


def check(name, good):
    print(f"{'ok    ' if good else 'FAILED'} {name}")
    results.append(good)


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


def processes(folder):
    """Processes with this folder on their command line: [(pid, program)]"""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(folder.encode() in word for word in words[1:]):
                found.append((int(entry.name), os.path.basename(words[0].decode())))
    return found


def server_alone(server, folder):
    one = subprocess.Popen([server, f"--dir={folder}", "iommu@1", "engine@2"],
                           stdout=subprocess.PIPE)
    one.stdout.readline()
    two = subprocess.run([server, f"--dir={folder}", "iommu@1"], capture_output=True, text=True,
                         timeout=10, check=False)
    check("busy socket is one line", two.returncode == 2 and two.stderr.count("\n") == 1
          and "in use" in two.stderr)
    client = socket.socket(socket.AF_UNIX)
    client.connect(f"{folder}/iommu@1")
    client.send(b"\1\2\3")  # and no more
    one.send_signal(signal.SIGINT)
    check("Ctrl-C ends the server", one.wait(10) == 0)
    check("sockets are gone", not os.listdir(folder))
    client.close()
    one = subprocess.Popen([server, f"--dir={folder}", "engine@2"], stdout=subprocess.PIPE)
    one.stdout.readline()
    one.kill()
    one.wait()
    check("a crash leaves a name", os.listdir(folder) == ["engine@2"])
    one = subprocess.Popen([server, f"--dir={folder}", "engine@2"], stdout=subprocess.PIPE)
    check("that the next one takes over", one.stdout.readline() == b"ready\n")
    one.terminate()
    one.wait(10)
    check("and removes", not os.listdir(folder))
    for words in (["iommu@x"], ["engine@2", "--iommu=foo"], ["nvme@4=/nowhere"], ["toaster@1"],
                  ["engine@99"], ["--config=foo", "iommu@1"]):
        wrong = subprocess.run([server, f"--dir={folder}", *words], capture_output=True, text=True,
                               timeout=10, check=False)
        check(f"{' '.join(words)}: one line", wrong.returncode == 2
              and wrong.stderr.count("\n") == 1 and not os.listdir(folder))


def whole(command, folder, name, stop):
    """Start Linux, do `stop` in the middle of its boot, and look what is left."""
    environment = {**os.environ, "TMPDIR": folder}
    lab = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, start_new_session=True)

    def running(name):
        return [pid for pid, program in processes(folder) if program.startswith(name)]
    # There is no server yet beside the QEMU that makes the device tree.
    started = wait_until(lambda: running("lab") and running("qemu"), 60)
    time.sleep(0.5)  # all of its boot may take two seconds only
    qemu, server = running("qemu"), running("lab")
    if not started or not qemu or not server:
        check(f"{name}: started", False)
        lab.kill()
        return
    stop(lab.pid, qemu[0], server[0])
    try:
        lab.wait(30)
        ended = True
    except subprocess.TimeoutExpired:
        ended = False
    check(f"{name}: the lab ends", ended)
    check(f"{name}: no process is left", wait_until(lambda: not processes(folder), 10))
    if name == "kill -9":  # what it could not remove, the next run removes
        words = list(command)
        words[words.index("--cases") + 1] = ""
        words[words.index("--kernel") + 1] = folder
        check(f"{name}: something is left", os.listdir(folder) != [])
        os.makedirs(f"{folder}/arch/riscv/boot")
        pathlib.Path(f"{folder}/arch/riscv/boot/Image").touch()
        subprocess.run(words, env=environment, capture_output=True, timeout=60, check=False)
        shutil.rmtree(f"{folder}/arch")
    check(f"{name}: no file is left", not os.listdir(folder))
    for pid, _ in processes(folder):
        os.kill(pid, signal.SIGKILL)


def shell(command, folder, name, program, said):
    """A crash of one of the two while Linux has the terminal: that is as before, and one line says why."""
    words = list(command)
    words[words.index("--cases") + 1] = ""
    terminal, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    lab = subprocess.Popen(words, env={**os.environ, "TMPDIR": folder}, stdin=theirs, stdout=theirs,
                           stderr=subprocess.PIPE, text=True, start_new_session=True)
    output = bytearray()

    def booted():
        if select.select([terminal], [], [], 0)[0]:
            output.extend(os.read(terminal, 65536))
        return b"The lab." in output
    check(f"{name}: there is a shell", wait_until(booted, 120))
    check(f"{name}: Linux has the terminal", termios.tcgetattr(theirs) != modes)
    for pid in [pid for pid, what in processes(folder) if what.startswith(program)]:
        os.kill(pid, signal.SIGKILL)
    try:
        told = lab.communicate(timeout=30)[1]
    except subprocess.TimeoutExpired:
        told = ""
        lab.kill()
    check(f"{name}: it is told", lab.returncode == 1 and told.count("lab: ") == 1 and said in told)
    check(f"{name}: the terminal is as before", termios.tcgetattr(theirs) == modes)
    check(f"{name}: nothing is left of it", wait_until(lambda: not processes(folder), 10) and not os.listdir(folder))


def early(command, number, delays):
    """The terminal stops all of it while it is still being made."""
    left = []
    for delay in delays:
        with tempfile.TemporaryDirectory(prefix="lab-life-") as folder:
            lab = subprocess.Popen(command, env={**os.environ, "TMPDIR": folder}, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(delay)
            os.killpg(lab.pid, number)
            try:
                lab.wait(30)
            except subprocess.TimeoutExpired:
                left.append(f"after {delay} s it goes on")
                lab.kill()
            wait_until(lambda: not processes(folder), 10)
            left += [f"after {delay} s: {what}" for what in [*processes(folder), *os.listdir(folder)]]
    check(f"{number.name} early: nothing is left", not left)
    for line in left:
        print(f"  {line}")


def main():
    server, command = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory(prefix="lab-life-") as folder:
        server_alone(server, folder)
    if not os.path.exists("/opt/qemu11/bin/qemu-system-riscv64"):
        print("skipped: QEMU 11 is not installed (./dev --qemu11)")
        print(f"{sum(results)} passed, {len(results) - sum(results)} failed, 8 skipped")
        return 0 if all(results) else 1
    for name, stop in (("Ctrl-C", lambda lab, qemu, served: os.kill(lab, signal.SIGINT)),
                       ("QEMU crashes", lambda lab, qemu, served: os.kill(qemu, signal.SIGKILL)),
                       ("kill -9", lambda lab, qemu, served: os.kill(lab, signal.SIGKILL)),
                       ("server crashes", lambda lab, qemu, served: os.kill(served, signal.SIGKILL))):
        with tempfile.TemporaryDirectory(prefix="lab-life-") as folder:
            whole(command, folder, name, stop)
    for name, program, said in (("the server crashes under a shell", "lab", "the server has ended (-9)"),
                                ("QEMU crashes under a shell", "qemu", "QEMU has ended (-9)")):
        with tempfile.TemporaryDirectory(prefix="lab-life-") as folder:
            shell(command, folder, name, program, said)
    for number in (signal.SIGINT, signal.SIGHUP):
        early(command, number, [0.4 + 0.2 * i for i in range(8)])
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
