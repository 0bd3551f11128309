#!/bin/sh
# states.sh EXPECTED PROGRAM ARGUMENTS...: passes if PROGRAM does as EXPECTED says (same.sh) with a store that is
# empty, with what that run left there, with that and every hit translated again and compared, and with a store
# that --warm has prepared. EMULATOR: the command, with its options.
expected=$1
program=$2
shift 2
unset DENIZEN_NO_CACHE
DENIZEN_CACHE_DIR=$(mktemp -d)
export DENIZEN_CACHE_DIR
trap 'rm -rf "$DENIZEN_CACHE_DIR"' EXIT

# shellcheck disable=SC2086
run() {
    state=$1
    shift
    echo "--- $state"
    sh tests/same.sh "$expected" $EMULATOR "$@" || exit 1
}

run cold "$program" "$@"
run warm "$program" "$@"
run compared --check-cache "$program" "$@"
$EMULATOR --cache verify || exit 1
$EMULATOR --cache clear && $EMULATOR --warm "$program" || exit 1
run prepared --check-cache "$program" "$@"
