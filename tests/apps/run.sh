#!/bin/sh
# run.sh NAME: runs tests/apps/NAME.sh with the programs in $BIN under the emulator $RUN (empty: natively)
# and a scratch folder of its own, whose name does not show in the output.
absolute() {
    case $1 in
    /* | '') echo "$1" ;;
    */*) echo "$(pwd)/$1" ;;
    *) echo "$1" ;;
    esac
}
BIN=$(absolute "${BIN:?}")
RUN=$(absolute "$RUN")
SCRATCH=$(mktemp -d)
export SCRATCH BIN RUN LC_ALL=C TZ=UTC
trap 'rm -rf "$SCRATCH"' EXIT
. "tests/apps/$1.sh" 2>&1 | sed -e "s|$SCRATCH|SCRATCH|g" -e "s|$BIN|BIN|g"
