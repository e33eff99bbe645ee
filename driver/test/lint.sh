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
    # kzalloc_obj is newer than 6.12.
    ignore=(--ignore ALLOC_WITH_SIZEOF)
    # A module outside of the tree has to ask for the version, in one place.
    [[ ${file##*/} != compat.h ]] || ignore+=(--ignore "LINUX_VERSION_CODE,CONSTANT_COMPARISON,MACRO_ARG_UNUSED")
    # TRACE_EVENT is written this way in all of the kernel.
    [[ ${file##*/} != trace.h ]] || ignore+=(--ignore "OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT")
    result "checkpatch ${file##*/}" "$(perl "$linux/src/scripts/checkpatch.pl" --no-tree --strict \
        --terse --show-types "${ignore[@]}" -f "$file" | grep -v '^total: 0 errors, 0 warnings, 0 checks')"
done
# One build for both: warnings of the compiler with W=1, and of sparse. What the kernel's own
# headers give is not ours to change.
rm -rf "$out"
"$here/build.sh" "$linux/obj" "$out" W=1 C=2 CHECK="$here/test/sparse.sh" >"$out.log" 2>&1
result "build with W=1 and sparse" "$(grep -E ": (warning|error):|Error |^ERROR" "$out.log" |
    grep -vE '/src/(include|arch)/')"
[[ -f $out/riscv-iommu.ko ]] || result "the module" "was not built"
echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
