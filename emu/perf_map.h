/* The map of generated code that perf reads. */
#ifndef EMU_PERF_MAP_H
#define EMU_PERF_MAP_H

/* Writes /tmp/perf-PID.map with one line for every block in the code cache. */
void perf_map_write(void);

#endif
