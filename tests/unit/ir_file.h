/* Tests in the form of one file of textual IR (tests/ir), with directives in its comments:
 *
 *     ;! field1 = 0x100            the value of a pc-relative field
 *     ;! run r1 = 5, mem32[4] = 7 -> r3 = 12, pc = 0x10004
 *                                  from that state to that state
 *     ;! becomes fold              what the builder's folding makes of it,
 *     ;! becomes fold tier1        and folding and the passes of tier 1, is the text
 *     ;= %1 = get.i64 r1           in the lines that follow
 *     ;= jump %1
 *
 * States name registers r, v (low half; "v1.high" the other), c; memN[offset]; flags, round; and
 * after "->" pc and exit. The values of registers are numbers, memory+N (where mem[N] is) and fault
 * (an address that faults). Registers and memory that "->" does not name must stay as they were;
 * pc and exit are only looked at if named. The unit's pc is 0x10000, its instructions have 4 bytes.
 * Every run must come out as written with the IR as it stands, folded, and folded and optimised. */
#ifndef TESTS_UNIT_IR_FILE_H
#define TESTS_UNIT_IR_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "tests/unit/ir_harness.h"

enum { IR_FILE_PC = 0x10000 };

/* Checks one file with `engine`; says in `report` what is wrong. */
bool ir_file_check(const char *path, ir_engine *engine, FILE *report);

/* The files of tests/ir, sorted; in the current directory or above it. NULL at the end. */
char **ir_file_list(void);

#endif
