/* A bytecode interpreter with one indirect jump for all instructions. */
#include "interp.h"
