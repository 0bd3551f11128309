# The riscv64 decoder against LLVM's (Debian: libllvm19). DECODE_WORDS random words, besides the
# systematic part, take about a microsecond each.
DECODE_WORDS ?= 2000000
DECODE_SEED  ?=

$(BUILD)/guest/riscv64/decode_llvm: $(BUILD)/obj/tests/guest/riscv64/decode_llvm.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(filter-out -static-pie,$(LINK)) $(CFLAGS) -o $@ $^ $(LIBS) -lm

.PHONY: check-decode
check-decode: $(BUILD)/guest/riscv64/decode_llvm
	$< $(DECODE_WORDS) $(DECODE_SEED)

-include $(BUILD)/obj/tests/guest/riscv64/decode_llvm.d
