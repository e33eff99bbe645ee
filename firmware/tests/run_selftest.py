#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the selftest image on each machine of the list, and assert what it skips there.

Skipping is not passing: the set of skipped tests, and of noted deviations of QEMU's
(docs/qemu-differences.md), has to be exactly the one below.
"""

import argparse
import os
import re
import sys

from qemu import EDU, QEMU, QEMU_11, Machine, Results

# What no machine of QEMU's has.
NOWHERE = {
    "page_requests_are_taken": "no device sends page requests",
    "processes_of_pd17": "capabilities lack this process directory",
    "processes_of_pd20": "capabilities lack this process directory",
    "hardware_sets_a_and_d": "capabilities lack AMO_HWAD",
    "memory_types_are_told": "capabilities lack Svpbmt",
}
NO_TESTDEV = {"devices_are_told_of_faults": "no iommu-testdev"}
NO_IMSIC = {name: "no IMSIC" for name in
            ("fault_raises_a_message", "msi_is_remapped", "msi_into_a_file_in_memory")}
NO_PLIC = {"fault_raises_a_wire": "no PLIC"}
NO_WIRES = {"fault_raises_a_wire": "capabilities.IGS lacks wires"}
NO_DEVICE = {name: "no edu device for DMA" for name in (
    "dma_blocked_by_default", "dma_blocked_when_off", "dma_through_sv39", "dma_through_sv48",
    "dma_through_sv57", "dma_through_sv39x4", "dma_through_sv48x4", "dma_through_sv57x4",
    "dma_write_needs_permission", "dma_needs_user_pages", "dma_outside_the_map_faults",
    "dma_after_unmap_faults", "dma_after_detach_faults", "dma_through_two_stages",
    "dma_is_counted", "fault_raises_a_message", "fault_raises_a_wire", "msi_is_remapped",
    "msi_into_a_file_in_memory")}
LAYOUT, SUPERPAGE, MSI = "response-layout", "response-superpage", "record-msi"
PCI = ["-device", "riscv-iommu-pci,addr=1.0"]
DEVICE = ["-device", EDU]
TESTS = 38

TESTDEV = ["-device", "iommu-testdev"]
NO_FIRST_STAGE = {
    **{f"dma_through_{name}": "capabilities lack this format" for name in ("sv39", "sv48", "sv57")},
    **{name: "capabilities lack a first stage" for name in (
        "probe_agrees_with_the_table", "misconfigured_context_faults", "processes_of_pd8",
        "untouched_pages_fault", "dma_write_needs_permission", "dma_needs_user_pages",
        "dma_outside_the_map_faults", "dma_after_unmap_faults", "dma_after_detach_faults",
        "dma_is_counted")},
    "dma_through_two_stages": "capabilities lack one of the stages"}
NO_SECOND_STAGE = {
    **{f"dma_through_{name}": "capabilities lack this format"
       for name in ("sv39x4", "sv48x4", "sv57x4")},
    **{name: "capabilities lack a second stage"
       for name in ("msi_is_remapped", "msi_into_a_file_in_memory")},
    "dma_through_two_stages": "capabilities lack one of the stages"}

# name: arguments, skips, notes
CONFIGURATIONS = {
    "sys-imsic": (["-M", "virt,iommu-sys=on,aia=aplic-imsic", *DEVICE],
                  {**NO_PLIC, **NO_TESTDEV}, {LAYOUT, MSI}),
    "sys-plic": (["-M", "virt,iommu-sys=on", *DEVICE], {**NO_IMSIC, **NO_TESTDEV}, {LAYOUT}),
    "sys-no-device": (["-M", "virt,iommu-sys=on,aia=aplic-imsic"], {**NO_DEVICE, **NO_TESTDEV},
                      {LAYOUT}),
    "pci-imsic": (["-M", "virt,aia=aplic-imsic", *PCI, *DEVICE], {**NO_WIRES, **NO_TESTDEV},
                  {LAYOUT, MSI}),
    "pci-second-only": (["-M", "virt,aia=aplic-imsic", "-device",
                         "riscv-iommu-pci,addr=1.0,s-stage=off", *DEVICE],
                        {**NO_WIRES, **NO_TESTDEV, **NO_FIRST_STAGE}, {MSI}),
    "pci-first-only": (["-M", "virt,aia=aplic-imsic", "-device",
                        "riscv-iommu-pci,addr=1.0,g-stage=off", *DEVICE],
                       {**NO_WIRES, **NO_TESTDEV, **NO_SECOND_STAGE}, {LAYOUT}),
    "pci-plic": (["-M", "virt", *PCI, *DEVICE], {**NO_IMSIC, **NO_WIRES, **NO_TESTDEV}, {LAYOUT}),
}
# With QEMU 11, where it was added to the tool root.
CONFIGURATIONS_11 = {
    "qemu11-sys": (["-M", "virt,iommu-sys=on,aia=aplic-imsic", *DEVICE, *TESTDEV], NO_PLIC,
                   {SUPERPAGE, MSI}),
    "qemu11-pci": (["-M", "virt,aia=aplic-imsic", *PCI, *DEVICE, *TESTDEV], NO_WIRES,
                   {SUPERPAGE, MSI}),
}


def run(results, image, name):
    program = QEMU_11 if name in CONFIGURATIONS_11 else QEMU
    arguments, skips, notes = {**CONFIGURATIONS, **CONFIGURATIONS_11}[name]
    with Machine(["-m", "256", "-bios", image, *arguments], program=program) as machine:
        status = machine.finish()
        output = machine.output
    skips = {**NOWHERE, **skips}
    found = dict(re.findall(r"^skip (\w+): (.*)$", output, re.MULTILINE))
    noted = set(re.findall(r"^note (\S+)$", output, re.MULTILINE))
    passed = re.findall(r"^ok   (\w+)$", output, re.MULTILINE)
    closing = f"{TESTS - len(skips)} passed, 0 failed, {len(skips)} skipped"
    results.expect(status == 0, f"{name}: exit status 0", f"{status}\n{output}")
    results.expect(output.endswith(closing + "\n"), f"{name}: {closing}", output[-400:])
    results.expect(len(passed) == TESTS - len(skips), f"{name}: as many passed as it says")
    results.expect(found == skips, f"{name}: skips are those expected",
                   f"missing {skips.items() - found.items()}, more {found.items() - skips.items()}")
    results.expect(noted == notes, f"{name}: deviations are those expected", noted ^ notes)


def run_without_iommu(results, image):
    with Machine(["-m", "256", "-M", "virt", "-bios", image]) as machine:
        status = machine.finish()
        results.expect(status == 3 and "no IOMMU in the device tree" in machine.output,
                       "no-iommu: says so and fails", f"{status}\n{machine.output}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("names", nargs="*", help="configurations; all by default")
    args = parser.parse_args()
    results = Results()
    names = args.names or [*CONFIGURATIONS, *CONFIGURATIONS_11]
    if not os.path.exists(QEMU_11):
        names = [name for name in names if name not in CONFIGURATIONS_11]
        print("skip QEMU 11's machines: ./dev --qemu11 adds it")
        results.skipped = len(CONFIGURATIONS_11)
    for name in names:
        run(results, args.image, name)
    run_without_iommu(results, args.image)
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
