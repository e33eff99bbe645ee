#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot the test kernel with the driver in QEMU, and run cases in it.

Each machine below is one boot: its devices, its kernel command line, its cases. A case is a
shell script in cases/; the guest prints RESULT lines, which are counted here. What a guest
says that it wrote to a disk is checked against the disk's image.
"""
import argparse
import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20

PLATFORM = ["-M", "virt,aia=aplic-imsic,aia-guests=1,iommu-sys=on"]
PCI_FORM = ["-M", "virt,aia=aplic-imsic,aia-guests=1", "-device", "riscv-iommu-pci,addr=1.0"]
DISKS = ["nvme", "nvme-fs", "virtio", "virtio-fs"]
NICS = {"e1000e": "e1000e", "igb": "igb",
        "virtio": "virtio-net-pci,iommu_platform=on,disable-legacy=on"}
STRICT, LAZY, PASSTHROUGH = "iommu.strict=1", "iommu.strict=0", "iommu.passthrough=1"

# name: (form, append, cases, nics)
MACHINES = {
    "quick": (PLATFORM, STRICT, "boot translated blk rogue kunit", []),
    "lazy": (PLATFORM, LAZY, "boot translated blk net rogue", list(NICS)),
    "strict": (PLATFORM, STRICT, "boot net", list(NICS)),
    "passthrough": (PLATFORM, PASSTHROUGH, "passthrough blk net", list(NICS)),
    "pci": (PCI_FORM, STRICT, "boot translated blk net rogue", ["e1000e"]),
    "vfio": (PLATFORM, STRICT, "vfio quarantine errors perf dump cpus", []),
    "reload": (PLATFORM, STRICT, "reload", []),
    "sv39": (PLATFORM, STRICT + " module=first_bits=39,second_bits=39", "boot translated blk", []),
    "sv57": (PLATFORM, STRICT + " module=first_bits=57,second_bits=57", "boot translated blk", []),
}


def initramfs(args, path):
    """A cpio archive of busybox, the module, the cases and the programs for them."""
    entries = ["dir /bin 755 0 0", "dir /proc 755 0 0", "dir /sys 755 0 0", "dir /dev 755 0 0",
               "dir /tmp 755 0 0", "dir /cases 755 0 0", "nod /dev/console 600 0 0 c 5 1",
               f"file /bin/busybox {args.debian}/usr/bin/busybox 755 0 0",
               "slink /bin/sh busybox 777 0 0", f"file /init {HERE}/init 755 0 0"]
    entries += [f"file /cases/{p.name} {p} 644 0 0" for p in sorted((HERE / "cases").iterdir())]
    entries += [f"file /{p.name} {p} 644 0 0" for p in sorted(args.module.glob("*.ko"))]
    entries += [f"file /bin/{p.name} {p} 755 0 0" for p in sorted(args.programs.iterdir())]
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
            "virtio-blk-pci,iommu_platform=on,disable-legacy=on"
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
    """iommu-explain walks the driver's dump, and must find what the driver found."""
    lines = [line.split(" ", 2)[1:] for line in log.splitlines() if line.startswith("DUMP ")]
    if not lines:
        return []
    for kind, suffix in (("regs", "regs"), ("mem", "hex")):
        text = "\n".join(line for tag, line in lines if tag == kind) + "\n"
        (folder / f"dump.{suffix}").write_text(text)
    ask = next(line for tag, line in lines if tag == "ask")
    device, iova, expected = ask.split()
    run = subprocess.run([args.explain, "-m", folder / "dump.hex", "-r", folder / "dump.regs",
                          "-d", device.split(":", 1)[1], "-a", iova], capture_output=True, text=True)
    found = f"{int(expected, 16):#x}" in run.stdout.split("TRANSLATED")[-1].splitlines()[0] \
        if "TRANSLATED" in run.stdout else False
    if not found:
        print(run.stdout[-3000:], run.stderr[-1000:])
    return [("iommu-explain", found)]


def boot(args, name, folder):
    form, append, cases, nics = MACHINES[name]
    disks, sums = make_disks(folder, args.seed)
    network, payload = make_nics(folder, args.seed, nics)
    cpio = folder / "initramfs.cpio"
    initramfs(args, cpio)
    line = (f"console=ttyS0 panic=-1 {append} {args.append} cases={cases.replace(' ', ',')} "
            f"nvme={sums['nvme']} virtio={sums['virtio']} payload={payload}")
    command = ["qemu-system-riscv64", *form, "-smp", "2", "-m", "1G", "-nographic",
               "-no-reboot", "-nic", "none", "-kernel", args.kernel / "arch/riscv/boot/Image",
               "-initrd", cpio, "-append", line, *disks, *network,
               "-device", "edu,dma_mask=0xffffffffffffffff"]
    command += args.qemu.split()
    try:
        run = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                             timeout=args.timeout)
        output = run.stdout
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"") + b"\nRESULT failed timeout\n"
    log = output.decode(errors="replace").replace("\r", "")
    results = [(words[2], words[1] == "ok") for words in map(str.split, log.splitlines())
               if len(words) == 3 and words[0] == "RESULT"]
    seen = {case for case, _ in results}
    results += [(case, False) for case in cases.split() if case not in seen]
    if "\nEND" not in log:
        results.append(("end", False))
    return log, results + check_written(log, folder) + check_dump(args, log, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", type=pathlib.Path, required=True, help="the kernel's build folder")
    parser.add_argument("--module", type=pathlib.Path, required=True, help="folder of the modules")
    parser.add_argument("--debian", type=pathlib.Path, required=True, help="unpacked packages")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="programs for the guest")
    parser.add_argument("--logs", type=pathlib.Path, required=True)
    parser.add_argument("--explain", type=pathlib.Path, help="the program iommu-explain")
    parser.add_argument("--machines", default="quick")
    parser.add_argument("--append", default="", help="more for the kernel command line")
    parser.add_argument("--qemu", default="", help="more arguments for QEMU")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=300)
    parser.add_argument("--show", action="store_true", help="print the whole log")
    args = parser.parse_args()
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
