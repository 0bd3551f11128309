/* Where the files of the guest's distribution are: -L, DENIZEN_LD_PREFIX, QEMU_LD_PREFIX, the cross
 * toolchain's /usr/<triplet>, and last the root itself (chroots, containers). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/internal.h"

static void add(struct sysroots *roots, const char *prefix, bool given) {
    for (unsigned i = 0; i < roots->count; i++)
        if (!strcmp(roots->prefix[i], prefix))
            return;
    roots->prefix[roots->count++] = prefix;
    if (given && !roots->given)
        roots->given = prefix;
}

void sysroots_init(struct sysroots *roots, const char *option, const struct guest *guest) {
    const char *given[] = {option, getenv("DENIZEN_LD_PREFIX"), getenv("QEMU_LD_PREFIX")};
    roots->count = 0;
    roots->given = NULL;
    for (int i = 0; i < 3; i++)
        if (given[i] && given[i][0] && strcmp(given[i], "/") != 0)
            add(roots, given[i], true);
    if (guest->triplet) {
        snprintf(roots->by_triplet, sizeof roots->by_triplet, "/usr/%s", guest->triplet);
        add(roots, roots->by_triplet, false);
    }
    add(roots, "", false);
}

int sysroots_open(const struct sysroots *roots, struct file *file, const char *path,
                  struct load_error *error) {
    for (unsigned i = 0; i < roots->count; i++) {
        char full[2 * PATH_MAX];
        const char *prefix = path[0] == '/' ? roots->prefix[i] : "";
        snprintf(full, sizeof full, "%s%s", prefix, path);
        int status = file_open(file, full, error);
        if (!status)
            return (int)i;
        file_close(file);
        if (status != LOAD_NOT_FOUND)
            return -1;
    }
    return -1;
}

void sysroots_describe(const struct sysroots *roots, char *out, size_t size) {
    size_t used = 0;
    for (unsigned i = 0; i < roots->count && used < size; i++) {
        const char *joint = i == 0 ? "" : i + 1 == roots->count ? " or " : ", ";
        const char *prefix = roots->prefix[i][0] ? roots->prefix[i] : "/";
        used += (size_t)snprintf(out + used, size - used, "%s%s", joint, prefix);
    }
}
