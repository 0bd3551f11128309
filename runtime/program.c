#include "runtime/program.h"

struct program_info program;
struct relaunch relaunch;
