#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration with Linux: each device's access goes through the RTL, and the golden model
beside it agrees with each. A line per step, a report, and figures for page.py.

    linux.py --figures OUT.json ARGUMENTS OF lab.py...    --suite: results as of a suite of tests
"""
import json
import pathlib
import re
import sys
import time

import journal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import lab  # noqa: E402  (from there)

LATENCY = 60  # cycles until memory answers the RTL's own accesses
TICKS = 10    # of the guest's time counter in a microsecond
NAMES = {0x20: "NVMe drive", 0x10: "engine 1", 0x18: "engine 2"}
RAM = 0x80000000       # below are devices
MAPPED = 0x100000000   # above, vfio-engine maps its buffers
# Causes of its empty first stage: vfio-engine has a second stage otherwise. Nothing gets through
# until it ends, and what is refused before a page is looked up has other causes in it, too.
QUARANTINE = (13, 15)
KINDS = {"DMA": "strict", "DMA-FQ": "lazy", "identity": "passthrough"}
STEPS = {
    "start": "Linux boots in QEMU 11",
    "boot": "the driver finds the IOMMU",
    "nvme": "a file system on NVMe, written and read back",
    "vfio": "programs of users drive both DMA engines, by VFIO",
    "quarantine": "an engine is told to read the kernel's memory",
    "interrupts": "interrupts arrive through remapping",
    "compare": "strict, lazy and passthrough",
    "stop": "Linux powers off",
}


def refused(burst, before):
    """What a burst that was refused was for; `before`: what was refused since one got through."""
    late = any(one.cause in QUARANTINE for one in [*before, burst])
    if RAM <= burst.iova < MAPPED:
        return "read the kernel's memory" + (", in quarantine" if late else "")
    if late:
        return "go on in quarantine"
    if "process_id" in burst.why:
        return "name a process_id that nobody has set up"
    return "raise interrupts that are others'" if burst.iova < RAM else "reach what is not mapped, or not any more"


def match(pattern, text, default=""):
    found = re.search(pattern, text, re.M)
    return found.group(1) if found else default


def comparison(log):
    """Of each kind of domain: what `compare` in the guest measured, and when."""
    rows = {}
    for words in re.findall(r"^COMPARE (\S+) reads (\d+) hundredths (\d+) kib (\d+) hundredths (\d+) commands (\d+) "
                            r"maps (\d+) ticks (\d+) (\d+) commands (\d+)", log, re.M):
        reads, small, kib, large, commands, maps, mapped, unmapped, used = map(int, words[1:])
        rows[KINDS[words[0]]] = {
            "small": round(100 * reads / max(small, 1), 1),
            "large": round(100 * kib / max(large, 1)), "reads": reads + kib // 64,
            "commands": commands, "map": round(mapped / TICKS / maps, 1),
            "unmap": round(unmapped / TICKS / maps, 1), "unmap_commands": round(used / maps, 2)}
    return rows


def facts(name, log, args):
    """What there is to say about a step, from what the console said meanwhile."""
    if name == "boot":
        return [match(r"riscv-iommu \S+ (version .*)", log)]
    if name == "nvme":
        return [f"{args.amount} KiB written, and read in pieces of 512 B to 128 KiB; eight files of an "
                "ext2; all sums agree, on the host too"]
    if name == "vfio":
        return ["copy, fill, checksum, pointer chase, gather, interrupt; what is not mapped is refused"]
    if name == "quarantine":
        return [f"blocked: {match(r'(read of 0x.*)', log)}", match(r"(in quarantine: more than [^;]*)", log),
                "after a reset it works again"]
    if name == "interrupts":
        return [match(r"INTERRUPTS (.*)", log)]
    if name == "compare":
        return [f"{kind:12}{row['small']:>7,} reads/s of 4 KiB {row['large']:>6,} KiB/s of 64 KiB "
                f"{row['unmap']:>8,} us an unmap {row['unmap_commands']:>5.2f} commands each"
                for kind, row in comparison(log).items()]
    return []


class Steps:
    """Follows the console, says what goes on, and remembers when."""

    def __init__(self, args, quiet):
        self.args, self.quiet = args, quiet
        self.done, self.log, self.windows = [], [], {}
        self.start = self.now()
        self.current = {"name": "start", "begin": self.start}
        self.colour = sys.stdout.isatty()
        self.announce()

    @staticmethod
    def now():
        return time.monotonic_ns() // 1000

    def say(self, text, end="\n"):
        if not self.quiet:
            print(text, end=end, flush=True)

    def announce(self):
        if self.colour and "name" in self.current:
            self.say(f"  [{self.seconds():3} s] · {STEPS[self.current['name']]} ...", end="")

    def seconds(self):
        return (self.now() - self.start) // 1000000

    def finish(self, good=True):
        """The current step is over."""
        self.current.update(end=self.now(), good=good)
        name = self.current["name"]
        told = facts(name, "\n".join(self.log), self.args)
        self.current["facts"] = [fact for fact in told if fact]
        mark = ("\033[32m✓\033[0m" if good else "\033[31m✗\033[0m") if self.colour else "✓" if good else "✗"
        self.say(f"{chr(13) + chr(27) + '[K' if self.colour else ''}  [{self.seconds():3} s] {mark} {STEPS[name]}")
        for fact in self.current["facts"] if good else self.log[-12:]:
            self.say(f"            {fact}")
        self.done.append(self.current)
        self.log = []

    def begin(self, name):
        self.current = {"name": name, "begin": self.now()}
        self.announce()

    def line(self, text):
        self.log.append(text)
        words = text.split()
        if words[:1] == ["CASE"] and len(words) == 2 and words[1] in STEPS:
            if self.current.get("name") == "start":
                self.finish()
            self.begin(words[1])
        elif words[:1] == ["RESULT"] and len(words) == 3:
            self.finish(words[1] == "ok")
        elif text == "END":
            self.begin("stop")
        elif words[:1] == ["MODE"] and len(words) == 3:
            self.window(KINDS[words[1]], words[2])

    def window(self, kind, part):
        """`small` and `large` begin windows, and end the one before."""
        now = self.now()
        for open_window in self.windows.values():
            open_window[2] = open_window[2] or now
        if part != "end":
            self.windows[f"{kind} {part}"] = [0x20, now, 0]

    def end(self, good):
        if "end" not in self.current:
            self.finish(good)


def table(data):
    """The devices, for a terminal."""
    print(f"\n  {'':13}{'bursts':>8}{'KiB':>8}{'refused':>9}{'micro-TLB':>11}{'IOTLB':>8}   cycles: half   99 %    all")
    for of in data["devices"]:
        latency = sorted(of["latency"]) or [0]
        rates = [f"{100 * hits / lookups:.1f} %" if lookups else "–"
                 for hits, lookups in (of["caches"]["micro-TLB"], of["caches"]["IOTLB"])]
        last = len(latency) - 1
        print(f"  {of['name']:13}{of['reads'] + of['writes']:>8,}"
              f"{(of['bytes_read'] + of['bytes_written']) // 1024:>8,}{of['refused']:>9,}{rates[0]:>11}"
              f"{rates[1]:>8}   {latency[last // 2]:>12,}{latency[last * 99 // 100]:>7,}{latency[last]:>7,}")


def report(data):
    print("\n  What was blocked, and why")
    for number, attempt in enumerate(data["attempts"]):
        of = next(one for one in data["blocked"] if one["attempt"] == number)
        print(f"  ✗ {attempt['times']:3}  {attempt['what']}\n         {of['cause']} {of['text']}: {of['why']}")
    table(data)
    reads = sum(of["reads"] for of in data["structures"][:5])
    print(f"\n  ✓ {data['compared']:,} comparisons of RTL and model, without a difference: {data['bursts']:,} bursts, "
          f"\n    {data['fault_records']} fault records, the registers and all stores of the IOMMU"
          f"\n  ✓ {sum(of['interrupts'] for of in data['devices']):,} interrupt messages went through it\n"
          f"\n  {data['clock']:,} cycles; tables were read {reads:,} times. Memory answers after {LATENCY} cycles.")


def checks(data, steps):
    """The report is a test, too: (name, whether it is as it must be)"""
    modes = data["comparison"]
    passing = data["windows"].get("passthrough small", {"reads": 1})
    strict = data["windows"].get("strict small", {"walked": 0, "bursts": 1})
    return [("report-steps", [step["name"] for step in steps] == list(STEPS)),
            ("report-lockstep", data["compared"] > data["bursts"] > 1000),
            ("report-faults", 0 < data["fault_records"] <= len(data["blocked"])),
            ("report-reasons", all(of["cause"] and of["why"] for of in data["blocked"])),
            ("report-interrupts", all(of["interrupts"] > 0 for of in data["devices"])),
            ("report-modes", list(modes) == list(KINDS.values())),
            ("report-passthrough-reads-no-table", passing["reads"] == 0),
            ("report-strict-walks", strict["walked"] > strict["bursts"] // 20)]


def main():
    parser = lab.parser()
    parser.add_argument("--figures", type=pathlib.Path, required=True)
    parser.add_argument("--compare", type=int, default=64, help="reads of 4 KiB for each kind of domain")
    parser.add_argument("--suite", action="store_true", help="print results, as a suite of tests")
    args = parser.parse_args()
    args.iommu, args.config, args.latency = "both", "base", LATENCY
    args.record = args.record or args.figures.parent / "lab.replay"  # kept if the two differ
    args.append += f" compare={args.compare}"
    args.cases = ",".join(name for name in STEPS if name not in ("start", "stop"))
    if args.suite and not pathlib.Path(lab.QEMU).exists():
        print(f"skipped: QEMU 11 is not installed (./dev --qemu11)\n0 passed, 0 failed, {len(STEPS)} skipped")
        return 0
    args.figures.parent.mkdir(parents=True, exist_ok=True)
    args.figures.unlink(missing_ok=True)
    args.record.unlink(missing_ok=True)
    steps = Steps(args, args.suite)

    def run(folder):
        args.journal = folder / "journal"
        log, results = lab.lab(args, folder, steps.line)
        steps.end(all(good for _, good in results))
        data = journal.figures(args.journal, NAMES, steps.done, refused, LATENCY)
        data["titles"], data["comparison"] = STEPS, comparison(log)
        data["windows"] = journal.between(args.journal, LATENCY, steps.windows)
        return log, results, data
    try:
        log, results, data = lab.in_folder(run)
    except KeyboardInterrupt:
        print("\n  interrupted; nothing is left", file=sys.stderr)
        return 130
    if args.log:
        args.log.parent.mkdir(parents=True, exist_ok=True)
        args.log.write_text(log)
    results += checks(data, steps.done)
    args.figures.write_text(json.dumps(data) + "\n")
    if args.suite:
        return lab.report(results, args.log)
    bad = [name for name, good in results if not good]
    if bad:
        print(f"\n  not as it must be: {', '.join(bad)}; the console: {args.log}", file=sys.stderr)
        return 1
    report(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
