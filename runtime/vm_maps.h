/* The host's own record of this process's mappings, /proc/self/maps, read line by line. */
#ifndef RUNTIME_VM_MAPS_H
#define RUNTIME_VM_MAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/vm.h"

/* The whole text, NUL-terminated, in malloc'ed memory; NULL when it cannot be read. */
char *vm_maps_read(void);

/* Takes one line off *text (which is written to) into `mapping`, whose path then points into the
 * text and whose prot and flags are the host's; false at the end. */
bool vm_maps_next(char **text, struct vm_mapping *mapping);

#endif
