#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh OUT 6.12|newest [CONFIG|PATCH...]: unpack Debian's kernel source into OUT/src once, patch
# it, and build Image and what modules need in OUT/obj. `newest` is the one of the backports;
# its archive is fetched. CONFIG: fragments on top of the first; PATCH: *.patch, behind ours.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$1 series=$2
shift 2
fragments=("$here/config-6.12")
[[ $series != newest ]] || fragments+=("$here/config-7")
patches=("$here"/*.patch)
for extra; do
    if [[ $extra == *.patch ]]; then patches+=("$extra"); else fragments+=("$extra"); fi
done
mkdir -p "$out"
out=$(cd "$out" && pwd)

unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that called this
exec 9>"$out/.lock"
flock 9
archive=${KERNEL_SOURCE:-/usr/src/linux-source-6.12.tar.xz}
if [[ $series == newest && ! ${KERNEL_SOURCE-} ]]; then
    archive=$(find "$out" -maxdepth 1 -name 'linux-source-*.tar.xz' | tail -1)
    [[ $archive ]] || archive=$("$here/fetch.sh" "$out")
fi
stamp=$(cat "$archive" "${fragments[@]}" "${patches[@]}" "$here/build.sh" | sha256sum)
if [[ -f $out/stamp && $(<"$out/stamp") == "$stamp" ]]; then
    exit 0
fi
rm -rf "$out/src" "$out/stamp"
mkdir -p "$out/src" "$out/obj"
# What other architectures and other subsystems need is only in the way.
tar -C "$out/src" --strip-components=1 --wildcards -xJf "$archive" \
    --exclude='*/arch/[a-qs-z]*/*.[chS]' --exclude='*/arch/[a-qs-z]*/*.dts*' \
    --exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/media/*.[ch]' \
    --exclude='*/drivers/staging/*.[ch]' --exclude='*/sound/*.[ch]'
for patch in "${patches[@]}"; do
    patch -s -p1 -d "$out/src" <"$patch"
done
cat "${fragments[@]}" >"$out/fragment"
export ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- KBUILD_BUILD_TIMESTAMP=2026-01-01 \
    KBUILD_BUILD_USER=portcullis KBUILD_BUILD_HOST=portcullis
cd "$out/src"
export TMPDIR=$out # where make puts the pipe of its job server
make -s O="$out/obj" KCONFIG_ALLCONFIG="$out/fragment" allnoconfig >"$out/config.log" 2>&1
# An option that Kconfig dropped is a mistake of the fragment. The last word on one counts.
missing=$(awk -F= '/^CONFIG_/ { last[$1] = $0 } END { for (name in last) print last[name] }' \
    "$out/fragment" | grep -v '=n$' | while read -r line; do
    grep -qxF "$line" "$out/obj/.config" || echo "$line"
done)
if [[ $missing ]]; then
    printf 'not in the configuration:\n%s\n' "$missing" >&2
    exit 1
fi
nice -n 10 make -s -j"${KERNEL_JOBS:-$(($(nproc) + 1))}" O="$out/obj" Image modules >"$out/build.log" 2>&1 || {
    tail -20 "$out/build.log" >&2
    exit 1
}
echo "$stamp" >"$out/stamp"
