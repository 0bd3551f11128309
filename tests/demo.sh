#!/bin/sh
# demo.sh: shows programs built for aarch64 and riscv64 running here: each command line, then its output.
set -eu
BUILD=${BUILD:-build}
EMULATOR=${EMULATOR:-$BUILD/denizen}
apps=$BUILD/apps/riscv64
root=$BUILD/debian/tools-arm64
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

show() {
    printf '\n$ %s\n' "$*"
    "$@"
}

echo "This machine is $(uname -m); the programs below are not built for it:"
show sh -c "readelf -h $root/usr/bin/python3 $apps/lua | grep Machine"

show $EMULATOR -L "$root" "$root/usr/bin/bash" -c 'echo "bash $BASH_VERSION for $MACHTYPE"; for i in 3 1 2; do echo $i; done | sort | tr "\n" " "'
show $EMULATOR -L "$root" "$root/usr/bin/python3" -c 'import hashlib, platform, sys; print(platform.machine(), sys.version.split()[0], hashlib.sha256(b"denizen").hexdigest()[:16], sum(i * i for i in range(10**6)))'
show $EMULATOR -L "$root" "$root/usr/bin/perl" -e 'my %n; $n{$_ % 7}++ for 1 .. 1e6; print join(" ", map { "$_:$n{$_}" } sort keys %n), "\n"'

show $EMULATOR "$BUILD/demo/hello" from a dynamic C program
show $EMULATOR "$apps/busybox" sh -c 'uname -sm; seq 20 | busybox factor | tail -n 3; date -u -d @0'
show $EMULATOR "$apps/lua" -e 'local s = 0; for i = 1, 2e6 do s = s + i % 7 end; print(_VERSION, s)'
show $EMULATOR "$apps/sqlite3" :memory: \
    'with recursive f(a, b) as (select 0, 1 union all select b, a + b from f limit 15) select group_concat(a, " ") from f'
cp -r tests/apps/esbuild "$scratch/project"
show $EMULATOR "$apps/esbuild" "$scratch/project/main.ts" --bundle --minify --platform=node --outfile="$scratch/out.js"
if command -v node >/dev/null; then
    echo
    echo "The bundle that the riscv64 esbuild wrote, run by this machine's node:"
    show node "$scratch/out.js"
fi
