#include <asm/unistd.h>
#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "runtime/interruptible.h"
#include "syscalls/syscalls.h"
#include "syscalls/table.h"

const char *ioctl_kind(uint32_t request) {
    static const struct {
        uint32_t request;
        const char *kind;
    } kinds[] = {
#define IOCTL(name, kind) {(uint32_t)(name), kind},
#include "syscalls/ioctl.def"
#undef IOCTL
    };
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].request == request)
            return kinds[i].kind;
    }
    return "hex";
}

int64_t sys_ioctl(struct cpu *cpu, const uint64_t arg[6]) {
    /* linux/kvm.h: what it makes are machines of the host's architecture. */
    enum { KVM_TYPE = 0xae };
    if (_IOC_TYPE((uint32_t)arg[1]) == KVM_TYPE)
        return -ENOTTY;
    return interruptible_syscall(cpu, __NR_ioctl, arg[0], arg[1], arg[2], 0, 0, 0);
}
