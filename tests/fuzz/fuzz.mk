# Differential fuzzing against qemu. `make fuzz` runs for FUZZ_SECONDS on each tier of each guest (GUEST=aarch64,
# TIER=draft: on that one); FUZZ passes options on to build/fuzz/fuzz (-seed, -class, -replay, ...; -help lists them).
# Needs the guests' cross compilers, qemu-user 10 and, for aarch64, libllvm19.
FUZZ_SECONDS ?= 60
TIER         ?= draft block
FUZZ         ?=
FUZZ_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %/runner.c,$(wildcard tests/fuzz/*.c tests/fuzz/*/*.c)))
RUNNER_TEXT  := $(shell sed -n 's/^\#define RUNNER_TEXT *\(0x[0-9a-f]*\).*/\1/p' tests/fuzz/batch.h)

$(BUILD)/fuzz/fuzz: $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(LINK_TEST) $(CFLAGS) -o $@ $^ -ldl

# No C library, and nothing addressed through gp, which riscv64 sequences use.
RUNNER_FLAGS/riscv64 := -march=rv64gc -mabi=lp64d -mno-relax
RUNNER_FLAGS/aarch64 := -mgeneral-regs-only
$(BUILD)/fuzz/runner-%: tests/fuzz/%/runner_entry.S tests/fuzz/runner.c tests/fuzz/batch.h tests/fuzz/%/runner_guest.h tests/fuzz/%/state.h
	@mkdir -p $(@D)
	$*-linux-gnu-gcc -std=c17 -I. $(RUNNER_FLAGS/$*) -O2 -g $(WARN) -ffreestanding -fno-stack-protector \
		-nostdlib -static -Wl,--build-id=none -Wl,-Ttext=$(RUNNER_TEXT) -Wl,-z,norelro \
		-DGUEST_HEADER='"tests/fuzz/$*/runner_guest.h"' -o $@ $(filter-out %.h,$^)

.PHONY: fuzz fuzz-build fuzz-check
fuzz-build: $(BUILD)/fuzz/fuzz $(BUILD)/fuzz/runner-riscv64 $(BUILD)/fuzz/runner-aarch64
FUZZER = $(BUILD)/fuzz/fuzz -guest $(1) -runner $(BUILD)/fuzz/runner-$(1) -out $(BUILD)/fuzz
fuzz: fuzz-build $(BUILD)/denizen
	$(foreach guest,$(GUEST),$(foreach tier,$(TIER),$(call FUZZER,$(guest)) -seconds $(FUZZ_SECONDS) \
		-emulator '$(BUILD)/denizen --tier=$(tier)' $(FUZZ) &&)) :

# The fuzzer must be able to fail: a QEMU that lacks an extension is a subject with bugs.
fuzz-check: fuzz-build
	$(call FUZZER,riscv64) -seed 1 -count 4096 -most 3 -class bits \
		-emulator "qemu-riscv64 -cpu rv64,zicond=true,zba=false" >$(BUILD)/fuzz/check.log; test $$? = 1
	grep -q '^--- difference: .*sh[123]add' $(BUILD)/fuzz/check.log
	$(call FUZZER,aarch64) -seed 1 -count 4096 -most 3 -class flags \
		-emulator "qemu-aarch64 -cpu cortex-a53" >$(BUILD)/fuzz/check.log; test $$? = 1
	grep -q '^--- difference: .*\(setf\|rmif\|cfinv\|xaflag\|axflag\)' $(BUILD)/fuzz/check.log

-include $(FUZZ_OBJECTS:.o=.d)
