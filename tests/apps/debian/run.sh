#!/bin/sh
# run.sh ARCHITECTURE SET NAME: runs tests/apps/debian/SET/NAME.sh with bash in the set's Debian root (root.sh),
# as its root folder and in name spaces of its own, so that an ordinary user can and nothing is left behind.
# RUN is the emulator with its options, empty for a native run.
set -eu
root=${BUILD:-build}/debian/$2-$1
RUN=${RUN:-}
emulator=${RUN%% *}
# shellcheck disable=SC2016
exec unshare -r -m sh -c '
    mount --rbind /dev "$1/dev" && mount --rbind /proc "$1/proc" && mount -t tmpfs tmpfs "$1/tmp" &&
        mount --bind tests/apps/debian "$1/tests" || exit
    [ -z "$2" ] || mount --bind "$2" "$1/emulator" || exit
    cd "$1/tmp"
    exec env -i PATH=/usr/sbin:/usr/bin:/bin HOME=/tmp LC_ALL=C TZ=UTC TERM=dumb \
        chroot .. ${2:+/emulator $3} /bin/bash -c "cd /tmp && . /tests/$4.sh" 2>&1
' sh "$root" "$emulator" "${RUN#"$emulator"}" "$2/$3"
