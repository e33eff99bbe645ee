#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint.sh LINUX OUT: checkpatch --strict, a build with W=1, and sparse, on the driver;
# LINUX is a folder made by kernel/build.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
linux=$1 out=$2
passed=0 failed=0

result() { # NAME OUTPUT: no output is good
    if [[ $2 ]]; then
        printf '%s:\n%s\n' "$1" "$2"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

for file in "$here"/*.[ch]; do
    # TRACE_EVENT is written this way in all of the kernel.
    ignore=()
    [[ ${file##*/} != trace.h ]] || ignore=(--ignore "OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT")
    result "checkpatch ${file##*/}" "$(perl "$linux/src/scripts/checkpatch.pl" --no-tree --strict \
        --terse --show-types "${ignore[@]}" -f "$file" | grep -v '^total: 0 errors, 0 warnings, 0 checks')"
done
rm -rf "$out"
result "build with W=1" "$("$here/build.sh" "$linux/obj" "$out" W=1 2>&1)"
rm -rf "$out"
# What the kernel's own headers give is not ours to change.
result sparse "$("$here/build.sh" "$linux/obj" "$out" C=2 CHECK="$here/test/sparse.sh" 2>&1 |
    grep -E ": (warning|error):|Error |^ERROR" | grep -vE '/src/(include|arch)/')"
echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
