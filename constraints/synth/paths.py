#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long the paths of a routed netlist take, by where they end.

Reads nextpnr's timing report that synth.py leaves (timing-SEED.json). For each register or
memory port the longest time, in ns, from a clock's edge to what it takes in is printed, with how
many of its bits are within 5 % of that. Bits of a vector and copies of a name are one line; what
has lost its name in mapping is put together by the kind of its pin (CE: enable, LSR: set or reset).
"""

import argparse
import json
import re
import sys
from pathlib import Path

NEAR = 0.95


def line_of(net, endpoint):
    """What an endpoint is called in the list."""
    name = re.sub(r"\[\d+\]", "", net).removeprefix("core.")
    if "$" in name:
        return f"(no name: {endpoint['port']})"
    return name


def arrivals(timing):
    """@return {name: [ns]}"""
    found = {}
    for net in timing["detailed_net_timings"]:
        for endpoint in net["endpoints"]:
            if net["event"].startswith("posedge") and endpoint["event"].startswith("posedge"):
                found.setdefault(line_of(net["net"], endpoint), []).append(endpoint["delay"])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, help="timing-SEED.json")
    parser.add_argument("--count", type=int, default=30, metavar="N",
                        help="lines to print (default 30)")
    parser.add_argument("--mhz", type=float, default=90.0, metavar="F",
                        help="count what is too slow for this clock (default 90)")
    args = parser.parse_args()
    try:
        timing = json.loads(args.report.read_text(encoding="utf-8"))
        found = arrivals(timing)
    except (OSError, ValueError, KeyError) as error:
        print(f"{args.report}: no timing report of synth.py: {error}", file=sys.stderr)
        return 1
    clock = min(entry["achieved"] for entry in timing["fmax"].values())
    delays = [delay for bits in found.values() for delay in bits]
    print(f"{clock:.1f} MHz; {len(delays)} bits, {sum(ns > 1000 / args.mhz for ns in delays)} of them "
          f"too slow for {args.mhz:g} MHz\n\n   ns  bits  ends in")
    for name in sorted(found, key=lambda name: -max(found[name]))[:args.count]:
        longest = max(found[name])
        print(f"{longest:5.1f} {sum(ns > NEAR * longest for ns in found[name]):5} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
