#!/bin/sh
# faults.sh CASE GUEST: a store that is damaged, goes away, cannot be written, or has many writers: programs do
# as ever, and what is found is right. EMULATOR: the command; BUILD: where the guest programs are.
guest=$2
unset DENIZEN_NO_CACHE
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DENIZEN_CACHE_DIR=$scratch/store
export DENIZEN_CACHE_DIR
programs=$BUILD/progs/$guest

fail() {
    echo "$*"
    exit 1
}

# runs VARIANT/NAME [OPTIONS]: as is expected of it
runs() {
    what=$1
    shift
    sh tests/same.sh "$BUILD/progs/expected/${what#*/}" $EMULATOR "$@" "$programs/$what" || fail "$what failed"
}

verified() {
    $EMULATOR --cache verify || fail "the store is damaged"
}

# figure GROUP NAME VARIANT/NAME: from the statistics of a run, whose output goes to a file as in same.sh
figure() {
    # shellcheck disable=SC2086
    $EMULATOR --stats=json -D "$scratch/stats" "$programs/$3" >"$scratch/out" </dev/null
    sed -n "s/.*\"$1\":{[^}]*\"$2\":\([0-9.]*\).*/\1/p" "$scratch/stats"
}

# fully_warm PROGRAM: little is left to translate: what depends on where the stack and the libraries came to lie
fully_warm() {
    units=$(figure translated units "$1")
    [ "$units" -le 20 ] || fail "$1: $units units were translated again"
}

# flip FILE OFFSET: turns over the bits of a byte
flip() {
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\$(printf %o $((255 - byte)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# damaged DO STEP: DO FILE OFFSET at every STEP bytes of each file, with a run afterwards; after another
# one, what the damage cost is in the store again (the first may have had to begin an empty one).
damaged() {
    runs static/c_goto
    cp -r "$scratch/store" "$scratch/whole"
    for path in "$scratch"/store/*/data "$scratch"/store/*/index; do
        size=$(wc -c <"$path")
        at=0
        while [ $at -lt "$size" ]; do
            "$1" "$path" $at
            runs static/c_goto
            runs static/c_goto --check-cache
            fully_warm static/c_goto
            at=$((at + (at < 64 ? 7 : $2)))
            rm -r "$scratch/store"
            cp -r "$scratch/whole" "$scratch/store"
        done
    done
}

case_flipped() {
    damaged flip 4999
}

cut() {
    truncate -s "$2" "$1"
}

case_truncated() {
    damaged cut 7001
}

# The directory goes away, again and again, under a program that starts many others.
case_vanishing() {
    runs static/proc_exec
    while [ ! -e "$scratch/done" ]; do
        rm -rf "$scratch/store"
        sleep 0.01
    done 2>/dev/null &
    remover=$!
    runs static/proc_exec
    runs static/proc_life
    touch "$scratch/done"
    wait $remover
    rm -rf "$scratch/store"
    runs static/proc_exec
    verified
}

in_name_space() {
    unshare -r -m true 2>/dev/null || exit 77
    mkdir "$scratch/store"
    SCRATCH=$scratch unshare -r -m sh "$0" "$1" "$guest"
}

case_read_only() {
    in_name_space inside_read_only
}
case_inside_read_only() {
    DENIZEN_CACHE_DIR=$SCRATCH/store
    mount -t tmpfs -o mode=700 tmpfs "$DENIZEN_CACHE_DIR" || exit 77
    runs static/c_goto
    mount -o remount,ro "$DENIZEN_CACHE_DIR" || exit 77
    fully_warm static/c_goto
    runs static/c_printf
    verified
}

case_full() {
    in_name_space inside_full
}
case_inside_full() {
    DENIZEN_CACHE_DIR=$SCRATCH/store
    for size in 16k 48k 80k 128k 256k 512k; do
        mount -t tmpfs -o mode=700,size=$size tmpfs "$DENIZEN_CACHE_DIR" || exit 77
        for program in c_goto c_printf cxx_streams; do
            runs static/$program
            runs static/$program --check-cache
        done
        $EMULATOR --cache stats
        verified
        umount "$DENIZEN_CACHE_DIR"
    done
}

# 200 processes at once; half of them are killed at some time.
case_killed() {
    number=0
    while [ $number -lt 200 ]; do
        for program in c_goto c_printf c_math c_memory; do
            number=$((number + 1))
            case $((number % 8)) in
            1 | 3 | 4 | 6)
                timeout -s KILL "0.0$((number * 37 % 90 + 10))" $EMULATOR "$programs/static/$program" >/dev/null </dev/null &
                ;;
            *) (runs static/$program >"$scratch/$number.log" || touch "$scratch/failed") & ;;
            esac
        done
    done 2>/dev/null
    wait
    [ ! -e "$scratch/failed" ] || fail "$(cat "$scratch"/*.log)"
    verified
    for program in c_goto c_printf c_math c_memory; do
        runs static/$program
        runs static/$program
        fully_warm static/$program
    done
    verified
}

case_archive() {
    runs dynamic/c_printf
    runs static/c_jit
    $EMULATOR --cache export "$scratch/archive" || fail "no export"
    DENIZEN_CACHE_DIR=$scratch/other
    $EMULATOR --cache import "$scratch/archive" || fail "no import"
    verified
    fully_warm dynamic/c_printf
    runs static/c_jit --check-cache
    $EMULATOR --cache import "$scratch/archive" || fail "no import for a second time"
    verified
    size=$(wc -c <"$scratch/archive")
    for at in 0 20 100 $((size / 2)) $((size - 1)); do
        cp "$scratch/archive" "$scratch/damaged"
        flip "$scratch/damaged" $at
        $EMULATOR --cache clear
        ! $EMULATOR --cache import "$scratch/damaged" || fail "a damaged archive is taken"
        head -c $at "$scratch/archive" >"$scratch/short"
        $EMULATOR --cache import "$scratch/short"
        runs dynamic/c_printf --check-cache
        verified
    done
}

# The pc of the first block: the dynamic linker's.
first_place() {
    $EMULATOR -d in_asm -D "$scratch/log" "$programs/$1" >/dev/null </dev/null
    sed -n '1s/^IN: \(0x[0-9a-f]*\).*/\1/p' "$scratch/log"
}

case_moved() {
    runs dynamic/c_printf
    fully_warm dynamic/c_printf
    one=$(first_place dynamic/c_printf)
    two=$(first_place dynamic/c_printf)
    [ "$one" ] && [ "$one" != "$two" ] || fail "loaded at $one both times"
    runs dynamic/c_printf --check-cache
}

# What one process ran comes in batches to the next: few of its units are looked up one by one, and none
# in modes where each counts.
case_batches() {
    for what in static/c_printf dynamic/c_printf static/proc_code; do
        runs "$what"
        runs "$what" --check-cache
        units=$(figure stamped units "$what")
        batched=$(figure batched units "$what")
        [ "$batched" -gt $((units * 9 / 10)) ] || fail "$what: only $batched of $units units came in batches"
    done
    runs static/c_printf --one-insn-per-block
    runs static/c_printf --limit-blocks=300
    $EMULATOR -d in_asm --stats=json -D "$scratch/log" "$programs/static/c_printf" >"$scratch/out"
    grep -q '"batched":{"units":0,' "$scratch/log" || fail "a log of units is not complete"
}

# Two builds, or hosts, in one directory: each has its own.
case_builds() {
    for round in 1 2 3; do
        runs static/c_printf &
        runs static/c_printf --host-features=x86-64-v2 &
        runs static/c_math --host-features=x86-64-v2 &
        runs static/c_math
        wait
    done
    [ "$(find "$scratch/store" -mindepth 1 -type d | wc -l)" = 2 ] || fail "not two stores"
    runs static/c_printf --check-cache
    runs static/c_printf --check-cache --host-features=x86-64-v2
    verified
}

# The stores of other builds do not stay for ever: when one is begun, those written longest ago go, as far as all
# together exceed the limit, also while programs use them.
case_limited() {
    for level in x86-64-v2 x86-64-v3; do
        runs static/c_printf --host-features=$level
    done
    first=$(ls -tr "$scratch/store" | head -n 1)
    second=$(ls -t "$scratch/store" | head -n 1)
    touch -d '2 days ago' "$scratch/store/$first/index"
    touch -d yesterday "$scratch/store/$second/index"
    size=$(cat "$scratch/store/$second"/* | wc -c)
    runs static/c_math --cache-limit=$((size + 1))
    [ ! -e "$scratch/store/$first" ] || fail "the oldest store is still there"
    [ -e "$scratch/store/$second" ] || fail "more than the oldest store is gone"
    [ "$($EMULATOR --cache stats | grep -c '[0-9a-f]\{16\}')" = 2 ] || fail "not two stores"
    for round in 1 2 3; do
        for level in x86-64-v2 x86-64-v3 x86-64-v4; do
            (runs static/c_printf --host-features=$level --cache-limit=100K || touch "$scratch/failed") &
            (runs static/c_goto --host-features=$level --cache-limit=100K || touch "$scratch/failed") &
        done
        wait
    done
    [ ! -e "$scratch/failed" ] || fail "a program failed"
    verified
    $EMULATOR --cache clear
    [ -z "$(ls "$scratch/store")" ] || fail "not all is cleared"
}

"case_$1"
