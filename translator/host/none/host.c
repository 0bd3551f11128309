/* For processors that have no backend yet: the evaluator runs everything. */
#include "translator/host/host.h"

const struct host *const host_backend = NULL;
