#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# recipe.sh KERNEL OUT: the README's recipe for a patched kernel, as far as its configuration, with
# what Debian configures its riscv64 kernel with (fetched). Building that takes hours: deb.sh makes
# the packages with a smaller one.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
src=$(cd "$1/src" && pwd)
rm -rf "$2"
mkdir -p "$2/obj"
out=$(cd "$2" && pwd)
passed=0 failed=0
is() { # OPTION y|m|n
    local value
    value=$(sed -n "s/^CONFIG_$1=//p" "$out/obj/.config")
    if [[ ${value:-n} == "$2" ]]; then
        passed=$((passed + 1))
    else
        echo "CONFIG_$1 is ${value:-n}, not $2"
        failed=$((failed + 1))
    fi
}

"$here/test/packages.sh" "$out/debian" linux-config-6.12
xz -dc "$out/debian/usr/src/linux-config-6.12/config.riscv64_none_riscv64.xz" >"$out/obj/.config"
unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that called this
export ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- TMPDIR=$out
# As Debian has it, what the README's table says of the stock kernel.
is IOMMU_API y
is VFIO m
is IOMMUFD n
is IOMMU_DMA n
is VFIO_IOMMU_TYPE1 n
is VFIO_PLATFORM n
# The README's own line.
options=$(sed -n 's/^scripts\/config //p' "$here/README.md")
# shellcheck disable=SC2086 # several words
"$src/scripts/config" --file "$out/obj/.config" $options
make -s -C "$src" O="$out/obj" olddefconfig >"$out/log" 2>&1
is IOMMU_DMA y
is IOMMUFD y
is IOMMUFD_DRIVER y
is IOMMU_IOPF y
is VFIO_DEVICE_CDEV y
is VFIO_PCI m
is VFIO_IOMMU_TYPE1 m
is VFIO_PLATFORM m
# The build makes its own key, and modules without a signature are taken.
is MODULE_SIG_KEY '"certs/signing_key.pem"'
is MODULE_SIG_FORCE n
is SYSTEM_TRUSTED_KEYS '""'
echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
