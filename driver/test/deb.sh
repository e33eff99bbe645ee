#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh KERNEL OUT: the last step of the README's recipe, `make bindeb-pkg`, for the test kernel,
# which is patched and built already: with Debian's configuration it takes hours. Debian's tools
# for packages are fetched, and unpacked only.
set -euo pipefail
kernel=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2"
out=$(cd "$2" && pwd)
passed=0 failed=0
check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >>"$out/log" 2>&1; then
        passed=$((passed + 1))
    else
        echo "$name"
        failed=$((failed + 1))
    fi
}

mkdir -p "$out/kernel"
"$(dirname "$0")/packages.sh" --native "$out/tools" dpkg-dev libdpkg-perl debhelper libdebhelper-perl

# The packages land beside the folder that is built in.
cp -a "$kernel/obj" "$out/kernel/obj"
unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that called this
export PATH=$out/tools/usr/bin:$PATH PERL5LIB=$out/tools/usr/share/perl5 TMPDIR=$out
export ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- KDEB_COMPRESS=gzip DPKG_FLAGS=-d # the tools are there, but not installed
export DEBEMAIL=portcullis@example.org DEBFULLNAME=Portcullis
if ! make -s -C "$kernel/src" O="$out/kernel/obj" bindeb-pkg >"$out/log" 2>&1; then
    tail -30 "$out/log"
fi
release=$(<"$kernel/obj/include/config/kernel.release")
image=$(find "$out/kernel" -maxdepth 1 -name "linux-image-${release}_*_riscv64.deb")
headers=$(find "$out/kernel" -maxdepth 1 -name "linux-headers-${release}_*_riscv64.deb")
check "a package with the kernel" test -f "$image"
check "a package with the headers" test -f "$headers"
for package in $image $headers; do dpkg-deb -x "$package" "$out/unpacked"; done
check "the kernel in it" test -s "$out/unpacked/boot/vmlinuz-$release"
check "its configuration" cmp "$kernel/obj/.config" "$out/unpacked/boot/config-$release"
check "it translates" grep -qx CONFIG_IOMMU_DMA=y "$out/unpacked/boot/config-$release"
check "what modules are built with" \
    cmp "$kernel/obj/Module.symvers" "$out/unpacked/usr/src/linux-headers-$release/Module.symvers"
echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
