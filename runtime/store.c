#include "runtime/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/fds.h"
#include "runtime/log.h"
#include "runtime/store_format.h"
#include "runtime/store_keep.h"

enum {
    CHUNK_ENTRIES = STORE_CHUNK / sizeof(uint64_t),
    MAX_PROBES = 1024, /* in the index: no damage makes a search endless */
    FIRST_ENTRIES = 4096,
    READ_WHOLE = 64 << 10, /* an index up to this size is read at once */
};

const char *const store_index_name[STORE_GENERATIONS] = {"index", "index.old"};
const char *const store_data_name[STORE_GENERATIONS] = {"data", "data.old"};

struct generation {
    struct index_header header;
    uint64_t **chunks; /* of the index, as far as they have been read; NULL: no such generation */
    int data;          /* reserved descriptor of its clusters' file; 0: to be opened for each */
};

static struct {
    struct store_options options;
    int directory; /* reserved descriptor, or -1 */
    uint64_t size_limit;
    struct generation generation[STORE_GENERATIONS];
    unsigned read_count;
    struct store_stats stats;
} store = {.directory = -1};

/* Clusters that need not be read again: offset * STORE_GENERATIONS + generation. */
static uint64_t read_clusters[STORE_READ_MAX];

void store_note(const char *format, ...) {
    if (!(log_items & LOG_CACHE))
        return;
    char text[PATH_MAX + 128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_printf("store: %s\n", text);
}

/* Sums of the words and sums of those sums, as Fletcher's checksum has them, in eight lanes: a
 * fifth of the instructions of XXH3, for data that nobody is to forge. */
uint64_t store_checksum(const void *records, size_t size) {
    typedef uint64_t lanes __attribute__((vector_size(64)));
    lanes sums[2] = {{0}, {0}}, words;
    const char *at = records, *end = at + size;
    for (; end - at >= (ptrdiff_t)sizeof words; at += sizeof words) {
        memcpy(&words, at, sizeof words);
        sums[0] += words;
        sums[1] += sums[0];
    }
    words = (lanes){0};
    memcpy(&words, at, (size_t)(end - at));
    sums[0] += words;
    sums[1] += sums[0];
    return XXH3_64bits_withSeed(sums, sizeof sums, size);
}

uint64_t store_header_checksum(const struct index_header *header) {
    return XXH3_64bits(header, offsetof(struct index_header, checksum));
}

bool store_header_valid(const struct index_header *header, uint64_t fingerprint, off_t file_size) {
    return header->magic == STORE_MAGIC && header->fingerprint == fingerprint &&
           header->checksum == store_header_checksum(header) && header->log2_entries >= 9 &&
           header->log2_entries <= 32 &&
           file_size >= (off_t)(STORE_CHUNK + (sizeof(uint64_t) << header->log2_entries));
}

/* --- files --- */

/* Ours alone to write: anyone who can write a file could make us run any code. */
static bool trusted(int fd, mode_t kind, struct stat *status) {
    return fstat(fd, status) == 0 && (status->st_mode & S_IFMT) == kind &&
           status->st_uid == geteuid() && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

int store_open_file(int directory, const char *name, int flags, struct stat *status) {
    int fd = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (fd >= 0 && !trusted(fd, S_IFREG, status)) {
        store_note("%s is not a file that only we can write", name);
        close(fd);
        return -1;
    }
    return fd;
}

bool store_read_exactly(int fd, void *memory, size_t size, uint64_t offset) {
    return pread(fd, memory, size, (off_t)offset) == (ssize_t)size;
}

int store_open_directory(int parent, const char *path, bool create) {
    struct stat status;
    int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && create && errno == ENOENT && mkdirat(parent, path, 0700) == 0)
        fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && !trusted(fd, S_IFDIR, &status)) {
        close(fd);
        fd = -1;
        errno = EPERM;
    }
    return fd;
}

bool store_base_directory(const char *given, char *path, size_t size) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (given && *given)
        return (size_t)snprintf(path, size, "%s", given) < size;
    if (cache && *cache == '/')
        return (size_t)snprintf(path, size, "%s/denizen", cache) < size;
    if (!home || *home != '/')
        return false;
    if ((size_t)snprintf(path, size, "%s/.cache/denizen", home) >= size)
        return false;
    if (access(path, F_OK) != 0) {
        char parent[PATH_MAX];
        snprintf(parent, sizeof parent, "%s/.cache", home);
        mkdir(parent, 0700);
    }
    return true;
}

/* --- the index --- */

static int open_data(unsigned g) {
    struct stat status;
    return store_open_file(store.directory, store_data_name[g], O_RDONLY, &status);
}

/* Start-up only. */
static void keep_data_open(unsigned g) {
    const int fd = open_data(g), reserved = fd < 0 ? fd : fd_reserve(fd);
    if (reserved > 0)
        store.generation[g].data = reserved;
    else if (fd >= 0)
        close(fd);
}

static void take_generation(unsigned g) {
    struct generation *generation = &store.generation[g];
    struct stat status;
    *generation = (struct generation){.chunks = NULL};
    int fd = store_open_file(store.directory, store_index_name[g], O_RDONLY, &status);
    if (fd < 0)
        return;
    struct index_header header;
    const bool whole = status.st_size <= STORE_CHUNK + READ_WHOLE;
    char *memory = NULL;
    if (whole && status.st_size >= STORE_CHUNK) {
        memory = store.options.allocate((size_t)status.st_size);
        if (!store_read_exactly(fd, memory, (size_t)status.st_size, 0))
            goto out;
        memcpy(&header, memory, sizeof header);
    } else if (!store_read_exactly(fd, &header, sizeof header, 0)) {
        goto out;
    }
    if (!store_header_valid(&header, store.options.fingerprint, status.st_size)) {
        store_note("%s is damaged or of another version", store_index_name[g]);
        goto out;
    }
    const uint64_t count = (sizeof(uint64_t) << header.log2_entries) / STORE_CHUNK;
    generation->header = header;
    generation->chunks = store.options.allocate(count * sizeof *generation->chunks);
    for (uint64_t i = 0; i < count; i++)
        generation->chunks[i] = memory ? (uint64_t *)(memory + STORE_CHUNK * (i + 1)) : NULL;
    keep_data_open(g);
out:
    close(fd);
}

static const uint64_t *index_chunk(unsigned g, uint64_t number) {
    struct generation *generation = &store.generation[g];
    if (generation->chunks[number])
        return generation->chunks[number];
    uint64_t *chunk = store.options.allocate(STORE_CHUNK);
    struct stat status;
    int fd = store_open_file(store.directory, store_index_name[g], O_RDONLY, &status);
    struct index_header now;
    /* The file may have been replaced: its entries then have other places. */
    if (fd < 0 || !store_read_exactly(fd, &now, sizeof now, 0) ||
        now.generation != generation->header.generation ||
        now.log2_entries != generation->header.log2_entries ||
        !store_read_exactly(fd, chunk, STORE_CHUNK, STORE_CHUNK * (number + 1)))
        memset(chunk, 0, STORE_CHUNK);
    if (fd >= 0)
        close(fd);
    return generation->chunks[number] = chunk;
}

/* Where the search for a hash, or for an entry, begins: the top bits, which entries have too. */
static uint64_t first_place(const struct generation *generation, uint64_t hash) {
    return hash >> (64 - generation->header.log2_entries);
}

static uint64_t next_place(const struct generation *generation, uint64_t place) {
    return (place + 1) & ((UINT64_C(1) << generation->header.log2_entries) - 1);
}

static uint64_t tag_of(uint64_t hash) {
    return hash >> STORE_OFFSET_BITS << STORE_OFFSET_BITS;
}

/* Where the entry's cluster begins. */
static uint64_t cluster_of(uint64_t entry) {
    return (entry & ((1 << STORE_OFFSET_BITS) - 1)) * STORE_ALIGNMENT;
}

/* The number that a cluster got when it was read, or -1. */
static int number_of(uint64_t cluster) {
    for (unsigned i = store.read_count; i-- > 0;)
        if (read_clusters[i] == cluster)
            return (int)i;
    return -1;
}

static bool was_read(uint64_t cluster) {
    return number_of(cluster) >= 0;
}

/* Reads the cluster at `offset`; false, once and for all, if it is not as it was written. */
static bool read_cluster(unsigned g, uint64_t offset, struct store_cluster *cluster) {
    const struct generation *generation = &store.generation[g];
    const uint64_t name = offset * STORE_GENERATIONS + g;
    if (store.read_count == STORE_READ_MAX || was_read(name))
        return false;
    read_clusters[store.read_count++] = name;
    const int fd = generation->data ? generation->data : open_data(g);
    if (fd < 0)
        return false;
    /* All that it can be, since its size is not known: mostly it is that. */
    char *memory = store.options.allocate(sizeof(struct cluster_header) + STORE_CLUSTER_MAX);
    struct cluster_header header = {0};
    const ssize_t got = pread(fd, memory, sizeof header + STORE_CLUSTER_MAX, (off_t)offset);
    if (!generation->data)
        close(fd);
    if (got >= (ssize_t)sizeof header)
        memcpy(&header, memory, sizeof header);
    const bool good =
        header.magic == STORE_MAGIC && header.fingerprint == store.options.fingerprint &&
        header.generation == generation->header.generation && header.size <= STORE_CLUSTER_MAX &&
        got >= (ssize_t)(sizeof header + header.size) &&
        store_checksum(memory + sizeof header, header.size) == header.checksum;
    *cluster = (struct store_cluster){.records = memory + sizeof header,
                                      .size = header.size,
                                      .number = store.read_count - 1,
                                      .old = g != 0};
    if (good) {
        store.stats.clusters++;
        store.stats.bytes_read += header.size;
    } else {
        store_note("the cluster at %" PRIu64 " of %s is damaged or gone", offset,
                   store_data_name[g]);
    }
    return good;
}

/* Calls `visit` with the offset of each cluster that has an entry for `hash`, until it returns
 * true. */
static bool visit_entries(uint64_t hash, bool (*visit)(unsigned g, uint64_t offset, void *data),
                          void *data) {
    for (unsigned g = 0; g < STORE_GENERATIONS; g++) {
        const struct generation *generation = &store.generation[g];
        if (!generation->chunks)
            continue;
        uint64_t place = first_place(generation, hash);
        for (unsigned probes = 0; probes < MAX_PROBES; probes++) {
            const uint64_t entry = index_chunk(g, place / CHUNK_ENTRIES)[place % CHUNK_ENTRIES];
            if (!entry)
                break;
            if (tag_of(entry) == tag_of(hash) && visit(g, cluster_of(entry), data))
                return true;
            place = next_place(generation, place);
        }
    }
    return false;
}

static bool visit_unread(unsigned g, uint64_t offset, void *data) {
    return read_cluster(g, offset, data);
}

bool store_read(uint64_t hash, struct store_cluster *cluster) {
    store.stats.lookups++;
    return visit_entries(hash, visit_unread, cluster);
}

struct numbers {
    unsigned *at, count, most;
};

static bool visit_read(unsigned g, uint64_t offset, void *data) {
    struct numbers *numbers = data;
    const int number = number_of(offset * STORE_GENERATIONS + g);
    if (number >= 0)
        numbers->at[numbers->count++] = (unsigned)number;
    return numbers->count == numbers->most;
}

unsigned store_find_read(uint64_t hash, unsigned *numbers, unsigned most) {
    struct numbers found = {numbers, 0, most};
    visit_entries(hash, visit_read, &found);
    return found.count;
}

/* --- writing --- */

/* A writer holds the lock file's lock. It works on the first generation as the files have it now.
 */
struct writer {
    int lock, index, data;
    uint8_t *state; /* of each chunk of the index: FRESH, DIRTY */
};
enum { FRESH = 1, DIRTY = 2 };

static struct generation *const current = &store.generation[0];

static uint64_t entry_count(const struct index_header *header) {
    return UINT64_C(1) << header->log2_entries;
}

static bool write_exactly(int fd, const void *memory, size_t size, uint64_t offset) {
    return pwrite(fd, memory, size, (off_t)offset) == (ssize_t)size;
}

static bool write_header(const struct writer *w) {
    current->header.checksum = store_header_checksum(&current->header);
    return write_exactly(w->index, &current->header, sizeof current->header, 0);
}

/* Empties the files, whatever they are. */
static bool start_empty(struct writer *w) {
    current->header = (struct index_header){.magic = STORE_MAGIC,
                                            .log2_entries = __builtin_ctz(FIRST_ENTRIES),
                                            .fingerprint = store.options.fingerprint};
    return getrandom(&current->header.generation, 8, 0) == 8 && ftruncate(w->index, 0) == 0 &&
           ftruncate(w->data, 0) == 0 &&
           ftruncate(w->index, STORE_CHUNK + 8 * (off_t)FIRST_ENTRIES) == 0 && write_header(w);
}

static bool open_files(struct writer *w) {
    struct stat index, data;
    struct index_header header;
    w->index = store_open_file(store.directory, store_index_name[0], O_RDWR | O_CREAT, &index);
    w->data = store_open_file(store.directory, store_data_name[0], O_RDWR | O_CREAT, &data);
    if (w->index < 0 || w->data < 0)
        return false;
    if (!store_read_exactly(w->index, &header, sizeof header, 0) ||
        !store_header_valid(&header, store.options.fingerprint, index.st_size) ||
        header.data_size > (uint64_t)data.st_size) {
        /* Something new: time to see that all stores together keep within the limit. */
        store_remove(store.options.directory, store.size_limit);
        if (!start_empty(w))
            return false;
        current->data = 0;
        current->chunks = NULL;
    } else {
        if (header.generation != current->header.generation)
            current->data = 0; /* another file now has the name */
        if (header.generation != current->header.generation ||
            header.log2_entries != current->header.log2_entries)
            current->chunks = NULL;
        current->header = header;
    }
    const uint64_t chunks = entry_count(&current->header) / CHUNK_ENTRIES;
    if (!current->chunks)
        current->chunks = store.options.allocate(chunks * sizeof *current->chunks);
    w->state = store.options.allocate(chunks);
    return true;
}

static void close_files(struct writer *w) {
    if (w->index >= 0)
        close(w->index);
    if (w->data >= 0)
        close(w->data);
    w->index = w->data = -1;
}

/* The first generation has its share of the limit: it becomes the second. A reader who meets files
 * of different generations notices by their headers. */
static bool rotate(struct writer *w) {
    close_files(w);
    store_note("a new generation begins");
    return renameat(store.directory, store_data_name[0], store.directory, store_data_name[1]) ==
               0 &&
           renameat(store.directory, store_index_name[0], store.directory, store_index_name[1]) ==
               0 &&
           open_files(w);
}

/* Makes a larger index, which takes the old one's place in one step. */
static bool grow(struct writer *w) {
    struct generation larger = {.header = current->header};
    larger.header.log2_entries += 2;
    const size_t size = STORE_CHUNK + 8 * entry_count(&larger.header);
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    uint64_t *entries = (uint64_t *)(memory + STORE_CHUNK), chunk[CHUNK_ENTRIES];
    bool good = true;
    for (uint64_t i = 0; good && i < entry_count(&current->header); i++) {
        if (i % CHUNK_ENTRIES == 0)
            good = store_read_exactly(w->index, chunk, STORE_CHUNK, STORE_CHUNK + 8 * i);
        const uint64_t entry = chunk[i % CHUNK_ENTRIES];
        if (!entry)
            continue;
        uint64_t place = first_place(&larger, entry);
        while (entries[place])
            place = next_place(&larger, place);
        entries[place] = entry;
    }
    larger.header.checksum = store_header_checksum(&larger.header);
    memcpy(memory, &larger.header, sizeof larger.header);
    struct stat status;
    int fd =
        good ? store_open_file(store.directory, "index.new", O_RDWR | O_CREAT | O_TRUNC, &status)
             : -1;
    good = fd >= 0 && write_exactly(fd, memory, size, 0) &&
           renameat(store.directory, "index.new", store.directory, store_index_name[0]) == 0;
    if (fd >= 0)
        close(fd);
    munmap(memory, size);
    close_files(w);
    return good && open_files(w);
}

static uint64_t *writable_chunk(struct writer *w, uint64_t number) {
    uint64_t *chunk = current->chunks[number];
    if (!chunk)
        chunk = current->chunks[number] = store.options.allocate(STORE_CHUNK);
    if (!(w->state[number] & FRESH) &&
        !store_read_exactly(w->index, chunk, STORE_CHUNK, STORE_CHUNK * (number + 1)))
        memset(chunk, 0, STORE_CHUNK);
    w->state[number] |= FRESH;
    return chunk;
}

/* The place of the entry with this tag, or the free one where it belongs; NULL: no room. */
static uint64_t *find_entry(struct writer *w, uint64_t hash, uint64_t *number) {
    uint64_t place = first_place(current, hash);
    for (unsigned probes = 0; probes < MAX_PROBES; probes++) {
        *number = place / CHUNK_ENTRIES;
        uint64_t *entry = &writable_chunk(w, *number)[place % CHUNK_ENTRIES];
        if (!*entry || tag_of(*entry) == tag_of(hash))
            return entry;
        place = next_place(current, place);
    }
    return NULL;
}

/* One cluster of records that the store does not have, from the first `count` on; returns how many
 * were dealt with, 0 on failure. The entries are in memory only. */
static unsigned write_cluster(struct writer *w, const struct iovec *records, const uint64_t *hashes,
                              unsigned count) {
    struct {
        struct cluster_header header;
        char records[STORE_CLUSTER_MAX];
    } cluster;
    struct cluster_header header = {.magic = STORE_MAGIC,
                                    .fingerprint = store.options.fingerprint,
                                    .generation = current->header.generation};
    unsigned done = 0;
    const uint64_t offset =
        (current->header.data_size + STORE_ALIGNMENT - 1) & ~(uint64_t)(STORE_ALIGNMENT - 1);
    if (offset / STORE_ALIGNMENT >> STORE_OFFSET_BITS)
        return 0;
    for (; done < count; done++) {
        if (records[done].iov_len > STORE_CLUSTER_MAX)
            continue;
        if (header.size + records[done].iov_len > STORE_CLUSTER_MAX)
            break;
        uint64_t number, *entry = find_entry(w, hashes[done], &number);
        /* Another process was faster, unless we have looked there and not found the record. */
        if (!entry || (*entry && !was_read(cluster_of(*entry) * STORE_GENERATIONS)))
            continue;
        memcpy(cluster.records + header.size, records[done].iov_base, records[done].iov_len);
        current->header.used += *entry == 0;
        *entry = tag_of(hashes[done]) | offset / STORE_ALIGNMENT;
        w->state[number] |= DIRTY;
        header.size += (uint32_t)records[done].iov_len;
    }
    if (header.size == 0)
        return done;
    header.checksum = store_checksum(cluster.records, header.size);
    cluster.header = header;
    const size_t size = sizeof header + header.size;
    if (!write_exactly(w->data, &cluster, size, offset))
        return 0;
    current->header.data_size = offset + size;
    store.stats.bytes_written += size;
    return done;
}

static bool write_entries(struct writer *w) {
    const uint64_t chunks = entry_count(&current->header) / CHUNK_ENTRIES;
    for (uint64_t i = 0; i < chunks; i++)
        if (w->state[i] & DIRTY &&
            !write_exactly(w->index, current->chunks[i], STORE_CHUNK, STORE_CHUNK * (i + 1)))
            return false;
    return write_header(w);
}

static bool append(struct writer *w, const struct iovec *records, const uint64_t *hashes,
                   unsigned count) {
    if (!open_files(w))
        return false;
    if (current->header.data_size > store.size_limit / STORE_GENERATIONS && !rotate(w))
        return false;
    while ((current->header.used + count) * 2 > entry_count(&current->header))
        if (!grow(w))
            return false;
    for (unsigned done = 0, now; done < count; done += now)
        if ((now = write_cluster(w, records + done, hashes + done, count - done)) == 0)
            return false;
    return write_entries(w);
}

void store_append(const struct iovec *records, const uint64_t *hashes, unsigned count) {
    struct writer w = {-1, -1, -1, NULL};
    struct stat status;
    if (store.directory < 0 || count == 0)
        return;
    w.lock = store_open_file(store.directory, "lock", O_RDWR | O_CREAT, &status);
    if (w.lock >= 0 && flock(w.lock, LOCK_EX | LOCK_NB) == 0) {
        if (!append(&w, records, hashes, count)) {
            store_note("cannot write: %s", strerror(errno));
            current->chunks = NULL; /* it may have entries of what was not written */
        }
        close_files(&w);
    }
    if (w.lock >= 0)
        close(w.lock);
}

/* --- start --- */

void store_open(const struct store_options *options) {
    char base[PATH_MAX], name[64];
    store.options = *options;
    store.size_limit = options->size_limit ? options->size_limit : UINT64_C(1) << 30;
    if (getauxval(AT_SECURE) || getuid() != geteuid() ||
        !store_base_directory(options->directory, base, sizeof base)) {
        store_note("none: privileged, or no home directory");
        return;
    }
    int fd = store_open_directory(AT_FDCWD, base, true);
    if (fd >= 0) {
        snprintf(name, sizeof name, "%s-%016" PRIx64, options->name, options->fingerprint);
        const int parent = fd;
        fd = store_open_directory(parent, name, true);
        close(parent);
    }
    if (fd < 0) {
        store_note("%s: %s", base, strerror(errno));
        return;
    }
    store.directory = fd_reserve(fd);
    if (store.directory < 0) {
        close(fd);
        return;
    }
    for (unsigned g = 0; g < STORE_GENERATIONS; g++)
        take_generation(g);
}

void store_close(void) {
    if (store.directory >= 0)
        fd_release(store.directory);
    for (unsigned g = 0; g < STORE_GENERATIONS; g++)
        if (store.generation[g].data)
            fd_release(store.generation[g].data);
    memset(&store, 0, sizeof store);
    store.directory = -1;
}

bool store_is_open(void) {
    return store.directory >= 0;
}

void store_get_stats(struct store_stats *stats) {
    *stats = store.stats;
}
