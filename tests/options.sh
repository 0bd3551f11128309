#!/bin/sh
# options.sh PROGRAMS: the command line: what options do, how errors end, what logs hold, and that the
# manual page knows every option. PROGRAMS: the folder of the static guest programs.
programs=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log
tried=0
wrong=0

fail() {
    wrong=$((wrong + 1))
    echo "$*"
}

# run STATUS OPTIONS...: leaves output in $scratch/out and err, and fails unless it exits so
run() {
    expected=$1
    shift
    tried=$((tried + 1))
    what=$*
    timeout 60 $EMULATOR "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    [ $status = "$expected" ] || fail "$what: exit status $status, not $expected: $(cat "$scratch/err")"
}

# shows FILE PATTERN: fails unless what the last run left there has such a line
shows() {
    tried=$((tried + 1))
    grep -q -e "$2" "$1" || fail "$what: no line '$2' in: $(head -n 5 "$1")"
}

lacks() {
    tried=$((tried + 1))
    ! grep -q -e "$2" "$1" || fail "$what: a line '$2'"
}

# refused STATUS OPTIONS...: no output, one line on standard error
refused() {
    run "$@"
    tried=$((tried + 1))
    [ "$(wc -l <"$scratch/err")" = 1 ] && [ ! -s "$scratch/out" ] || fail "$what: not one line: $(cat "$scratch/err")"
}

args=$programs/c_args
out=$scratch/out

# The program: its status, its arguments, its environment.
run 1 "$args"
run 3 "$args" --option -x
shows "$out" '^1 \[--option\]'
run 1 -- "$args"
run 1 -E HOME=/somewhere "$args"
shows "$out" '^home /somewhere$'
run 1 --E=OTHER=1,HOME=/somewhere "$args"
shows "$out" '^home /somewhere$'
run 1 -E HOME=/somewhere -U HOME "$args"
shows "$out" '^home unset$'
run 1 -U HOME -E HOME=/somewhere "$args"
shows "$out" '^home /somewhere$'
run 9 "$programs/c_startup" first
shows "$out" '^execfn 1$'
run 9 -0 other "$programs/c_startup" first
shows "$out" '^execfn 0$'
run 1 -cpu max -s 16M -B 0 "$args"
run 1 --exec-fd 7 no-such-name 7<"$args"
shows "$out" '^input none$'

# Errors.
refused 126
refused 126 --no-such-option "$args"
refused 126 -L
refused 126 --strace=yes "$args"
refused 126 -s 12Q "$args"
refused 126 -s 99999999999G "$args"
refused 126 -B 0x1000 "$args"
refused 126 -E HOME "$args"
refused 126 -U HOME=1 "$args"
refused 126 -cpu no-such-model "$args"
refused 126 -d no_such_item "$args"
refused 126 -dfilter 5 "$args"
refused 126 -D "$scratch/none/log" "$args"
refused 126 --host-features=no-such-feature "$args"
refused 127 "$scratch/none"

# Lists.
run 0 --help
shows "$out" '--limit-blocks'
lacks "$out" 'exec-fd'
manual=docs/denizen.1
sed -n 's/^  \(--*[a-zA-Z0-9-]*\).*/\1/p' "$out" | sed 's/^-*//' | while read -r option; do
    tr -d '\\' <$manual | grep -q -e "-$option\b" || echo "$option"
done >"$scratch/unknown"
tried=$((tried + 1))
[ ! -s "$scratch/unknown" ] || fail "$manual lacks: $(cat "$scratch/unknown")"
run 0 --version
run 0 -cpu help
shows "$out" '^riscv64: .*rv64'
run 0 -d help
shows "$out" 'in_asm'

# Logs.
run 1 -d in_asm,op,op_opt,out_asm -D "$log" "$args"
for pattern in '^IN: 0x' '^OP lifted' '^OP optimised' '^OUT: 0x' 'c\.jr'; do
    shows "$log" "$pattern"
done
if [ "$(uname -m)" = x86_64 ] && [ -s "$BUILD/disassembler" ]; then
    shows "$log" ' mov '
fi
run 1 -d in_asm -D "$log" -dfilter 0..0x10 "$args"
lacks "$log" .
run 1 -d exec,cpu -D "$log" "$args"
shows "$log" '^Trace .*0x'
shows "$log" ' sp 0000'
run 1 -strace -D "$log" "$args"
shows "$log" 'exit_group(1)'
run 0 -strace -D "$log" "$programs/proc_exec"
tried=$((tried + 1))
[ "$(grep -c 'execve(' "$log")" -gt 3 ] || fail "$what: execve begins the log again"
run 0 -d out_asm -D /dev/null "$programs/proc_life"

# Measurements.
run 1 --stats "$args"
shows "$scratch/err" '^pattern cache'
run 1 --stats=json "$args"
shows "$scratch/err" '^{.*"pattern_cache":{.*}}$'
refused 126 --stats=xml "$args"
run 1 --count-insns "$args"
shows "$scratch/err" '^executed'
tried=$((tried + 1))
pid=$(sh -c 'echo $$; exec "$@" >/dev/null 2>&1 </dev/null' sh $EMULATOR --perfmap "$args")
grep -q guest_ "/tmp/perf-$pid.map" || fail "--perfmap: no map"
rm -f "/tmp/perf-$pid.map"

# By the environment; the command line wins.
export DENIZEN_STRACE=1 DENIZEN_LOG_FILENAME="$scratch/other"
run 1 "$args"
shows "$scratch/other" 'exit_group(1)'
run 1 -D "$log" "$args"
shows "$log" 'exit_group(1)'

echo "$tried checks, $wrong failed"
[ $wrong = 0 ]
