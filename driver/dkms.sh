#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dkms.sh FOLDER: put the driver's sources into FOLDER/riscv-iommu-VERSION, as DKMS wants them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' "$here/hw.c")
target=$1/riscv-iommu-$version
mkdir -p "$target"
cp "$here"/*.[ch] "$here/Kbuild" "$here/../sw-model/include/iommu_regs.h" "$target/"
sed "s/@VERSION@/$version/" "$here/dkms.conf" >"$target/dkms.conf"
echo "$target"
