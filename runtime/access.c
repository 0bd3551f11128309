/* Copies between the emulator and guest memory; the work is runtime/host/<arch>/access.S. */
#include "runtime/access.h"

#include "runtime/host/host.h"

int guest_read(void *to, uint64_t from, size_t size) {
    return (int)host_copy(to, (const void *)from, size);
}

int guest_write(uint64_t to, const void *from, size_t size) {
    return (int)host_copy((void *)to, from, size);
}

int64_t guest_strlen(uint64_t addr, size_t most) {
    return host_strlen((const char *)addr, most);
}

bool access_recover(ucontext_t *context) {
    uintptr_t pc = host_context_pc(context);

    if (pc < (uintptr_t)host_access_begin || pc >= (uintptr_t)host_access_end)
        return false;
    host_context_set_pc(context, (uintptr_t)host_access_fault);
    return true;
}
