# SPDX-License-Identifier: Apache-2.0
"""The command line: ways to give a request, colour, exit status, JSON."""

import json
import os
import pty
import subprocess

import scenarios
from check_scenarios import inputs
from harness import hex_text


def run_in_terminal(harness, arguments, **environment):
    """Run with a terminal as standard output; what it shows."""
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    main, child = pty.openpty()
    process = subprocess.Popen(
        [str(harness.tool), *arguments], cwd=harness.folder, stdout=child, stdin=child,
        stderr=subprocess.DEVNULL, env=env | environment,
    )
    os.close(child)
    shown = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:  # the terminal is gone: the end
            break
        if not piece:
            break
        shown += piece
    os.close(main)
    process.wait()
    return shown


def check_colour(harness, base):
    arguments = [*base, "device=01:00.5 address=0x9000"]
    escape = b"\033["
    shows = {
        "colour: on a terminal": (run_in_terminal(harness, arguments), True),
        "colour: NO_COLOR": (run_in_terminal(harness, arguments, NO_COLOR="1"), False),
        "colour: empty NO_COLOR": (run_in_terminal(harness, arguments, NO_COLOR=""), True),
        "colour: dumb terminal": (run_in_terminal(harness, arguments, TERM="dumb"), False),
        "colour: never": (run_in_terminal(harness, [*arguments, "--color=never"]), False),
        "colour: always": (harness.run(*arguments, "--color=always").stdout, True),
        "colour: not in a pipe": (harness.run(*arguments).stdout, False),
        "colour: not in JSON": (harness.run(*arguments, "--json", "--color").stdout, False),
    }
    for name, (output, wanted) in shows.items():
        harness.check(name, output != b"" and (escape in output) == wanted)
    always = harness.run(*arguments, "--color", environment={"NO_COLOR": "1"}).stdout
    harness.check("colour: --color is stronger than NO_COLOR", escape in always)


def check_requests(harness, base):
    wanted = harness.run(*base, "device=01:00.5 address=0x1abc access=w").stdout
    harness.write("one.requests", "# a comment\n\n device=0x105,address=6844 access=write # w\n")
    ways = {
        "options": ["-d", "01:00.5", "-a", "0x1abc", "-x", "w"],
        "long options": ["--device=261", "--address=0x1abc", "--access=write"],
        "a file": ["--requests", "one.requests"],
        "commas": ["device=01:00.5,address=0x1a_bc,access=w,type=untranslated"],
    }
    for name, arguments in ways.items():
        result = harness.run(*base, *arguments)
        harness.check(f"request by {name}", result.stdout == wanted, result.stderr.decode())
    more = ["-p", "3", "-P", "-t", "ats", "--cxl", "-l", "8"]
    keys = "process=3 privileged type=ats cxl=1 length=8"
    result = harness.run(*base, "-d", "1", "-a", "0x10", *more)
    other = harness.run(*base, f"device=1 address=0x10 {keys}")
    harness.check("every option has its key", result.stdout == other.stdout != b"")
    stdin = harness.run(*base, "-R", "-", stdin=b"device=01:00.5 address=0x1abc access=w\n")
    harness.check("request by standard input", stdin.stdout == wanted, stdin.stderr.decode())
    several = harness.run(
        *base, "-b", "-d", "01:00.5", "-a", "0x1000", "device=01:00.5 address=0x9000"
    )
    harness.check("several requests: status", several.returncode == 1)
    harness.check("several requests: summary", several.stdout.endswith(
        b"2 requests: 1 translated, 0 denied, 1 faulted\n"))
    crossing = harness.run(*base, "device=01:00.5 address=0x1ffe length=4")
    harness.check("page crossing is noted", b"goes on beyond its 4-KiB page" in crossing.stdout)


def check_registers(harness, base, system):
    image = base[:2]
    ddtp, caps = (f"{name}={system.registers[name]:#x}" for name in ("ddtp", "capabilities"))
    request = "device=01:00.5 address=0x1000"
    values = harness.run(*image, "-s", ddtp, "--set", caps, request)
    harness.check("registers by --set", values.returncode == 0, values.stderr.decode())
    over = harness.run("-s", "ddtp=0", *base, request)
    harness.check("--set is stronger than a file", b"MODE_OFF" in over.stdout)
    assumed = harness.run(*image, "-s", ddtp, request)
    harness.check("capabilities are assumed", b"capabilities is not given" in assumed.stdout)
    dump = "portcullis-iommu-registers 1\n" + "".join(
        f"{name}: {value:#x}\n" for name, value in system.registers.items()
    )
    harness.write("dump.regs", dump)
    dumped = harness.run(*image, "-r", "dump.regs", request)
    harness.check("a dump of the driver's", dumped.returncode == 0, dumped.stderr.decode())
    caps_value = system.registers["capabilities"]
    later = harness.run(*base, "-s", f"capabilities={caps_value + 1:#x}", request)
    harness.check("a later version is noted", b"capabilities.version is 0x11" in later.stdout
                  and later.returncode == 0)
    custom = harness.run(*base, "-s", f"capabilities={caps_value | 1 << 63 | 1 << 12:#x}", request)
    harness.check("custom capabilities are noted", b"reserved or custom bits" in custom.stdout
                  and custom.returncode == 0)
    hpm = harness.run(*base, "-c", "small", request)
    harness.check("capabilities over --config", hpm.returncode == 1, hpm.stderr.decode())
    odd = harness.run(*image, "-s", "ddtp=0xb", "-s", caps, request)
    harness.check("an illegal ddtp is noted", b"reads back as" in odd.stdout)
    small = harness.run(*image, "-c", "small", "-s", ddtp, request)
    harness.check(
        "--config small has no third level", b"MODE_OFF" in small.stdout, small.stdout.decode()
    )
    for name in ("small", "base", "full", "max"):
        result = harness.run(*image, "-c", name, "-s", ddtp, request)
        harness.check(f"--config {name}", result.returncode in (0, 1), result.stderr.decode())


def check_queue_limits(harness):
    scenario = scenarios.queues()
    base = inputs(harness, scenario, "limits")
    limited = harness.run(*base, "-Q", "--limit", "1").stdout
    harness.check("--limit", b"and 6 more" in limited and b"and 2 more" in limited)
    report = json.loads(harness.run(*base, "-Qj", "--limit=1").stdout)
    harness.check("--limit in JSON", [len(q["contents"]) for q in report["queues"]] == [1, 1, 1])
    names = [q["name"] for q in report["queues"]]
    harness.check("queues in JSON", names == ["cq", "fq", "pq"])
    ring = json.loads(harness.run(*base, "-Qj").stdout)["queues"][0]["contents"]
    harness.check("a queue wraps around", [e["index"] for e in ring] == [14, 15, 0, 1, 2, 3, 4])
    commands = [e["command"] for e in ring]
    harness.check(
        "commands are named",
        commands == ["IOTINVAL.VMA", "IODIR.INVAL_DDT", "IOFENCE.C", "IOTINVAL.GVMA", "",
                     "ATS.INVAL", "IOFENCE.C"],
    )
    bad = harness.run(*base, "-Q", "-s", "cqh=16").stdout
    harness.check("an index out of range", b"beyond the end of the queue" in bad)
    full = harness.run(*base, "-s", "fqh=4", "device=01:00.5 address=0xa000").stdout
    harness.check("a lost record is noted", b"lost in hardware until fqcsr.fqof" in full)
    full = harness.run(*base, "-s", "fqh=4", "-s", "fqcsr=0x10001",
                       "device=01:00.5 address=0xa000").stdout
    harness.check("a full queue is noted", b"the fault queue is full" in full)
    empty = harness.run(*base, "-s", "fqt=0", "--replay").stdout
    harness.check("an empty queue is noted", b"the fault queue is empty" in empty)
    unused = harness.run(*base, "-Q", "-s", "pqb=0").stdout
    harness.check("a queue that is not set up", b"not set up (pqb has PPN 0)" in unused)
    ddt = inputs(harness, scenarios.directory(), "limits-ddt")
    harness.check("--limit of --ddt", b"and more (--limit)" in
                  harness.run(*ddt, "-D", "--limit", "2").stdout)
    report = json.loads(harness.run(*ddt, "-Dj", "--limit", "2").stdout)
    harness.check("--limit of --ddt in JSON", len(report["device_contexts"]) == 2
                  and not report["device_contexts_complete"])
    off = harness.run(*base, "-s", "fqcsr=0", "device=01:00.5 address=0xa000").stdout
    harness.check("a queue that is off is noted", b"the fault queue is off" in off)
    gone = harness.run(*base, "-Q", "-s", "fqb=0x1c000003")
    harness.check("a queue in no image", b"is in no image" in gone.stdout)


def check_names(harness, system):
    """File names with odd characters, in JSON and in messages."""
    data = hex_text(system.memory.ranges())
    registers = [f"-s{name}={value:#x}" for name, value in system.registers.items()]
    names = {
        b'a"b\\c.hex': 'a"b\\c.hex',
        b"tab\there\x7f.hex": "tab\there\x7f.hex",
        "ümlaut-€-𝄞.hex".encode(): "ümlaut-€-𝄞.hex",
        b"over\xc0\x80\xe0\x80\x80.hex": "over" + "\ufffd" * 5 + ".hex",
        b"lone\x80\xbf.hex": "lone" + "\ufffd" * 2 + ".hex",
        b"large\xf4\x90\x80\x80.hex": "large" + "\ufffd" * 4 + ".hex",
        b"bad\xff\xc3\xed\xa0\x80\xf8.hex": "bad" + "\ufffd" * 6 + ".hex",
    }
    for name, shown in names.items():
        path = os.path.join(os.fsencode(harness.folder), name)
        with open(path, "wb") as file:
            file.write(data.encode())
        result = harness.run("-m", os.fsdecode(name), *registers, "-j", "device=1 address=0")
        try:
            file = json.loads(result.stdout)["images"][0]["file"]
        except ValueError as error:
            file = str(error)
        harness.check(f"file name {shown!r} in JSON", file == shown, repr(file))


def check_rest(harness, base):
    help_text = harness.run("--help")
    harness.check("--help", help_text.returncode == 0 and b"usage:" in help_text.stdout)
    width = max(len(line) for line in help_text.stdout.decode().splitlines())
    harness.check("--help fits 92 columns", width <= 92, str(width))
    version = harness.run("--version")
    harness.check("--version", version.stdout.startswith(b"iommu-explain "))
    silent = harness.run(*base, "-r", "no-such-file", "-j", "device=1 address=1")
    harness.check("an error leaves no output", silent.stdout == b"" and silent.returncode == 2)
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [str(harness.tool), *base, "device=1 address=1"], cwd=harness.folder, stdout=full,
            stderr=subprocess.PIPE, check=False,
        )
    harness.check("a full disk is told", result.returncode == 2 and b"written" in result.stderr)


def check_unchanged(harness):
    """A and D bits are set in memory only."""
    scenario = scenarios.ad_updates()
    base = inputs(harness, scenario, "unchanged")
    before = (harness.folder / "unchanged.hex").read_bytes()
    (address, raw), *_ = scenario.system.memory.ranges()
    harness.write("unchanged.raw", raw)
    for image in ("unchanged.hex", f"unchanged.raw@{address:#x}"):
        result = harness.run("-m", image, *base[2:], "device=1 address=0x1000 access=w")
        harness.check("A/D update is shown", b"A/D update" in result.stdout)
    after = (harness.folder / "unchanged.hex").read_bytes()
    harness.check("text image is unchanged", before == after)
    harness.check("raw image is unchanged", (harness.folder / "unchanged.raw").read_bytes() == raw)


def check_sparse(harness, system):
    """A directory of which only the rows with entries are in the image."""
    rows = [
        (address + offset, data[offset : offset + 64])
        for address, data in system.memory.ranges()
        for offset in range(0, len(data), 64)
        if any(data[offset : offset + 64])
    ]
    image = harness.write("sparse.hex", hex_text(rows))
    arguments = ["-m", image, *(f"-s{n}={v:#x}" for n, v in system.registers.items())]
    good = harness.run(*arguments, "device=01:00.5 address=0x1000")
    harness.check("sparse image", good.returncode == 0, good.stderr.decode())
    ddt = json.loads(harness.run(*arguments, "--ddt", "-j").stdout)
    harness.check("sparse directory", len(ddt["device_contexts"]) == 1)
    gone = harness.run(*arguments, "device=0x80000 address=0x1000").stdout
    harness.check("what is missing is said", b"is in no image" in gone)


def run(harness):
    scenario = scenarios.good_sv39()
    base = inputs(harness, scenario, "cli")
    check_colour(harness, base)
    check_requests(harness, base)
    check_registers(harness, base, scenario.system)
    check_queue_limits(harness)
    check_rest(harness, base)
    check_names(harness, scenario.system)
    check_unchanged(harness)
    check_sparse(harness, scenario.system)
