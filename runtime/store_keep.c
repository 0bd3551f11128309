#include "runtime/store_keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/store.h"
#include "runtime/store_format.h"

bool store_parse_name(const char *name, char *guest, size_t size, uint64_t *fingerprint) {
    const char *dash = strrchr(name, '-');
    char *end;
    if (!dash || strlen(dash + 1) != 16 || (size_t)(dash - name) >= size || strchr(name, '/'))
        return false;
    *fingerprint = strtoull(dash + 1, &end, 16);
    memcpy(guest, name, (size_t)(dash - name));
    guest[dash - name] = 0;
    return !*end;
}

/* --- looking through --- */

static void visit_clusters(int fd, const struct index_header *index, struct store_summary *summary,
                           const struct store_visitor *visitor) {
    char records[STORE_CLUSTER_MAX] __attribute__((aligned(16)));
    for (uint64_t at = 0; at < index->data_size;) {
        struct cluster_header header;
        if (!store_read_exactly(fd, &header, sizeof header, at) || header.magic != STORE_MAGIC ||
            header.generation != index->generation || header.size > sizeof records) {
            summary->damaged++; /* where the next one begins is not known */
            return;
        }
        summary->clusters++;
        if (visitor->cluster) {
            if (store_read_exactly(fd, records, header.size, at + sizeof header) &&
                store_checksum(records, header.size) == header.checksum)
                summary->records += visitor->cluster(visitor->data, summary->name,
                                                     index->fingerprint, records, header.size);
            else
                summary->damaged++;
        }
        at = (at + sizeof header + header.size + STORE_ALIGNMENT - 1) &
             ~(uint64_t)(STORE_ALIGNMENT - 1);
    }
}

static void visit_generation(int directory, unsigned g, uint64_t fingerprint,
                             struct store_summary *summary, const struct store_visitor *visitor) {
    struct stat index_status, data_status;
    struct index_header header;
    const int index = store_open_file(directory, store_index_name[g], O_RDONLY, &index_status);
    const int data = store_open_file(directory, store_data_name[g], O_RDONLY, &data_status);
    if (index >= 0 && data >= 0) {
        summary->bytes += (uint64_t)(index_status.st_size + data_status.st_size);
        if (index_status.st_mtime > summary->written)
            summary->written = index_status.st_mtime;
        if (!store_read_exactly(index, &header, sizeof header, 0) ||
            !store_header_valid(&header, fingerprint, index_status.st_size) ||
            header.data_size > (uint64_t)data_status.st_size)
            summary->damaged++;
        else
            visit_clusters(data, &header, summary, visitor);
    }
    if (index >= 0)
        close(index);
    if (data >= 0)
        close(data);
}

/* Opens the directory of all stores for reading its names. NULL with errno if it cannot. */
static DIR *open_base(const char *given) {
    char path[PATH_MAX];
    errno = ENOENT;
    const int fd = store_base_directory(given, path, sizeof path)
                       ? store_open_directory(AT_FDCWD, path, false)
                       : -1;
    return fd < 0 ? NULL : fdopendir(fd);
}

int store_visit(const char *given, const struct store_visitor *visitor) {
    DIR *base = open_base(given);
    if (!base)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(base));) {
        char guest[64];
        uint64_t fingerprint;
        if (!store_parse_name(entry->d_name, guest, sizeof guest, &fingerprint))
            continue;
        const int directory = store_open_directory(dirfd(base), entry->d_name, false);
        if (directory < 0)
            continue;
        struct store_summary summary = {.name = entry->d_name};
        for (unsigned g = 0; g < STORE_GENERATIONS; g++)
            visit_generation(directory, g, fingerprint, &summary, visitor);
        close(directory);
        visitor->store(visitor->data, &summary);
    }
    closedir(base);
    return 0;
}

/* --- removing --- */

static bool remove_store(int base, const char *name) {
    static const char *const files[] = {"data",      "index",     "data.old",
                                        "index.old", "index.new", "lock"};
    const int directory = store_open_directory(base, name, false);
    if (directory < 0)
        return false;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlinkat(directory, files[i], 0);
    close(directory);
    return unlinkat(base, name, AT_REMOVEDIR) == 0;
}

struct survey {
    uint64_t bytes;
    char oldest[NAME_MAX + 1];
    time_t written;
};

static void survey_store(void *data, const struct store_summary *summary) {
    struct survey *survey = data;
    survey->bytes += summary->bytes;
    if (survey->oldest[0] && summary->written >= survey->written)
        return;
    snprintf(survey->oldest, sizeof survey->oldest, "%s", summary->name);
    survey->written = summary->written;
}

unsigned store_remove(const char *given, uint64_t limit) {
    for (unsigned removed = 0;; removed++) {
        struct survey survey = {0};
        const struct store_visitor visitor = {.store = survey_store, .data = &survey};
        DIR *base = store_visit(given, &visitor) == 0 ? open_base(given) : NULL;
        const bool more = base && survey.oldest[0] && (limit == 0 || survey.bytes > limit) &&
                          remove_store(dirfd(base), survey.oldest);
        if (base)
            closedir(base);
        if (!more)
            return removed;
    }
}
