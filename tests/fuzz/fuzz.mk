# Differential fuzzing against qemu-riscv64. `make fuzz` runs for FUZZ_SECONDS; FUZZ passes options on
# to build/fuzz/fuzz (-seed, -class, -replay, ...; -help lists them). Needs riscv64-linux-gnu-gcc and
# qemu-riscv64 10.
FUZZ_SECONDS ?= 60
FUZZ         ?=
FUZZ_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fuzz/*.c))
FUZZ_OBJECTS := $(filter-out %/runner.o,$(FUZZ_OBJECTS))
RUNNER_TEXT  := $(shell sed -n 's/^\#define RUNNER_TEXT *\(0x[0-9a-f]*\).*/\1/p' tests/fuzz/batch.h)

$(BUILD)/fuzz/fuzz: $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(filter-out -static-pie,$(LINK)) $(CFLAGS) -o $@ $^

# No C library, and nothing addressed through gp, which sequences use.
$(BUILD)/fuzz/runner: tests/fuzz/runner_entry.S tests/fuzz/runner.c tests/fuzz/batch.h
	@mkdir -p $(@D)
	riscv64-linux-gnu-gcc -std=c17 -I. -march=rv64gc -mabi=lp64d -O2 -g $(WARN) -ffreestanding \
		-fno-stack-protector -mno-relax -nostdlib -static -Wl,--build-id=none \
		-Wl,-Ttext=$(RUNNER_TEXT) -Wl,-z,norelro -o $@ $(filter-out %.h,$^)

.PHONY: fuzz fuzz-build fuzz-check
fuzz-build: $(BUILD)/fuzz/fuzz $(BUILD)/fuzz/runner
fuzz: fuzz-build $(BUILD)/denizen
	$(BUILD)/fuzz/fuzz -seconds $(FUZZ_SECONDS) -runner $(BUILD)/fuzz/runner -out $(BUILD)/fuzz \
		-emulator $(BUILD)/denizen $(FUZZ)

# The fuzzer must be able to fail: a QEMU without Zba is a subject with bugs.
fuzz-check: fuzz-build
	$(BUILD)/fuzz/fuzz -seed 1 -count 4096 -most 3 -class bits -runner $(BUILD)/fuzz/runner -out $(BUILD)/fuzz \
		-emulator "qemu-riscv64 -cpu rv64,zicond=true,zba=false" >$(BUILD)/fuzz/check.log; test $$? = 1
	grep -q '^--- difference: .*sh[123]add' $(BUILD)/fuzz/check.log

-include $(FUZZ_OBJECTS:.o=.d)
