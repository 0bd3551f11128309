# The benchmark: make bench [RUNS=3] [ONLY='int sha256 operations start'] [QEMU=qemu-riscv64]
#                            [EMULATOR='build/denizen --an-option'] [WITH='--with other=command']
# An empty QEMU= leaves qemu out, which is quicker while working on one's own figures.

QEMU     ?= qemu-riscv64
EMULATOR ?= $(BUILD)/denizen
RUNS     ?= 3
ONLY     ?=
WITH     ?=

BENCH    := $(BUILD)/bench
BENCH_CC := riscv64-linux-gnu-

# The guest has no vectors yet: the native floating-point programs are built without them too.
BENCH_FLAGS     := -O2 -static -Wall -Wextra
BENCH_FLAGS/int :=
BENCH_FLAGS/fp  := -fno-tree-vectorize -fno-tree-slp-vectorize

BENCH_SOURCES  := $(wildcard tests/bench/int/*.c tests/bench/int/*.cc tests/bench/fp/*.c)
BENCH_PROGRAMS := $(patsubst tests/bench/%,%,$(basename $(BENCH_SOURCES)))
BENCH_MICRO    := micro/micro micro/hello micro/cold
BENCH_BINARIES := $(foreach machine,native riscv64,$(addprefix $(BENCH)/$(machine)/,$(BENCH_PROGRAMS) $(BENCH_MICRO)))

.PHONY: bench bench-programs
bench: $(BENCH)/harness bench-programs $(firstword $(EMULATOR))
	$(BENCH)/harness --native $(BENCH)/native --guest $(BENCH)/riscv64 --out $(BENCH) --runs $(RUNS) \
	    --only '$(ONLY)' $(if $(QEMU),--with 'qemu=$(QEMU)') --with 'denizen=$(EMULATOR)' $(WITH) \
	    $(BENCH_PROGRAMS) $(BENCH_REAL)

bench-programs: $(BENCH_BINARIES)

# $(1) machine, $(2) compiler prefix
define BENCH_RULES
$(BENCH)/$(1)/%: tests/bench/%.c $$(wildcard tests/bench/*.h tests/bench/int/*.h) | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	$(2)gcc $$(BENCH_FLAGS) $$(BENCH_FLAGS/$$(*D)) -o $$@ $$< -lm

$(BENCH)/$(1)/%: tests/bench/%.cc tests/bench/bench.h | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	$(2)g++ $$(BENCH_FLAGS) -o $$@ $$<

# One instruction of cold code costs the same at any optimisation; -O1 halves the compiler's time.
$(BENCH)/$(1)/micro/cold: $(BENCH)/cold.c | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	$(2)gcc -O1 -static -o $$@ $$<
endef
$(eval $(call BENCH_RULES,native,))
$(eval $(call BENCH_RULES,riscv64,$(BENCH_CC)))

$(BENCH)/generate_cold: tests/bench/micro/generate_cold.c tests/bench/bench.h
	@mkdir -p $(@D)
	gcc -O2 -Wall -Wextra -o $@ $<

$(BENCH)/cold.c: $(BENCH)/generate_cold
	$< 8000 >$@

$(BENCH)/harness: $(wildcard tests/bench/harness/*.c) tests/bench/harness/harness.h
	@mkdir -p $(@D)
	gcc -std=c17 -D_GNU_SOURCE $(WARN) -O2 -static -o $@ $(filter %.c,$^) -lm
