#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# binding.sh LINUX OUT: the kernel's binding riscv,iommu.yaml (LINUX is a folder made by
# kernel/build.sh of a kernel that has it), and by it the device trees that the driver is tested
# on: QEMU's. The driver adds nothing to the binding. Trees that are wrong must be refused.
set -uo pipefail
binding=$1/src/Documentation/devicetree/bindings/iommu/riscv,iommu.yaml
mkdir -p "$2"
out=$2
passed=0 failed=0

# What is said about the binding and the nodes that it is for; nothing where all is well.
complaints() { # NAME
    dt-validate -s "$out/schema.json" -l 'riscv,iommu.yaml' "$out/$1.dtb" 2>&1 |
        grep -E 'iommu|Error|Traceback'
}
good() { # NAME OUTPUT
    if [[ $2 ]]; then
        printf '%s:\n%s\n' "$1" "$2"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}
wrong() { # NAME PROPERTY COMMAND...: the tree with one change is refused for this property
    cp "$out/platform.dtb" "$out/$1.dtb"
    "${@:3}"
    if complaints "$1" | grep -q "$2"; then
        passed=$((passed + 1))
    else
        printf '%s: not refused\n' "$1"
        failed=$((failed + 1))
    fi
}

good "the binding itself" "$(dt-doc-validate "$binding" 2>&1)"
dt-mk-schema -j -o "$out/schema.json" "$binding"
qemu-system-riscv64 -M "virt,aia=aplic-imsic,iommu-sys=on,dumpdtb=$out/platform.dtb" >/dev/null 2>&1
qemu-system-riscv64 -M "virt,aia=aplic-imsic,dumpdtb=$out/pci.dtb" -device riscv-iommu-pci,addr=1.0 \
    >/dev/null 2>&1
node=$(fdtget -l "$out/platform.dtb" /soc | grep '^iommu@')
good "a node in the tree" "$([[ $node ]] || echo none)"
pci=$(fdtget -l "$out/pci.dtb" /soc | grep '^pci@')
function=$(fdtget -l "$out/pci.dtb" "/soc/$pci" | grep '^iommu@')
good "a function in the tree" "$([[ $function ]] || echo none)"
# The binding wants the maker's name before the general one; QEMU 10 leaves it out.
wrong maker compatible true
fdtput -t s "$out/platform.dtb" "/soc/$node" compatible qemu,riscv-iommu riscv,iommu
fdtput -t s "$out/pci.dtb" "/soc/$pci/$function" compatible pci1efd,edf1 riscv,pci-iommu
good "platform form" "$(complaints platform)"
good "PCI form" "$(complaints pci)"
wrong cells "iommu-cells" fdtput "$out/cells.dtb" "/soc/$node" '#iommu-cells' 5
wrong no-cells "iommu-cells" fdtput -d "$out/no-cells.dtb" "/soc/$node" '#iommu-cells'
wrong no-registers "reg" fdtput -d "$out/no-registers.dtb" "/soc/$node" reg
wrong wires "interrupts" fdtput -t x "$out/wires.dtb" "/soc/$node" interrupts 1 1 2 1 3 1 4 1 5 1
wrong word "portcullis" fdtput "$out/word.dtb" "/soc/$node" portcullis 1
echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
