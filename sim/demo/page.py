#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures of the demonstration as one HTML page, its plots inline.

Two kinds: of the lab ("kind": "lab", by linux.py) and of the scenario on the lockstep bench (by
portcullis-demo). What they have in common has the same names in both, and times that the lab
has in microseconds the bench has in cycles.
"""

import argparse
import html
import io
import json
import pathlib
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (after the backend is chosen)
from matplotlib import ticker  # noqa: E402

MERGED = 4  # slices of time that are drawn as one
COLOURS = ["#2f6f9f", "#6aa84f", "#8e63b5", "#c0392b"]
INK, FAINT = "#22313f", "#8a97a3"
STRUCTURES = ["device directory", "process directory", "first stage", "second stage",
              "MSI page table", "MRIF", "notice", "command queue", "fence", "fault queue",
              "page-request queue", "interrupt message"]
KINDS = ["", "execute", "read", "write", "", "translated execute", "translated read",
         "translated write"]
# How the time of a kind is told: unit, its size, rate, its size, heading of records.
CLOCKS = {"bench": ("thousand cycles", 1000, "bytes per cycle", 1, "read in cycle"),
          "lab": ("seconds", 1e6, "kB per second", 1000, "stored at (us)")}
CACHES = {"micro-TLB": "#2f6f9f", "IOTLB": "#6aa84f", "context cache": "#8e63b5",
          "walk cache": "#e2a03f"}
TABLES = ["Sv39, a page of 4 KiB for each packet", "Sv39, pages of 2 MiB",
          "Sv39 over Sv39x4, an MSI page table", "Sv39, two pages"]

STYLE = """
:root { --ink: #22313f; --faint: #6d7a86; --line: #dfe5ea; --good: #2e7d32; --bad: #c0392b; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f8; color: var(--ink);
       font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 60px; }
h1 { font-size: 32px; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 21px; margin: 44px 0 4px; }
p { margin: 4px 0 14px; max-width: 78ch; color: var(--faint); }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin: 26px 0; }
.card { background: #fff; border-radius: 10px; border-top: 4px solid var(--c); padding: 14px 16px;
        box-shadow: 0 1px 3px rgba(20, 40, 60, .12); }
.card h3 { margin: 0; font-size: 17px; } .card small { color: var(--faint); }
.card b { display: block; font-size: 28px; margin-top: 8px; line-height: 1.1; }
.box { background: #fff; border-radius: 10px; padding: 16px 18px; overflow-x: auto;
       box-shadow: 0 1px 3px rgba(20, 40, 60, .12); }
.box svg { width: 100%; height: auto; display: block; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
table { border-collapse: collapse; width: 100%; font-size: 15px; }
th { text-align: left; font-weight: 600; color: var(--faint); border-bottom: 2px solid var(--line); }
th, td { padding: 7px 10px; vertical-align: top; } td { border-bottom: 1px solid var(--line); }
ol.steps { list-style: none; margin: 0; padding: 0; } ol.steps li { padding: 7px 0 7px 30px; }
ol.steps li + li { border-top: 1px solid var(--line); }
ol.steps li::before { content: "✓"; color: var(--good); font-weight: 700; float: left; margin-left: -26px; }
ol.steps small { color: var(--faint); float: right; } ol.steps pre { font: 14px/1.5 ui-monospace,
"DejaVu Sans Mono", monospace; color: var(--faint); margin: 2px 0 0; white-space: pre-wrap; }
tr:last-child td { border-bottom: 0; } .n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: nowrap; }
code { font: 14px ui-monospace, "DejaVu Sans Mono", monospace; }
.verdict { background: #e8f5e9; border-left: 5px solid var(--good); border-radius: 6px;
           padding: 12px 18px; margin: 22px 0; } .verdict ul { margin: 0; padding: 0 0 0 20px; }
.bad { color: var(--bad); font-weight: 600; } .why { color: var(--faint); }
@media (max-width: 760px) { .cards, .pair { grid-template-columns: 1fr 1fr; } }
"""


def bus_name(number: int) -> str:
    return f"{number >> 8 & 0xff:02x}:{number >> 3 & 0x1f:02x}.{number & 7}"


def inline(figure: plt.Figure) -> str:
    """The figure as an SVG element."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    return re.sub(r"^.*?(?=<svg)", "", out.getvalue(), flags=re.S)


def plain(axes: plt.Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=10)


def timeline(data: dict, marks: list[tuple[int, str]]) -> str:
    """What each device moved over time, with what was blocked beneath."""
    unit, scale, rate, factor, _ = CLOCKS[data["kind"]]
    figure, (above, below) = plt.subplots(2, 1, figsize=(10.6, 4.6), sharex=True,
                                          layout="constrained",
                                          gridspec_kw={"height_ratios": [4, 1], "hspace": 0.02})
    width = max(len(device["slices"]) for device in data["devices"]) // MERGED
    span = data["slice"] * MERGED
    times = [(i + 0.5) * span / scale for i in range(width)]
    rates = [[factor * sum(device["slices"][i * MERGED:(i + 1) * MERGED]) / span for i in range(width)]
             for device in data["devices"]]
    above.stackplot(times, rates, colors=COLOURS, alpha=0.9, linewidth=0,
                    labels=[device["name"] for device in data["devices"]])
    above.set_ylabel(rate, color=INK)
    above.set_xlim(0, data["cycles"] / scale)
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=4,
                  frameon=False, fontsize=10)
    above.set_ylim(0, above.get_ylim()[1] * 1.12)
    for refusal in data["blocked"]:
        below.plot(refusal["cycle"] / scale, 0, marker="x", markersize=7, markeredgewidth=1.6,
                   color=COLOURS[refusal["who"]])
    for axes in (above, below):
        plain(axes)
        for at, _ in marks:
            axes.axvline(at / scale, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    before, lower = -data["cycles"], 0
    for at, text in marks:  # labels that would lie upon each other go one below the other
        lower = lower + 13 if at - before < data["cycles"] / 12 else 0
        before = at
        above.annotate(text, fontsize=10, color=INK, xy=(at / scale, above.get_ylim()[1]),
                       xytext=(5, -4 - lower), textcoords="offset points", va="top",
                       bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1})
    below.set_yticks([0], ["blocked"])
    below.set_ylim(-1, 1)
    below.spines["left"].set_visible(False)
    below.set_xlabel(unit, color=INK)
    return inline(figure)


def latencies(data: dict) -> str:
    """How many accesses of each device were out within so many cycles."""
    figure, axes = plt.subplots(figsize=(5.2, 3.7), layout="constrained")
    for device, colour in zip(data["devices"], COLOURS):
        values = sorted(device["latency"])
        shares = [100 * (i + 1) / len(values) for i in range(len(values))]
        axes.step(values, shares, where="post", color=colour, linewidth=2, label=device["name"])
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(ticker.ScalarFormatter())
    axes.set_xticks([1, 4, 16, 64, 256, 1024])
    axes.set_xlabel("cycles from the device's address to memory's", color=INK)
    axes.yaxis.set_major_formatter(ticker.PercentFormatter())
    axes.set_ylim(0, 101)
    axes.grid(axis="y", color="#e3e8ec", linewidth=0.8)
    axes.axvline(60, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate("one memory access", xy=(60, 6), xytext=(4, 0), textcoords="offset points",
                  fontsize=9, color=FAINT)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.12), frameon=False, fontsize=9)
    plain(axes)
    return inline(figure)


def own_accesses(data: dict) -> str:
    """What the IOMMU itself read and stored."""
    shown = [(name, of["reads"], of["stores"])
             for name, of in zip(STRUCTURES, data["structures"]) if of["reads"] + of["stores"]]
    shown.reverse()
    figure, axes = plt.subplots(figsize=(5.2, 3.7), layout="constrained")
    names = [name for name, _, _ in shown]
    reads = [count for _, count, _ in shown]
    stores = [count for _, _, count in shown]
    axes.barh(names, reads, color="#2f6f9f", label="reads", height=0.62)
    axes.barh(names, stores, left=reads, color="#e2a03f", label="stores", height=0.62)
    for i, (_, read, store) in enumerate(shown):
        axes.text(read + store, i, f" {read + store:,}", va="center", fontsize=10, color=INK)
    axes.set_xlabel("accesses", color=INK)
    axes.margins(x=0.14)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    plain(axes)
    return inline(figure)


def cards(data: dict) -> str:
    remapped = sum(row[2] for row in data["files"])
    tries = sum(of["times"] for of in data["attempts"][:12])
    facts = [(f"{data['packets']:,}", "packets received; each buffer unmapped and fenced after use"),
             (f"{data['disk_reads'] + data['disk_writes']:,}",
              f"blocks of 8 KiB: {data['disk_reads']} read, {data['disk_writes']} written"),
             (f"{data['jobs']:,}", f"jobs for the guest, {remapped} remapped interrupts"),
             (f"{tries:,}", f"break-ins tried, all blocked; {data['letters']} legal letters")]
    out = []
    for device, colour, tables, (figure, text) in zip(data["devices"], COLOURS, TABLES, facts):
        out.append(f"<div class='card' style='--c:{colour}'><h3>{html.escape(device['name'])}</h3>"
                   f"<small>{bus_name(device['id'])} · {html.escape(tables)}</small>"
                   f"<b>{figure}</b>{html.escape(text)}</div>")
    return f"<div class='cards'>{''.join(out)}</div>"


def quantile(values: list[int], share: float) -> int:
    return sorted(values)[int((len(values) - 1) * share)] if values else 0


def tlb_hits(device: dict) -> tuple[int, int]:
    """Requests that needed no walk, of all: counted by the IOMMU's counters, or by the journal."""
    if "caches" not in device:
        return device["counted"] - device["misses"], device["counted"]
    (micro, lookups), (other, _) = device["caches"]["micro-TLB"], device["caches"]["IOTLB"]
    return micro + other, lookups


def traffic(data: dict) -> str:
    rows = []
    for device in data["devices"]:
        hits, lookups = tlb_hits(device)
        kib = (device["bytes_read"] + device["bytes_written"]) // 1024
        total = device["reads"] + device["writes"] + device["refused"]
        cells = [f"{device['reads']:,}", f"{device['writes']:,}", f"{kib:,}",
                 f"{100 * device['refused'] / total:.1f} %" if device["refused"] else "–",
                 f"{100 * hits / max(lookups, 1):.1f} %"]
        cells += [f"{quantile(device['latency'], share):,}" for share in (0.5, 0.9, 0.99, 1)]
        rows.append(f"<tr><td>{html.escape(device['name'])}</td>" +
                    "".join(f"<td class='n'>{cell}</td>" for cell in cells) + "</tr>")
    heads = ["reads", "writes", "KiB", "blocked", "TLB hits", "half within", "90 %", "99 %", "all"]
    return ("<div class='box'><table><tr><th></th>" +
            "".join(f"<th class='n'>{head}</th>" for head in heads) + "</tr>" + "".join(rows) +
            "</table></div>")


def blocked(data: dict) -> str:
    rows = []
    for number, attempt in enumerate(data["attempts"]):
        of = next((one for one in data["blocked"] if one["attempt"] == number), None)
        if of is None:
            continue
        rows.append(f"<tr><td>{html.escape(attempt['what'])}</td>"
                    f"<td class='n bad'>{attempt['blocked']} of {attempt['times']}</td>"
                    f"<td><b>{of['cause']}</b> {html.escape(of['text'])}<br>"
                    f"<span class='why'>{html.escape(of['why'])}</span></td></tr>")
    return ("<div class='box'><table><tr><th>it tried to</th><th class='n'>blocked</th>"
            f"<th>cause, and why</th></tr>{''.join(rows)}</table></div>")


def fault_log(data: dict) -> str:
    rows = []
    for record in data["records"][:16]:
        guest = int(record["iotval2"], 16) & ~3
        rows.append(f"<tr><td class='n'>{record['read_at']:,}</td>"
                    f"<td><code>{bus_name(record['device'])}</code>"
                    f"{' with a process' if record['process'] else ''}</td>"
                    f"<td>{KINDS[record['ttyp']]}</td><td><code>{record['iotval']}</code></td>"
                    f"<td>{record['cause']} {html.escape(record['text'])}"
                    f"{f', guest address <code>{guest:#x}</code>' if guest else ''}</td></tr>")
    return (f"<div class='box'><table><tr><th class='n'>{CLOCKS[data['kind']][-1]}</th><th>device</th>"
            f"<th>access</th><th>address</th><th>cause</th></tr>{''.join(rows)}</table></div>"
            f"<p>The first {len(rows)} of {len(data['records'])} records.</p>")


def bench_page(data: dict) -> str:
    own = sum(of["reads"] for of in data["structures"][:5])
    marks = [(data["revoked"], "the rogue's mailbox\nis unmapped and fenced")]
    return f"""<h1>Four devices behind one IOMMU</h1>
<p>The Portcullis RTL in its Base configuration, simulated for {data['cycles']:,} cycles
({data['seconds']:.1f} s) in lockstep with the golden model. All four devices share one 64-bit
AXI port. Memory answers after 60 cycles.</p>
{cards(data)}
<div class="verdict"><ul>
<li>{data['compared']:,} accesses went where the golden model says, or were refused as it says.</li>
<li>{data['fault_records']} fault records, {data['commands']} commands, {data['fences']} fences and
{data['registers']} register reads agree with it.</li>
<li>{data['words'] * 8 // 1024:,} KiB of data were what their receivers expected, in pages of their
own.</li></ul></div>
<h2>Traffic</h2><p>What each device moved, and when something was blocked.</p>
<div class="box">{timeline(data, marks)}</div>
<h2>What translation cost</h2>
<p>From the address at the device port to the translated one, waits for others' write data included.
One cycle is a hit in the micro-TLB, five one in the IOTLB. TLB hits are those of the
IOMMU's own event counters, a pair per device. The IOTLB holds pages of 4 KiB only: the drive's
pages of 2 MiB miss it, and are answered by the walk cache without a memory access.</p>
{traffic(data)}<br>
<div class="pair"><div class="box">{latencies(data)}</div>
<div class="box">{own_accesses(data)}</div></div>
<p>Left: how many accesses were out within so many cycles. Right: the IOMMU's own accesses; tables
were read {own:,} times for {data['compared']:,} accesses.</p>
<h2>What was blocked, and why</h2>
<p>The rogue device tries what a device that has been taken over might try; the virtual machine's
driver has two mistakes. The reasons are the golden model's, with the specification's causes.</p>
{blocked(data)}
<h2>The fault queue</h2><p>Each blocked access left a record, as the driver read it.</p>
{fault_log(data)}
"""


def hit_rates(data: dict) -> str:
    """The hit rate of each cache, by device."""
    figure, axes = plt.subplots(figsize=(5.2, 3.7), layout="constrained")
    width = 0.8 / len(CACHES)
    for number, (cache, colour) in enumerate(CACHES.items()):
        for place, device in enumerate(data["devices"]):
            hits, lookups = device["caches"][cache]
            at = place + (number - (len(CACHES) - 1) / 2) * width
            rate = 100 * hits / lookups if lookups else 0
            axes.bar(at, rate, width * 0.9, color=colour, label=cache if place == 0 else None)
            axes.text(at, rate + 1, f"{rate:.0f}" if lookups else "–", ha="center", fontsize=9, color=INK)
    axes.set_xticks(range(len(data["devices"])), [device["name"] for device in data["devices"]])
    axes.yaxis.set_major_formatter(ticker.PercentFormatter())
    axes.set_ylim(0, 108)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=len(CACHES),
                  frameon=False, fontsize=9, handlelength=1, columnspacing=1)
    plain(axes)
    return inline(figure)


def throughput(data: dict) -> str:
    """Strict and lazy against passthrough."""
    figure, axes = plt.subplots(figsize=(5.2, 3.7), layout="constrained")
    modes = data["comparison"]
    for number, (key, label, form, colour) in enumerate((
            ("small", "reads of 4 KiB", "{:.1f} /s", "#2f6f9f"),
            ("large", "reads of 64 KiB", "{:,} KiB/s", "#6aa84f"))):
        for place, mode in enumerate(modes.values()):
            share = 100 * mode[key] / modes["passthrough"][key]
            at = place + (number - 0.5) * 0.4
            axes.bar(at, share, 0.36, color=colour, label=label if place == 0 else None)
            axes.text(at, share + 2, form.format(mode[key]), ha="center", fontsize=9, color=INK)
    axes.axhline(100, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xticks(range(len(modes)), list(modes))
    axes.set_ylabel("of passthrough", color=INK)
    axes.yaxis.set_major_formatter(ticker.PercentFormatter())
    axes.set_ylim(0, axes.get_ylim()[1] * 1.08)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2,
                  frameon=False, fontsize=9)
    plain(axes)
    return inline(figure)


def modes_table(data: dict) -> str:
    rows = []
    for name, mode in data["comparison"].items():
        windows = [data["windows"][f"{name} {part}"] for part in ("small", "large")]
        cells = [f"{mode['small']:,} /s", f"{mode['large']:,} KiB/s",
                 f"{mode['map']:,.1f} us", f"{mode['unmap']:,.1f} us", f"{mode['unmap_commands']:.2f}"]
        cells += [f"{window['mean']:.1f}" for window in windows]
        cells += [f"{sum(w['reads'] for w in windows) / max(1, sum(w['bursts'] for w in windows)):.3f}"]
        rows.append(f"<tr><td>{name}</td>" + "".join(f"<td class='n'>{cell}</td>" for cell in cells) + "</tr>")
    heads = ["4 KiB reads", "64 KiB reads", "a map", "an unmap", "commands an unmap", "cycles a burst, 4 KiB", "64 KiB",
             "table reads a burst"]
    return ("<div class='box'><table><tr><th></th>" + "".join(f"<th class='n'>{head}</th>" for head in heads) +
            "</tr>" + "".join(rows) + "</table></div>")


def steps_list(data: dict, titles: dict) -> str:
    items = []
    for step in data["steps"]:
        told = html.escape("\n".join(step["facts"]))
        items.append(f"<li><small>{(step['end'] - step['begin']) / 1e6:.1f} s</small>"
                     f"{html.escape(titles[step['name']])}{f'<pre>{told}</pre>' if told else ''}</li>")
    return f"<div class='box'><ol class='steps'>{''.join(items)}</ol></div>"


def lab_page(data: dict) -> str:
    own = sum(of["reads"] for of in data["structures"][:5])
    marks = [(step["begin"], step["name"]) for step in data["steps"][1:-1]]
    messages = sum(device["interrupts"] for device in data["devices"])
    return f"""<h1>Linux behind the IOMMU</h1>
<p>An unmodified QEMU 11 runs Linux. Its NVMe drive and two DMA engines reach memory only through
the Portcullis RTL (Base), simulated for {data['clock']:,} cycles in lockstep with the golden
model. Memory answers the IOMMU's own accesses after {data['latency']} cycles.</p>
{steps_list(data, data["titles"])}
<div class="verdict"><ul>
<li>{data['compared']:,} comparisons of RTL and model, without a difference: {data['bursts']:,} bursts
of devices, {data['fault_records']} fault records, register reads, and all that the IOMMU stored.</li>
<li>{messages:,} interrupts of devices went through the IOMMU as the messages they are.</li></ul></div>
<h2>Traffic</h2><p>What each device moved, when something was blocked, and what Linux did meanwhile.
Time is that of the person who waits: a simulation is slow.</p>
<div class="box">{timeline(data, marks)}</div>
<h2>What translation cost</h2>
<p>Cycles from the address at the device port to the translated one. One cycle is a hit in the
micro-TLB, five one in the IOTLB. A write's address leaves when the data of the burst are there,
a beat a cycle; bursts of 2 KiB do not wait for that.</p>
{traffic(data)}<br>
<div class="pair"><div class="box">{latencies(data)}</div>
<div class="box">{hit_rates(data)}</div></div>
<p>Left: how many bursts were out within so many cycles. Right: hits of each cache, of the
lookups that reached it; of the walk cache the share of levels of page tables that did not have to be read.</p>
<div class="pair"><div class="box">{own_accesses(data)}</div>
<div class="box">{throughput(data)}</div></div>
<p>Left: the IOMMU's own accesses; tables were read {own:,} times for {data['bursts']:,} bursts. Right: what
Linux got out of the drive, in the time of the simulation, against passthrough.</p>
<h2>Strict, lazy and passthrough</h2>
<p>The drive's domain changes its kind while Linux runs. Strict invalidates at each unmap and waits
for it; lazy once in many, or each 10 ms, and a simulated read can take longer than that;
passthrough never, and it reads no page table. Maps and unmaps are those of Linux's DMA API, 4 KiB each.</p>
{modes_table(data)}
<h2>What was blocked, and why</h2><p>The reasons are the golden model's.</p>
{blocked(data)}
<h2>The fault queue</h2><p>As the IOMMU stored it, and the driver reported it in words.</p>
{fault_log(data)}
"""


def page(data: dict) -> str:
    title, body = (("Linux behind the IOMMU", lab_page) if data["kind"] == "lab" else
                   ("four devices, one IOMMU", bench_page))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Portcullis: {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>
<body><main>
{body(data)}</main></body></html>
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=pathlib.Path)
    parser.add_argument("page", type=pathlib.Path)
    args = parser.parse_args()
    plt.rcParams.update({"font.family": "DejaVu Sans", "svg.fonttype": "none",
                         "text.color": INK, "axes.labelsize": 11})
    data = {"kind": "bench", **json.loads(args.figures.read_text(encoding="utf-8"))}
    args.page.write_text(page(data), encoding="utf-8")
    print(f"\n  The same with plots: {args.page}\n")


if __name__ == "__main__":
    main()
