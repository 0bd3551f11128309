# How long short programs take: make bench-start [GUEST=aarch64] [START_RUNS=15] [QEMU=] [EMULATOR=...]
# native : qemu : denizen with an empty store : with the one that earlier runs left; tables in
# build/bench/GUEST/start.md. aarch64's programs are Debian's, which tests/apps/debian fetches, and the host has
# the same ones. gcc is measured if its root folder is there (make prepare-compilers fetches it).
START_RUNS ?= 15
START_SOURCE := tests/bench/start
START_ROOT  = $(abspath $(BUILD)/debian/tools-arm64)
START_GCC   = $(abspath $(BUILD)/debian/compilers-arm64)
START_FILES = $(abspath $(BENCH)/start-files)

.PHONY: bench-start
bench-start: $(BENCH)/start $(firstword $(EMULATOR)) \
    $(foreach guest,$(GUEST),$(foreach program,hello dynamic,$(BENCH)/$(guest)/start/$(program) $(BENCH)/$(guest)-native/start/$(program))) \
    $(if $(filter aarch64,$(GUEST)),$(BUILD)/debian/tools-arm64/packages)
	@mkdir -p $(START_FILES)
	$(foreach guest,$(GUEST),$(BENCH)/start --title 'Start of $(guest) programs' --runs $(START_RUNS) \
	    $(if $(QEMU),--with 'qemu=$(QEMU) -L {root}') --denizen '$(EMULATOR) -L {root}' \
	    --scratch $(START_FILES) --out $(BENCH)/$(guest)/start.md $(START_PROGRAMS) \
	    $(START_PROGRAMS/$(guest)) && cat $(BENCH)/$(guest)/start.md &&) :
	$(if $(or $(filter-out aarch64,$(GUEST)),$(wildcard $(START_GCC)/packages)),,@echo 'gcc is left out: $(START_GCC) is not there (make prepare-compilers)')

# NAME|NATIVE FOLDER|GUEST FOLDER|ROOT|WORDS, see start.c
start_program = '$(1)|$(BENCH)/$(guest)-native|$(BENCH)/$(guest)|/usr/$(guest)-linux-gnu|start/$(2)'
debian_program = '$(1)||$(2)|$(2)|usr/bin/$(3)'
START_PROGRAMS = $(call start_program,hello$(comma) static,hello) $(call start_program,hello$(comma) dynamic,dynamic)
START_PROGRAMS/aarch64 = $(call debian_program,true,$(START_ROOT),true) \
    $(call debian_program,bash -c :,$(START_ROOT),bash -c :) \
    $(call debian_program,perl -e 1,$(START_ROOT),perl -e 1) \
    $(call debian_program,python3 -c pass,$(START_ROOT),python3 -c pass) \
    $(call debian_program,300 processes,$(START_ROOT),bash $(START_SOURCE)/script.sh {}/usr/bin $(START_FILES)) \
    $(if $(wildcard $(START_GCC)/packages),$(call debian_program,gcc -c$(comma) 100 lines,$(START_GCC),gcc --sysroot={} \
        -O1 -c -o $(START_FILES)/regex.o tests/bench/int/regex.c))

# $(1) folder, $(2) compiler prefix
define START_RULES
$(BENCH)/$(1)/start/%: tests/bench/micro/hello.c | $(BUILD)/packages/bench
	@mkdir -p $$(@D)
	$(2)gcc -O2 $$(if $$(filter hello,$$*),-static) -o $$@ $$<
endef
$(foreach guest,riscv64 aarch64,$(eval $(call START_RULES,$(guest),$(guest)-linux-gnu-)))
$(foreach guest,riscv64 aarch64,$(eval $(call START_RULES,$(guest)-native,)))

$(BENCH)/start: $(START_SOURCE)/start.c tests/bench/harness/measure.c tests/bench/harness/harness.h
	@mkdir -p $(@D)
	gcc -std=c17 -D_GNU_SOURCE $(WARN) -O2 -static -o $@ $(filter %.c,$^) -lm
