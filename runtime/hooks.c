#include "runtime/hooks.h"

struct hooks hooks;
