# Denizen. `make help` lists the targets.
.DEFAULT_GOAL := all

CC      ?= gcc
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
OPT     ?= -O2
CFLAGS  ?= $(OPT) -g
WARN    := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith
FLAGS   := -std=c17 -D_GNU_SOURCE -I. -fPIE -fno-strict-aliasing -ffp-contract=off -MMD -MP $(WARN)

ifeq ($(origin CC),default)
CC := gcc
endif
HOST := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))

# Sanitizers need a dynamic executable.
ifeq ($(SAN),1)
FLAGS   += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DDENIZEN_SANITIZED
LINK    := -pie -fsanitize=address,undefined
else
LINK    := -static-pie
endif

GUESTS  := riscv64
BACKEND := $(wildcard translator/host/$(HOST))

FOLDERS := emu translator translator/ir translator/opt translator/region translator/regalloc \
           $(addprefix translator/guest/,$(GUESTS)) $(BACKEND) runtime runtime/host/$(HOST) loader syscalls
SOURCES := $(wildcard $(addsuffix /*.c,$(FOLDERS)) $(addsuffix /*.S,$(FOLDERS)))
OBJECTS := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(SOURCES)))
LIBRARY := $(filter-out $(BUILD)/obj/emu/main.o,$(OBJECTS))
LIBS    := -lelf -lffi -lz -lpthread

.PHONY: all check bench demo fuzz install clean help setup format lint
all: $(BUILD)/denizen

$(BUILD)/denizen: $(OBJECTS)
	$(CC) $(LINK) $(CFLAGS) -Wl,-z,noexecstack -Wl,--build-id -o $@ $(OBJECTS) $(LIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<

# The disassembler: a program of its own in the emulator (runtime/disassembly.h), empty where there is no
# capstone for the host.
CAPSTONE := $(filter /%,$(shell $(CC) -print-file-name=libcapstone.a))
$(BUILD)/disassembler: runtime/disassembler/main.c runtime/disassembler/protocol.h
	@mkdir -p $(@D)
	$(if $(CAPSTONE),$(CC) $(filter-out -fPIE -MMD -MP,$(FLAGS)) $(OPT) -static -s -o $@ $< $(CAPSTONE),@: >$@)

$(BUILD)/obj/runtime/disassembler_image.o: FLAGS += -DDISASSEMBLER='"$(BUILD)/disassembler"'
$(BUILD)/obj/runtime/disassembler_image.o: $(BUILD)/disassembler

# Unit tests: one program per file test_*.c, linked with everything but main; the other files there
# are shared by tests.
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(filter-out $(if $(filter x86_64,$(HOST)),,tests/unit/test_x86_%),\
        $(wildcard tests/unit/test_*.c)))
UNIT_SHARED := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(UNIT_SHARED) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(filter-out -static-pie,$(LINK)) $(CFLAGS) -o $@ $< $(UNIT_SHARED) $(LIBRARY) -lcheck -lsubunit -lrt -lcapstone $(LIBS) -lm

-include $(OBJECTS:.o=.d) $(patsubst $(BUILD)/unit/%,$(BUILD)/obj/tests/unit/%.d,$(UNIT))

include tests/fuzz/fuzz.mk

clean:
	rm -rf $(BUILD)
