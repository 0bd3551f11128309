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

comma := ,
# Sanitizers need a dynamic executable.
ifeq ($(SAN),1)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS    += $(SANITIZE) -DDENIZEN_SANITIZED
LINK     := -pie $(SANITIZE)
else
# At a fixed address, above programs that are linked low and out of the way of what guests map at fixed
# addresses: a static pie would apply thousands of relocations, and dirty the pages, at every start. The
# C library's weak references want it in the low 2 GiB.
LINK    := -static -Wl$(comma)-Ttext-segment=0x78000000
START   := $(if $(wildcard runtime/host/$(HOST)/start.S),-Wl$(comma)--entry=denizen_start$(comma)-T$(comma)runtime/host/$(HOST)/start.ld)
endif

LINK_TEST := -pie $(SANITIZE) # what tests are made of: dynamic, for the libraries that they load

GUESTS  := riscv64 aarch64
BACKEND := $(or $(wildcard translator/host/$(HOST)),translator/host/none)

FOLDERS := emu translator translator/decode translator/ir translator/opt translator/region translator/regalloc \
           translator/guest $(addprefix translator/guest/,$(GUESTS)) $(BACKEND) runtime runtime/host/$(HOST) loader syscalls
SOURCES := $(wildcard $(addsuffix /*.c,$(FOLDERS)) $(addsuffix /*.S,$(FOLDERS)))
OBJECTS := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(SOURCES)))
LIBRARY := $(filter-out $(BUILD)/obj/emu/main.o,$(OBJECTS))
LIBS    := -lelf -lffi -lz -lpthread

# Atomics of less than a word are in a library there.
ifeq ($(HOST),riscv64)
LIBS += -latomic
endif

.PHONY: all install clean help setup format lint
all: $(BUILD)/denizen

objs: $(LIBRARY)

$(BUILD)/denizen: $(OBJECTS) $(wildcard runtime/host/$(HOST)/start.ld)
	$(CC) $(LINK) $(START) $(CFLAGS) -Wl,-z,noexecstack -Wl,--build-id -o $@ $(OBJECTS) $(LIBS)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<

# The disassembler: a program of its own in the emulator (runtime/disassembly.h), empty where there is no
# capstone for the host.
CAPSTONE = $(filter /%,$(shell $(CC) -print-file-name=libcapstone.a))
$(BUILD)/disassembler: runtime/disassembler/main.c runtime/disassembler/protocol.h
	@mkdir -p $(@D)
	$(if $(CAPSTONE),$(CC) $(filter-out -fPIE -MMD -MP -DDENIZEN_SANITIZED $(SANITIZE),$(FLAGS)) $(OPT) -static -s -o $@ $< $(CAPSTONE),@: >$@)

$(BUILD)/obj/runtime/disassembler_image.o: FLAGS += -DDISASSEMBLER='"$(BUILD)/disassembler"'
$(BUILD)/obj/runtime/disassembler_image.o: $(BUILD)/disassembler

# Unit tests: one program per file test_*.c, linked with everything but main; the other files there
# are shared by tests.
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(filter-out $(if $(filter x86_64,$(HOST)),,tests/unit/test_x86_%),\
        $(wildcard tests/unit/test_*.c)))
UNIT_SHARED := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(UNIT_SHARED) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(LINK_TEST) $(CFLAGS) -o $@ $< $(UNIT_SHARED) $(LIBRARY) -lcheck -lsubunit -lrt -lcapstone $(LIBS) -lm

-include $(OBJECTS:.o=.d) $(UNIT_SHARED:.o=.d) $(patsubst $(BUILD)/unit/%,$(BUILD)/obj/tests/unit/%.d,$(UNIT))

# Debian packages: what is missing is installed (tests/packages.sh). The marker spares a look at each make.
$(BUILD)/packages/%: tests/packages.sh
	@sh tests/packages.sh $*
	@mkdir -p $(@D) && touch $@
$(addprefix $(BUILD)/packages/,test bench lint npm): | $(BUILD)/packages/build
$(BUILD)/packages/npm: | $(BUILD)/packages/test
$(OBJECTS) $(BUILD)/disassembler: | $(BUILD)/packages/build
setup: $(addprefix $(BUILD)/packages/,build test bench lint)

include tests/bench/bench.mk
include tests/fuzz/fuzz.mk
include tests/tests.mk

install: $(BUILD)/denizen
	install -D -m 755 $(BUILD)/denizen $(DESTDIR)$(PREFIX)/bin/denizen
	install -D -m 644 docs/denizen.1 $(DESTDIR)$(PREFIX)/share/man/man1/denizen.1

# Layout and static analysis of our own C files.
OWN := $(wildcard $(addsuffix /*.c,$(FOLDERS)) runtime/*/*.c tests/*/*.c tests/*/*/*.c)
OWN_HEADERS := $(wildcard $(addsuffix /*.h,$(FOLDERS)) runtime/*/*.h tests/*/*.h tests/*/*/*.h)
format: $(BUILD)/packages/lint
	clang-format -i $(OWN) $(OWN_HEADERS)

lint: $(BUILD)/packages/lint
	clang-tidy --quiet $(filter-out tests/%,$(OWN)) -- $(filter-out -MMD -MP,$(FLAGS))
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem -I. -D_GNU_SOURCE $(filter-out tests/%,$(OWN))
	clang-format --dry-run -Werror $(OWN) $(OWN_HEADERS)

help:
	@echo 'make                build/denizen; installs the Debian packages that this needs and that are missing'
	@echo 'make demo           builds programs for riscv64 (lua, busybox, sqlite, esbuild) and runs them'
	@echo 'make check          all tests; one part: check-unit -progs -store -apps -bench -torn -fuzz -hosts'
	@echo 'make fuzz           random instruction sequences against qemu (FUZZ_SECONDS=60, FUZZ=options)'
	@echo 'make bench          native : qemu : denizen, tables and chart in build/bench (RUNS=3, ONLY=names)'
	@echo 'make bench-start    the same for short programs, with an empty store and with a filled one'
	@echo 'make install        PREFIX=/usr/local DESTDIR='
	@echo 'make setup          installs what any of these needs'
	@echo 'make lint, format   static analysis; layout'
	@echo 'make SAN=1 BUILD=build/san   with address and undefined-behaviour sanitizers'

clean:
	rm -rf $(BUILD)
