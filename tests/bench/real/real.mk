# Programs of Debian for the benchmark: the distribution's own binaries, which the host has installed
# (tests/packages.sh) and the guest's root folder holds (tests/apps/debian/root.sh). Both do the same
# work; the compiler makes the same code, so that the host's is a cross compiler.

REAL_ROOT  = $(BUILD)/debian/bench-arm64
REAL_INPUT = $(BENCH)/real

REAL       := tests/bench/real
REAL_TEXT   = $(REAL_INPUT)/text
# RFC 2409, the second Oakley group
REAL_PRIME := FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF
twelve = $(foreach copy,1 2 3 4 5 6 7 8 9 10 11 12,$(1))

# NAME=PROGRAM ARGUMENTS.
BENCH_REAL/aarch64 = 'real/lua=real/lua5.4 $(REAL)/work.lua' \
    'real/python=real/python3 $(REAL)/work.py' \
    'real/perl=real/perl $(REAL)/work.pl $(REAL_TEXT)' \
    'real/sqlite=real/sqlite3 -init $(REAL)/work.sql :memory: .quit' \
    'real/gawk=real/gawk -f $(REAL)/work.awk $(REAL_TEXT)' \
    'real/bc=real/bc -lq $(REAL)/work.bc' \
    'real/cc1=real/cc1 -quiet -O2 -fno-ident -fpreprocessed -o - $(REAL_INPUT)/code.i' \
    'real/gzip=real/gzip -c $(REAL_TEXT)' \
    'real/gunzip=real/gzip -dc $(call twelve,$(REAL_TEXT).gz)' \
    'real/bzip2=real/bzip2 -c $(REAL_TEXT)' \
    'real/xz=real/xz -1 -c $(REAL_TEXT)' \
    'real/unxz=real/xz -dc $(call twelve,$(REAL_TEXT).xz)' \
    'real/zstd=real/zstd -q -9 -c --single-thread $(REAL_TEXT)' \
    'real/7z=real/7zz a -mmt1 -mx3 -bd -so -txz -an $(REAL_TEXT)' \
    'real/sha2=real/openssl dgst -r -sha256 $(call twelve,$(REAL_TEXT)) $(call twelve,$(REAL_TEXT))' \
    'real/sha3=real/openssl dgst -r -sha3-256 $(call twelve,$(REAL_TEXT))' \
    'real/prime=real/openssl prime -hex -checks 1000 $(call twelve,$(REAL_PRIME))'

REAL_PROGRAMS := lua5.4 python3 perl sqlite3 gawk bc gzip bzip2 xz zstd 7zz openssl
BENCH_OPTIONS/aarch64 = -L $(abspath $(REAL_ROOT))

.PHONY: bench-real
bench-programs: $(if $(filter aarch64,$(GUEST)),bench-real)
bench-real: $(BENCH)/aarch64/real/cc1 $(BENCH)/aarch64-native/real/cc1 $(REAL_TEXT).gz $(REAL_TEXT).xz $(REAL_INPUT)/code.i

$(REAL_ROOT)/packages: tests/apps/debian/root.sh tests/apt.sh | $(BUILD)/packages/bench
	@echo fetching arm64 programs: bench
	@BUILD=$(BUILD) sh tests/apps/debian/root.sh arm64 bench

# $(1) folder, $(2) its programs' root folder, $(3) the compiler proper in there
define REAL_LINKS
$(BENCH)/$(1)/real/cc1: $(if $(2),$(2)/packages) | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	@ln -sf $$(addprefix $(abspath $(2))/usr/bin/,$(REAL_PROGRAMS)) $$(@D)
	@ln -sf $(abspath $(2))/usr/lib/$(3)/aarch64-linux-gnu/12/cc1 $$@
endef
$(eval $(call REAL_LINKS,aarch64,$(REAL_ROOT),gcc))
$(eval $(call REAL_LINKS,aarch64-native,,gcc-cross))

$(REAL_INPUT)/generate: $(REAL)/generate.c tests/bench/bench.h
	@mkdir -p $(@D)
	gcc -O2 -Wall -Wextra -o $@ $<

$(REAL_TEXT): $(REAL_INPUT)/generate
	$< 6000000 >$@

$(REAL_TEXT).gz: $(REAL_TEXT)
	gzip -nc $< >$@

$(REAL_TEXT).xz: $(REAL_TEXT)
	xz -1 -c $< >$@

$(REAL_INPUT)/code.i: $(BENCH)/generate_cold
	@mkdir -p $(@D)
	$< 150 | aarch64-linux-gnu-gcc -E -P -o $@ -xc -
