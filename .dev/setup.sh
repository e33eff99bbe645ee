# shellcheck shell=bash disable=SC2154 # dev, which reads this file, has the rest
# SPDX-License-Identifier: Apache-2.0
#
# The part of ./dev that makes the tool root. Each thing is made under the name
# X.new and renamed when complete, so that an interrupted run leaves nothing that
# a later one would take for whole; the later one removes it.

LOG=$TREE/build/dev.log
job=    # process of the step that runs, if any
why=    # what went wrong, in one line

# Call the functions given, one process at a time.
locked() {
    local action mask
    mkdir -p "$STATE/home"
    exec 9>"$STATE/lock"
    flock -n 9 || { say "another ./dev is at work on the tool root; waiting"; flock 9; }
    trap abandon EXIT
    trap 'echo >&2; say interrupted; exit 130' INT
    trap 'say terminated; exit 143' TERM HUP
    mask=$(umask)
    umask 022
    remove_leftovers
    for action; do "$action"; done
    remove_leftovers
    umask "$mask"
    trap - EXIT INT TERM HUP
    exec 9>&-
}

# Nothing that was begun goes on or stays.
abandon() {
    local status=$?
    trap '' INT TERM HUP
    if [[ $job ]]; then
        kill -KILL -- "-$job" "$job" 2>/dev/null || true
        wait "$job" 2>/dev/null || true
    fi
    (remove_leftovers) 2>/dev/null || true
    exit "$status"
}

# Run a step: everything into the log, its "I: running…" lines to the terminal
# too. It is a process group of its own, which abandon can end, and dies with this
# script even when that is killed. Processes that outlive both all the same hold
# the lock until they end.
step() {
    local line status=0
    why=
    printf '\n+ %s\n' "$*" >>"$LOG"
    log_from=$(wc -l <"$LOG")
    exec 8< <(exec setpriv --pdeathsig KILL setsid "$@" 2>&1 </dev/null)
    job=$!
    while IFS= read -r line <&8; do
        printf '%s\n' "$line" >>"$LOG" 2>/dev/null || why="the disk is full"
        case $line in
            'I: running '* | 'I: downloading '* | 'I: extracting '* | 'I: installing '*) say "  ${line#I: }" ;;
        esac
    done
    exec 8<&-
    wait "$job" || status=$?
    job=
    return "$status"
}

# Set `why` from what the last step logged; fail if it may help to try again.
diagnose() {
    local text
    text="$why $(tail -n "+$log_from" "$LOG")"
    case $text in
        *'the disk is full'* | *'No space left on device'*)
            why="the disk is full" ;;
        *NO_PUBKEY* | *'is not signed'* | *EXPKEYSIG* | *'No keyring installed'*)
            why="the host does not know Debian 13's signing keys; update its package debian-archive-keyring" ;;
        *'Could not resolve'* | *'failure resolving'* | *'failure in name resolution'* | *'Network is unreachable'* \
            | *'Name or service not known'*)
            why="no network, the package archive cannot be reached" ;;
        *'Unable to locate package'* | *'has no installation candidate'* | *'No matching distribution found'*)
            why=$(last_line 'Unable to locate|no installation cand|No matching') ;;
        *)
            why=$(last_line '^[EW]:|rror|expired|Hash Sum')
            return 1 ;;
    esac
}

last_line() {
    local found
    found=$(tail -n "+$log_from" "$LOG" | grep -E "$1" | tail -n 1 || true)
    printf '%s' "${found:-$(tail -n 1 "$LOG")}"
}

# Try a step a few times: mirrors are inconsistent while they are updated.
persist() {
    local what=$1 try
    shift
    for try in 1 2 3; do
        "$@" && return 0
        diagnose && break
        ((try < 3)) || break
        say "$what failed ($why); once more in $((try * 20)) s"
        sleep $((try * 20))
    done
    die "$what failed: $why (log: ${LOG#"$TREE"/})"
}

need_space() {
    local free
    free=$(df -Pk "$STATE" | awk 'NR == 2 { print int($4 / 1024) }')
    ((free >= $1)) || die "no disk space: $1 MB are needed in ${STATE#"$TREE"/}, $free MB are free"
}

need_tools() {
    local tool missing=()
    for tool in mmdebstrap bwrap setpriv setsid unshare; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    ((EUID == 0)) || command -v newuidmap >/dev/null || missing+=(newuidmap)
    if ((${#missing[@]})); then
        if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
            die "missing on this host: ${missing[*]}; install mmdebstrap, bubblewrap, util-linux and uidmap"
        fi
        say "installing mmdebstrap and bubblewrap on this host with apt-get"
        persist "installing mmdebstrap and bubblewrap" step sh -c 'apt-get update &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
                mmdebstrap bubblewrap util-linux gpg gpgv debian-archive-keyring'
    fi
    bwrap --ro-bind / / true 2>>"$LOG" \
        || die "no user namespaces: bubblewrap cannot start here ($(tail -n 1 "$LOG"))"
}

# The host's own Debian mirror; nothing on a host that has none. Third-party
# archives are told apart by their origin, or, where the host has not fetched an
# index yet, by suite, component and the customary path.
mirror() {
    local info
    command -v apt-get >/dev/null || return 0
    # shellcheck disable=SC2016 # the $(…) are apt's
    for info in --release-info --no-release-info; do
        apt-get indextargets "$info" 'Identifier: Packages' \
            --format '$(ORIGIN)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)' 2>/dev/null
    done | awk -F '|' '
        $4 ~ /^cdrom/ || $2 != "main" { next }
        $3 !~ /^(bullseye|bookworm|trixie|forky|duke|sid|(old)*stable|testing|unstable)$/ { next }
        { rank = $1 == "Debian" ? 3 : $1 !~ /ORIGIN/ ? 0 : $4 ~ /\/debian\/?$/ ? 2 : 1 }
        $4 ~ /^[a-z+]+:\/[^\/]/ { sub(/:/, "://", $4) }
        $4 ~ /^mirror/ { sub(/\/$/, "", $4) }
        rank > best { best = rank; found = $4 }
        END { print found }' || true
}

# The host's settings on how to fetch; none on what to trust.
apt_settings() {
    command -v apt-config >/dev/null || return 0
    apt-config dump | grep -E '^Acquire::(https?|ftp|Retries|Force|Check-Date|Check-Valid-Until|Max-ValidTime|Proxy)' || true
}

# Remove a tree that this script made, whoever owns its files. Mounts cannot be
# in it: they are made in a namespace that ends with the step.
remove() {
    local try
    for try in 1 2 3 4 5; do
        [[ -e $1 || -L $1 ]] || return 0
        rm -rf --one-file-system "$1" 2>/dev/null && return
        mmdebstrap --unshare-helper rm -rf --one-file-system "$1" 2>/dev/null || true
        rm -rf --one-file-system "$1" 2>/dev/null && return
        sleep 0."$try" # what was killed a moment ago may still end
    done
    die "cannot remove $1"
}

# Remove what earlier runs left, but no root that a command still runs in. The
# caller holds the lock, so nobody else works on these.
remove_leftovers() {
    local path
    for path in "$STATE"/*.new "$STATE"/*.old.*; do
        [[ -e $path ]] || continue
        [[ ! -e $path/$NOTES/stamp ]] || flock -n "$path/$NOTES/stamp" true || continue
        remove "$path"
    done
    if [[ -L $STATE/scratch ]]; then
        remove "$(readlink "$STATE/scratch")"
        rm -f "$STATE/scratch"
    fi
}

# mmdebstrap as root writes the tree in place, in namespaces that take its mounts
# and processes with them. For an ordinary user it works with the user's
# subordinate ids in a scratch folder that those can reach, and hands over an
# archive, so that the files become the user's own.
debian_tree() {
    local new=$1 scratch=$STATE/scratch.new
    shift
    remove "$new"
    mkdir "$new" || return
    if ((EUID == 0)); then
        step unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
            mmdebstrap --mode=root --format=directory "$@" "$SUITE" "$new" ${uri:+"$uri"}
        return
    fi
    remove "$scratch"
    mkdir "$scratch" && chmod 1777 "$scratch"
    if ! mmdebstrap --unshare-helper mkdir "$scratch/probe" 2>>"$LOG"; then
        scratch=$(mktemp -d /var/tmp/portcullis.XXXXXX) && chmod 1777 "$scratch"
        ln -sfn "$scratch" "$STATE/scratch"
        mmdebstrap --unshare-helper mkdir "$scratch/probe" 2>>"$LOG" \
            || die "no user namespaces: newuidmap needs $(id -un) in /etc/subuid and /etc/subgid (log: ${LOG#"$TREE"/})"
    fi
    # shellcheck disable=SC2016 # expanded by that bash
    TMPDIR=$scratch step bash -c 'set -o pipefail; new=$1; shift
        setpriv --pdeathsig TERM mmdebstrap --mode=unshare --format=tar "$@" |
        tar -xC "$new" --no-same-owner --exclude="./dev/*" && chmod -R u+w "$new"' \
        bash "$new" "$@" "$SUITE" - ${uri:+"$uri"} || return
    remove "$scratch"
    rm -f "$STATE/scratch"
}

# Each line of a list may name the version that must have come out.
check_versions() {
    local name want found
    while read -r name want; do
        found=$(awk -v name="$name" '$1 == name { print $2; exit }' "$2")
        [[ ${found#*:} == "$want"* ]] || die "$name has version ${found:-none}, .dev/$1 asks for $want"
    done < <(list "$1")
}

make_root() {
    local new=$STATE/root.new uri options path
    : >"$LOG"
    ! current "$ROOT/$NOTES/stamp" "$root_stamp" || return 0
    need_tools
    need_space $((EUID == 0 ? 3500 : 6500))
    say "making the Debian 13 tool root in ${ROOT#"$TREE"/}: once, a minute or so"
    uri=$(mirror)
    apt_settings >"$STATE/apt.conf.new"
    options=(--verbose --variant=apt "--include=$(list packages | awk '{ print $1 }' | paste -sd,)"
        "--aptopt=$STATE/apt.conf.new" '--aptopt=Acquire::Retries "3"')
    # Manuals, translations and 32-bit RISC-V libraries: not needed
    for path in /usr/share/{doc,man,info,locale}/ /usr/lib/gcc/riscv64-unknown-elf/\*/rv32; do
        options+=("--dpkgopt=path-exclude=$path*")
    done
    persist "making the tool root" debian_tree "$new" "${options[@]}"
    rm -f "$STATE/apt.conf.new"

    mkdir -p "$new/$NOTES" "$new"/opt/{venv,qemu11}
    rm -f "$new/etc/resolv.conf"
    touch "$new"/etc/{resolv.conf,hosts,pip.conf}
    sed -n "s/^deb \(\[[^]]*\] \)\?\([^ ]*\) $SUITE .*/\2/p" "$new/etc/apt/sources.list" | head -n 1 >"$new/$NOTES/mirror"
    ((EUID == 0)) || printf '%s:x:%s:%s::%s:/bin/bash\n' "$(id -un)" "$(id -u)" "$(id -g)" "$STATE/home" >>"$new/etc/passwd"
    bwrap --ro-bind "$new" / --unshare-pid --proc /proc --dev /dev true 2>>"$LOG" || : >"$new/$NOTES/shared-pids"
    enter "$new"
    # shellcheck disable=SC2016 # dpkg's
    "${sandbox[@]}" dpkg-query -W -f '${Package} ${Version}\n' >"$new/$NOTES/versions"
    check_versions packages "$new/$NOTES/versions"
    printf '%s\n' "$root_stamp" >"$new/$NOTES/stamp"
    [[ ! -e $ROOT ]] || mv "$ROOT" "$STATE/root.old.$$"
    mv "$new" "$ROOT"
    say "tool root ready: $(wc -l <"$ROOT/$NOTES/versions") packages, $(du -sm "$ROOT" | cut -f 1) MB"
}

make_venv() {
    local new=$STATE/venv.new
    ! current "$STATE/venv/stamp" "$venv_stamp" || return 0
    need_space 700
    say "making the Python venv in build/dev/venv"
    enter "$ROOT"
    mkdir "$new"
    # --no-deps: the list has what its packages need, too.
    # --system-site-packages: dtschema needs libfdt, which is Debian's.
    # --no-compile: pip would take one processor for two thirds of its time.
    # shellcheck disable=SC2016 # expanded by that sh
    persist "making the Python venv" step env -u PIP_TARGET -u PIP_PREFIX PIP_USER=0 \
        "${sandbox[@]}" --bind "$new" /opt/venv sh -c '
        rm -rf /opt/venv/* && python3 -m venv --system-site-packages /opt/venv &&
        /opt/venv/bin/pip install --no-deps --only-binary :all: --no-cache-dir --disable-pip-version-check \
            --no-compile --progress-bar off -r "$1" &&
        exec /opt/venv/bin/python3 -m compileall -q -j 0 /opt/venv/lib' sh "$TREE/.dev/requirements.txt"
    printf '%s\n' "$venv_stamp" >"$new/stamp"
    [[ ! -e $STATE/venv ]] || mv "$STATE/venv" "$STATE/venv.old.$$"
    mv "$new" "$STATE/venv"
    say "venv ready: $(du -sm "$STATE/venv" | cut -f 1) MB"
}

# QEMU 11 is in the suite's backports, whose index is at times out of step, so it
# is a step of its own: what differs from the root is fetched and unpacked beside
# it, see qemu11.sh.
make_qemu11() {
    local new=$STATE/qemu11.new stamp
    stamp=$(stamp_of packages-qemu11)
    ! current "$STATE/qemu11/stamp" "$stamp" || { say "QEMU 11 is in /opt/qemu11/bin already"; return; }
    need_space 1000
    say "adding QEMU 11 from $SUITE-backports"
    mkdir "$new"
    apt_settings >"$new/apt.conf"
    enter "$ROOT"
    bind_named_in "$new/apt.conf"
    # shellcheck disable=SC2046 # words
    persist "adding QEMU 11 (nothing else needs it)" step "${sandbox[@]}" --bind "$new" /opt/qemu11 \
        bash "$TREE/.dev/qemu11.sh" "$SUITE" "$(<"$ROOT/$NOTES/mirror")" $(list packages-qemu11 | awk '{ print $1 }')
    check_versions packages-qemu11 "$new/versions"
    printf '%s\n' "$stamp" >"$new/stamp"
    remove "$STATE/qemu11"
    mv "$new" "$STATE/qemu11"
    say "QEMU 11 ready: /opt/qemu11/bin/qemu-system-riscv64, $(du -sm "$STATE/qemu11" | cut -f 1) MB"
}

clean() {
    [[ ! -e $ROOT/$NOTES/stamp ]] || flock -n "$ROOT/$NOTES/stamp" true || die "a command still runs in the tool root"
    remove "$ROOT"
    remove "$STATE/venv"
    remove "$STATE/qemu11"
}
