#!/bin/sh
# root.sh ARCHITECTURE SET: a Debian root folder, $BUILD/debian/SET-ARCHITECTURE, with the set's packages and
# what they depend on, unpacked by whoever runs this; maintainer scripts are not run. Takes the suite that the
# machine has, so that both architectures get the same versions.
#
#   tools      shell, tools, interpreters, compressors, openssl
#   bench      what the benchmark runs
#   compilers  what is large: compilers, virtual machines, git
set -eu
architecture=$1
set_=$2
case $set_ in
tools) packages='bash dash coreutils findutils diffutils sed grep gawk tar bc dc jq perl lua5.4 sqlite3 python3
    gzip bzip2 xz-utils zstd openssl' ;;
bench) packages='lua5.4 python3 perl sqlite3 gawk bc gzip bzip2 xz-utils zstd 7zip openssl cpp-12' ;;
compilers) packages='bash dash coreutils sed grep gcc g++ make git 7zip ruby php-cli nodejs openjdk-17-jdk-headless
    golang-go busybox python3 libpython3.11-testsuite' ;;
esac
BUILD=${BUILD:-build}
. tests/apt.sh
state=$apt_folder/$architecture
root=$BUILD/debian/$set_-$architecture

foreign() {
    apt_private -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
        -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" -o Dir::State::status="$state/status" \
        -o APT::Install-Recommends=false -o Debug::NoLocking=true "$@"
}

mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
: >"$state/status" # nothing is installed: every dependency is wanted
[ -f "$state/updated" ] || { foreign update -qq && touch "$state/updated"; }
foreign install -qq --download-only --yes $packages >/dev/null

rm -rf "$root.new"
for folder in bin sbin lib lib64; do # merged, as the distribution has it
    mkdir -p "$root.new/usr/$folder"
    ln -s "usr/$folder" "$root.new/$folder"
done
mkdir -p "$root.new/proc" "$root.new/dev" "$root.new/tmp" "$root.new/etc" "$root.new/tests"
: >"$root.new/emulator" # run.sh mounts it
# "Inst NAME (VERSION ...": the packages' files are named after both.
foreign install -s --yes $packages | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1_\2/p' |
    sed 's/:/%3a/g' | sort >"$root.new/packages"
while read -r package; do
    dpkg-deb --fsys-tarfile "$state/cache/archives/$package"_*.deb |
        tar -C "$root.new" --keep-directory-symlink --no-same-owner -xf -
done <"$root.new/packages"
# What the scripts would have done, as far as it is needed.
ln -sf gawk "$root.new/usr/bin/awk"
echo 'root:x:0:0:root:/root:/bin/bash' >"$root.new/etc/passwd"
echo 'root:x:0:' >"$root.new/etc/group"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root.new/etc/hosts"
rm -rf "$root"
mv "$root.new" "$root"
