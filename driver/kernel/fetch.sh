#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch.sh OUT: the source of the newest kernel in the backports of this Debian's suite, from
# its own mirror, as OUT/linux-source-VERSION.tar.xz. apt's lists are private, and nothing is
# installed.
set -euo pipefail
mkdir -p "$1"
out=$(cd "$1" && pwd)
state=$out/apt
trap 'rm -rf "$state"' EXIT
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
: >"$state/status"
read -r mirror suite < <(awk '$1 == "deb" { print $2, $3; exit }' /etc/apt/sources.list)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite-backports main" \
    >"$state/sources.list"
options=(-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/nowhere
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
    -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o Acquire::Retries=3)
apt-get -qq "${options[@]}" update
package=$(apt-cache "${options[@]}" depends linux-source | sed -n 's/.*Depends: //p' | head -1)
cd "$state"
apt-get -qq "${options[@]}" download "$package"
dpkg-deb --fsys-tarfile "$package"_*.deb | tar -x -C "$out" --strip-components=3 "./usr/src/$package.tar.xz"
echo "$out/$package.tar.xz"
