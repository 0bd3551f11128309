/* The memory operations of the evaluator, on host memory at the guest's addresses. Each may fault;
 * none has changed anything then. aux is that of the instruction (IR_MEM). For eval.c only. */
#ifndef TRANSLATOR_IR_EVAL_MEMORY_H
#define TRANSLATOR_IR_EVAL_MEMORY_H

#include "translator/ir/ir.h"
#include "translator/ir/journal.h"

/* The bits in memory, extended as aux says to `type`. */
union cpu_vec memory_load(unsigned aux, enum ir_type type, uint64_t address);
void memory_store(unsigned aux, uint64_t address, union cpu_vec value, struct ir_journal *journal);
/* Both return the old value, extended to `type`. */
uint64_t memory_rmw(unsigned aux, enum ir_type type, uint64_t address, uint64_t operand,
                    struct ir_journal *journal);
uint64_t memory_cas(unsigned aux, enum ir_type type, uint64_t address, uint64_t expected,
                    uint64_t desired, struct ir_journal *journal);
/* Stores `desired` if memory holds `expected`; did it? */
bool memory_store_if(unsigned aux, uint64_t address, uint64_t expected, uint64_t desired,
                     struct ir_journal *journal);

#endif
