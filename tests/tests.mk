# make check and its parts. Every part builds what it needs, lists its cases (tests/cases.sh) and hands
# them to the runner, which ends with "N passed, N failed".
#
#   make check                    everything, about half an hour on two processors
#   make check-unit check-progs check-store check-apps check-debian check-torn check-fuzz check-hosts check-bench
#   make check-compilers          Debian's arm64 compilers and virtual machines: not part of make check
#   make check-progs CASES=c_jit  only the cases whose name matches
#   make check PATIENCE=4         with four times as long for each case, on a busy or slow machine

EMULATOR ?= $(BUILD)/denizen
JOBS     ?= 2
CASES    ?=
PATIENCE ?= 1

# Tests, fuzzing and benchmarks leave the user's own translations alone; those of the store have their own.
export DENIZEN_NO_CACHE := 1

# What is built on the way is kept: an expectation is remade only when its program changes.
.SECONDARY:

PARTS       ?= unit progs store apps debian bench torn fuzz hosts
# Not part of `make check`: some hundred megabytes of packages are fetched for it.
LARGE_PARTS := compilers
RUN_CASES    = BUILD=$(BUILD) EMULATOR='$(EMULATOR)' sh tests/cases.sh $(1) | grep -e '$(CASES)' | \
               $(BUILD)/runner -j $(JOBS) -p $(PATIENCE) -o $(BUILD)/check
NATIVE_CC   := gcc
NATIVE_CXX  := g++

.PHONY: check $(foreach part,$(PARTS) $(LARGE_PARTS),check-$(part) prepare-$(part)) test-packages
check:
	@$(MAKE) --no-print-directory -s -j$(JOBS) $(addprefix prepare-,$(PARTS))
	@$(call RUN_CASES,$(PARTS))

$(addprefix check-,$(PARTS) $(LARGE_PARTS)): check-%:
	@$(MAKE) --no-print-directory -s -j$(JOBS) prepare-$*
	@$(call RUN_CASES,$*)

# Everything that is prepared waits for the packages.
PACKAGES = $(BUILD)/packages/test

$(addprefix prepare-,$(PARTS) $(LARGE_PARTS)): $(BUILD)/runner
$(filter-out prepare-hosts,$(addprefix prepare-,$(PARTS) $(LARGE_PARTS))): $(firstword $(EMULATOR))

$(BUILD)/runner: tests/runner/runner.c | $(PACKAGES)
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O2 -o $@ $<

# --- unit tests, the decoders against LLVM
DECODE_TESTS := $(patsubst %,$(BUILD)/tests/decode_llvm_%,$(GUESTS))
prepare-unit: $(UNIT) $(DECODE_TESTS) | $(PACKAGES)

$(DECODE_TESTS): $(BUILD)/tests/decode_llvm_%: $(BUILD)/obj/tests/guest/%/decode_llvm.o $(BUILD)/obj/tests/guest/llvm.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(LINK_TEST) $(CFLAGS) -o $@ $^ $(LIBS) -ldl
-include $(BUILD)/obj/tests/guest/llvm.d $(patsubst %,$(BUILD)/obj/tests/guest/%/decode_llvm.d,$(GUESTS))

# --- guest programs: built natively (the reference) and for each guest in variants
PROG_SOURCES := $(wildcard tests/progs/*.c tests/progs/*.cc)
PROG_NAMES   := $(basename $(notdir $(PROG_SOURCES)))
PROG_FLAGS   := -D_GNU_SOURCE -I. -pthread -Wall -Wextra -Werror -Wno-array-bounds
PROG_HEADERS := $(wildcard tests/progs/*.h)
# A source may say what it needs in a comment: "compile: FLAGS", "arguments: ARGS", "only: VARIANT".
DIRECTIVE     = $$(sh tests/directive.sh $(1) $<)

VARIANTS := riscv64/static riscv64/dynamic riscv64/fixed riscv64/zb aarch64/static aarch64/dynamic aarch64/fixed aarch64/n1
VARIANT/static  := -O2 -static
VARIANT/dynamic := -O1
VARIANT/fixed   := -O0 -no-pie
VARIANT/zb      := -O2 -static -march=rv64gc_zba_zbb_zbc_zbs
VARIANT/n1      := -O3 -static -mcpu=neoverse-n1

$(BUILD)/progs/native/%: tests/progs/%.c $(PROG_HEADERS) | $(PACKAGES)
	@mkdir -p $(@D)
	$(NATIVE_CC) -std=gnu17 $(PROG_FLAGS) -O2 -o $@ $< $(call DIRECTIVE,compile) -lm -ldl
$(BUILD)/progs/native/%: tests/progs/%.cc $(PROG_HEADERS) | $(PACKAGES)
	@mkdir -p $(@D)
	$(NATIVE_CXX) -std=c++17 $(PROG_FLAGS) -O2 -o $@ $< $(call DIRECTIVE,compile)

$(BUILD)/progs/expected/%: $(BUILD)/progs/native/%
	@echo "run $<"
	@eval "set -- $$(sh tests/directive.sh arguments $(firstword $(wildcard tests/progs/$*.c tests/progs/$*.cc)))"; sh tests/record.sh $@ $< "$$@"

# glibc warns, by a linker message, of static programs that look up names; it is not our concern.
# $(1) guest, $(2) variant
define PROG_RULES
$(BUILD)/progs/$(1)/$(2)/%: tests/progs/%.c $$(PROG_HEADERS) | $$(PACKAGES)
	@mkdir -p $$(@D)
	$(1)-linux-gnu-gcc -std=gnu17 $$(PROG_FLAGS) $(VARIANT/$(2)) -w -o $$@ $$< $$(call DIRECTIVE,compile) -lm -ldl
$(BUILD)/progs/$(1)/$(2)/%: tests/progs/%.cc $$(PROG_HEADERS) | $$(PACKAGES)
	@mkdir -p $$(@D)
	$(1)-linux-gnu-g++ -std=c++17 $$(PROG_FLAGS) $(VARIANT/$(2)) -w -o $$@ $$< $$(call DIRECTIVE,compile)
endef
$(foreach variant,$(VARIANTS),$(eval $(call PROG_RULES,$(patsubst %/,%,$(dir $(variant))),$(notdir $(variant)))))

prepare-progs: $(foreach folder,expected $(VARIANTS),$(addprefix $(BUILD)/progs/$(folder)/,$(PROG_NAMES)))

# --- the store on disk, under the same programs
prepare-store: prepare-progs

# --- real programs
APPS         := lua zlib bzip2 xz sqlite3 busybox musl esbuild
APP_TESTS    := lua sqlite3 compress busybox musl esbuild
APP_MARKERS  := $(foreach machine,native riscv64,$(addprefix $(BUILD)/apps/$(machine)/.,$(APPS)))

define APP_RULES
$(BUILD)/apps/$(1)/.%: tests/apps/build.sh tests/apt.sh | $$(PACKAGES)
	@echo "build $$* for $(1)"
	@BUILD=$(BUILD) sh tests/apps/build.sh $$* $(1)
	@touch $$@
$(BUILD)/apps/$(1)/.esbuild: | $(BUILD)/packages/npm
endef
$(foreach machine,native riscv64,$(eval $(call APP_RULES,$(machine))))

$(BUILD)/apps/expected/%: tests/apps/%.sh $(filter $(BUILD)/apps/native/%,$(APP_MARKERS)) $(wildcard tests/apps/*/*)
	@echo "run $* natively"
	@BIN=$(BUILD)/apps/native RUN= sh tests/record.sh $@ sh tests/apps/run.sh $*

prepare-apps: $(APP_MARKERS) $(addprefix $(BUILD)/apps/expected/,$(APP_TESTS))

# --- Debian's arm64 programs in a root folder, against its amd64 ones of the same versions
define DEBIAN_RULES
$(BUILD)/debian/$(1)-%/packages: tests/apps/debian/root.sh tests/apt.sh | $$(PACKAGES)
	@echo "fetch Debian's $(1) for $$*"
	@BUILD=$(BUILD) sh tests/apps/debian/root.sh $$* $(1)
	@touch $$@
$(BUILD)/debian/expected/$(1)/%: tests/apps/debian/$(1)/%.sh tests/apps/debian/run.sh $(BUILD)/debian/$(1)-amd64/packages
	@echo "run $$* natively"
	@BUILD=$(BUILD) RUN= sh tests/record.sh $$@ sh tests/apps/debian/run.sh amd64 $(1) $$*
prepare-$(2): $(BUILD)/debian/$(1)-arm64/packages \
    $(patsubst tests/apps/debian/%.sh,$(BUILD)/debian/expected/%,$(wildcard tests/apps/debian/$(1)/*.sh))
endef
$(eval $(call DEBIAN_RULES,tools,debian))
$(eval $(call DEBIAN_RULES,compilers,compilers))

# --- the benchmark's programs, a little of each, for their output only
BENCH_EXPECTED := $(foreach guest,riscv64 aarch64,$(addprefix $(BUILD)/bench/expected/$(guest)/,$(BENCH_PROGRAMS)))
define BENCH_EXPECTED_RULE
$(BUILD)/bench/expected/$(1)/%: $(BUILD)/bench/$(1)/%
	@sh tests/record.sh $$@ qemu-$(1) $$< 1
endef
$(foreach guest,riscv64 aarch64,$(eval $(call BENCH_EXPECTED_RULE,$(guest))))
prepare-bench: $(BENCH_EXPECTED)

# --- fuzzing and torn files
prepare-fuzz: fuzz-build $(BUILD)/fuzz/base_batch.expected $(BUILD)/fuzz/float_batch.expected

$(BUILD)/fuzz/%_batch: tests/guest/aarch64/%_batch.c tests/guest/aarch64/%_insns.S | $(PACKAGES)
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc -std=c17 -D_GNU_SOURCE $(WARN) -O2 -static -o $@ $^
$(BUILD)/fuzz/%_batch.expected: $(BUILD)/fuzz/%_batch
	sh tests/record.sh $@ qemu-aarch64 $< 30

TORN := $(patsubst tests/torn/%.c,$(BUILD)/torn/%,$(wildcard tests/torn/*.c))
$(BUILD)/torn/%: $(BUILD)/obj/tests/torn/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(LINK_TEST) $(CFLAGS) -o $@ $< $(LIBRARY) $(LIBS)
prepare-torn: $(TORN) $(BUILD)/progs/riscv64/static/c_goto

include tests/hosts.mk

# --- make demo: real programs for aarch64 and riscv64, run and shown
.PHONY: demo
demo: $(BUILD)/denizen $(BUILD)/demo/hello $(BUILD)/debian/tools-arm64/packages $(addprefix $(BUILD)/apps/riscv64/.,lua busybox sqlite3 esbuild)
	@BUILD=$(BUILD) sh tests/demo.sh

$(BUILD)/demo/hello: tests/demo/hello.c | $(PACKAGES)
	@mkdir -p $(@D)
	riscv64-linux-gnu-gcc $(PROG_FLAGS) -O2 -o $@ $< -lm
