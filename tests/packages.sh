#!/bin/sh
# packages.sh GROUP...: installs the Debian packages that GROUP needs and that are missing, as root or
# through sudo. Does nothing, quickly, when all are there. Groups:
#
#   build   what `make` needs
#   test    what `make check` needs
#   bench   what `make bench` needs
#   lint    what `make lint` and `make format` need
#   npm     npm, to fetch programs from its registry
set -eu

build='gcc libc6-dev make pkg-config libelf-dev libffi-dev zlib1g-dev libxxhash-dev libcapstone-dev'
cross='gcc-riscv64-linux-gnu g++-riscv64-linux-gnu libc6-dev-riscv64-cross
       gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross'
test="$build g++ $cross binutils check
      libllvm19 qemu-user dpkg-dev tcl"
bench="$build g++ $cross qemu-user dpkg-dev tcl
       lua5.4 python3 perl sqlite3 gawk bc gzip bzip2 xz-utils zstd 7zip openssl"
lint='clang-format clang-tidy cppcheck'

# The oldest qemu that implements the instructions which the fuzzer compares.
qemu_wanted=10

is_installed() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

qemu_version() {
    qemu-riscv64 --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p'
}

# Elsewhere than on Debian and its kin, the packages are the user's own business.
command -v dpkg-query >/dev/null || exit 0

missing=
for group in "$@"; do
    case $group in
    build) list=$build ;;
    test) list=$test ;;
    bench) list=$bench ;;
    lint) list=$lint ;;
    npm) command -v npm >/dev/null && list= || list=npm ;;
    *) echo "packages.sh: no group $group" >&2 && exit 2 ;;
    esac
    for package in $list; do
        case " $missing " in *" $package "*) continue ;; esac
        if [ "$package" = qemu-user ]; then
            version=$(qemu_version)
            [ "${version:-0}" -ge $qemu_wanted ] || missing="$missing qemu-user"
        elif ! is_installed "$package"; then
            missing="$missing $package"
        fi
    done
done
[ "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "These packages are missing, and neither root nor sudo is here to install them:$missing" >&2
    exit 1
fi

install() {
    echo "Installing:$packages"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" $packages
}

echo "Reading the package lists."
$as_root apt-get update -qq
packages=
for package in $missing; do
    [ "$package" = qemu-user ] || packages="$packages $package"
done
[ ! "$packages" ] || install

# qemu from the backports where the distribution's own is too old.
case " $missing " in
*' qemu-user '*)
    packages=' qemu-user'
    candidate=$(apt-cache policy qemu-user | sed -n 's/ *Candidate: \([0-9]*:\)\?\([0-9]*\).*/\2/p')
    if [ "${candidate:-0}" -ge $qemu_wanted ]; then
        install
    else
        . tests/apt.sh
        echo "Looking in $apt_codename-backports for qemu $qemu_wanted."
        if apt_private update -qq && $as_root sh -c '. tests/apt.sh; DEBIAN_FRONTEND=noninteractive \
            apt_private install -y -qq --no-install-recommends -t "$apt_codename-backports" qemu-user'; then
            :
        else
            echo "No backport of qemu can be had; installing the distribution's."
            install
        fi
    fi
    ;;
esac
