#!/bin/sh
# cases.sh PART...: prints the test cases of the parts, a line each, for the runner: name, seconds
# allowed, shell command.
set -eu
BUILD=${BUILD:-build}
EMULATOR=${EMULATOR:-$BUILD/denizen}
tab=$(printf '\t')

# case NAME SECONDS COMMAND
case_() {
    echo "$1$tab$2$tab$3"
}

cases_unit() {
    case_ unit/arrows 60 'sh tests/arrows.sh'
    for source in tests/unit/test_*.c; do
        name=$(basename "$source" .c)
        case_ "unit/$name" 600 "$BUILD/unit/$name"
    done
    for guest in riscv64 aarch64; do
        case_ unit/decode_llvm_$guest 900 "$BUILD/tests/decode_llvm_$guest"
    done
}

# A guest program in a variant and a mode: NAME GUEST/VARIANT MODE SECONDS OPTIONS
program() {
    case_ "progs/${2%/*}/$1.${2#*/}.$3" "$4" \
        "sh tests/same.sh $BUILD/progs/expected/$1 $EMULATOR${5:+ $5} $BUILD/progs/$2/$1 $arguments"
}

cases_progs() {
    for source in tests/progs/*.c tests/progs/*.cc; do
        name=$(basename "${source%.*}")
        only=$(sh tests/directive.sh only "$source")
        arguments=$(sh tests/directive.sh arguments "$source")
        for variant in riscv64/static riscv64/dynamic riscv64/fixed riscv64/zb \
            aarch64/static aarch64/dynamic aarch64/fixed aarch64/n1; do
            case "$only" in "" | *${variant#*/}*) ;; *) continue ;; esac
            program "$name" $variant default 60 ''
            case $variant in
            */static | */dynamic)
                program "$name" $variant interpret 300 --interpret
                program "$name" $variant single 120 --one-insn-per-block
                ;;
            esac
            case $variant in
            */static)
                program "$name" $variant draft 60 --tier=draft
                program "$name" $variant block 60 --tier=block
                program "$name" $variant v2 60 '--tier=block --host-features=x86-64-v2'
                program "$name" $variant v3 60 '--tier=block --host-features=x86-64-v3'
                program "$name" $variant no-patterns 60 --no-pattern-cache
                program "$name" $variant verify 300 '--verify --tier=draft'
                program "$name" $variant verify-block 300 '--verify --tier=block'
                program "$name" $variant limited 120 --limit-blocks=300
                program "$name" $variant small-cache 120 --code-cache-size=1M
                ;;
            esac
        done
    done
    case_ progs/options 300 "EMULATOR='$EMULATOR' sh tests/options.sh $BUILD/progs/riscv64/static"
}

cases_store() {
    for guest in riscv64 aarch64; do
        for source in tests/progs/*.c tests/progs/*.cc; do
            name=$(basename "${source%.*}")
            case "$(sh tests/directive.sh only "$source")" in "" | *static*) ;; *) continue ;; esac
            case_ "store/$guest/$name" 300 "EMULATOR='$EMULATOR' sh tests/store/states.sh \
$BUILD/progs/expected/$name $BUILD/progs/$guest/static/$name $(sh tests/directive.sh arguments "$source")"
        done
        for fault in flipped truncated vanishing read_only full killed archive moved batches builds limited; do
            case_ "store/$guest/$fault" 300 "EMULATOR='$EMULATOR' BUILD=$BUILD sh tests/store/faults.sh $fault $guest"
        done
    done
}

cases_apps() {
    for script in tests/apps/*.sh; do
        name=$(basename "$script" .sh)
        case $name in build | run) continue ;; esac
        for mode in default single; do
            options=
            [ $mode = default ] || options=' --one-insn-per-block'
            case_ "apps/$name.$mode" 600 \
                "BIN=$BUILD/apps/riscv64 RUN='$EMULATOR$options' sh tests/same.sh $BUILD/apps/expected/$name sh tests/apps/run.sh $name"
        done
    done
}

# The programs of a set in tests/apps/debian: SET PART MODE SECONDS OPTIONS
debian() {
    for script in tests/apps/debian/$1/*.sh; do
        name=$(basename "$script" .sh)
        case_ "$2/$name.$3" "$4" "unshare -r -m true || exit 77; BUILD=$BUILD RUN='$EMULATOR${5:+ $5}' \
sh tests/same.sh $BUILD/debian/expected/$1/$name sh tests/apps/debian/run.sh arm64 $1 $name"
    done
}

cases_debian() {
    debian tools debian default 900 ''
    debian tools debian v2 900 --host-features=x86-64-v2
}

cases_compilers() {
    debian compilers compilers default 3600 ''
}

cases_bench() {
    for guest in riscv64 aarch64; do
        for source in tests/bench/int/*.c tests/bench/int/*.cc tests/bench/fp/*.c; do
            [ -e "$source" ] || continue
            name=${source#tests/bench/}
            name=${name%.*}
            for mode in default --interpret --one-insn-per-block --tier=draft --host-features=x86-64-v2 --host-features=x86-64-v3 --verify; do
                options=${mode#default}
                mode=${mode##*[-=]}
                case_ "bench/$guest/$name.$mode" 300 \
                    "sh tests/same.sh $BUILD/bench/expected/$guest/$name $EMULATOR${options:+ $options} $BUILD/bench/$guest/$name 1"
            done
        done
    done
}

cases_torn() {
    case_ torn/command 600 "EMULATOR='$EMULATOR' sh tests/torn/command.sh $BUILD/progs/riscv64/static/c_goto"
    case_ torn/loader 600 "$BUILD/torn/torn -s 1 -n 2000 -e 3 $BUILD/torn/load"
    case_ torn/emulator 600 "$BUILD/torn/torn -s 2 -n 500 -e 3 $EMULATOR"
}

cases_fuzz() {
    # An older qemu lacks instructions that are compared.
    new_qemu="qemu-riscv64 --version | grep -q 'version [1-9][0-9]' || exit 77; "
    for guest in riscv64 aarch64; do
        for tier in draft block; do
            case_ "fuzz/$guest.$tier" 300 "$new_qemu$BUILD/fuzz/fuzz -seconds 60 ${FUZZ_SEED:+-seed $FUZZ_SEED} -guest $guest -runner $BUILD/fuzz/runner-$guest -out $BUILD/fuzz -emulator '$EMULATOR --tier=$tier'"
        done
    done
    for mode in draft:--tier=draft block:--tier=block interpret:--interpret; do
        for batch in base_batch float_batch; do
            case_ "fuzz/$batch.${mode%%:*}" 300 \
                "${new_qemu}sh tests/same.sh $BUILD/fuzz/$batch.expected $EMULATOR ${mode#*:} $BUILD/fuzz/$batch 30"
        done
    done
}

cases_hosts() {
    for host in aarch64 riscv64; do
        for program in static/c_goto static/c_printf static/c_int128 static/c_math static/cxx_exceptions \
            static/c_setjmp dynamic/c_varargs; do
            case_ "hosts/$host.${program#*/}" 600 \
                "sh tests/same.sh $BUILD/progs/expected/${program#*/} qemu-$host $BUILD/$host/denizen --interpret $BUILD/progs/riscv64/$program"
        done
    done
}

for part in "$@"; do
    "cases_$part"
done
