#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KERNEL_OBJ OUT [MAKE_ARGUMENT...]: the modules, built outside of the source folder
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
obj=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 2
for file in "$here"/*.[ch] "$here/Kbuild"; do
    cmp -s "$file" "$out/${file##*/}" || cp "$file" "$out/"
done
header=$here/../sw-model/include/iommu_regs.h
cmp -s "$header" "$out/iommu_regs.h" || cp "$header" "$out/"
unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that called this
export TMPDIR=$out # where make puts the pipe of its job server
exec make -s -j"${KERNEL_JOBS:-2}" -C "$obj" M="$out" ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- "$@" modules
