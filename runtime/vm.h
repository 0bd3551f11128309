/* The guest's address space: guest address = host address, with a record of what the guest mapped.
 *
 * All guest mmap-family system calls and the loader go through here, so that the guest can never
 * map over or unmap the emulator, guest-executable pages are never host-executable, and translations
 * of code that goes away are dropped (hooks.invalidate). Thread-safe; results are -errno in the
 * manner of the kernel. */
#ifndef RUNTIME_VM_H
#define RUNTIME_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Sets the record up; call before any other function. */
void vm_init(void);

int64_t vm_mmap(uint64_t addr, uint64_t length, int prot, int flags, int fd, int64_t offset);
int64_t vm_munmap(uint64_t addr, uint64_t length);
int64_t vm_mprotect(uint64_t addr, uint64_t length, int prot);
int64_t vm_mremap(uint64_t old_addr, uint64_t old_len, uint64_t new_len, int flags, uint64_t new_addr);
int64_t vm_madvise(uint64_t addr, uint64_t length, int advice);
int64_t vm_shmat(int id, uint64_t addr, int flags);
int64_t vm_shmdt(uint64_t addr);

/* Reserves the heap region at the end of the program image; then as the system call. */
void vm_set_brk(uint64_t start);
int64_t vm_brk(uint64_t addr);

/* Declares host mappings [start, end) the emulator's own: hidden from the guest and protected. */
void vm_protect_emulator(uint64_t start, uint64_t end);

/* The guest's protection bits (PROT_*) of the page at `addr`, or -1 if it is not mapped. */
int vm_prot(uint64_t addr);

/* The end of the run of guest-executable pages that starts with the page of `addr`, looking no
 * further than `most` bytes; `addr` itself when it is not executable. Lock-free when unchanged. */
uint64_t vm_executable_end(uint64_t addr, uint64_t most);

/* What the guest mapped, one call per mapping in ascending order; `path` may be "". */
struct vm_mapping {
    uint64_t start, end, offset;
    int prot, flags;
    dev_t device;
    ino_t inode;
    const char *path;
};
void vm_for_each(void (*visit)(const struct vm_mapping *mapping, void *data), void *data);

/* For fork: as pthread_atfork's three handlers. */
void vm_before_fork(void);
void vm_after_fork(bool child);

#endif
