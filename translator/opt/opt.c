/* Runs the passes that the table names. */
#include "translator/opt/opt.h"

#include "runtime/log.h"

static const struct pass {
    const char *name;
    void (*run)(struct ir *ir);
    unsigned tiers;
} passes[] = {
#define PASS(name, tiers, purpose) {#name, opt_##name, tiers},
#include "translator/opt/passes.def"
#undef PASS
};

/* A unit that breaks the form is a defect of the lifter or of a pass. Sanitized builds look for it.
 */
static void check(const struct ir *ir, const char *maker) {
#ifdef DENIZEN_SANITIZED
    const char *wrong = ir_verify(ir);
    if (wrong) {
        ir_print(stderr, ir, NULL);
        BUG("after %s: %s", maker, wrong);
    }
#else
    (void)ir, (void)maker;
#endif
}

void opt_run(struct ir *ir, unsigned tier, const struct opt_observer *observer) {
    check(ir, "lifting");
    for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
        const struct pass *pass = &passes[i];
        if (!(pass->tiers & OPT_TIER(tier)))
            continue;
        pass->run(ir);
        check(ir, pass->name);
        if (observer)
            observer->after_pass(observer->data, pass->name, ir);
    }
}
