#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dkms.sh KERNEL_OBJ OUT: what driver/dkms.sh makes is added to DKMS and built by it, with
# Debian's dkms of this suite, unpacked only; all its trees are below OUT.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
obj=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2"
out=$(cd "$2" && pwd)
passed=0 failed=0
check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$out/log" 2>&1; then
        passed=$((passed + 1))
    else
        echo "$name:"
        cat "$out/log" "$out"/tree/riscv-iommu/*/build/make.log 2>/dev/null | tail -40
        failed=$((failed + 1))
    fi
}

mkdir -p "$out"/{source,tree,install,modules}
"$here/test/packages.sh" --native "$out/debian" dkms

"$here/dkms.sh" "$out/source" >/dev/null
version=$(basename "$out"/source/riscv-iommu-*)
version=${version#riscv-iommu-}
release=$(<"$obj/include/config/kernel.release")
unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that called this
export ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- TMPDIR=$out
dkms() {
    bash "$out/debian/usr/sbin/dkms" "$@" --dkmstree "$out/tree" --sourcetree "$out/source" \
        --installtree "$out/install" -m riscv-iommu -v "$version"
}
check "dkms add" dkms add
check "dkms build" dkms build -k "$release" -a riscv64 --kernelsourcedir "$obj"
module=$(find "$out/tree" -name 'riscv-iommu.ko*' | head -1)
check "the module" test -n "$module"
check "its kernel" grep -q "vermagic=$release" <(xz -dcf "${module:-/dev/null}" 2>/dev/null | strings; strings "${module:-/dev/null}")
check "nothing for tests in it" test -z "$(find "$out/tree" -path '*/module/*' -name 'riscv-iommu-*.ko*')"
echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
