#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# sparse without -march: its version in Debian 13 does not know the names of extensions.
args=()
for arg; do
    [[ $arg == -march=* ]] || args+=("$arg")
done
exec sparse "${args[@]}"
