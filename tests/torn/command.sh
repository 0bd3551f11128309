#!/bin/sh
# command.sh PROGRAM: the emulator's answer to files that are no programs, through its command line:
# one line on standard error, exit status 126 or 127, never a signal of its own.
program=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wrong=0
tried=0

# refused NAME FILE
refused() {
    tried=$((tried + 1))
    timeout 10 $EMULATOR "$2" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    if [ $status != 126 ] && [ $status != 127 ] || [ "$(wc -l <"$scratch/err")" != 1 ] || [ -s "$scratch/out" ]; then
        echo "$1: exit $status, $(wc -l <"$scratch/err") lines: $(head -n 2 "$scratch/err")"
        wrong=$((wrong + 1))
    fi
}

refused missing "$scratch/none"
refused folder "$scratch"
: >"$scratch/empty"
chmod +x "$scratch/empty"
refused empty "$scratch/empty"
cp "$program" "$scratch/unreadable"
echo text >"$scratch/text"
chmod +x "$scratch/text"
refused text "$scratch/text"
printf '#!/no/such/interpreter\n' >"$scratch/script"
chmod +x "$scratch/script"
refused script "$scratch/script"
printf '#!%s\n' "$scratch/loop" >"$scratch/loop"
chmod +x "$scratch/loop"
refused loop "$scratch/loop"
cp /bin/true "$scratch/native"
refused native "$scratch/native"
# Truncated inside the headers and the first segment.
for size in 1 4 15 16 17 31 52 63 64 65 100 119 120 200 500; do
    head -c $size "$program" >"$scratch/short"
    chmod +x "$scratch/short"
    refused "truncated to $size" "$scratch/short"
done
echo "$tried files, $wrong wrong"
[ $wrong = 0 ]
