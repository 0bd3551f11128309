#!/bin/sh
# libraries.sh HOST: builds static libelf, libffi and zlib for HOST with its cross compiler, from Debian's
# source packages, into $BUILD/libraries/HOST.
set -eu

host=$1
BUILD=${BUILD:-build}
mkdir -p "$BUILD"
BUILD=$(cd "$BUILD" && pwd)
out=$BUILD/libraries/$host
triplet=$host-linux-gnu
CC=$triplet-gcc
flags='-O2 -w'

# take PACKAGE: its sources, copied to a folder that becomes the current one.
take() {
    sources=$BUILD/sources/$1
    work=$out/work/$1
    (. tests/apt.sh && apt_source "$1" "$sources")
    rm -rf "$work"
    mkdir -p "$(dirname "$work")" "$out/include" "$out/lib"
    cp -a "$sources" "$work"
    cd "$work"
}

top=$(pwd)
rm -rf "$out"

take zlib
CC=$CC AR=$triplet-ar RANLIB=$triplet-ranlib CFLAGS=$flags ./configure --static --prefix="$out" >build.log
make -s -j2 libz.a >>build.log 2>&1
cp zlib.h zconf.h "$out/include"
cp libz.a "$out/lib"

cd "$top"
take libffi
./configure -q --host=$triplet --prefix="$out" --disable-shared --disable-docs CFLAGS="$flags" >build.log 2>&1
make -s -j2 install >>build.log 2>&1

cd "$top"
take elfutils
./configure -q --host=$triplet --prefix="$out" --disable-debuginfod --disable-libdebuginfod --disable-nls \
    --without-bzlib --without-lzma --without-zstd CFLAGS="$flags -I$out/include" LDFLAGS="-L$out/lib" >build.log 2>&1
make -s -C lib >>build.log 2>&1
make -s -j2 -C libelf libelf.a >>build.log 2>&1
cp libelf/libelf.h libelf/gelf.h "$out/include"
cp libelf/libelf.a "$out/lib"

# A library of headers alone.
cp /usr/include/xxhash.h "$out/include"
rm -rf "$out/work"
