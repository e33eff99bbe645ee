#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A part of ./dev --qemu11, run in the tool root: qemu11.sh SUITE MIRROR NAME…
# fetches packages from SUITE-backports, with what they need beyond the root, and
# unpacks them in /opt/qemu11. The root stays as it is.
set -euo pipefail
suite=$1 mirror=$2
shift 2
at=/opt/qemu11
work=$at/work

rm -rf "$work"
mkdir -p "$work"/{lists,cache/archives}/partial
for from in "$suite" "$suite-backports"; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $from main"
done >"$work/sources.list"
export APT_CONFIG=$at/apt.conf
apt=(apt-get -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/nowhere
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o Debug::NoLocking=1
    -o "APT::Sandbox::User=$(id -un)" -o APT::Update::Error-Mode=any -o Acquire::Retries=3)

echo "I: running apt-get update..."
"${apt[@]}" update
echo "I: downloading packages with apt..."
"${apt[@]}" install -y --no-install-recommends --download-only -t "$suite-backports" "$@"
echo "I: extracting archives..."
for deb in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$deb" "$at"
    dpkg-deb -f "$deb" Package Version | sed 's/.*: //' | paste -sd ' '
done >"$at/versions"
rm -rf "$work"

# The libraries that came along may be newer than the root's, so they are for
# these programs only.
mkdir "$at/bin"
for program in "$at"/usr/bin/qemu-*; do
    wrapper=$at/bin/${program##*/}
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$at/usr/lib/$(gcc -print-multiarch)" "$program" >"$wrapper"
    chmod +x "$wrapper"
done
"$at/bin/qemu-system-riscv64" --version
