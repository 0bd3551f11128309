/* The pre-pass over products of which both halves are wanted: MULX makes them at once, where the
 * first one stands. */
#include "translator/host/x86_64/lower.h"

enum {
    OPEN = 8,         /* products that the other half may still be found of */
    LOOK_AHEAD = 128, /* how far a half may be made ahead of its place ... */
    AHEAD = 8,        /* and how many at once: they take spill slots */
};

struct products {
    ir_ref open[OPEN];   /* the last ones, a ring */
    unsigned opened;     /* so far */
    ir_ref ahead[AHEAD]; /* halves that have been made ahead of their place, which may be past */
};

static bool has_two_halves(const struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    return (insn->op == IR_mul || insn->op == IR_mulhu) && insn->type == IR_I64 &&
           !lower_is_dead(l, ref) && !ir_is_const(l->ir, l->values[insn->b].root);
}

/* The other half of a product, among the last ones; it is open no more. */
static ir_ref find_half(struct lower *l, struct products *p, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const ir_ref a = l->values[insn->a].root, b = l->values[insn->b].root;
    for (unsigned i = 0; i < OPEN; i++) {
        const ir_ref first = p->open[i];
        const struct ir_insn *other = &l->ir->insn[first];
        if (first == IR_NO_REF || other->op == insn->op || first + LOOK_AHEAD < ref)
            continue;
        const ir_ref x = l->values[other->a].root, y = l->values[other->b].root;
        if ((x == a && y == b) || (x == b && y == a)) {
            p->open[i] = IR_NO_REF;
            return first;
        }
    }
    return IR_NO_REF;
}

/* A place among those made ahead whose half has its turn before `first`; NULL if there is none. */
static ir_ref *find_place(struct products *p, ir_ref first) {
    for (unsigned i = 0; i < AHEAD; i++)
        if (p->ahead[i] <= first)
            return &p->ahead[i];
    return NULL;
}

void lower_find_products(struct lower *l) {
    struct products p = {.opened = 0};
    for (unsigned i = 1; i < l->ir->count; i++) {
        const ir_ref ref = (ir_ref)i;
        if (!has_two_halves(l, ref))
            continue;
        const ir_ref first = find_half(l, &p, ref);
        ir_ref *place = first ? find_place(&p, first) : NULL;
        if (!place) {
            p.open[p.opened++ % OPEN] = ref;
            continue;
        }
        *place = ref;
        l->values[first].other_half = ref;
        l->values[ref].other_half = first;
        l->values[l->values[l->ir->insn[ref].a].root].uses--;
        l->values[l->values[l->ir->insn[ref].b].root].uses--;
    }
}
