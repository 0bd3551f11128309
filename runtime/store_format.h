/* The store's files: what is in them, and what its readers, writers and keepers share. Private to
 * store.c and store_keep.c; docs/store.md describes the whole. */
#ifndef RUNTIME_STORE_FORMAT_H
#define RUNTIME_STORE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
    STORE_MAGIC = 0x315a4e44, /* "DNZ1": raised with every change of format */
    STORE_ALIGNMENT = 64,     /* of clusters in the data file */
    STORE_CHUNK = 4096,       /* the index is read in pieces of this; the first holds the header */
    STORE_OFFSET_BITS = 26, /* of an entry: a cluster's place in units of STORE_ALIGNMENT; the rest
                             * is hash */
};

/* At the head of the index file; its entries begin at offset STORE_CHUNK. */
struct index_header {
    uint32_t magic, log2_entries;
    uint64_t fingerprint, generation, used;
    uint64_t data_size; /* how far the data file is valid */
    uint64_t checksum;  /* of the fields above */
};

/* At the head of each cluster. */
struct cluster_header {
    uint32_t magic, size; /* of the records behind it */
    uint64_t fingerprint, generation;
    uint64_t checksum; /* of the records, store_checksum */
};

/* New records go to the first generation; when that has half of the size limit, it becomes the
 * second, and the second is dropped. What is still used of the second is appended again. */
enum { STORE_GENERATIONS = 2 };
extern const char *const store_index_name[STORE_GENERATIONS];
extern const char *const store_data_name[STORE_GENERATIONS];

/* Of the records of a cluster. */
uint64_t store_checksum(const void *records, size_t size);
uint64_t store_header_checksum(const struct index_header *header);
/* Whether the header of an index file of that size is whole, and `fingerprint`'s. */
bool store_header_valid(const struct index_header *header, uint64_t fingerprint, off_t file_size);

/* Opens a file below `directory` if it is ours and nobody else can write it; -1 otherwise. */
int store_open_file(int directory, const char *name, int flags, struct stat *status);
/* The same for a directory, which is made if need be and `create` says so. */
int store_open_directory(int parent, const char *path, bool create);
bool store_read_exactly(int fd, void *memory, size_t size, uint64_t offset);

/* The directory that holds all stores, into `path`; false if there is no place for one. */
bool store_base_directory(const char *given, char *path, size_t size);

/* For -d cache. */
void store_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
