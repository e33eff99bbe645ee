#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start, stop, and crashes of either side of the lab leave nothing behind.

    lifecycle.py SERVER COMMAND...   COMMAND starts the lab with cases, as `make lab-test` does
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
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
    qemu = lambda: [pid for pid, program in processes(folder) if program.startswith("qemu")]
    started = wait_until(qemu, 60)
    time.sleep(0.5)  # all of its boot may take two seconds only
    server = [pid for pid, program in processes(folder) if program == "lab"]
    if not started or not qemu() or not server:
        check(f"{name}: started", False)
        lab.kill()
        return
    stop(lab.pid, qemu()[0], server[0])
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
        print(f"{sum(results)} passed, {len(results) - sum(results)} failed, 6 skipped")
        return 0 if all(results) else 1
    for name, stop in (("Ctrl-C", lambda lab, qemu, served: os.kill(lab, signal.SIGINT)),
                       ("QEMU crashes", lambda lab, qemu, served: os.kill(qemu, signal.SIGKILL)),
                       ("kill -9", lambda lab, qemu, served: os.kill(lab, signal.SIGKILL)),
                       ("server crashes", lambda lab, qemu, served: os.kill(served, signal.SIGKILL))):
        with tempfile.TemporaryDirectory(prefix="lab-life-") as folder:
            whole(command, folder, name, stop)
    for number in (signal.SIGINT, signal.SIGHUP):
        early(command, number, [0.4 + 0.2 * i for i in range(8)])
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
