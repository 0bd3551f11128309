/* The same interpreter with an indirect jump after each instruction. */
#define COMPUTED_GOTO
#include "interp.h"
