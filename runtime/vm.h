/* The guest's address space: guest address = host address, with a record of what the guest mapped.
 *
 * All guest mmap-family system calls and the loader go through here, so that the guest can never
 * map over or unmap the emulator, guest-executable pages are never host-executable, and
 * translations of code that goes away are dropped (hooks.invalidate). Thread-safe; results are
 * -errno in the manner of the kernel. */
#ifndef RUNTIME_VM_H
#define RUNTIME_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The guest's page size, and the least that the host's must be. */
enum { VM_PAGE = 4096 };

/* Sets the record up; call before any other function. */
void vm_init(void);

/* The system calls. Protections are the guest's, flags the host's encoding; lengths are rounded up
 * to pages. What would touch memory that is not the guest's fails with -ENOMEM (where the kernel
 * would have replaced it) or leaves that part alone. */
int64_t vm_mmap(uint64_t addr, uint64_t length, int prot, int flags, int fd, int64_t offset);
int64_t vm_munmap(uint64_t addr, uint64_t length);
int64_t vm_mprotect(uint64_t addr, uint64_t length, int prot);
int64_t vm_mremap(uint64_t old_addr, uint64_t old_len, uint64_t new_len, int flags,
                  uint64_t new_addr);
int64_t vm_madvise(uint64_t addr, uint64_t length, int advice);
int64_t vm_shmat(int id, uint64_t addr, int flags);
int64_t vm_shmdt(uint64_t addr);

/* Sets where the heap starts (page-aligned; nothing is mapped yet); then the system call, which
 * gives the current end when it cannot do as asked. */
void vm_set_brk(uint64_t start);
int64_t vm_brk(uint64_t addr);

/* Declares the main stack: named in vm_for_each, and where PROT_GROWSDOWN reaches to. */
void vm_set_stack(uint64_t start, uint64_t end);
/* Declares the vDSO: for its name, and for what only its code may do. */
void vm_set_vdso(uint64_t start, uint64_t end);
bool vm_in_vdso(uint64_t addr);

/* Makes [start, end) the emulator's: the guest can neither see nor change it any more. Only for
 * ranges that came from vm_mmap; whatever the emulator maps by other means is its own anyway. */
void vm_protect_emulator(uint64_t start, uint64_t end);

/* The guest's protection bits (PROT_*) of the page at `addr`, or -1 if it is not mapped. */
int vm_prot(uint64_t addr);

/* A run of guest-executable pages; zeroed: none. */
struct vm_run {
    uint64_t version, start, end;
};

/* The end of the run of guest-executable pages that starts with the page of `addr`, looking no
 * further than `most` bytes; `addr` itself when it is not executable. `last` is the caller's, from
 * one call to the next: lock-free while the same run is asked for and nothing executable was mapped
 * or unmapped in between. */
uint64_t vm_executable_end(uint64_t addr, uint64_t most, struct vm_run *last);

/* The stretch of pages around `addr` that the guest may execute but not write: false if `addr` is
 * in none. */
bool vm_constant_code(uint64_t addr, uint64_t *start, uint64_t *end);

/* What the guest mapped, one call per mapping in ascending order, as of one moment; `path` may be
 * "" and is valid during the call. `visit` may call other functions of this header. */
struct vm_mapping {
    uint64_t start, end, offset;
    int prot, flags;
    dev_t device;
    ino_t inode;
    const char *path;
};
void vm_for_each(void (*visit)(const struct vm_mapping *mapping, void *data), void *data);

/* For fork: before it, and after it in both processes. */
void vm_before_fork(void);
void vm_after_fork(bool child);

#endif
