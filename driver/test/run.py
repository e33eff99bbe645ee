#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot the test kernel with the driver in QEMU, and run cases in it.

Each machine below is one boot: its devices, its kernel command line, its cases. A case is a
shell script in cases/; the guest prints RESULT lines, which are counted here. What a guest
says that it wrote to a disk is checked against the disk's image.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20

PLATFORM = ["-M", "virt,aia=aplic-imsic,aia-guests=1,iommu-sys=on"]
PCI_FORM = ["-M", "virt,aia=aplic-imsic,aia-guests=1", "-device", "riscv-iommu-pci,addr=1.0"]
# QEMU writes the 8 bytes of a used ring's element in one piece, behind an IOMMU too: where it
# crosses into another page, the second half lands in whatever memory follows the first page.
# The elements of packed rings are aligned, and never cross.
VIRTIO_BLK = "virtio-blk-pci,iommu_platform=on,disable-legacy=on,packed=on"

DISKS = ["nvme", "nvme-fs", "virtio", "virtio-fs", "hot-nvme", "hot-virtio"]
# The case split-ring shows it, on this disk.
SPLIT_RING = ["-blockdev", "driver=null-co,node-name=split,size=33554432,read-zeroes=on", "-device",
              "virtio-blk-pci,iommu_platform=on,disable-legacy=on,num-queues=1,serial=split,drive=split"]
# It has the capability of ATS, and without vhost goes on without.
ATS_DISK = ["-device", "pcie-root-port,id=rp2,chassis=3,slot=3", "-blockdev",
            "driver=null-co,node-name=ats,size=33554432,read-zeroes=on", "-device",
            f"{VIRTIO_BLK},ats=on,bus=rp2,serial=ats,drive=ats"]
NICS = {"e1000e": "e1000e", "igb": "igb",
        "virtio": "virtio-net-pci,iommu_platform=on,disable-legacy=on,packed=on"}
STRICT, LAZY, PASSTHROUGH = "iommu.strict=1", "iommu.strict=0", "iommu.passthrough=1"

# What a kernel says when something is wrong with it.
COMPLAINTS = re.compile(r"WARNING: |BUG: |Oops|INFO: (task|rcu)|possible (circular|recursive) lock")
# A report of lockdep about PCI's hotplug driver alone: two locks of its own, taken in one order
# and in the other by one thread.
KERNELS_OWN = re.compile(r"WARNING: possible circular lock.*\n(?:.*\n){1,5}.*reset_lock.*pciehp_configure_device")

# Where the second kernel of `kexec` and `crash` is put: kernel, tree, initramfs, guard pages.
KEXEC_AT = (0x80200000, 0x8f000000, 0x90000000, (0xa0000000, 64 * MIB))
CRASH_BASE, CRASH_SIZE = 0xa4000000, 192 * MIB
CRASH_AT = (CRASH_BASE, 0xab000000, 0xac000000, (0xae000000, 32 * MIB))

# The machine's clock is no PCI device, so its device_id is none that a PCI device can have.
CLOCK, CLOCK_ID = "/soc/rtc@101000", 0x12345

# What the guest may ask the host for while it runs: lines `HOST NAME`.
REQUESTS = {
    "plug-nvme": ("device_add", {"driver": "nvme", "id": "hot-nvme", "bus": "rp0",
                                 "drive": "hot-nvme-disk", "serial": "hot"}),
    "unplug-nvme": ("device_del", {"id": "hot-nvme"}),
    "plug-virtio": ("device_add", {"driver": "virtio-blk-pci", "id": "hot-virtio", "bus": "rp1",
                                   "drive": "hot-virtio-disk", "iommu_platform": True,
                                   "packed": True}),
    "unplug-virtio": ("device_del", {"id": "hot-virtio"}),
}

# name: (form, append, cases, nics)
MACHINES = {
    "quick": (PLATFORM, STRICT, "boot translated blk rogue kunit attach", []),
    "lazy": (PLATFORM, LAZY, "boot translated blk net rogue", list(NICS)),
    "strict": (PLATFORM, STRICT, "boot net switch", list(NICS)),
    "passthrough": (PLATFORM, PASSTHROUGH, "passthrough blk net", list(NICS)),
    "ats": (PLATFORM + ATS_DISK, STRICT + " module=ats=1", "boot ats-commands translated blk", []),
    "pci": (PCI_FORM, STRICT, "boot translated blk net rogue", ["e1000e"]),
    "vfio": (PLATFORM, STRICT, "vfio msi msi-vectors msi-move nested dirty pasid quarantine errors perf dump cpus",
             ["igb"]),
    "vfio-shared": (PLATFORM, STRICT + " module=isolate_msi=0", "vfio msi cpus", []),
    "vfio-pci": (PCI_FORM, STRICT, "vfio msi", []),
    # No driver knows how to reset the clock.
    "vfio-platform": (PLATFORM, STRICT + " vfio_platform.reset_required=0", "boot vfio-platform", []),
    "fail-nth": (PLATFORM, STRICT, "boot fail-nth", []),
    "recovery": (PLATFORM, STRICT, "recovery", []),
    "reload": (PLATFORM, STRICT, "reload", []),
    "hotplug": (PLATFORM + ["-device", "pcie-root-port,id=rp0,chassis=1,slot=1",
                            "-device", "pcie-root-port,id=rp1,chassis=2,slot=2"],
                STRICT, "hotplug", []),
    "hotplug-lazy": (PLATFORM + ["-device", "pcie-root-port,id=rp0,chassis=1,slot=1",
                                 "-device", "pcie-root-port,id=rp1,chassis=2,slot=2"],
                     LAZY, "hotplug", []),
    "selftest": (PLATFORM, STRICT, "selftest", []),
    "kexec": (PLATFORM, STRICT, "kexec", []),
    "crash": (PLATFORM, STRICT + f" crashkernel={CRASH_SIZE >> 20}M@{CRASH_BASE:#x}", "crash", []),
    "split-ring": (PLATFORM + SPLIT_RING, STRICT, "split-ring", []),
    "sv39": (PLATFORM, STRICT + " module=first_bits=39,second_bits=39", "boot translated blk", []),
    "sv57": (PLATFORM, STRICT + " module=first_bits=57,second_bits=57", "boot translated blk", []),
}


def initramfs(args, path, more=()):
    """A cpio archive of busybox, the module, the cases and the programs for them."""
    entries = ["dir /bin 755 0 0", "dir /proc 755 0 0", "dir /sys 755 0 0", "dir /dev 755 0 0",
               "dir /tmp 755 0 0", "dir /cases 755 0 0", "dir /second 755 0 0", "nod /dev/console 600 0 0 c 5 1",
               f"file /bin/busybox {args.debian}/usr/bin/busybox 755 0 0",
               "slink /bin/sh busybox 777 0 0", f"file /init {HERE}/init 755 0 0"]
    entries += [f"file /cases/{p.name} {p} 644 0 0" for p in sorted((HERE / "cases").iterdir())]
    entries += [f"file /{p.name} {p} 644 0 0" for p in sorted(args.module.glob("*.ko"))]
    entries += [f"file /bin/{p.name} {p} 755 0 0" for p in sorted(args.programs.iterdir())]
    entries += [f"file /{name} {file} 644 0 0" for name, file in more]
    listing = path.with_suffix(".list")
    listing.write_text("\n".join(entries) + "\n")
    with open(path, "wb") as out:
        subprocess.run([args.kernel / "usr/gen_init_cpio", listing], stdout=out, check=True)


def make_disks(folder, seed):
    """Images with 4 MiB of known data in front; returns QEMU's arguments and the sums."""
    rng = random.Random(seed)
    arguments, sums = [], {}
    for index, name in enumerate(DISKS):
        data = rng.randbytes(4 * MIB)
        image = folder / f"{name}.img"
        with open(image, "wb") as file:
            file.write(data)
            file.truncate(32 * MIB)
        sums[name] = hashlib.sha256(data).hexdigest()
        model = ("nvme,serial=" + name) if name.startswith("nvme") else \
            f"{VIRTIO_BLK},serial={name}"
        if name.startswith("hot"):
            # As a node of its own, it stays when the device in front of it goes.
            arguments += ["-blockdev", f"driver=raw,node-name={name}-disk,file.driver=file,"
                          f"file.filename={image}"]
        else:
            arguments += ["-drive", f"file={image},format=raw,if=none,id=d{index}",
                          "-device", f"{model},drive=d{index}"]
    return arguments, sums


def make_nics(folder, seed, models):
    data = random.Random(seed + 1).randbytes(MIB // 8)
    (folder / "tftp").mkdir()
    (folder / "tftp" / "payload").write_bytes(data)
    arguments = []
    for index, model in enumerate(models):
        net = 20 + index
        arguments += ["-netdev", f"user,id=n{index},net=10.0.{net}.0/24,tftp={folder}/tftp",
                      "-device", f"{NICS[model]},netdev=n{index},romfile=,mac=52:54:00:00:00:{net:02x}"]
    return arguments, hashlib.sha256(data).hexdigest()


def check_written(log, folder):
    """What the guest says it wrote must be in the image."""
    results = []
    for line in log.splitlines():
        if line.startswith("WROTE "):
            _, name, digest = line.split()
            with open(folder / f"{name}.img", "rb") as file:
                file.seek(4 * MIB)
                same = hashlib.sha256(file.read(4 * MIB)).hexdigest() == digest
            results.append((f"image-{name}", same))
    return results


def check_dump(args, log, folder):
    """iommu-explain walks the driver's dumps, and must find what the guest expects.

    A guest prints lines `DUMP regs …` and `DUMP mem …`, then `DUMP ask DEVICE ADDRESS ACCESS
    ANSWER` for what the next dump before it must give.
    """
    text, results = {"regs": [], "mem": []}, []
    for line in log.splitlines():
        if not line.startswith("DUMP "):
            continue
        _, kind, rest = line.split(" ", 2)
        if kind in text:
            if kind == "regs" and text["mem"]:
                text = {"regs": [], "mem": []}
            text[kind].append(rest)
            continue
        for name, lines in text.items():
            (folder / f"dump.{name}").write_text("\n".join(lines) + "\n")
        device, address, access, expected = rest.split(" ", 3)
        run = subprocess.run([args.explain, "-m", folder / "dump.mem", "-r", folder / "dump.regs",
                              "-d", device.split(":", 1)[1], "-a", address, "-x", access,
                              "--brief"], capture_output=True, text=True)
        good = re.search(rf"{re.escape(expected)}\b", run.stdout.split(": ", 1)[-1]) is not None
        if not good:
            print(f"  asked for {rest}: {run.stdout}{run.stderr}")
        results.append(("iommu-explain", good))
    return results


def answer(path, request):
    """Do what the guest asked for, by QMP."""
    command, arguments = REQUESTS[request]
    with socket.socket(socket.AF_UNIX) as qmp:
        qmp.settimeout(10)
        qmp.connect(str(path))
        stream = qmp.makefile("rw")
        stream.readline()
        for message in ({"execute": "qmp_capabilities"},
                        {"execute": command, "arguments": arguments}):
            stream.write(json.dumps(message) + "\n")
            stream.flush()
            reply = {}
            while "return" not in reply and "error" not in reply:
                reply = json.loads(stream.readline())
    return f"HOST-ANSWER {request} {reply}\n".encode()


def run_guest(command, qmp, timeout, log):
    """QEMU's output, and `RESULT failed timeout` at its end if it took too long.

    It is in the file log as far as it has come.
    """
    command += ["-qmp", f"unix:{qmp},server=on,wait=off"]
    output = bytearray()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL) as run, open(log, "wb", buffering=0) as copy:
        late = threading.Event()
        timer = threading.Timer(timeout, lambda: (late.set(), run.kill()))
        timer.start()
        for line in run.stdout:
            output += line
            copy.write(line)
            words = line.decode(errors="replace").split()
            if len(words) == 2 and words[0] == "HOST" and words[1] in REQUESTS:
                output += answer(qmp, words[1])
        timer.cancel()
    if late.is_set():
        output += b"\nRESULT failed timeout\n"
    return bytes(output)


def dump_tree(command, dtb):
    """The device tree that QEMU makes for this command."""
    machine = command.index("-M") + 1
    dump = list(map(str, command))
    dump[machine] += f",dumpdtb={dtb}"
    subprocess.run(dump, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def clock_behind(command, dtb):
    """QEMU puts PCI devices only behind its IOMMU; this says that the clock is there, too."""
    dump_tree(command, dtb)
    soc = subprocess.run(["fdtget", "-l", dtb, "/soc"], check=True, capture_output=True, text=True)
    iommu = "/soc/" + next(node for node in soc.stdout.split() if node.startswith("iommu@"))
    phandle = subprocess.run(["fdtget", "-t", "x", dtb, iommu, "phandle"], check=True,
                             capture_output=True, text=True).stdout.strip()
    subprocess.run(["fdtput", "-t", "x", dtb, CLOCK, "iommus", phandle, f"{CLOCK_ID:x}"], check=True)
    return ["-dtb", dtb]


def second_kernel(args, name, folder, command, line):
    """What a kernel needs to start another: image, tree and initramfs, and their places."""
    kernel, tree, initrd, guard = CRASH_AT if name == "crash" else KEXEC_AT
    inner, dtb = folder / "second.cpio", folder / "second.dtb"
    initramfs(args, inner)
    dump_tree(command, dtb)

    def put(node, prop, *values, kind="x"):
        subprocess.run(["fdtput", "-p", "-t", kind, dtb, node, prop, *values], check=True)

    def cells(*numbers):
        return [f"{n >> shift & 0xffffffff:x}" for n in numbers for shift in (32, 0)]

    put("/chosen", "bootargs", f"{line} guard={guard[0]:#x},{guard[1]:#x}", kind="s")
    put("/chosen", "linux,initrd-start", *cells(initrd))
    put("/chosen", "linux,initrd-end", *cells(initrd + inner.stat().st_size))
    # What the firmware told the first kernel about its own memory.
    put("/reserved-memory", "#address-cells", "2")
    put("/reserved-memory", "#size-cells", "2")
    subprocess.run(["fdtput", "-p", "-t", "x", dtb, "/reserved-memory", "ranges"], check=True)
    put("/reserved-memory/firmware@80000000", "reg", *cells(0x80000000, 0x200000))
    subprocess.run(["fdtput", dtb, "/reserved-memory/firmware@80000000", "no-map"], check=True)
    put("/reserved-memory/guard", "reg", *cells(*guard))
    subprocess.run(["fdtput", dtb, "/reserved-memory/guard", "no-map"], check=True)
    if name == "crash":
        put("/chosen", "linux,usable-memory-range", *cells(CRASH_BASE, CRASH_SIZE))
    places = folder / "places"
    places.write_text(f"{kernel:#x} /second/Image\n{tree:#x} /second/dtb\n{initrd:#x} /second/cpio\n"
                      f"{guard[0]:#x} {guard[1]:#x}\n")
    return [("second/Image", args.kernel / "arch/riscv/boot/Image"), ("second/dtb", dtb),
            ("second/cpio", inner), ("second/places", places)]


def boot(args, name, folder):
    form, append, cases, nics = MACHINES[name]
    cases = args.cases or cases
    disks, sums = make_disks(folder, args.seed)
    if name == "bench":
        disks = []  # the host decides when a disk answers: no run would be like another
    network, payload = make_nics(folder, args.seed, nics)
    cpio = folder / "initramfs.cpio"
    initramfs(args, cpio)
    # Devices wait for the module, however slow the host is. The guest's words go by the
    # kernel's log, all of them.
    line = (f"console=ttyS0 printk.devkmsg=on kunit.autorun=1 panic=-1 "
            f"deferred_probe_timeout=300 {append} {args.append} cases={cases.replace(' ', ',')} "
            f"nvme={sums['nvme']} virtio={sums['virtio']} payload={payload} "
            f"hot-nvme={sums['hot-nvme']} hot-virtio={sums['hot-virtio']}")
    command = ["qemu-system-riscv64", *form, "-smp", str(args.smp), "-m", "1G", "-nographic",
               "-no-reboot", "-nic", "none", "-kernel", args.kernel / "arch/riscv/boot/Image",
               "-initrd", cpio, "-append", line, *disks, *network,
               "-device", "edu,dma_mask=0xffffffffffffffff"]
    command += args.qemu.split()
    if name in ("kexec", "crash"):
        second = re.sub(r" crashkernel=\S+", "", line).replace(f"cases={cases}", f"cases=after-{cases}")
        initramfs(args, cpio, second_kernel(args, name, folder, command, second))
        cases = f"{cases} after-{cases}"
    if name == "vfio-platform":
        command += clock_behind(command, folder / "clock.dtb")
    output = run_guest([str(c) for c in command], folder / "qmp", args.timeout,
                       args.logs / f"{name}.log")
    log = output.decode(errors="replace").replace("\r", "")
    results = [(words[2], words[1] == "ok") for words in map(str.split, log.splitlines())
               if len(words) == 3 and words[0] == "RESULT"]
    seen = {case for case, _ in results}
    results += [(case, False) for case in cases.split() if case not in seen]
    if COMPLAINTS.search(KERNELS_OWN.sub("", log)):
        results.append(("kernel-log", False))
    if "\nEND" not in log:
        results.append(("end", False))
    return log, results + check_written(log, folder) + check_dump(args, log, folder)


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--kernel", type=pathlib.Path, required=True, help="the kernel's build folder")
    parser.add_argument("--module", type=pathlib.Path, required=True, help="folder of the modules")
    parser.add_argument("--debian", type=pathlib.Path, required=True, help="unpacked packages")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="programs for the guest")
    parser.add_argument("--logs", type=pathlib.Path, required=True)
    parser.add_argument("--explain", type=pathlib.Path, help="the program iommu-explain")
    parser.add_argument("--machines", default="quick")
    parser.add_argument("--cases", help="these cases instead of the machine's")
    parser.add_argument("--append", default="", help="more for the kernel command line")
    parser.add_argument("--qemu", default="", help="more arguments for QEMU")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=900)
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="print the whole log")
    return parser


def main():
    args = arguments(__doc__).parse_args()
    args.logs.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    for name in args.machines.split(","):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="driver-test-"))
        try:
            log, results = boot(args, name, folder)
        finally:
            shutil.rmtree(folder)
        (args.logs / f"{name}.log").write_text(log)
        if args.show:
            print(log)
        bad = [case for case, ok in results if not ok]
        print(f"{name}: {', '.join(case if ok else case.upper() + ' FAILED' for case, ok in results)}")
        if bad:
            print(f"  see {args.logs / name}.log")
        passed += len(results) - len(bad)
        failed += len(bad)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.exit(main())
