#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start the lab: the server with its PCI functions, and Linux in QEMU as their driver.

Without --cases there is a shell on this terminal; with it the cases run, and their RESULT
lines are counted. Everything is made in a folder of its own, which goes when this ends, and
both processes end with this one.
"""
import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading

HERE = pathlib.Path(__file__).resolve().parent
QEMU = "/opt/qemu11/bin/qemu-system-riscv64"
MACHINE = "virt,aia=aplic-imsic,aia-guests=1"
MEMORY = "512M"
MIB = 1 << 20
PR_SET_PDEATHSIG = 1
IOMMU_SLOT, ENGINE_SLOTS, NVME_SLOT = 1, (2, 3), 4
IOMMU_PHANDLE = 0x1000
PCI_NODE = "/soc/pci@30000000"

# What a kernel says when something is wrong with it.
COMPLAINTS = re.compile(r"WARNING: |BUG: |Oops|INFO: (task|rcu)|possible (circular|recursive) lock")


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def fail(text):
    """One line, and out."""
    print(f"lab: {text}", file=sys.stderr)
    sys.exit(2)


def initramfs(args, path):
    entries = [f"dir /{name} 755 0 0" for name in ("bin", "proc", "sys", "dev", "tmp", "mnt", "cases")]
    entries += ["nod /dev/console 600 0 0 c 5 1",
                f"file /bin/busybox {args.debian}/usr/bin/busybox 755 0 0",
                "slink /bin/sh busybox 777 0 0", f"file /init {HERE}/guest/init 755 0 0"]
    entries += [f"file /cases/{p.name} {p} 644 0 0" for p in sorted(args.guest_cases.iterdir())]
    entries += [f"file /{p.name} {p} 644 0 0" for p in sorted(args.module.glob("*.ko"))]
    programs = {p.name: p for folder in args.programs for p in sorted(folder.iterdir())}
    entries += [f"file /bin/{name} {p} 755 0 0" for name, p in programs.items()]
    listing = path.with_suffix(".list")
    listing.write_text("\n".join(entries) + "\n")
    with open(path, "wb") as out:
        subprocess.run([args.kernel / "usr/gen_init_cpio", listing], stdout=out, check=True)


def device_tree(args, folder):
    """QEMU's own tree, with the IOMMU's node and iommu-map: QEMU makes them for its own only."""
    dtb = folder / "lab.dtb"
    subprocess.run([QEMU, "-M", f"{MACHINE},dumpdtb={dtb}", "-smp", str(args.smp), "-m", MEMORY,
                    "-nographic"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def put(node, prop, *values, kind="x"):
        subprocess.run(["fdtput", "-p", "-t", kind, dtb, node, prop, *values], check=True)

    if args.iommu != "none":
        node = f"{PCI_NODE}/iommu@{IOMMU_SLOT:x}"
        first = (IOMMU_SLOT + 1) << 3
        put(node, "compatible", "pci1234,5c00", "riscv,pci-iommu", kind="s")
        put(node, "reg", f"{IOMMU_SLOT << 11:x}", "0", "0", "0", "0")
        put(node, "#iommu-cells", "1")
        put(node, "phandle", f"{IOMMU_PHANDLE:x}")
        # Requester IDs from the slot behind the IOMMU on; not its own.
        put(PCI_NODE, "iommu-map", f"{first:x}", f"{IOMMU_PHANDLE:x}", f"{first:x}",
            f"{0x10000 - first:x}")
    return dtb


def functions(args, disk):
    names = [] if args.iommu == "none" else [f"iommu@{IOMMU_SLOT}"]
    names += [f"engine@{slot}" for slot in ENGINE_SLOTS]
    if disk:
        names.append(f"nvme@{NVME_SLOT}={disk}")
    return names


def start_server(args, folder, names):
    command = [args.server, f"--iommu={args.iommu}", f"--config={args.config}", f"--dir={folder}",
               "--with-parent", f"--status={args.status or folder / 'status'}"]
    if args.hostile:
        command.append("--hostile")
    if args.latency:
        command.append(f"--latency={args.latency}")
    if args.patience:
        command.append(f"--patience={args.patience}")
    if args.record:
        command.append(f"--record={args.record}")
    if args.trigger:
        command.append(f"--trigger={args.trigger}")
    if args.journal:
        command.append(f"--journal={args.journal}")
    # Ctrl-C is for Linux's shell; the server ends when QEMU has.
    server = subprocess.Popen([*command, *names], stdout=subprocess.PIPE, start_new_session=True)
    if server.stdout.readline() != b"ready\n":
        server.wait()
        sys.exit(2)
    return server


def qemu_command(args, folder, names, cpio, dtb, more):
    append = f"console=ttyS0 panic=-1 deferred_probe_timeout=300 {args.append} {more}"
    if args.cases:
        append += f" cases={args.cases}"
    command = [QEMU, "-M", f"{MACHINE},memory-backend=memory", "-smp", args.smp, "-m", MEMORY,
               "-object", f"memory-backend-memfd,id=memory,size={MEMORY},share=on", "-nographic",
               "-no-reboot", "-nic", "none", "-kernel", args.kernel / "arch/riscv/boot/Image",
               "-initrd", cpio, "-dtb", dtb, "-append", append]
    for name in names:
        socket = name.split("=")[0]
        slot = int(socket.split("@")[1])
        ids = ',"x-pci-vendor-id":%d,"x-pci-device-id":%d' % args.iommu_id if (
            args.iommu_id and slot == IOMMU_SLOT) else ""
        command += ["-device", '{"driver":"vfio-user-pci","addr":"%x.0","socket":{"type":"unix",'
                    '"path":"%s"},"x-msg-timeout":%d%s}' % (slot, folder / socket, args.message_timeout, ids)]
    return [str(word) for word in command + args.qemu.split()]


@contextlib.contextmanager
def running(command, server, **more):
    """QEMU, which ends with this block, whatever ends it; Popen's own would wait for it."""
    # A QEMU that is killed leaves the terminal as it had made it, without an echo.
    terminal = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    qemu = subprocess.Popen(command, preexec_fn=end_with_parent, **more)
    try:
        watch(server, qemu)
        yield qemu
    finally:
        failed = qemu.poll() not in (None, 0)  # by itself, perhaps since the server has gone
        qemu.kill()
        qemu.wait()
        if terminal:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, terminal)
        if has_ended(server, 1 if failed else 0):
            print(f"\nlab: the server has ended ({server.returncode}), and QEMU with it", file=sys.stderr)


def has_ended(server, patience):
    """Within so many seconds; poll() alone says no as long as watch()'s thread has not been told."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(patience)
    return server.returncode is not None


def watch(server, qemu):
    """End QEMU when the server has ended: devices that do not answer would hold it forever."""
    def wait():
        server.wait()
        qemu.kill()
    threading.Thread(target=wait, daemon=True).start()


def run_shell(command, server):
    """QEMU has the terminal, so that Ctrl-C goes to the guest."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with running(command, server) as qemu:
        qemu.wait()
    if server.poll() is not None:
        sys.exit(1)
    if qemu.returncode != 0:
        print(f"\nlab: QEMU has ended ({qemu.returncode})", file=sys.stderr)
        sys.exit(1)


def show(line):
    if sys.stdout.isatty():
        print(line)


def run_cases(command, server, timeout, on_line):
    """@return the console's output; if it took too long, with a failed RESULT at its end"""
    output = bytearray()
    with running(command, server, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                 stdin=subprocess.DEVNULL) as qemu:
        late = threading.Event()
        timer = threading.Timer(timeout, lambda: (late.set(), qemu.kill()))
        timer.start()
        try:
            for line in qemu.stdout:
                output += line
                on_line(line.decode(errors="replace").rstrip())
        finally:
            timer.cancel()
    if late.is_set():
        output += b"\nRESULT failed timeout\n"
    return output.decode(errors="replace").replace("\r", "")


def make_disk(path, args):
    """Some data that are known to the host, and a hole. @return their sum"""
    data = random.Random(args.seed).randbytes(args.amount << 10)
    with open(path, "wb") as file:
        file.write(data)
        file.truncate(args.disk * MIB)
    return hashlib.sha256(data).hexdigest()


def check_disk(path, log, args):
    """What the guest says that it wrote, 32 MiB from the beginning, must be in the file."""
    results = []
    for digest in re.findall(r"^WROTE (\w+)$", log, re.M):
        with open(path, "rb") as file:
            file.seek(32 * MIB)
            results.append(("disk", hashlib.sha256(file.read(args.amount << 10)).hexdigest() == digest))
    return results


def explained(args, log, folder):
    """What the golden model makes of the driver's tables, by iommu-explain. Lines of the guest:
    `DUMP regs|mem LINE`, and then `DUMP ask DEVICE ADDRESS ACCESS ANSWER`."""
    dump, results, asked = {"regs": [], "mem": []}, [], False
    for kind, rest in re.findall(r"^DUMP (\w+) (.*)$", log, re.M):
        if kind in dump:
            if asked:  # another one begins
                dump, asked = {"regs": [], "mem": []}, False
            dump[kind].append(rest)
            continue
        asked = True
        for name, lines in dump.items():
            (folder / f"dump.{name}").write_text("\n".join(lines) + "\n")
        device, address, access, expected = rest.split(" ", 3)
        run = subprocess.run([args.explain, "-m", folder / "dump.mem", "-r", folder / "dump.regs", "-d",
                              device.split(":", 1)[1], "-a", address, "-x", access, "--brief"],
                             capture_output=True, text=True, check=False)
        good = re.search(rf"{re.escape(expected)}\b", run.stdout.split(": ", 1)[-1]) is not None
        if not good:
            print(f"  of {rest} iommu-explain says: {run.stdout}{run.stderr}")
        results.append(("iommu-explain", good))
    return results


def results_of(args, log):
    results = [(words[2], words[1] == "ok") for words in map(str.split, log.splitlines())
               if len(words) == 3 and words[0] == "RESULT"]
    seen = {case for case, _ in results}
    results += [(case, False) for case in args.cases.split(",") if case not in seen]
    results.append(("kernel-log", not COMPLAINTS.search(log)))
    results.append(("end", "\nEND" in log))
    return results


def lab(args, folder, on_line=show):
    """@return (log, results); both empty if it was interactive"""
    cpio = folder / "initramfs.cpio"
    initramfs(args, cpio)
    dtb = device_tree(args, folder)
    disk, digest = None, ""
    if args.disk:
        disk = folder / "disk.img"
        digest = make_disk(disk, args)
    names = functions(args, disk)
    server = start_server(args, folder, names)
    try:
        command = qemu_command(args, folder, names, cpio, dtb, f"disk={args.disk} amount={args.amount} nvme={digest}")
        if not args.cases:
            run_shell(command, server)
            return "", []
        log = run_cases(command, server, args.timeout, on_line)
        results = results_of(args, log)
        results.append(("server-alive", server.poll() is None))
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if args.status:
            args.status.unlink(missing_ok=True)
        if args.record:  # what a server that was killed has left
            args.record.with_name(args.record.name + ".part").unlink(missing_ok=True)
    results.append(("server-status", server.returncode == 0))
    if args.explain:
        results += explained(args, log, folder)
    if disk:
        results += check_disk(disk, log, args)
    left = [name for name in names if (folder / name.split("=")[0]).exists()]
    results.append(("sockets-removed", not left))
    return log, results


def pci_id(text):
    """Two numbers of 16 bits, in hexadecimal digits."""
    if not re.fullmatch(r"[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}", text):
        raise argparse.ArgumentTypeError(f"{text}: not VENDOR:DEVICE, as 1b36:0014")
    return tuple(int(word, 16) for word in text.split(":"))


def parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    path = pathlib.Path
    parser.add_argument("--server", type=path, required=True)
    parser.add_argument("--kernel", type=path, required=True, help="the kernel's build folder")
    parser.add_argument("--module", type=path, required=True, help="folder of the modules")
    parser.add_argument("--debian", type=path, required=True, help="unpacked packages")
    parser.add_argument("--programs", type=path, required=True, action="append",
                        help="folder of programs for the guest; may be given again: the last one counts")
    parser.add_argument("--guest-cases", type=path, required=True, help="folder of the cases")
    parser.add_argument("--explain", type=path, help="iommu-explain, for cases that dump the tables")
    parser.add_argument("--iommu", default="model", choices=["none", "model", "rtl", "both"])
    parser.add_argument("--config", default="full")
    parser.add_argument("--iommu-id", type=pci_id, metavar="VENDOR:DEVICE",
                        help="what the IOMMU's function shows, for other drivers: 1b36:0014")
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--cases", default="", help="A,B,...; none: a shell")
    parser.add_argument("--append", default="", help="more for the kernel command line")
    parser.add_argument("--qemu", default="", help="more arguments for QEMU")
    parser.add_argument("--disk", type=int, default=64, help="MiB of the NVMe disk; 0: none")
    parser.add_argument("--amount", type=int, default=4096, help="KiB of the disk's known data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=600)
    parser.add_argument("--message-timeout", type=int, default=30000, help="ms that QEMU waits")
    parser.add_argument("--status", type=path, help="where the server writes its figures")
    parser.add_argument("--log", type=path, help="keep the console's output there")
    parser.add_argument("--journal", type=path, help="where the server tells what the RTL did")
    parser.add_argument("--record", type=path, help="record the RTL's pins, for lab-replay")
    parser.add_argument("--trigger", help="fault, address=X or device=X: keep the recording up to there")
    parser.add_argument("--patience", type=int, help="ms that a device has to answer an ATS invalidation")
    parser.add_argument("--latency", type=int, default=0, help="memory's cycles, for the RTL's own accesses")
    return parser


def in_folder(act):
    """Do it with a new folder, which goes afterwards, whatever happens."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopped)
    sweep()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lab-run-"))
    try:
        with open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return act(folder)
    finally:
        shutil.rmtree(folder)


def report(results, log):
    """Each result, and how many. @return the exit status"""
    for name, good in results:
        print(f"{'ok    ' if good else 'FAILED'} {name}")
    bad = sum(not good for _, good in results)
    if bad and log:
        print(f"see {log}")
    print(f"{len(results) - bad} passed, {bad} failed")
    return 1 if bad else 0


def sweep():
    """Remove what a run has left that was killed: nobody holds its lock any more."""
    for path in pathlib.Path(tempfile.gettempdir()).glob("lab-run-*/lock"):
        try:
            with open(path) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path.parent)
        except OSError:
            pass  # it runs, or is another user's


def stopped(number, _frame):
    sys.exit(128 + number)


def main():
    args = parser().parse_args()
    if not pathlib.Path(QEMU).exists():
        reason = "QEMU 11 is not installed (./dev --qemu11)"
        if not args.cases:
            fail(reason)
        print(f"skipped: {reason}\n0 passed, 0 failed, {len(args.cases.split(','))} skipped")
        return 0
    if not (args.kernel / "arch/riscv/boot/Image").exists():
        fail(f"no kernel in {args.kernel} (make driver)")
    try:
        log, results = in_folder(lambda folder: lab(args, folder))
    except KeyboardInterrupt:
        return 130
    if args.log:
        args.log.parent.mkdir(parents=True, exist_ok=True)
        args.log.write_text(log)
    return report(results, args.log) if args.cases else 0


if __name__ == "__main__":
    sys.exit(main())
