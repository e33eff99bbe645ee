#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh [--native] OUT PACKAGE...: fetch Debian packages of architecture riscv64, or of this
# machine's, from the tool root's own mirror, and unpack them into OUT without running anything of
# them. apt's lists are private, so that nothing of the tool root changes.
set -euo pipefail
architecture=(-o APT::Architecture=riscv64 -o APT::Architectures=riscv64)
if [[ $1 = --native ]]; then
    architecture=()
    shift
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
state=$out.apt
rm -rf "$state" # of a run that was ended
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
: >"$state/status"
apt=(apt-get -qq "${architecture[@]}"
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
    -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o Acquire::Retries=3)
"${apt[@]}" update
cd "$state"
"${apt[@]}" download "$@"
for package in *.deb; do
    dpkg-deb -x "$package" "$out"
done
rm -rf "$state"
