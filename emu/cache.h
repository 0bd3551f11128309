/* What `denizen --cache` does with the translations kept on disk. */
#ifndef EMU_CACHE_H
#define EMU_CACHE_H

struct options;

/* Carries out options->cache_command and returns the exit status. */
int cache_command(const struct options *options);

#endif
