# Denizen for other hosts, which run guests by --interpret until they have a backend: built with the
# cross compilers and run under qemu-user. The libraries that it links are built from their Debian
# source packages, since a distribution installs them for its own architecture only.

HOSTS := aarch64 riscv64

prepare-hosts: $(foreach host,$(HOSTS),$(BUILD)/$(host)/denizen) \
               $(addprefix $(BUILD)/progs/expected/,c_goto c_printf c_int128 c_math cxx_exceptions c_setjmp c_varargs) \
               $(addprefix $(BUILD)/progs/riscv64/static/,c_goto c_printf c_int128 c_math cxx_exceptions c_setjmp) \
               $(BUILD)/progs/riscv64/dynamic/c_varargs

$(BUILD)/libraries/%/.built: tests/libraries.sh tests/apt.sh | $(PACKAGES)
	@echo "build libelf, libffi and zlib for $*"
	@BUILD=$(BUILD) sh tests/libraries.sh $*
	@touch $@
$(BUILD)/libraries/riscv64/.built: | $(BUILD)/libraries/aarch64/.built

.PHONY: force
$(foreach host,$(HOSTS),$(BUILD)/$(host)/denizen): $(BUILD)/%/denizen: $(BUILD)/libraries/%/.built force
	@$(MAKE) --no-print-directory -s CC='$*-linux-gnu-gcc' BUILD=$(BUILD)/$* \
	    CFLAGS='-O2 -g -I$(abspath $(BUILD))/libraries/$*/include -L$(abspath $(BUILD))/libraries/$*/lib' $@
