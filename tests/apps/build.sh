#!/bin/sh
# build.sh APP MACHINE: builds a Debian source package's program for this machine (MACHINE native) or
# with the cross compiler (MACHINE riscv64), from the same sources and with the same options, into
# $BUILD/apps/MACHINE. The sources are fetched once, into $BUILD/sources.
set -eu

app=$1
machine=$2
BUILD=${BUILD:-build}
mkdir -p "$BUILD"
BUILD=$(cd "$BUILD" && pwd)
top=$(pwd)
out=$BUILD/apps/$machine
work=$BUILD/apps/work/$machine/$app
case $machine in
native) prefix= ;;
*) prefix=$machine-linux-gnu- ;;
esac
CC=${prefix}gcc
AR=${prefix}ar
flags='-O2 -w'

# The package's sources, copied to $work; they are fetched if they are not there yet.
take() {
    sources=$BUILD/sources/$1
    (. tests/apt.sh && apt_source "$1" "$sources")
    rm -rf "$work"
    mkdir -p "$(dirname "$work")" "$out"
    cp -a "$sources" "$work"
    cd "$work"
}

build_busybox() {
    take busybox
    make -s defconfig >/dev/null
    # Static, its shell runs its own applets through /proc/self/exe, and without tc, which needs kernel
    # headers of its own time.
    sed -i -e 's/.*CONFIG_STATIC[ =].*/CONFIG_STATIC=y/' -e 's/^CONFIG_TC=y/# CONFIG_TC is not set/' \
        -e "s|.*CONFIG_FEATURE_PREFER_APPLETS[ =].*|CONFIG_FEATURE_PREFER_APPLETS=y|" \
        -e "s|.*CONFIG_FEATURE_SH_STANDALONE[ =].*|CONFIG_FEATURE_SH_STANDALONE=y|" \
        -e "s|.*CONFIG_EXTRA_CFLAGS=.*|CONFIG_EXTRA_CFLAGS=\"-w\"|" .config
    yes '' | make -s oldconfig >/dev/null
    make -s -j2 CROSS_COMPILE="$prefix" SKIP_STRIP=y busybox >build.log 2>&1
    cp busybox "$out"
}

build_lua() {
    take lua5.4
    # What the packaging would generate: where the distribution keeps its modules.
    echo "#define DEB_HOST_MULTIARCH \"lib/$($CC -dumpmachine)\"" >src/lua5.4-deb-multiarch.h
    # The interpreter in one piece; readline is left out, for there is none to cross-compile with.
    sources=$(ls src/*.c | grep -v -e '/luac.c' -e '/ltests.c')
    $CC $flags -std=gnu99 -DLUA_USE_POSIX -DLUA_USE_DLOPEN -Wl,-E -o "$out/lua" $sources -lm -ldl
}

build_sqlite3() {
    # The whole library as one file, made once for both machines.
    (
        flock 9
        [ ! -f "$BUILD/sources/sqlite3/sqlite3.c" ] || exit 0
        take sqlite3
        ./configure -q --disable-tcl --disable-readline >build.log 2>&1
        make -s sqlite3.c shell.c >>build.log 2>&1
        cp shell.c sqlite3.h sqlite3.c "$BUILD/sources/sqlite3"
    ) 9>"$BUILD/sqlite3.lock"
    mkdir -p "$out"
    cd "$BUILD/sources/sqlite3"
    # long double differs between the machines, and shows in the last digits of what is printed.
    $CC $flags -DLONGDOUBLE_TYPE=double -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS \
        -o "$out/sqlite3" sqlite3.c shell.c -lm -lpthread -ldl
}

build_zlib() {
    take zlib
    sources=$(ls ./*.c)
    $CC $flags -DHAVE_UNISTD_H -o "$out/minigzip" $sources test/minigzip.c
    $CC $flags -DHAVE_UNISTD_H -o "$out/zlib-example" $sources test/example.c
}

build_bzip2() {
    take bzip2
    $CC $flags -static -D_FILE_OFFSET_BITS=64 -o "$out/bzip2" blocksort.c huffman.c crctable.c randtable.c \
        compress.c decompress.c bzlib.c bzip2.c
}

build_xz() {
    take xz-utils
    ./configure -q --host="$($CC -dumpmachine)" CC="$CC" CFLAGS="$flags" --disable-shared --disable-nls \
        --disable-doc --disable-scripts --disable-lzmadec --disable-lzmainfo >build.log 2>&1
    make -s -j2 >>build.log 2>&1
    cp src/xz/xz "$out"
}

# musl itself, then our own programs against it, all static. Not c_jit: this musl's flush of the instruction
# cache looks for a vDSO version that no kernel has, and then does nothing.
build_musl() {
    take musl
    CC="$CC" AR="$AR" RANLIB="${prefix}ranlib" ./configure --prefix="$out/musl" --disable-shared \
        --target="$($CC -dumpmachine)" CFLAGS="$flags" >build.log 2>&1
    make -s -j2 install >>build.log 2>&1
    library=$out/musl/lib
    libgcc=$($CC -print-libgcc-file-name)
    for program in c_goto c_int128 c_printf c_recursion c_unaligned c_varargs; do
        $CC $flags -std=gnu17 -nostdinc -isystem "$out/musl/include" -isystem "$(dirname "$libgcc")/include" \
            -static -nostdlib -o "$out/musl-$program" "$library/crt1.o" "$library/crti.o" \
            "$top/tests/progs/$program.c" "$library/libc.a" "$libgcc" "$library/crtn.o"
    done
}

# esbuild comes built, for both machines, from the npm registry.
build_esbuild() {
    version=0.28.2
    case $machine in
    native) package=@esbuild/linux-x64 ;;
    riscv64) package=@esbuild/linux-riscv64 ;;
    esac
    mkdir -p "$work" "$out"
    cd "$work"
    npm pack --silent "$package@$version" >/dev/null
    tar xzf ./*.tgz
    cp package/bin/esbuild "$out"
}

cd "$top"
"build_$app"
