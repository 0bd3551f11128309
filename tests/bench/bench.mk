# The benchmark: make bench [GUEST=aarch64] [RUNS=3] [ONLY='int real sha256 operations start']
#                            [QEMU='qemu-$$(guest) -an-option'] [EMULATOR='build/denizen --an-option']
#                            [WITH='--with other=command']
# Each guest has its tables and chart in build/bench/GUEST. An empty QEMU= leaves qemu out, which is
# quicker while working on one's own figures.

GUEST    ?= riscv64 aarch64
QEMU     ?= qemu-$(guest)
EMULATOR ?= $(BUILD)/denizen
RUNS     ?= 3
ONLY     ?=
WITH     ?=

BENCH := $(BUILD)/bench

# The native programs of a guest without vectors are built without them, too, where it matters.
BENCH_FLAGS            := -O2 -static -Wall -Wextra
BENCH_FLAGS/fp/riscv64 := -fno-tree-vectorize -fno-tree-slp-vectorize

BENCH_SOURCES  := $(wildcard tests/bench/int/*.c tests/bench/int/*.cc tests/bench/fp/*.c)
BENCH_PROGRAMS := $(patsubst tests/bench/%,%,$(basename $(BENCH_SOURCES)))
BENCH_MICRO    := micro/micro micro/hello micro/cold
BENCH_BINARIES  = $(foreach folder,$(1) $(1)-native,$(addprefix $(BENCH)/$(folder)/,$(BENCH_PROGRAMS) $(BENCH_MICRO)))

.PHONY: bench bench-programs
bench: $(BENCH)/harness bench-programs $(firstword $(EMULATOR))
	$(foreach guest,$(GUEST),$(BENCH)/harness --native $(BENCH)/$(guest)-native --guest $(BENCH)/$(guest) \
	    --out $(BENCH)/$(guest) --runs $(RUNS) --only '$(ONLY)' $(if $(QEMU),--with 'qemu=$(QEMU) $(BENCH_OPTIONS/$(guest))') \
	    --with 'denizen=$(EMULATOR) $(BENCH_OPTIONS/$(guest))' $(WITH) $(BENCH_PROGRAMS) $(BENCH_REAL/$(guest)) &&) :

bench-programs: $(foreach guest,$(GUEST),$(call BENCH_BINARIES,$(guest)))

# $(1) folder, $(2) compiler prefix, $(3) guest
define BENCH_RULES
$(BENCH)/$(1)/%: tests/bench/%.c $$(wildcard tests/bench/*.h tests/bench/int/*.h) | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	$(2)gcc $$(BENCH_FLAGS) $$(BENCH_FLAGS/$$(*D)/$(3)) -o $$@ $$< -lm

$(BENCH)/$(1)/%: tests/bench/%.cc tests/bench/bench.h | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	$(2)g++ $$(BENCH_FLAGS) -o $$@ $$<

# One instruction of cold code costs the same at any optimisation; -O1 halves the compiler's time.
$(BENCH)/$(1)/micro/cold: $(BENCH)/cold.c | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	$(2)gcc -O1 -static -o $$@ $$<
endef
$(foreach guest,riscv64 aarch64,$(eval $(call BENCH_RULES,$(guest),$(guest)-linux-gnu-,$(guest))))
$(foreach guest,riscv64 aarch64,$(eval $(call BENCH_RULES,$(guest)-native,,$(guest))))

$(BENCH)/generate_cold: tests/bench/micro/generate_cold.c tests/bench/bench.h
	@mkdir -p $(@D)
	gcc -O2 -Wall -Wextra -o $@ $<

$(BENCH)/cold.c: $(BENCH)/generate_cold
	$< 8000 >$@

$(BENCH)/harness: $(wildcard tests/bench/harness/*.c) tests/bench/harness/harness.h
	@mkdir -p $(@D)
	gcc -std=c17 -D_GNU_SOURCE $(WARN) -O2 -static -o $@ $(filter %.c,$^) -lm

include tests/bench/real/real.mk
include tests/bench/start/start.mk
